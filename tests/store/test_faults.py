"""Whatever the store does: each fault at each entry point, what is asked again, and what is left alone.

The cases U04 to U40 have the numbers of the project's list of faults; the others are our own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import httpx
import pytest
from redis import Redis

from core.cache.request_key import text_key
from core.errors import CommandFailed, StoreError
from core.net.breaker import Breaker
from core.net.tls import tls_context
from core.ops.health import check_and_remember
from core.services import Services
from core.settings import Settings
from core.store.keys import LAST_HEALTH_CHECK
from core.store.upstash import UpstashRest
from tests.support.app import TOKEN, whole_app
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.fault_server import FaultServer, Wants, Wire, either, faulty, holding, named
from tests.support.site import ARTICLE

REQUEST = {"text": ARTICLE}
KEY = text_key(ARTICLE)


@dataclass(frozen=True, kw_only=True)
class Shows:
    """What the entry points show. `redis` is the word for the store's health."""

    redis: str = "healthy"
    overall: str = "healthy"
    cache: str = "fwd=uri-miss"  # in the Cache-Status of a thread that nobody asked for before
    limiter_is_shared: bool = True
    cleared: int = 200
    stats: Mapping[str, Any] = field(
        default_factory=lambda: {"available": True, "writable": True, "partial": False}
    )
    redis_available: bool = True


def down(redis: str) -> Shows:
    """Nothing can be had of the store."""
    return Shows(
        redis=redis,
        overall="degraded",
        cache="detail=bypass",
        limiter_is_shared=False,
        cleared=503,
        stats={"available": False},
        redis_available=False,
    )


