"""A kept answer, as it stands in a store: a few words that scripts read, then the answer."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 256 * 1024
_MAX_UNPACKED_BYTES = 4 * 1024 * 1024
_WORTH_PACKING_BYTES = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`answer` is the response body, `drafts` its texts before links and numbers were set.

    `warnings` are the drafts' own, `digest` is the SHA-256 of what was asked, `content` the name of the
    source text, `validators` the page's ETag and Last-Modified; times in epoch seconds.
    """

    digest: str
    kept_at: float
    fresh_until: float
    answer: dict[str, Any]
    drafts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    content: str = ""
    validators: tuple[str | None, str | None] = (None, None)

    @property
    def cost_usd(self) -> float:
        """What making the answer cost, and a hit saves."""
        usage = self.answer.get("usage")
        cost_usd = usage.get("cost_usd") if isinstance(usage, dict) else None
        return float(cost_usd) if isinstance(cost_usd, int | float) else 0.0

    def to_value(self) -> str | None:
        """`fresh-until kept-at worth digest payload` (core/scripts.py); None if it is over 256 KB."""
        parts = [self.answer, self.drafts, self.warnings, self.content, self.validators]
        payload = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        if len(payload) > _WORTH_PACKING_BYTES:
            packed = "z" + base64.b85encode(zlib.compress(payload.encode(), 6)).decode()
            payload = min(packed, payload, key=lambda text: len(text.encode()))
        head = (self.fresh_until * 1000, self.kept_at * 1000, self.cost_usd * 1_000_000)
        value = f"{' '.join(f'{number:.0f}' for number in head)} {self.digest} {payload}"
        return value if len(value.encode()) <= MAX_BYTES else None

    @classmethod
    def from_value(cls, value: str) -> Entry | None:
        """The entry, or None when the value is damaged, of another shape, or too large."""
        try:
            fresh, kept, _, digest, payload = value.split(" ", 4)
            answer, drafts, warnings, content, (etag, last_modified) = json.loads(_unpacked(payload))
            entry = cls(
                digest=digest,
                kept_at=int(kept) / 1000,
                fresh_until=int(fresh) / 1000,
                answer=answer,
                drafts=tuple(drafts),
                warnings=tuple(warnings),
                content=content,
                validators=(etag, last_modified),
            )
        except (ValueError, TypeError, RecursionError, zlib.error, binascii.Error):
            return None
        return entry if entry._is_whole() else None

    def _is_whole(self) -> bool:
        return (
            isinstance(self.answer, dict)
            and isinstance(self.answer.get("thread"), list)
            and isinstance(self.answer.get("source"), dict)
            and all(isinstance(text, str) for text in (*self.drafts, *self.warnings))
            and isinstance(self.content, str)
            and all(isinstance(validator, str | None) for validator in self.validators)
        )


def _unpacked(payload: str) -> str:
    if not payload.startswith("z"):
        return payload
    # What is cut off here, or was before, is no JSON any more.
    return zlib.decompressobj().decompress(base64.b85decode(payload[1:]), _MAX_UNPACKED_BYTES).decode()
