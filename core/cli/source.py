"""What a command is about: the words URL|FILE|- as a url or a text."""

import codecs
import contextlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from core.errors import UnsupportedContent

if TYPE_CHECKING:
    from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound="BaseModel")
_MAX_BYTES = 1_000_001  # one more than a text may have
_SCHEME = re.compile(r"\W*[a-z]{3,}:", re.IGNORECASE)
_HOST = re.compile(r"\W*[^\s/\\.]+(?:\.[^\s/\\.]+)+(?:[/?#]|$)")
_FILE = re.compile(r"[^/]+\.(?:txt|te?xt|md|markdown|rst|html?|pdf|docx?)", re.IGNORECASE)

argument = click.argument("source", metavar="URL|FILE|-", callback=lambda _, __, given: source_of(given))


def source_of(given: str) -> dict[str, object]:
    """`url` or `text`, as requests have it. Raises UsageError, and UnsupportedContent for what is no text."""
    if given == "-":
        return {"text": _decoded(sys.stdin.buffer.read(_MAX_BYTES), "Standard input")}
    path = Path(given)
    with contextlib.suppress(ValueError, OSError):  # what no file can be called
        if path.exists() and not path.is_dir():
            with path.open("rb") as file:
                return {"text": _decoded(file.read(_MAX_BYTES), f"The file {path.name}")}
    if _SCHEME.match(given) or (_HOST.match(given) and not _FILE.fullmatch(given)):
        return {"url": given}
    raise click.UsageError(
        "There is no such file, and it is no link. A text is read from a file, or from standard input with -."
    )


def _decoded(content: bytes, name: str) -> str:
    if len(content) == _MAX_BYTES:
        raise click.UsageError(f"{name} has more than 1 MB: give the part that matters.")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnsupportedContent(f"{name} is not text in UTF-8.", reason="not UTF-8") from None


def validated(model: type[ModelT], members: dict[str, object]) -> ModelT:
    """The request. Raises UsageError, by the name of the option that is wrong."""
    from pydantic import ValidationError

    try:
        return model.model_validate(members)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str((*fault["loc"], "text")[0])
        what = "The source" if name in ("url", "text") else f"--{name.replace('_', '-')}"
        raise click.UsageError(f"{what}: {fault['msg'].removeprefix('Value error, ')}.") from None