HEALTHY = Shows()
UNREACHABLE = down("unreachable")
BAD_RESPONSE = down("bad_response")
MISCONFIGURED = down("misconfigured")
QUOTA_EXCEEDED = down("quota_exceeded")
NOT_CONFIGURED = down("not_configured")
READ_ONLY = Shows(
    redis="read_only",
    overall="degraded",
    cache="threadr; ",
    limiter_is_shared=False,
    stats={"available": True, "writable": False},
    redis_available=False,
)
NO_SCRIPTS = replace(HEALTHY, cache="detail=bypass", limiter_is_shared=False)
PARTIAL = Shows(stats={"available": True, "partial": True})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`used`: the connection has carried a request before. `spoil` makes a bad entry of a good one."""

    wire: Wire | None = None
    shows: Shows
    only: Wants | None = None
    used: bool = False
    spoil: Callable[[str], str] | None = None
    token: str = TOKEN

    @property
    def hangs(self) -> bool:
        return bool({"accept", "delay_s", "drip", "connect"} & set(self.wire or ())) or (
            self.wire == {"keepalive": "blackhole"}
        )


def case(
    name: str,
    wire: Wire | None,
    shows: Shows,
    *,
    only: Wants | None = None,
    used: bool = False,
    spoil: Callable[[str], str] | None = None,
    token: str = TOKEN,
) -> Any:
    return pytest.param(
        Fault(wire=wire, shows=shows, only=only, used=used, spoil=spoil, token=token), id=name
    )


def refused(text: str, status: int = 400) -> Wire:
    return {"status": status, "json": {"error": text}}


def item(text: str) -> Wire:
    return {"item": {"error": text}}


HTML = "<html>canary</html>"
CLOSED_IN_A_PAUSE = {"keepalive": "fin"}
NESTED = "[" * 100_000
FULL = "ERR DB capacity quota exceeded"
TOO_LARGE = "ERR max request size exceeded. Limit: 10485760 bytes, Actual: 10485999 bytes"
DAILY = "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001."
MONTHLY = "ERR max requests limit exceeded. Limit: 500000, Usage: 500000."
WRITES = named("EVAL", "EVALSHA", "SET", "SETEX", "INCR", "INCRBY", "HSET", "HINCRBY", "ZADD", "EXPIRE")
ANSWERS = holding('"thread":')  # the commands that carry an answer to be kept

FAULTS = [
    case("U04-self-signed", {"tls": "self-signed"}, MISCONFIGURED),
    case("U04-wrong-name", {"tls": "wrong name"}, MISCONFIGURED),
    case("U05-hangs", {"accept": True, "read": "request", "write": "nothing"}, UNREACHABLE),
    case("U06-slow", {"delay_s": 5}, UNREACHABLE),
    case("U11-429-html", {"status": 429, "html": HTML}, UNREACHABLE),
    case("U12-500-json", refused("ERR internal", 500), UNREACHABLE),
    case("U15-200-html", {"status": 200, "html": HTML}, BAD_RESPONSE),
    case("U17-cut-in-the-body", {"content_length": 100, "send": 10}, UNREACHABLE),
    case("U20-empty-list", {"status": 200, "json": []}, BAD_RESPONSE),
    case("U20-number", {"status": 200, "json": 7}, BAD_RESPONSE),
    case("U20-string", {"status": 200, "json": "x"}, BAD_RESPONSE),
    case("U21-null", {"status": 200, "raw": "null"}, BAD_RESPONSE),
    case("U22-an-object", {"status": 200, "json": {"result": "hi!"}}, BAD_RESPONSE),
    case("U22-not-base64", {"item": {"result": "hello world!"}}, BAD_RESPONSE),
    case("U24-not-json", None, HEALTHY, spoil=lambda _: '{"tweets": 3'),
    case("U24-cut", None, HEALTHY, spoil=lambda value: value[: len(value) // 2]),
    case("U24-old-schema", None, HEALTHY, spoil=lambda value: value.replace('"thread"', '"tweets"')),
    case("U24-not-valid", None, HEALTHY, spoil=lambda value: value.replace('"content"', '"text"')),
    case("U26-too-few-results", {"status": 200, "json": [{"result": "OK"}]}, BAD_RESPONSE),
    case("U27-request-too-large", refused(TOO_LARGE), HEALTHY, only=ANSWERS),
    case("U27-in-part", item(TOO_LARGE), PARTIAL, only=either(ANSWERS, named("HGETALL"))),
    case("U29-storage-full", refused(FULL), READ_ONLY, only=WRITES),
    case("U29-storage-full-in-a-batch", item(FULL), READ_ONLY, only=WRITES),
    case("U32-reset-after-a-pause", {"keepalive": "rst"}, UNREACHABLE, used=True),
    case("U33-black-hole-after-a-pause", {"keepalive": "blackhole"}, UNREACHABLE, used=True),
    case("U36-newline-in-the-token", None, NOT_CONFIGURED, token=f"{TOKEN}\n"),
    case("tab-in-the-token", None, NOT_CONFIGURED, token=f"{TOKEN}\t{TOKEN}"),
    case("token-that-is-not-ascii", None, NOT_CONFIGURED, token=f"{TOKEN}\u00e9"),
    case("refused", {"refuse": True}, UNREACHABLE),
    case("no-such-name", {"dns": "no-such-host.invalid"}, UNREACHABLE),
    case("no-possible-name", {"dns": "a" * 70 + ".test"}, UNREACHABLE),
    case("firewall-drops-it", {"connect": "timeout"}, UNREACHABLE),
    case("certificate-expired", {"tls": "expired"}, MISCONFIGURED),
    case("reset", {"reset": True}, UNREACHABLE),
    case("half-closed", {"half_close": True}, UNREACHABLE),
    case("closed-in-a-pause", CLOSED_IN_A_PAUSE, HEALTHY, used=True),
    case("drip", {"drip": True}, UNREACHABLE),
    case("junk", {"http": b"\x15\x03\x01\x00\x02\x02\x46"}, UNREACHABLE),
    case("endless-header", {"http": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000}, UNREACHABLE),
    case("401", refused("WRONGPASS invalid or missing auth token", 401), MISCONFIGURED),
    case("401-html", {"status": 401, "html": HTML}, MISCONFIGURED),
    case("403", refused("Forbidden", 403), MISCONFIGURED),
    case("404-html", {"status": 404, "html": HTML}, MISCONFIGURED),
    case("301", {"status": 301, "headers": {"Location": "https://elsewhere.test/pipeline"}}, MISCONFIGURED),
    case("302-to-a-login", {"status": 302, "html": HTML, "headers": {"Location": "/login"}}, MISCONFIGURED),
    case("307-to-itself", {"status": 307, "headers": {"Location": "/pipeline"}}, MISCONFIGURED),
    case("400-unknown-command", refused("ERR unknown command"), BAD_RESPONSE),
    case("429-json", refused("Too Many Requests", 429), UNREACHABLE),
    case("502-html", {"status": 502, "html": HTML}, UNREACHABLE),
    case("503-html", {"status": 503, "html": HTML, "headers": {"Retry-After": "5"}}, UNREACHABLE),
    case("504-html", {"status": 504, "html": HTML}, UNREACHABLE),
    case("too-many-connections", refused("ERR max concurrent connections exceeded"), UNREACHABLE),
    case("loading", item("LOADING Redis is loading the dataset in memory"), UNREACHABLE),
    case("daily-limit", refused(DAILY), QUOTA_EXCEEDED),
    case("daily-limit-429", refused(DAILY, 429), QUOTA_EXCEEDED),
    case("daily-limit-in-a-batch", item(DAILY), QUOTA_EXCEEDED),
    case("monthly-limit", refused(MONTHLY), QUOTA_EXCEEDED),
    case("bandwidth-limit", refused("ERR max bandwidth limit exceeded"), QUOTA_EXCEEDED),
    case("413-html", {"status": 413, "html": HTML}, HEALTHY, only=ANSWERS),
    case("record-too-large", item("ERR max single record size exceeded"), HEALTHY, only=ANSWERS),
    case("no-scripts", item("ERR unknown command 'eval'"), NO_SCRIPTS, only=named("EVAL")),
    case("replica", item("READONLY You can't write against a read only replica."), READ_ONLY, only=WRITES),
    case("read-only-token", item("NOPERM no permissions to run the 'eval' command"), READ_ONLY, only=WRITES),
    case("out-of-memory", item("OOM command not allowed, used memory > 'maxmemory'"), READ_ONLY, only=WRITES),
    case("empty-body", {"status": 200, "raw": ""}, BAD_RESPONSE),
    case("204", {"status": 204}, BAD_RESPONSE),
    case("nested-json", {"status": 200, "raw": NESTED}, BAD_RESPONSE),
    case("not-utf-8", {"status": 200, "raw": b'[{"result":"\xff\xfe"}]'}, BAD_RESPONSE),
    case("base64-of-no-text", {"item": {"result": "//79"}}, BAD_RESPONSE),
    case("no-result-and-no-error", {"item": {}}, BAD_RESPONSE),
    case("only-a-null-error", {"item": {"error": None}}, BAD_RESPONSE),
    case("null-error-beside-each-result", {"merge": {"error": None}}, HEALTHY),
    # A number is what DEL answers.
    case("numbers-for-everything", {"item": {"result": 7}}, replace(BAD_RESPONSE, cleared=200)),
    case("strings-for-everything", {"item": {"result": "aGVsbG8="}}, BAD_RESPONSE),
    case("objects-for-everything", {"item": {"result": {"a": 1}}}, BAD_RESPONSE),
    case("too-many-results", {"status": 200, "json": [{"result": 1}] * 99}, BAD_RESPONSE),
    case("longer-than-it-says", {"content_length": 1, "send": 10}, BAD_RESPONSE),
    case("no-gzip", {"status": 200, "json": [], "headers": {"Content-Encoding": "gzip"}}, BAD_RESPONSE),
    case("gzip-bomb", {"gzip_bomb_mb": 100}, BAD_RESPONSE),
    case("100-mb", {"huge_mb": 100}, BAD_RESPONSE),
]  # fmt: skip


@dataclass(frozen=True)
class Instance:
    client: httpx.AsyncClient
    services: Services

    async def generate(self) -> httpx.Response:
        return await self.client.post("/api/generate", json=REQUEST)

    async def get(self, path: str) -> Any:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()


class _Bounded(httpx.ASGITransport):
    """What hangs for ever fails soon."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with asyncio.timeout(5):
            return await super().handle_async_request(request)


