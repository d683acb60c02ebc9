"""`threadr completion`: what a shell reads to complete the command's words."""

import click
from click.shell_completion import get_completion_class

from core.cli.main import cli


@click.command(no_args_is_help=True)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Completion for a shell: eval "$(threadr completion bash)"."""
    kind = get_completion_class(shell)
    assert kind
    click.echo(kind(cli, {}, "threadr", "_THREADR_COMPLETE").source())
