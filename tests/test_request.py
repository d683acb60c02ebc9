"""The headers and the log line of a request."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rate_limit import Decision
from core.request import CacheRecord, CacheStatus, LookedUp, RequestRecord


@dataclass
class Clock:
    now: float = 50.0

    def __call__(self) -> float:
        return self.now


def record(**learned: Any) -> RequestRecord:
    fixed: dict[str, Any] = {
        "request_id": "ab12",
        "seconds": 25.0,
        "monotonic": Clock(),
        "started": 50.0,
    }
    return RequestRecord(**(fixed | learned))


def decision(*, allowed: bool = True, used: int = 3, retry: float = 0.0, reset: float = 1_800.2) -> Decision:
    return Decision(
        allowed=allowed,
        limit=10,
        used=used,
        window_seconds=3_600.0,
        retry_after_seconds=retry,
        reset_seconds=reset,
        now=1_700_000_000.2,
    )


def test_a_request_that_learned_nothing_has_an_id() -> None:
    assert record().headers() == {"X-Request-Id": "ab12"}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (CacheStatus(ttl_seconds=30), "hit; ttl=30"),
        (CacheStatus(ttl_seconds=0, detail="bypass"), "hit; ttl=0; detail=bypass"),
        (CacheStatus(ttl_seconds=-9, detail="stale-if-error"), "hit; ttl=-9; detail=stale-if-error"),
        (CacheStatus(forward="uri-miss", stored=True), "fwd=uri-miss; stored"),
        (CacheStatus(forward="uri-miss", collapsed=True), "fwd=uri-miss; collapsed"),
        (
            CacheStatus(forward="uri-miss", stored=True, detail="same-content"),
            "fwd=uri-miss; stored; detail=same-content",
        ),
        (CacheStatus(detail="bypass"), "detail=bypass"),
    ],
)
def test_the_cache_is_named_in_its_status(status: CacheStatus, text: str) -> None:
    assert record(cache=CacheRecord(status=status)).headers()["Cache-Status"] == f"threadr; {text}"


def test_an_age_of_zero_is_sent() -> None:
    assert record(cache=CacheRecord(age_seconds=0)).headers()["Age"] == "0"
    assert "Age" not in record().headers()


def test_limits_are_sent_in_both_spellings() -> None:
    assert record(decision=decision()).headers() == {
        "X-Request-Id": "ab12",
        "RateLimit-Policy": '"requests";q=10;w=3600',
        "RateLimit": '"requests";r=7;t=1801',
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "7",
        "X-RateLimit-Reset": "1700001802",
    }


@pytest.mark.parametrize(
    ("retry_seconds", "header"),
    [
        pytest.param(0.001, "1", id="a-moment"),
        pytest.param(0.0, "1", id="nothing"),
        pytest.param(59.2, "60", id="rounded-up"),
        pytest.param(60.0, "60", id="whole"),
    ],
)
def test_a_refused_caller_gets_retry_after(retry_seconds: float, header: str) -> None:
    refused = decision(allowed=False, used=10, retry=retry_seconds)
    headers = record(decision=refused).headers()
    assert headers["Retry-After"] == header
    assert headers["X-RateLimit-Remaining"] == "0"


def test_an_admitted_caller_gets_no_retry_after() -> None:
    assert "Retry-After" not in record(decision=decision(used=10, retry=5.0)).headers()


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.integers(0, 30), st.floats(0, 7_200), st.floats(0, 7_200))
def test_limit_headers_are_never_negative_and_whole(
    allowed: bool, used: int, retry: float, reset: float
) -> None:
    headers = record(decision=decision(allowed=allowed, used=used, retry=retry, reset=reset)).headers()
    numbers = [value for name, value in headers.items() if name.startswith(("X-RateLimit", "Retry"))]
    assert all(value.isdecimal() for value in numbers)
    assert int(headers["X-RateLimit-Reset"]) >= 1_700_000_000 + max(0, retry)


def test_the_time_left_is_never_negative() -> None:
    clock = Clock()
    request = record(monotonic=clock)
    left = []
    for seconds in (0, 10, 14.5, 100):
        clock.now += seconds
        left.append(request.seconds_left)
    assert left == pytest.approx([25, 15, 0.5, 0])
    assert request.seconds_spent == pytest.approx(124.5)


def test_parts_are_timed_and_sent_together_even_when_they_fail() -> None:
    clock = Clock()
    request = record(monotonic=clock)
    for seconds in (0.25, 1.0):
        with contextlib.suppress(ValueError), request.timed("article"):
            clock.now += seconds
            raise ValueError
    with request.timed("writing"):
        clock.now += 2.0
    request.store_usage.trips, request.store_usage.commands, request.store_usage.milliseconds = 1, 8, 4.26
    expected = 'store;dur=4.3;desc="1 round trips, 8 commands", article;dur=1250.0, writing;dur=2000.0'
    assert request.headers()["Server-Timing"] == expected
    line = request.log_fields()
    assert (line["store_ms"], line["article_ms"], line["writing_ms"]) == (4.3, 1250.0, 2000.0)
    assert line["milliseconds"] == 3250.0


def test_an_answer_reused_past_the_store_says_that_the_store_was_bypassed() -> None:
    seen = record()
    reply = LookedUp(kind="lead", forward="uri-miss", refresh=False, waited=False, bypassed=True)
    seen.record_outcome(reply, None)
    seen.record_stored(False, reused=True)
    assert seen.headers()["Cache-Status"] == "threadr; detail=bypass"