MakeInstance = Callable[..., Instance]


@pytest.fixture
async def instance_of(
    capsys: pytest.CaptureFixture[str], model_settings: dict[str, Any]
) -> AsyncIterator[MakeInstance]:
    """Makes fresh instances of Threadr over a store; in the end none of them has told the token."""
    made: list[Instance] = []
    told: list[str] = []

    async def listen(response: httpx.Response) -> None:
        told.append(f"{response.headers} {(await response.aread()).decode()}")

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
    assert TOKEN not in "".join([*told, *capsys.readouterr()])


@dataclass(frozen=True)
class Broken:
    """A fresh instance whose store has a fault."""

    fault: Fault
    store: FaultServer
    instance: Instance

    @property
    def shows(self) -> Shows:
        return self.fault.shows


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
        deadline_ms = 250 if fault.hangs else 2_000
        instance = instance_of(store.url, token=fault.token, store_timeout_ms=deadline_ms)
        if fault.used:
            await instance.get("/api/rate-limit-status")
        if fault.wire == CLOSED_IN_A_PAUSE:
            await asyncio.to_thread(store.hung_up.wait, 5)
        yield Broken(fault, store, instance)


def spoil_entry(valkey: Redis, spoil: Callable[[str], str]) -> None:
    kept = str(valkey.get(KEY))
    assert spoil(kept) != kept
    valkey.set(KEY, spoil(kept), keepttl=True)


