"""Each fault of the store at each entry point; which commands are sent again, and when none is sent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields
from typing import Any

import httpx
import pytest
from redis import Redis

from core.errors import CommandFailed
from core.net.breaker import Breaker
from core.ops.health import ServiceHealth, status_of
from core.ops.scheduled import Checker
from core.settings import Settings
from core.store.keys import LAST_HEALTH_CHECK
from core.store.upstash import UpstashRest
from tests.support.app import TOKEN, whole_app
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.fault_server import Wants, Wire, faulty, holding
from tests.support.faulty_stores import (
    KEY,
    REQUEST,
    Broken,
    ClientOver,
    Instance,
    MakeInstance,
    UpstashClient,
    spoil_entry,
    trusting,
    works,
)
from tests.support.site import ARTICLE
from tests.support.store_faults import (
    CLOSED_IN_A_PAUSE,
    DAILY,
    FAULTS,
    FULL,
    HTML,
    READ_ONLY,
    TOO_LARGE,
    WRITES,
    Fault,
    item,
    refused,
)


@pytest.fixture
async def instance_of(
    capsys: pytest.CaptureFixture[str], model_settings: dict[str, Any]
) -> AsyncIterator[MakeInstance]:
    """Makes fresh instances of Threadr over a store; in the end none of them has written the token."""
    made: list[Instance] = []
    written: list[str] = []

    async def listen(response: httpx.Response) -> None:
        written.append(f"{response.headers} {(await response.aread()).decode()}")

    def make(url: str, *, token: str = TOKEN, **settings: Any) -> Instance:
        read = Settings.from_env({"UPSTASH_REDIS_REST_URL": url, "UPSTASH_REDIS_REST_TOKEN": token})
        given = {each.name: getattr(read, each.name) for each in fields(Settings)} | model_settings
        given |= {"store_timeout_ms": 2_000, **settings}
        app = whole_app(Settings(**given))
        transport = httpx.ASGITransport(
            app, client=(f"198.51.100.{len(made)}", 1), raise_app_exceptions=False
        )
        client = httpx.AsyncClient(
            transport=transport, base_url="http://threadr.test", event_hooks={"response": [listen]}
        )
        made.append(Instance(client, app.state.services))
        return made[-1]

    yield make
    for instance in made:
        await instance.services.close()
    assert TOKEN not in "".join([*written, *capsys.readouterr()])


@pytest.fixture
async def broken(
    request: pytest.FixtureRequest,
    instance_of: MakeInstance,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Broken]:
    fault: Fault = request.param
    front: str = upstash_settings["upstash_redis_rest_url"]
    if fault.spoil:
        await instance_of(front).generate()
        spoil_entry(valkey, fault.spoil)
    with faulty(fault.wire, behind=front, only=fault.only) as store, trusting(store, monkeypatch):
        # A deadline that only what hangs can miss, however busy the machine is.
        deadline_ms = (250 if fault.used else 100) if fault.hangs else 2_000
        instance = instance_of(store.url, token=fault.token, store_timeout_ms=deadline_ms)
        if fault.used:
            await instance.get("/api/rate-limit-status")
        if fault.wire == CLOSED_IN_A_PAUSE:
            await asyncio.to_thread(store.hung_up.wait, 5)
        yield Broken(fault, store, instance)


def overall_without_workers(status: str, services: Mapping[str, ServiceHealth]) -> str:
    """The status that these parts have but for the worker processes, which a busy machine keeps waiting."""
    assert status == status_of(services)
    return status_of({**services, "extraction": ServiceHealth("healthy", None, None)})


async def health_of(instance: Instance) -> tuple[str, dict[str, Any]]:
    """The health page, and its status without workers."""
    response = await instance.client.get("/api/monitor/health")
    page = response.json()
    assert response.status_code == (503 if page["status"] == "unhealthy" else 200)
    services = {name: ServiceHealth(**part) for name, part in page["services"].items()}
    return overall_without_workers(page["status"], services), page


every_fault = pytest.mark.parametrize("broken", FAULTS, indirect=True)


@every_fault
async def test_a_thread_is_made_and_the_limit_holds(broken: Broken) -> None:
    first, second = await broken.instance.generate(), await broken.instance.generate()
    assert (first.status_code, second.status_code) == (200, 200)
    assert broken.shows.cache in first.headers["cache-status"]
    assert (first.json()["cached"], second.json()["thread"]) == (False, first.json()["thread"])
    status = await broken.instance.get("/api/rate-limit-status")
    assert (status["using_redis"], status["requests_used"]) == (broken.shows.limiter_is_shared, 2)


@every_fault
async def test_clearing_removes_the_local_entry_and_tells_whether_the_shared_one_is_gone(
    broken: Broken,
) -> None:
    local = broken.instance.services.local
    local.items.put(KEY, "kept", 60)
    response = await broken.instance.client.delete("/api/cache/clear", params=REQUEST)
    assert response.status_code == broken.shows.cleared
    assert await local.peek(KEY) is None
    if response.status_code == 503:
        assert response.json()["type"] == "/problems/cache-unavailable"
        assert int(response.headers["retry-after"]) > 0


@every_fault
async def test_the_statistics_say_what_is_wrong(broken: Broken) -> None:
    stats = await broken.instance.get("/api/cache/stats")
    assert stats == stats | broken.shows.stats
    if not stats["available"]:
        assert stats["reason"] == broken.shows.redis


@every_fault
async def test_the_health_page_says_what_is_wrong(broken: Broken) -> None:
    status, health = await health_of(broken.instance)
    assert status == broken.shows.overall
    assert health["services"]["redis"]["status"] == broken.shows.redis
    assert len(broken.store.requests) <= broken.fault.used + 3  # each may take a deadline; a second in all


@every_fault
async def test_the_start_page_says_whether_the_store_works_and_is_hidden_in_production(
    broken: Broken, instance_of: MakeInstance
) -> None:
    startup = await broken.instance.get("/debug/startup")
    assert startup["redis_available"] is broken.shows.redis_available
    production = instance_of(broken.store.url, token=broken.fault.token, environment="production")
    assert (await production.client.get("/debug/startup")).status_code == 404


@every_fault
async def test_the_rate_limit_status_is_answered(broken: Broken) -> None:
    status = await broken.instance.get("/api/rate-limit-status")
    assert status["requests_used"] == 0
    if broken.shows is not READ_ONLY:  # reading the count does not show that it cannot be raised
        assert status["using_redis"] is broken.shows.limiter_is_shared


@every_fault
async def test_the_scheduled_check_returns(broken: Broken) -> None:
    checker = Checker(broken.instance.services.settings)
    async with asyncio.timeout(60):  # what hangs would take for ever
        result = await checker()
    await checker.close()
    assert overall_without_workers(result.status, result.services) == broken.shows.overall
    assert result.services["redis"].status == broken.shows.redis


HANGS = {"accept": True}
TEMPORARY = [
    pytest.param(refused("ERR internal", 500), id="500"),
    pytest.param({"status": 429, "html": HTML}, id="429"),
    pytest.param(HANGS, id="hangs"),
    pytest.param({"content_length": 100, "send": 10}, id="cut"),
    pytest.param({"status": 200, "html": HTML}, id="html"),
    pytest.param({"status": 200, "json": []}, id="too few results"),
]
PERMANENT = [
    pytest.param({"status": 401, "html": HTML}, id="401"),
    pytest.param(refused("Forbidden", 403), id="403"),
    pytest.param({"status": 404, "html": HTML}, id="404"),
    pytest.param({"status": 301, "headers": {"Location": "/"}}, id="redirect"),
    pytest.param(refused(DAILY), id="quota"),
    pytest.param({"tls": "self-signed"}, id="certificate"),
]


@pytest.fixture
async def client_over(upstash_settings: dict[str, Any], clock: Clock) -> AsyncIterator[ClientOver]:
    async with contextlib.AsyncExitStack() as stack:

        def make(wire: Wire | None, only: Wants | None = None) -> UpstashClient:
            behind = upstash_settings["upstash_redis_rest_url"]
            store = stack.enter_context(faulty(wire, behind=behind, only=only))
            seconds = 0.05 if wire == HANGS else 2
            upstash = UpstashRest(store.url, TOKEN, timeout_seconds=seconds, breaker=Breaker(clock))
            stack.push_async_callback(upstash.close)
            return UpstashClient(upstash, clock, store)

        yield make


@pytest.mark.parametrize("wire", TEMPORARY)
async def test_a_temporary_failure_is_tried_three_times_then_once_every_ten_seconds(
    wire: Wire, client_over: ClientOver
) -> None:
    client = client_over(wire)
    assert not any([await client.write() for _ in range(5)])
    assert len(client.store.requests) == 3
    assert not any([await client.write(after=9.9), await client.write(after=0.1), await client.write()])
    assert len(client.store.requests) == 4


@pytest.mark.parametrize("wire", PERMANENT)
async def test_a_permanent_failure_is_tried_once_a_minute(wire: Wire, client_over: ClientOver) -> None:
    client = client_over(wire)
    assert not any([await client.write(), await client.write(), await client.write(after=59.9)])
    assert client.attempts == 1
    assert not any([await client.write(after=0.1), await client.write()])
    assert client.attempts == 2


@pytest.mark.parametrize("wire", TEMPORARY)
async def test_a_store_that_recovers_is_used_again_without_a_restart(
    wire: Wire, client_over: ClientOver
) -> None:
    client = client_over(wire)
    assert not any([await client.write() for _ in range(4)])
    client.store.wire = None
    assert [await client.write(), await client.write(after=10), await client.write()] == [False, True, True]


@pytest.mark.parametrize("command", ["EVAL", "SET"])
@pytest.mark.parametrize("wire", [*TEMPORARY, pytest.param({"reset": True}, id="reset")])
async def test_a_write_is_never_sent_twice(wire: Wire, command: str, client_over: ClientOver) -> None:
    client = client_over(wire)
    arguments = ["return 1", 0] if command == "EVAL" else ["a", "1"]
    write = client.upstash.execute([command, *arguments])
    assert not any(await asyncio.gather(works(write), client.read()))
    assert (client.store.count(command), len(client.store.requests)) == (1, 1)


@pytest.mark.parametrize("status", [400, 200], ids=["whole request", "in a batch"])
async def test_a_full_store_is_still_read_and_does_not_count_as_down(
    status: int, client_over: ClientOver
) -> None:
    client = client_over(refused(FULL) if status == 400 else item(FULL), only=WRITES)
    assert not any([await client.write() for _ in range(4)])
    assert await client.read()


async def test_a_command_that_is_too_large_does_not_count_as_down(client_over: ClientOver) -> None:
    client = client_over(refused(TOO_LARGE), only=holding("large"))
    for _ in range(4):
        with pytest.raises(CommandFailed):
            await client.upstash.execute(["SET", "a", "large"])
    assert await client.write()


RESET_ONCE = {"keepalive": "rst", "new": "answers"}


async def test_reads_are_sent_again_when_a_kept_connection_was_reset(client_over: ClientOver) -> None:
    client = client_over(RESET_ONCE)
    assert [await client.read(), await client.read()] == [True, True]
    assert (len(client.store.requests), client.store.connections) == (3, 2)


async def test_reads_are_sent_again_only_once(client_over: ClientOver) -> None:
    client = client_over({"keepalive": "rst"})
    assert [await client.read(), await client.read()] == [True, False]
    assert len(client.store.requests) == 3


async def test_a_batch_with_a_write_is_not_sent_again(client_over: ClientOver) -> None:
    client = client_over(RESET_ONCE)
    assert await client.read()
    assert not any(await asyncio.gather(client.read(), client.write()))
    assert len(client.store.requests) == 2
    assert await client.write()


@pytest.mark.parametrize(
    "wire", [{"reset": True}, {"content_length": 100, "send": 10}], ids=["reset", "cut in the body"]
)
async def test_reads_whose_answer_was_cut_off_are_sent_again_once(
    wire: Wire, client_over: ClientOver
) -> None:
    client = client_over(wire)
    assert not await client.read()
    assert len(client.store.requests) == 2


async def test_one_reset_may_come_from_a_pause_and_does_not_count(client_over: ClientOver) -> None:
    client = client_over({"reset": True})
    assert not any([await client.write() for _ in range(6)])
    assert len(client.store.requests) == 4


async def test_the_store_is_not_called_during_its_retry_after(client_over: ClientOver) -> None:
    client = client_over({"status": 429, "html": HTML, "headers": {"Retry-After": "30"}})
    assert not any([await client.write(), await client.write(after=29.9)])
    assert len(client.store.requests) == 1
    client.store.wire = None
    assert await client.write(after=0.1)


async def test_a_result_that_is_too_large_is_refused(client_over: ClientOver) -> None:
    assert not await client_over({"huge_mb": 20}).read()


async def test_a_hung_store_adds_one_deadline_to_a_request_and_not_two(
    instance_of: MakeInstance, upstash_settings: dict[str, Any]
) -> None:
    with faulty(HANGS, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        assert (await instance_of(store.url, store_timeout_ms=250).generate()).status_code == 200
        assert len(store.requests) == 1


async def test_a_full_store_still_serves_what_it_holds(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], openai: FakeOpenAI
) -> None:
    front = upstash_settings["upstash_redis_rest_url"]
    await instance_of(front).generate()
    with faulty(refused(FULL), behind=front, only=WRITES) as store:
        response = await instance_of(store.url).generate()
    assert response.json()["cached"] is True
    assert len(openai.requests) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: '{"tweets": 3', id="not-json"),
        pytest.param(lambda value: value.replace('"content"', '"text"'), id="not-valid"),
    ],
)
async def test_a_spoiled_entry_is_replaced(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], valkey: Redis, spoil: Callable[[str], str]
) -> None:
    url = upstash_settings["upstash_redis_rest_url"]
    await instance_of(url).generate()
    spoil_entry(valkey, spoil)
    assert (await instance_of(url).generate()).json()["cached"] is False
    assert (await instance_of(url).generate()).json()["cached"] is True


async def test_a_key_of_another_type_stops_no_thread(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], valkey: Redis
) -> None:
    valkey.rpush(KEY, "not a string")
    instance = instance_of(upstash_settings["upstash_redis_rest_url"])
    assert (await instance.generate()).status_code == 200
    assert (await health_of(instance))[1]["services"]["redis"]["status"] == "healthy"


@pytest.mark.parametrize("value", ["not JSON", "7", "[]"])
async def test_a_spoiled_note_of_the_last_check_breaks_no_health_page(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], valkey: Redis, value: str
) -> None:
    valkey.set(LAST_HEALTH_CHECK, value)
    status, health = await health_of(instance_of(upstash_settings["upstash_redis_rest_url"]))
    assert (status, health["last_scheduled_check"]) == ("healthy", None)


async def test_fifty_hits_are_fifty_requests(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], openai: FakeOpenAI
) -> None:
    with faulty(None, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        instance = instance_of(store.url, local_cache_seconds=0, rate_limit_requests=100)
        await instance.generate()
        before = len(store.requests)
        hits = [(await instance.generate()).json()["cached"] for _ in range(50)]
    assert (hits, len(store.requests) - before) == ([True] * 50, 50)
    assert (store.connections, len(openai.requests)) == (1, 1)


async def test_slow_names_of_articles_do_not_keep_the_store_from_being_found(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    true, loop = socket.getaddrinfo, asyncio.get_running_loop()
    waiting, released = asyncio.Semaphore(0), threading.Event()

    def slow(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).endswith(".slow.test"):
            loop.call_soon_threadsafe(waiting.release)
            released.wait(10)
            raise socket.gaierror
        return true(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    url = upstash_settings["upstash_redis_rest_url"].replace("127.0.0.1", "localhost")
    busy = instance_of(url)
    urls = [f"http://{number}.slow.test/" for number in range(8)]
    requests = [asyncio.ensure_future(busy.client.post("/api/generate", json={"url": each})) for each in urls]
    for _ in range(4):
        await waiting.acquire()
    status = await instance_of(url).get("/api/rate-limit-status")
    released.set()
    assert {answer.status_code for answer in await asyncio.gather(*requests)} == {422}
    assert status["using_redis"] is True


async def test_a_slow_store_gets_at_most_half_of_a_requests_time(
    upstash_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    patient = {"store_timeout_ms": 2_000, "generate_deadline_seconds": 1.0}
    with faulty({"accept": True}, behind=upstash_settings["upstash_redis_rest_url"]) as server:
        settings = Settings(**upstash_settings | patient | {"upstash_redis_rest_url": server.url})
        app = whole_app(settings)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            response = await client.post("/api/generate", json={"text": ARTICLE})
        await app.state.services.close()
    assert response.status_code == 200
    assert "no answer in half of the time left" in capsys.readouterr().out
