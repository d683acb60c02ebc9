"""How much of the store one request has used: for its Server-Timing and its log line."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class StoreUsage:
    """`commands` as Upstash bills them, the ones inside scripts too; `milliseconds` spent waiting."""

    trips: int = 0
    commands: int = 0
    milliseconds: float = 0.0
    errors: int = 0


# Every request's own; outside of requests there is none.
current_store_usage: ContextVar[StoreUsage | None] = ContextVar("current_tally", default=None)


def add_commands(commands: int) -> None:
    """Count what a script told that it ran."""
    if store_usage := current_store_usage.get():
        store_usage.commands += commands


def add_error() -> None:
    """Count a failure of the store that the request was spared."""
    if store_usage := current_store_usage.get():
        store_usage.errors += 1
