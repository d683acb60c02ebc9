"""The event loop of a Lambda process: the same for its whole life, and without tasks that are left over."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from redis import Redis
from starlette.types import Receive, Scope, Send

from core.http.event_loop import on_process_loop
from tests.support.app import TOKEN
from tests.support.fault_server import faulty
from tests.support.loopback import closed_port, serving, silent_port
from tests.support.paths import ROOT
from tests.support.upstash_front import Front

FIFTY = """
import asyncio, gc, json
made = []
new = asyncio.new_event_loop
asyncio.new_event_loop = lambda: made.append(new()) or made[-1]
from functions import generate
from tests.support.lambda_events import Context, v2
posts = [v2("POST", "/api/generate", json.dumps({"text": f"Hello world {n}."})) for n in range(25)]
read = v2("GET", "/api/rate-limit-status")
answers = [generate.handler(event, Context()) for each in posts for event in (each, read)]
left = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
print(json.dumps({"statuses": sorted({one["statusCode"] for one in answers}), "answers": len(answers),
    "loops": len(made), "left": len(left), "redis": json.loads(answers[-1]["body"])["using_redis"]}))
"""
FORKED = """
import os
from core.http.event_loop import on_process_loop
on_process_loop(id)
child = os.fork()
if not child:
    on_process_loop(lambda loop: loop.run_until_complete(__import__("asyncio").sleep(0)))
    os._exit(7)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def the_loop() -> int:
    async def running() -> int:
        return id(asyncio.get_running_loop())

    return on_process_loop(lambda loop: loop.run_until_complete(running()))


def close_the_current() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.close()


@pytest.fixture
def no_current_loop() -> Iterator[None]:
    yield
    asyncio.set_event_loop(None)


@pytest.mark.usefixtures("no_current_loop")
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(lambda: None, id="nothing"),
        pytest.param(lambda: asyncio.run(asyncio.sleep(0)), id="asyncio-run"),
        pytest.param(lambda: asyncio.set_event_loop(None), id="no-current-loop"),
        pytest.param(close_the_current, id="a-closed-loop-is-current"),
    ],
)
def test_code_that_ran_before_does_not_replace_the_loop(before: Callable[[], None]) -> None:
    first = the_loop()
    before()
    assert the_loop() == first


def test_callers_in_many_threads_share_one_loop() -> None:
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: the_loop(), range(40))) == {the_loop()}


async def test_a_caller_may_be_inside_a_running_loop() -> None:
    assert the_loop() != id(asyncio.get_running_loop())


def test_a_closed_loop_is_replaced() -> None:
    on_process_loop(lambda loop: loop.close())
    assert the_loop() == the_loop()


def test_a_forked_process_has_a_loop_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, timeout=30)  # noqa: S603
    assert done.returncode == 7


async def _sleeping() -> None:
    await asyncio.sleep(60)


async def _stubborn() -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(60)


async def _breeding() -> None:
    try:
        await asyncio.sleep(60)
    finally:
        _KEPT.append(asyncio.ensure_future(asyncio.sleep(60)))


async def _exiting() -> None:
    raise SystemExit


_KEPT: list[Any] = []


@pytest.mark.parametrize("work", [_sleeping, _stubborn, _breeding])
def test_no_task_is_left_behind(work: Callable[[], Any]) -> None:
    async def leave() -> str:
        _KEPT.append(asyncio.ensure_future(work()))
        await asyncio.sleep(0)
        return "answer"

    assert on_process_loop(lambda loop: loop.run_until_complete(leave())) == "answer"
    assert on_process_loop(asyncio.all_tasks) == set()


def test_a_task_that_is_nearly_done_may_end_by_itself() -> None:
    events: list[str] = []

    async def finish() -> None:
        await asyncio.sleep(0.01)
        events.append("done")

    async def leave() -> None:
        _KEPT.append(asyncio.ensure_future(finish()))

    on_process_loop(lambda loop: loop.run_until_complete(leave()))
    assert events == ["done"]


def test_a_task_that_exits_the_process_does_not_stop_the_loop() -> None:
    async def leave() -> None:
        _KEPT.append(asyncio.ensure_future(_exiting()))
        await asyncio.sleep(60)

    with pytest.raises(SystemExit):
        on_process_loop(lambda loop: loop.run_until_complete(leave()))
    assert on_process_loop(asyncio.all_tasks) == set()
    assert the_loop() == the_loop()


def fifty(**settings: str) -> Any:
    """What fifty warm invocations of the function give, in a process with these settings."""
    environment = {**os.environ, "RATE_LIMIT_REQUESTS": "100", **settings}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FIFTY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


FIFTY_ANSWERS = {"statuses": [200], "answers": 50, "loops": 1, "left": 0, "redis": True}


def test_fifty_warm_invocations_use_one_loop_and_two_connections_by_tcp(
    valkey: Redis, redis_url: str
) -> None:
    def accepted() -> int:
        stats: Any = valkey.info("stats")
        return int(stats["total_connections_received"])

    before = accepted()
    assert fifty(REDIS_URL=redis_url, STORE_TIMEOUT_MS="5000") == FIFTY_ANSWERS
    assert 1 <= accepted() - before <= 2


def test_fifty_warm_invocations_use_one_loop_and_two_connections_by_rest(front: Front) -> None:
    connections: set[Any] = set()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        connections.add(scope.get("client"))
        await front.app(scope, receive, send)

    with serving(watched) as url:
        settings = {"UPSTASH_REDIS_REST_URL": url, "UPSTASH_REDIS_REST_TOKEN": TOKEN}
        assert fifty(**settings, STORE_TIMEOUT_MS="5000") == FIFTY_ANSWERS
    assert 1 <= len(connections - {None}) <= 2


@pytest.mark.parametrize("function", ["generate", "health_check"])
def test_on_lambda_the_store_is_connected_to_before_the_first_event(
    function: str, upstash_settings: dict[str, Any]
) -> None:
    code = f"from functions import {function}"
    with faulty(None, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        environ = {"UPSTASH_REDIS_REST_URL": store.url, "UPSTASH_REDIS_REST_TOKEN": TOKEN}
        for place in ({}, {"AWS_LAMBDA_FUNCTION_NAME": "threadr"}):
            assert store.requests == []
            command, given = [sys.executable, "-c", code], os.environ | environ | place
            subprocess.run(command, cwd=ROOT, env=given, check=True, timeout=60)  # noqa: S603
        assert store.requests == [[["PING"]]]


@pytest.mark.parametrize("store", ["closed", "silent"])
def test_a_store_that_cannot_be_reached_at_init_is_no_failure(store: str) -> None:
    code = "from functions import generate; print(generate.app.state.services.details['store'])"
    with silent_port() as silent:
        url = f"http://127.0.0.1:{silent if store == 'silent' else closed_port()}"
        environ = {"UPSTASH_REDIS_REST_URL": url, "UPSTASH_REDIS_REST_TOKEN": "t"}
        given = os.environ | environ | {"AWS_LAMBDA_FUNCTION_NAME": "t"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=given, check=True, timeout=30, capture_output=True)  # noqa: S603
    assert (done.stdout, done.stderr) == (b"SharedStore\n", b"")
