"""`threadr clear`: one kept answer is forgotten."""

import asyncio

import click

from core.cli.main import services
from core.cli.source import argument, validated
from core.cli.stats import check_store
from core.errors import NotFound


@click.command(no_args_is_help=True)
@argument
def command(source: dict[str, object]) -> None:
    """Forget the thread that is kept for a page or a text."""
    click.echo(asyncio.run(_cleared(source)))


async def _cleared(source: dict[str, object]) -> str:
    from core.ops.schemas import ClearAnswer, ClearRequest

    async with services() as all_services:
        check_store(all_services)
        key = validated(ClearRequest, source).key(all_services.settings.openai_model)
        answer = ClearAnswer.of(await all_services.cache.forget(key))
    if not answer.success:
        raise NotFound(answer.message)
    return answer.message
