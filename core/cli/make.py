"""`threadr make`: a thread on stdout, what happens meanwhile on stderr."""

import asyncio
import base64
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import click

from core.cache.cache_control import CacheControl, Caller
from core.cli.main import say, services
from core.cli.source import argument, validated
from core.rate_limit import Client
from core.request import RequestRecord
from core.text.platforms import PlatformName
from core.text.thread import Numbering, SourceLink
from core.threads.export import exported
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.writing.writer import Generator

_STAGES = {"article": "Fetching the page …", "writing": "Writing …"}
_CLIPBOARDS = ("pbcopy", "wl-copy", "xclip -selection clipboard", "xsel --clipboard --input", "clip.exe")
_NO_CLIPBOARD = "The thread was made, and nothing here can copy it: install wl-clipboard, xclip or xsel."


@dataclass(slots=True, kw_only=True)
class _Progress(RequestRecord):
    """A record that says what is under way."""

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        say(_STAGES.get(part, part))
        with RequestRecord.timed(self, part):
            yield


def _choice(kind: Any) -> click.Choice[str]:
    return click.Choice(get_args(kind))


def _names(kind: Any) -> str:
    default, *others = get_args(kind)
    return f"{default} (default), {', '.join(others)}."


@click.command("make", no_args_is_help=True)
@argument
@click.option("-p", "--platform", type=_choice(PlatformName), metavar="NAME", help=_names(PlatformName))
@click.option(
    "--max-posts", type=click.IntRange(1, 25), metavar="N", help="At most so many posts. Default: 12."
)
@click.option("--numbering", type=_choice(Numbering), metavar="HOW", help=_names(Numbering))
@click.option("--source-link", type=_choice(SourceLink), metavar="POST", help=_names(SourceLink))
@click.option("--tone", metavar="TEXT", help="For the model, as are the next two.")
@click.option("--audience", metavar="TEXT", help="Who shall read it.")
@click.option("--language", metavar="CODE", help="en or pt-BR, say. Default: the source's.")
@click.option("--hooks", type=click.IntRange(0, 3), metavar="N", help="So many other first posts, on stderr.")
@click.option("--generator", type=_choice(Generator), metavar="WHO", help=_names(Generator))
@click.option("--no-model", "generator", flag_value="extractive", help="The built-in composer, for free.")
@click.option("--refresh", is_flag=True, default=None, help="A new thread although one is kept.")
@click.option("--md", "form", flag_value="md", help="Markdown.")
@click.option("--json", "form", flag_value="json", help="The answer of POST /api/generate.")
@click.option("--copy", is_flag=True, help="Into the clipboard, too.")
def make_command(source: dict[str, object], form: str | None, copy: bool, **options: object) -> None:
    """Make a thread of a page, a file or standard input; posts go to stdout."""
    given = {name: value for name, value in options.items() if value is not None}
    answer = asyncio.run(_made(validated(GenerateRequest, source | given)))
    text = (
        answer.model_dump_json(indent=2) + "\n"
        if form == "json"
        else exported(answer, "md" if form else "txt")
    )
    click.echo(text, nl=False)
    for number, hook in enumerate(answer.hooks, 1):
        say(f"Another first post ({number}): {hook}")
    for warning in answer.warnings:
        say(f"Note: {warning}")
    if copy:
        _copy(text)


async def _made(request: GenerateRequest) -> GenerateAnswer:
    async with services() as all_services:
        seconds = all_services.settings.generate_deadline_seconds
        say("Looking up …")
        record = _Progress(request_id="threadr make", seconds=seconds)
        answer = await all_services.generate(
            request, Caller(Client("command line", all_services.settings.window), CacheControl()), record
        )
    if answer.cached:
        say("Kept from before; --refresh makes a new one.")
    return answer


def _copy(text: str) -> None:
    """By the first program that takes it, else by the terminal (OSC 52). Raises ClickException."""
    for line in _CLIPBOARDS:
        name, *arguments = line.split()
        program = shutil.which(name)
        with contextlib.suppress(OSError, subprocess.SubprocessError):  # one without a display, say
            if program:
                _run([program, *arguments], text)
                return say("Copied.")
    if not sys.stderr.isatty():
        raise click.ClickException(_NO_CLIPBOARD)
    click.echo(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07", nl=False, err=True)
    return say("Sent to the terminal's clipboard.")


def _run(command: list[str], text: str) -> None:
    """Its output is not waited for: what keeps a clipboard may go on in the background."""
    quiet = subprocess.DEVNULL
    subprocess.run(command, input=text.encode(), stdout=quiet, stderr=quiet, timeout=5, check=True)  # noqa: S603