@contextlib.contextmanager
def trusting(store: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store's authority is trusted, unless the certificate is to be its own."""
    if store.authority is None or store.wire == {"tls": "self-signed"}:
        yield
        return
    with store.authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        tls_context.cache_clear()
        yield
    tls_context.cache_clear()


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
    health = await broken.instance.get("/api/monitor/health")
    assert health["status"] == broken.shows.overall
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
async def test_the_rate_limit_status_is_told(broken: Broken) -> None:
    status = await broken.instance.get("/api/rate-limit-status")
    assert status["requests_used"] == 0
    if broken.shows is not READ_ONLY:  # a look at the count does not tell that it cannot be raised
        assert status["using_redis"] is broken.shows.limiter_is_shared


@every_fault
async def test_the_scheduled_check_returns(broken: Broken) -> None:
    async with asyncio.timeout(5):
        result = await check_and_remember(broken.instance.services)
    assert result.status == broken.shows.overall
    assert result.services["redis"].status == broken.shows.redis


HANGS = {"accept": True}
DOWN_FOR_NOW = [
    pytest.param(refused("ERR internal", 500), id="500"),
    pytest.param({"status": 429, "html": HTML}, id="429"),
    pytest.param(HANGS, id="hangs"),
    pytest.param({"content_length": 100, "send": 10}, id="cut"),
    pytest.param({"status": 200, "html": HTML}, id="html"),
    pytest.param({"status": 200, "json": []}, id="too few results"),
]
DOWN_UNTIL_MENDED = [
    pytest.param({"status": 401, "html": HTML}, id="401"),
    pytest.param(refused("Forbidden", 403), id="403"),
    pytest.param({"status": 404, "html": HTML}, id="404"),
    pytest.param({"status": 301, "headers": {"Location": "/"}}, id="redirect"),
    pytest.param(refused(DAILY), id="quota"),
    pytest.param({"tls": "self-signed"}, id="certificate"),
]


@dataclass
class Door:
    """Upstash behind a breaker whose clock the test moves."""

    upstash: UpstashRest
    clock: Clock
    store: FaultServer

    async def write(self, *, after: float = 0) -> bool:
        self.clock.now += after
        return await _works(self.upstash.eval("return 1", [], []))

    async def read(self, *, after: float = 0) -> bool:
        self.clock.now += after
        return await _works(self.upstash.get("a"))

    @property
    def asked(self) -> int:
        return max(len(self.store.requests), self.store.connections)


async def _works(command: Any) -> bool:
    try:
        await command
    except StoreError:
        return False
    return True


@pytest.fixture
async def door_to(upstash_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Callable[..., Door]]:
    async with contextlib.AsyncExitStack() as stack:

        def make(wire: Wire | None, only: Wants | None = None) -> Door:
            behind = upstash_settings["upstash_redis_rest_url"]
            store = stack.enter_context(faulty(wire, behind=behind, only=only))
            seconds = 0.05 if wire == HANGS else 2
            upstash = UpstashRest(store.url, TOKEN, timeout_seconds=seconds, breaker=Breaker(clock))
            stack.push_async_callback(upstash.close)
            return Door(upstash, clock, store)

        yield make


@pytest.mark.parametrize("wire", DOWN_FOR_NOW)
async def test_what_may_pass_is_tried_three_times_then_once_every_ten_seconds(
    wire: Wire, door_to: Callable[..., Door]
) -> None:
    door = door_to(wire)
    assert not any([await door.write() for _ in range(5)])
    assert len(door.store.requests) == 3
    assert not any([await door.write(after=9.9), await door.write(after=0.1), await door.write()])
    assert len(door.store.requests) == 4


@pytest.mark.parametrize("wire", DOWN_UNTIL_MENDED)
async def test_what_somebody_must_mend_is_tried_once_a_minute(
    wire: Wire, door_to: Callable[..., Door]
) -> None:
    door = door_to(wire)
    assert not any([await door.write(), await door.write(), await door.write(after=59.9)])
    assert door.asked == 1
    assert not any([await door.write(after=0.1), await door.write()])
    assert door.asked == 2


@pytest.mark.parametrize("wire", DOWN_FOR_NOW)
async def test_a_store_that_recovers_is_used_again_without_a_restart(
    wire: Wire, door_to: Callable[..., Door]
) -> None:
    door = door_to(wire)
    assert not any([await door.write() for _ in range(4)])
    door.store.wire = None
    assert [await door.write(), await door.write(after=10), await door.write()] == [False, True, True]


@pytest.mark.parametrize("command", ["EVAL", "SET"])
@pytest.mark.parametrize("wire", [*DOWN_FOR_NOW, pytest.param({"reset": True}, id="reset")])
async def test_a_write_is_never_sent_twice(wire: Wire, command: str, door_to: Callable[..., Door]) -> None:
    door = door_to(wire)
    write = door.upstash.eval("return 1", [], []) if command == "EVAL" else door.upstash.set("a", "1")
    assert not any(await asyncio.gather(_works(write), door.read()))
    assert (door.store.count(command), len(door.store.requests)) == (1, 1)


@pytest.mark.parametrize("status", [400, 200], ids=["whole request", "in a batch"])
async def test_a_full_store_is_still_read_and_does_not_count_as_down(
    status: int, door_to: Callable[..., Door]
) -> None:
    door = door_to(refused(FULL) if status == 400 else item(FULL), only=WRITES)
    assert not any([await door.write() for _ in range(4)])
    assert await door.read()


async def test_a_command_that_is_too_large_does_not_count_as_down(door_to: Callable[..., Door]) -> None:
    door = door_to(refused(TOO_LARGE), only=holding("large"))
    for _ in range(4):
        with pytest.raises(CommandFailed):
            await door.upstash.set("a", "large")
    assert await door.write()


RESET_ONCE = {"keepalive": "rst", "new": "answers"}


async def test_reads_are_sent_again_when_a_kept_connection_was_reset(door_to: Callable[..., Door]) -> None:
    door = door_to(RESET_ONCE)
    assert [await door.read(), await door.read()] == [True, True]
    assert (len(door.store.requests), door.store.connections) == (3, 2)


async def test_reads_are_sent_again_only_once(door_to: Callable[..., Door]) -> None:
    door = door_to({"keepalive": "rst"})
    assert [await door.read(), await door.read()] == [True, False]
    assert len(door.store.requests) == 3


async def test_a_batch_with_a_write_is_not_sent_again(door_to: Callable[..., Door]) -> None:
    door = door_to(RESET_ONCE)
    assert await door.read()
    assert not any(await asyncio.gather(door.read(), door.write()))
    assert len(door.store.requests) == 2
    assert await door.write()


@pytest.mark.parametrize(
    "wire", [{"reset": True}, {"content_length": 100, "send": 10}], ids=["reset", "cut in the body"]
)
async def test_reads_whose_answer_was_cut_off_are_sent_again_once(
    wire: Wire, door_to: Callable[..., Door]
) -> None:
    door = door_to(wire)
    assert not await door.read()
    assert len(door.store.requests) == 2


async def test_one_reset_may_come_from_a_pause_and_does_not_count(door_to: Callable[..., Door]) -> None:
    door = door_to({"reset": True})
    assert not any([await door.write() for _ in range(6)])
    assert len(door.store.requests) == 4


async def test_the_store_is_left_alone_for_as_long_as_it_asks(door_to: Callable[..., Door]) -> None:
    door = door_to({"status": 429, "html": HTML, "headers": {"Retry-After": "30"}})
    assert not any([await door.write(), await door.write(after=29.9)])
    assert len(door.store.requests) == 1
    door.store.wire = None
    assert await door.write(after=0.1)


async def test_a_result_that_is_too_large_is_not_taken(door_to: Callable[..., Door]) -> None:
    assert not await door_to({"huge_mb": 20}).read()


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
    assert (await instance.get("/api/monitor/health"))["services"]["redis"]["status"] == "healthy"


@pytest.mark.parametrize("value", ["not JSON", "7", "[]"])
async def test_a_spoiled_note_of_the_last_check_breaks_no_health_page(
    instance_of: MakeInstance, upstash_settings: dict[str, Any], valkey: Redis, value: str
) -> None:
    valkey.set(LAST_HEALTH_CHECK, value)
    health = await instance_of(upstash_settings["upstash_redis_rest_url"]).get("/api/monitor/health")
    assert (health["status"], health["last_scheduled_check"]) == ("healthy", None)


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
    asking = [asyncio.ensure_future(busy.client.post("/api/generate", json={"url": each})) for each in urls]
    for _ in range(4):
        await waiting.acquire()
    status = await instance_of(url).get("/api/rate-limit-status")
    released.set()
    assert {answer.status_code for answer in await asyncio.gather(*asking)} == {422}
    assert status["using_redis"] is True


async def test_a_patient_store_gets_no_more_than_half_of_a_requests_time(
    upstash_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    patient = {"store_timeout_ms": 10_000, "generate_deadline_seconds": 1.0}
    with faulty({"accept": True}, behind=upstash_settings["upstash_redis_rest_url"]) as server:
        settings = Settings(**upstash_settings | patient | {"upstash_redis_rest_url": server.url})
        app = whole_app(settings)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            response = await client.post("/api/generate", json={"text": ARTICLE})
        await app.state.services.close()
    assert response.status_code == 200
    assert "no answer in half of the time left" in capsys.readouterr().out
