"""What a request uses: tokens, dollars, and the store."""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass

# A counter with an amount holds that in units of this, so that one command adds both: each cause of answers
# that cost no call, with the micros that they saved, and `generated`, with the requests sent to the model.
AMOUNT = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=round(self.cost_usd + other.cost_usd, 6),
        )

    def counters(self) -> dict[str, int]:
        """As the stores count it, money in whole millionths of a dollar."""
        return {
            "tokens_in": self.input_tokens,
            "tokens_out": self.output_tokens,
            "cost_micros": micros(self.cost_usd),
        }


@dataclass(slots=True)
class UsageMeter:
    """Adds up what one request spends; handed to those who call a model.

    `allowance_usd` is what was reserved for it; a call that may cost more than is left of it is not made.
    `calls` are those that reached a server.
    """

    total: Usage = Usage()
    calls: int = 0
    allowance_usd: float = math.inf

    def covers(self, usage: Usage) -> bool:
        return self.total.cost_usd + usage.cost_usd <= self.allowance_usd

    def add(self, usage: Usage) -> None:
        self.total += usage

    def counters(self, *, generated: int = 0) -> dict[str, int]:
        """What it spent, and how many answers it `generated`, as the stores count it."""
        return self.total.counters() | {"generated": generated + self.calls * AMOUNT}


def micros(usd: float) -> int:
    """Millionths of a dollar, rounded up: what was spent is never understated."""
    return math.ceil(round(usd * 1_000_000, 3))


# Whose request is under way.
current_client: ContextVar[str] = ContextVar("current_client", default="")


@dataclass(slots=True)
class StoreUsage:
    """What one request used of the store: `commands` as Upstash bills them, the ones inside scripts too."""

    trips: int = 0
    commands: int = 0
    milliseconds: float = 0.0
    errors: int = 0


# Every request's own; outside of requests there is none.
current_store_usage: ContextVar[StoreUsage | None] = ContextVar("current_store_usage", default=None)


def add_store_error() -> None:
    """Count a failure of the store that does not fail the request."""
    if usage := current_store_usage.get():
        usage.errors += 1
