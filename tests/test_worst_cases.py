"""A sample of `make fuzz`: dear requests to a running service, which answers and lets others be answered.

Bounds are megabytes, and CPU seconds as the kernel counts them: no time on a clock. They are wider than those
of `make fuzz`, since CPUs that are shared count more.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.support.service import Service, backstage, faults, service
from tests.support.worst_cases import MAX_BODY_BYTES, SEEN, case_of, unit_names

MAX_CPU_SECONDS, MAX_HELD_SECONDS, MAX_MEGABYTES = 6.0, 0.5, 200.0
GIVE_UP_SECONDS = 30.0  # past the deadline of every request
SAMPLE = [
    *SEEN,
    "text/mastodon/family",
    "text/x/bare-link",
    "model/x/digit-space",
    "answer/bluesky/link",
    "answer/x/number-word",
    "page/threads/brackets",
    "validate/mastodon/mention",
    "validate-many/x/hashtag",
    "options/any/reference",
    "header/any/backslash",
    "markup/4",
    "json-ld/3",
    "pdf/9",
    "body/2",
    "body/597548",
]


@pytest.fixture(scope="module")
def started() -> Iterator[Service]:
    with backstage() as behind, service(behind) as running:
        yield running


@pytest.fixture
async def running(started: Service) -> Service:
    """The service, warm: what it imports once is not the case's cost."""
    if not started.poll_cost and started.alive:
        await started.warm_up()
    return started


@pytest.mark.parametrize("name", SAMPLE)
async def test_a_dear_request_is_answered_within_bounds_while_others_are(running: Service, name: str) -> None:
    case = case_of(name)
    seen = await running.run(case, give_up=GIVE_UP_SECONDS)
    assert faults(case, seen) == []
    assert seen.cpu_seconds <= MAX_CPU_SECONDS
    assert seen.megabytes <= MAX_MEGABYTES
    assert seen.held_seconds <= MAX_HELD_SECONDS, "the process worked so long before it answered /health"


async def test_a_half_sent_body_does_not_keep_the_process_from_ending(running: Service) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    try:
        writer.write(b"POST /api/generate HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{")
        await writer.drain()
        running.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.process.wait, GIVE_UP_SECONDS)
    finally:
        writer.close()


def test_every_name_makes_a_request_within_the_limit_and_the_same_again() -> None:
    for name in unit_names()[::41]:
        assert len(case_of(name).body) <= MAX_BODY_BYTES
        assert case_of(name) == case_of(name)
