"""What writing costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


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
    """Adds up what one request spends; handed to those who call a model."""

    total: Usage = field(default_factory=Usage)

    def add(self, usage: Usage) -> None:
        self.total += usage


def micros(usd: float) -> int:
    """Millionths of a dollar, rounded up: what was spent is never understated."""
    return math.ceil(round(usd * 1_000_000, 3))
