"""`threadr stats`, `clear` and `savings`: the store, and what the cache is worth."""

import asyncio
import json

import click

from core.cli.main import say, services
from core.cli.source import argument, validated
from core.errors import NotFound, StoreError
from core.ops.savings import DAYS, savings

_NO_STORE = "No store is set: each server keeps its own answers. Set UPSTASH_REDIS_REST_URL or REDIS_URL."


@click.command("stats")
@click.option("--json", "as_json", is_flag=True, help="As GET /api/cache/stats gives it.")
def stats_command(as_json: bool) -> None:
    """Show the store, and 30 days of the cache."""
    found = asyncio.run(_stats())
    if as_json:
        return click.echo(json.dumps(found, indent=2))
    for name, value in found.items():
        if name not in ("days", "saved_by"):
            click.echo(f"{name.replace('_', ' '):20}{'–' if value is None else value}")
    return say("--json has each of the days, and what each cause saved.")


async def _stats() -> dict[str, object]:
    from core.ops.cache_stats import cache_report

    async with services() as own:
        if own.shared is None:
            raise StoreError(_NO_STORE)
        report = await cache_report(own.store, own.clock())
    if not report.available:
        raise StoreError(f"The store is {report.reason}. `threadr doctor` says more.")
    return report.model_dump()


@click.command("clear", no_args_is_help=True)
@argument
def clear_command(source: dict[str, object]) -> None:
    """Forget the thread that is kept for a page or a text."""
    click.echo(asyncio.run(_cleared(source)))


async def _cleared(source: dict[str, object]) -> str:
    from core.ops.clearing import ClearAnswer, ClearRequest, clear

    async with services() as own:
        if own.shared is None:
            raise StoreError(_NO_STORE)
        settings, purging = own.settings, own.purging
        named, seconds = validated(ClearRequest, source), settings.generate_deadline_seconds
        purged = await clear(named, purging, settings.openai_model, seconds=seconds)
        answer = ClearAnswer.of(purged, purging.gone_everywhere_in_seconds)
    if not answer.success:
        raise NotFound(answer.message)
    return answer.message


@click.command("savings")
@click.option("--requests", default=1_000, show_default=True, type=click.IntRange(0), help="In a day.")
@click.option("--repeat", default=0.4, show_default=True, type=click.FloatRange(0, 1), help="Part of them.")
@click.option("--price", default=0.002, show_default=True, type=click.FloatRange(0), help="USD of a call.")
def savings_command(requests: int, repeat: float, price: float) -> None:
    """Say what the cache saves in a month, in USD of model calls."""
    amounts = savings(requests, repeated=repeat, call_usd=price)
    without, cached, saved = (f"${amount:,.2f}".removesuffix(".00") for amount in amounts)
    click.echo(f"Without cache: {requests} × {DAYS} × ${price:g} = {without}")
    click.echo(f"With cache: {requests * (1 - repeat):.15g} × {DAYS} × ${price:g} = {cached}")
    click.echo(f"Savings: {saved}/month ({100 * repeat:.4g}%)")
