"""`threadr savings`: the cache's worth by the formula of version 0.1.0."""

import click

from core.ops.savings import DAYS, savings


@click.command()
@click.option("--requests", default=1_000, show_default=True, type=click.IntRange(0), help="In a day.")
@click.option(
    "--repeat", default=0.4, show_default=True, type=click.FloatRange(0, 1), help="Of which repeat."
)
@click.option(
    "--price", default=0.002, show_default=True, type=click.FloatRange(0), help="USD of a model call."
)
def command(requests: int, repeat: float, price: float) -> None:
    """What the cache saves in a month, in USD of model calls."""
    without, cached, saved = map(_usd, savings(requests, repeated=repeat, call_usd=price))
    click.echo(f"Without cache: {requests:,} × {DAYS} × ${price:g} = {without}")
    click.echo(f"With cache: {requests * (1 - repeat):,.15g} × {DAYS} × ${price:g} = {cached}")
    click.echo(f"Savings: {saved}/month ({100 * repeat:.4g}%)")


def _usd(amount: float) -> str:
    return f"${amount:,.2f}".removesuffix(".00")
