"""Worker processes: what they do, what ends them, and that the service goes on."""

from __future__ import annotations

import asyncio
import operator
import resource
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.errors import ArticleTooLarge, Busy, Paywall, ThreadrError
from core.request import current_client
from core.workers.pool import Workers
from tests.support import jobs


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close()


@pytest.fixture
def fresh() -> Iterator[Workers]:
    """Workers that have not started."""
    workers = Workers(2)
    yield workers
    workers.close()


@pytest.fixture
async def ticks() -> AsyncIterator[list[float]]:
    """Grows while the event loop turns."""
    found: list[float] = []

    async def tick() -> None:
        while True:
            found.append(time.monotonic())
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    yield found
    ticking.cancel()


async def test_jobs_in_turn_are_done_by_one_process(workers: Workers) -> None:
    first, second = [await workers.run(jobs.process_id, seconds=20) for _ in range(2)]
    assert first == second


async def test_a_job_raises_here_what_it_raised_there(workers: Workers) -> None:
    with pytest.raises(Paywall) as failed:
        await workers.run(jobs.fail, seconds=20)
    assert (failed.value.detail, failed.value.reason, failed.value.status) == (
        *("For subscribers.", "teaser"),
        422,
    )


async def test_an_unexpected_error_says_its_type_and_place_and_not_its_text(workers: Workers) -> None:
    with pytest.raises(ThreadrError) as failed:
        await workers.run(jobs.break_down, "the article's words", seconds=20)
    assert failed.value.status == 500
    assert "LookupError" in str(failed.value.reason)
    assert "break_down" in str(failed.value.reason)
    assert "words" not in f"{failed.value} {failed.value.reason}"


async def test_a_job_without_an_end_is_ended_while_the_loop_turns(
    workers: Workers, ticks: list[float]
) -> None:
    before = await workers.run(jobs.process_id, seconds=20)
    with pytest.raises(ArticleTooLarge) as failed:
        await workers.run(jobs.search_for_ever, seconds=20)
    assert failed.value.reason == "worker: CPU time"
    assert len(ticks) > 10
    assert await workers.run(jobs.process_id, seconds=20) != before


async def test_a_job_that_takes_too_much_memory_is_ended(workers: Workers) -> None:
    with pytest.raises(ArticleTooLarge) as failed:
        await workers.run(jobs.take_memory, seconds=20)
    assert failed.value.reason == "worker: memory"
    assert await workers.run(operator.add, 1, 1, seconds=20) == 2


async def test_a_process_that_dies_in_a_job_is_replaced(workers: Workers) -> None:
    with pytest.raises(ArticleTooLarge) as failed:
        await workers.run(jobs.end, seconds=20)
    assert failed.value.reason == "worker: exit 3"
    assert await workers.run(operator.add, 1, 1, seconds=20) == 2


async def test_a_job_whose_process_is_killed_is_done_by_another(workers: Workers, tmp_path: Path) -> None:
    survivor = await workers.run(jobs.kill_the_first, str(tmp_path / "first"), seconds=20)
    assert str(survivor) != (tmp_path / "first").read_text()


async def test_what_kills_every_process_is_no_answer_for_others(workers: Workers) -> None:
    with pytest.raises(Busy) as failed:
        await workers.run(jobs.be_killed, seconds=20)
    assert not failed.value.shared
    assert await workers.run(operator.add, 1, 1, seconds=20) == 2


async def test_a_process_that_has_grown_retires(workers: Workers) -> None:
    before = await workers.run(jobs.leak, 1, seconds=20)
    assert await workers.run(jobs.leak, 64, seconds=20) == before
    assert await workers.run(jobs.process_id, seconds=20) != before


async def test_a_job_whose_time_is_over_is_ended_and_the_caller_is_asked_to_come_back(
    workers: Workers,
) -> None:
    before = await workers.run(jobs.process_id, seconds=20)
    with pytest.raises(Busy) as failed:
        await workers.run(time.sleep, 60, seconds=0.1)
    assert failed.value.headers == {"Retry-After": "5"}
    assert await workers.run(jobs.process_id, seconds=20) != before


async def test_a_client_with_costly_jobs_leaves_a_worker_to_the_others(workers: Workers) -> None:
    ended: list[str] = []

    async def run_as(client: str, seconds_of_sleep: float) -> None:
        current_client.set(client)
        await workers.run(time.sleep, seconds_of_sleep, seconds=60)
        ended.append(client)

    await asyncio.gather(*(asyncio.create_task(run_as(client, 0.1)) for client in ("many", "one")))
    ended.clear()
    many = [asyncio.create_task(run_as("many", 0.5)) for _ in range(2)]
    await asyncio.sleep(0.1)  # long enough for both to run, if they may
    await asyncio.gather(asyncio.create_task(run_as("one", 0)), *many)
    assert ended == ["one", "many", "many"]


async def test_requests_that_were_begun_are_finished_before_others_are_begun(workers: Workers) -> None:
    done: list[str] = []

    async def run_twice(client: str) -> None:
        current_client.set(client)
        for step in "12":
            await workers.run(time.sleep, 0.05, seconds=60)
            done.append(step)

    await asyncio.gather(*(asyncio.create_task(run_twice(str(n))) for n in range(8)))
    assert "2" in done[:7]  # of eight that were begun; the loop may take its time to go on


async def test_a_process_that_there_is_no_room_for_makes_the_service_busy_until_there_is(
    fresh: Workers,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # as with many connections
    try:
        with pytest.raises(Busy):
            await fresh.run(operator.add, 1, 1, seconds=20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert await fresh.run(operator.add, 1, 1, seconds=20) == 2


async def test_a_worker_knows_no_secrets(fresh: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    names = await fresh.run(jobs.secrets, seconds=20)
    assert "PYTHONPATH" in names
    assert not [name for name in names if "KEY" in name or "TOKEN" in name or "REDIS" in name]


async def test_a_process_prepares_once_for_the_jobs_of_a_module(fresh: Workers) -> None:
    fresh.prepare(jobs.ready)
    process_id = await fresh.run(jobs.process_id, seconds=20)
    assert await fresh.run(jobs.ready, seconds=20) == [process_id]
