"""A body that has to be waited for: its timeout begins then, and what was begun goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from core.http.body import _within


class Raised(Exception):
    """Raised by what is awaited."""


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_what_waits_goes_on_where_it_was(steps: int) -> None:
    seen = []

    async def reading() -> None:
        for step in range(steps):
            await asyncio.sleep(0 if step else 0.001)
            seen.append(step)

    await _within(5, reading())
    assert seen == [*range(steps)]


async def _fails(cleaned: list[str]) -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, Raised())
    try:
        await future
    finally:
        cleaned.append("up")


async def _hangs(cleaned: list[str]) -> None:
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        cleaned.append("up")


@pytest.mark.parametrize(
    ("reading", "seconds", "error"),
    [
        pytest.param(_fails, 5, Raised, id="what it waits for fails"),
        pytest.param(_hangs, 0, TimeoutError, id="its time is over"),
    ],
)
async def test_what_was_begun_is_ended_by_what_it_waits_for_and_by_time(
    reading: Callable[[list[str]], Coroutine[Any, Any, None]], seconds: float, error: type[Exception]
) -> None:
    cleaned: list[str] = []
    with pytest.raises(error):
        await _within(seconds, reading(cleaned))
    assert cleaned == ["up"]


async def test_what_was_begun_is_cancelled_with_its_request() -> None:
    cleaned: list[str] = []

    async def request() -> None:
        await _within(5, _hangs(cleaned))

    task = asyncio.create_task(request())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (task.cancelled(), cleaned) == (True, ["up"])
