"""What is counted of a day, and how the shared store holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Counters = Mapping[str, int]
NO_COUNTERS: Counters = {}
_PACK = 2**24


def pack_counters(counters: Counters) -> Counters:
    """Hits and what they saved as the one number that they are in the store (core/scripts.py); no zeros."""
    both = counters.get("hits", 0) + counters.get("saved_micros", 0) * _PACK
    others = {name: number for name, number in counters.items() if name not in ("hits", "saved_micros")}
    return {name: number for name, number in {**others, "hits": both}.items() if number}


def counters_by_day(raw: Any, days: Sequence[str]) -> dict[str, Counters]:
    """The counters of these days, in HGETALL's flat list of `day:name` and numbers."""
    flat = raw if isinstance(raw, list) else []
    told: dict[str, dict[str, int]] = {day: {} for day in days}
    for field, text in zip(flat[::2], flat[1::2], strict=False):
        day, _, name = str(field).partition(":")
        if day in told and str(text).isdecimal():
            told[day] |= _unpacked(int(text)) if name == "hits" else {name: int(text)}
    return {day: counters for day, counters in told.items() if counters}


def _unpacked(number: int) -> Counters:
    saved = {"saved_micros": number // _PACK} if number >= _PACK else {}
    return {"hits": number % _PACK} | saved
