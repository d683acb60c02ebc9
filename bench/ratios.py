"""Ratios of medians with their spread: what a run says, whatever else the machine did meanwhile."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of two things that were measured in turn: the median of the rounds' ratios, and their quartiles."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        return self.high - self.low

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio_of(of: Sequence[float], to: Sequence[float]) -> Ratio:
    """Round by round: `of` divided by `to`."""
    each = sorted(one / other for one, other in zip(of, to, strict=True) if other)
    if len(each) < 2:
        return Ratio(*(round(each[0] if each else 0.0, 3),) * 3)
    low, _, high = statistics.quantiles(each, n=4, method="inclusive")
    return Ratio(round(statistics.median(each), 3), round(low, 3), round(high, 3))


def kept(ratios: Mapping[str, Ratio]) -> dict[str, Any]:
    """As JSON has them."""
    return {name: asdict(ratio) for name, ratio in ratios.items()}


def worse(
    before: Mapping[str, Mapping[str, float]], now: Mapping[str, Mapping[str, float]]
) -> dict[str, str]:
    """Which of the ratios, where less is better, grew by more than the spreads of both runs, and how."""
    found = {}
    for name in before.keys() & now.keys():
        old, new = Ratio(**before[name]), Ratio(**now[name])
        if new.median - old.median > max(old.spread + new.spread, 0.05 * old.median):
            found[name] = f"{old} → {new}"
    return dict(sorted(found.items()))
