"""The commands' common ground: .env, where log lines go, and an exit code for each kind of failure."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import click

from core import log
from core.cli.environment import load
from core.errors import ThreadrError
from core.settings import Settings, SettingsError

if TYPE_CHECKING:
    from core.services import Services

BAD_SETTING = 3  # that of `serve` and of a server, too (core/ops/startup.py)
# By the kind of a problem; 2 is also click's for a command that is called wrongly.
EXIT_CODES = {
    "internal": 1,
    "validation": 2,
    "rate-limited": 10,
    "budget-spent": 11,
    "model-unavailable": 12,
    "content-refused": 13,
    "unauthorized": 14,
    "not-found": 15,
    "method-not-allowed": 16,
    "cache-unavailable": 17,
    "not-cached": 18,
    "article-blocked": 20,
    "article-unreachable": 21,
    "article-timeout": 22,
    "article-too-large": 23,
    "unsupported-content": 24,
    "no-article": 25,
    "paywall": 26,
}
_COMMANDS = ("make", "stats", "clear", "savings", "serve", "doctor", "completion")
_NO_LIMIT = 1_000_000  # the limit is for callers of a server


class _Commands(click.Group):
    """Each command is imported when it is called: completion and help start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"core.cli.{name}").command
        return command


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def cli() -> None:
    """Paste a link or a text, get a thread that is ready to post.

    Settings are environment variables, also read from .env here; `threadr doctor` explains them.
    """
    log.set_up(on_command_line=True)
    load()


def main() -> NoReturn:
    """Run one command; what goes wrong is one line on stderr, and the exit code says what it was."""
    try:
        status = cli.main(prog_name="threadr", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = error.exit_code
    except click.Abort:
        status = 130  # as shells have it of Ctrl+C
    except click.ClickException as error:
        status = error.exit_code
        context = getattr(error, "ctx", None)
        more = f" `{context.command_path} --help` says more." if context else ""
        say(f"{error.format_message()}{more}")
    except SettingsError as error:
        status = BAD_SETTING
        say(f"{error}. `threadr doctor` says more.")
    except ThreadrError as error:
        status = EXIT_CODES.get(error.kind, 1)
        say(f"{error.title}. {error.detail}")
    sys.exit(status)


def say(words: str) -> None:
    """A line on stderr, where everything but the result goes."""
    click.echo(words, err=True)


@contextlib.asynccontextmanager
async def services() -> AsyncIterator["Services"]:
    """The core's services by the settings. Raises SettingsError."""
    from core.services import Services

    made = Services(replace(Settings.from_env(), rate_limit_requests=_NO_LIMIT))
    try:
        yield made
    finally:
        await made.close()
