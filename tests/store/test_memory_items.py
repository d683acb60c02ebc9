"""What the store in the process keeps is bounded by the memory that it takes."""

from __future__ import annotations

import tracemalloc

import pytest

from core.store.memory_items import Items
from tests.support.clock import Clock

BOUND = 16 * 1024 * 1024


@pytest.mark.parametrize("character", ["a", "é", "漢", "😀"])
def test_what_is_kept_takes_at_most_16_mib_whatever_it_is_written_in(clock: Clock, character: str) -> None:
    items = Items(clock)
    tracemalloc.start()
    for number in range(400):
        items.put(f"key-{number}", character * 100_000 + str(number), 60)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert BOUND * 0.9 < taken < BOUND * 1.1
    assert items.get("key-399") is not None
    assert items.get("key-0") is None


def test_what_is_dropped_or_replaced_leaves_nothing_behind(clock: Clock) -> None:
    items = Items(clock)
    for value in ("😀" * 1_000, "a"):
        items.put("key", value, 60)
    assert 0 < items.bytes < 1_000
    assert items.drop("key")
    items.put("other", "b", 60)
    clock.now += 61
    assert items.get("other") is None
    assert items.bytes == 0
