"""Jobs for worker processes, among them bad ones."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import NoReturn

from core.errors import Paywall

_kept: list[bytes] = []
_ready: list[int] = []


def prepare() -> None:
    _ready.append(os.getpid())


def ready() -> list[int]:
    """The processes that prepared themselves: this one, once."""
    return _ready


def process_id() -> int:
    return os.getpid()


def secrets() -> list[str]:
    """Names of the environment that a worker sees."""
    return sorted(os.environ)


def fail() -> NoReturn:
    raise Paywall("For subscribers.", reason="teaser")


def break_down(text: str) -> NoReturn:
    raise LookupError(text)


def end() -> NoReturn:
    os._exit(3)


def be_killed() -> NoReturn:
    """As by the system, when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def kill_the_first(note: str) -> int:
    """The process that does it, after one that was killed and left its number in the file `note`."""
    if not Path(note).exists():
        Path(note).write_text(str(os.getpid()))
        be_killed()
    return os.getpid()


def search_for_ever() -> object:
    """Code in C that holds the interpreter's lock: no thread and no signal handler interrupts it."""
    return re.match(r"(a+)+$", "a" * 64 + "b")


def take_memory() -> int:
    return len(bytearray(400 * 1024 * 1024))


def leak(megabytes: int) -> int:
    _kept.append(os.urandom(1024) * 1024 * megabytes)
    return os.getpid()
