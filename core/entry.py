"""A kept answer, as it stands in a store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`answer` is the response body; `digest` is the SHA-256 of what was asked; times in epoch seconds."""

    digest: str
    kept_at: float
    fresh_until: float
    answer: dict[str, Any]

    @property
    def worth_usd(self) -> float:
        """What making the answer cost, and a hit saves."""
        usage = self.answer.get("usage")
        cost_usd = usage.get("cost_usd") if isinstance(usage, dict) else None
        return float(cost_usd) if isinstance(cost_usd, int | float) else 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, value: str, *, digest: str) -> Entry | None:
        """The entry, or None when the value is damaged, of another shape, or another request's."""
        try:
            entry = cls(**json.loads(value))
        except (ValueError, TypeError, RecursionError):
            return None
        return entry if entry.digest == digest and entry._is_whole() else None

    def _is_whole(self) -> bool:
        times = (self.kept_at, self.fresh_until)
        return (
            all(isinstance(time, float | int) for time in times)
            and isinstance(self.answer, dict)
            and isinstance(self.answer.get("thread"), list)
        )
