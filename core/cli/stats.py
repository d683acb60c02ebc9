"""`threadr stats`: what the store holds and what the cache did."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

from core.cli.main import services
from core.errors import StoreError

if TYPE_CHECKING:
    from core.services import Services

_NO_STORE = "No store is set: each server keeps its own answers. Set UPSTASH_REDIS_REST_URL or REDIS_URL."


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As GET /api/cache/stats gives it.")
def command(as_json: bool) -> None:
    """Show the store, and 30 days of the cache."""
    found = asyncio.run(_stats())
    if as_json:
        return click.echo(json.dumps(found, indent=2))
    days = [day for day in found.pop("days") if any(list(day.values())[1:])]  # type: ignore[attr-defined]
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):20}{'–' if value is None else value}")
    for day in days:
        click.echo("  ".join(f"{name} {value}" for name, value in day.items() if value))
    return None


async def _stats() -> dict[str, object]:
    from core.ops.cache_stats import cache_report

    async with services() as all_services:
        check_store(all_services)
        report = await cache_report(all_services.store, all_services.clock())
    if not report.available:
        raise StoreError(f"The store is {report.reason}. `threadr doctor` says more.")
    return report.model_dump()


def check_store(all_services: "Services") -> None:
    """Raises StoreError where no store is set."""
    if all_services.shared is None:
        raise StoreError(_NO_STORE)
