"""The queue for workers: turns, shares, bounds."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from core.errors import Busy
from core.workers import fair_queue
from core.workers.fair_queue import FairQueue, Waiting


def job(client: str, *, payload: bytes = b"", seconds: float = 60) -> Waiting:
    return Waiting(payload, client, time.monotonic() + seconds)


def test_clients_take_turns() -> None:
    queue = FairQueue(share=9)
    for client in "aaabbc":
        queue.put(job(client))
    taken = [queue.take() for _ in range(6)]
    assert [each.client for each in taken if each] == list("abcaba")
    assert queue.take() is None


def test_a_client_has_no_more_than_its_share_run() -> None:
    queue = FairQueue(share=1)
    for client in "aab":
        queue.put(job(client))
    first, second, third = queue.take(), queue.take(), queue.take()
    assert first
    assert second
    assert (first.client, second.client, third) == ("a", "b", None)
    queue.done(first)
    again = queue.take()
    assert again
    assert again.client == "a"


def test_the_next_job_of_a_request_comes_before_requests_that_came_later() -> None:
    queue = FairQueue(share=9)
    first, second, third = (job("a", seconds=seconds) for seconds in (25.0, 25.1, 25.2))
    for each in (first, second, third):
        queue.put(each)
    assert queue.take() is first
    queue.put(job("a", seconds=25.0, payload=b"goes on"))
    taken = queue.take()
    assert taken
    assert taken.payload == b"goes on"
    assert [queue.take(), queue.take()] == [second, third]


def test_a_client_whose_request_goes_on_has_the_next_turn() -> None:
    queue = FairQueue(share=1)
    for client in "abc":
        queue.put(job(client))
    taken = queue.take()
    assert taken
    queue.done(taken)
    queue.put(replace(job("a"), goes_on=True))
    assert [each.client for each in (queue.take(), queue.take(), queue.take()) if each] == list("abc")


def test_jobs_that_nobody_waits_for_are_passed_over() -> None:
    queue = FairQueue(share=9)
    cancelled, late, wanted = job("a"), job("a", seconds=-1), job("a")
    for each in (cancelled, late, wanted):
        queue.put(each)
    cancelled.result.cancel()
    assert queue.take() is wanted


@pytest.mark.parametrize(
    ("limit", "value"),
    [("_MAX_JOBS", 3), ("_MAX_JOBS_OF_CLIENT", 3), ("_MAX_BYTES", 30)],
)
def test_a_full_queue_refuses_at_once_and_takes_more_when_it_has_emptied(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(fair_queue, limit, value)
    queue = FairQueue(share=9)
    for _ in range(3):
        queue.put(job("a", payload=b"0123456789"))
    with pytest.raises(Busy):
        queue.put(job("a", payload=b"0123456789"))
    assert queue.take()
    queue.put(job("a", payload=b"0123456789"))
