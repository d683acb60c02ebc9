"""The commands' common ground: .env, where log lines go, and an exit code for each kind of failure."""

import contextlib
import importlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import get_completion_class

from core import log
from core.cli.environment import load
from core.errors import ThreadrError
from core.settings import BAD_SETTING, Settings, SettingsError
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from core.services import Services

_MODULES = {"make": "make", "stats": "admin", "clear": "admin", "savings": "admin"}
_MODULES |= {"serve": "serve", "doctor": "doctor", "completion": "main"}
_NO_LIMIT = 1_000_000  # the limit is for callers of a server


class _Commands(click.Group):
    """Each command is imported when it is called: completion and help start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = importlib.import_module(f"core.cli.{_MODULES.get(name, 'main')}")
        command: click.Command | None = getattr(module, f"{name}_command", None)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Paste a link or a text, get a thread that is ready to post.

    Settings are environment variables, also read from .env here; `threadr doctor` explains them.
    """
    log.set_up(on_command_line=True)
    load()


@click.command("completion", no_args_is_help=True)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print what a shell needs: eval "$(threadr completion bash)"."""
    kind = get_completion_class(shell)
    assert kind
    click.echo(kind(cli, {}, "threadr", "_THREADR_COMPLETE").source())


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
        status, context = error.exit_code, getattr(error, "ctx", None)
        say(error.format_message() + (f" `{context.command_path} --help` says more." if context else ""))
    except SettingsError as error:
        status = BAD_SETTING
        say(f"{error}. `threadr doctor` says more.")
    except ThreadrError as error:
        status = exit_code(error.kind)
        say(f"{error.title}. {error.detail}")
    sys.exit(status)


def exit_code(kind: str) -> int:
    """That of a kind of problem."""
    return int(word_lists(__file__)["exit_codes"].get(kind, 1))


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
