"""The faults of an Upstash-REST store, and what each entry point shows for them.

The cases U04 to U40 have the numbers of the project's list of faults; the others are our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.app import TOKEN
from tests.support.fault_server import Wants, Wire, either, holding, named


@dataclass(frozen=True, kw_only=True)
class Shows:
    """What the entry points show. `redis` is the word for the store's health."""

    redis: str = "healthy"
    overall: str = "healthy"
    cache: str = "fwd=uri-miss"  # in the Cache-Status of a thread that was never requested before
    limiter_is_shared: bool = True
    cleared: int = 200
    stats: Mapping[str, Any] = field(
        default_factory=lambda: {"available": True, "writable": True, "partial": False}
    )
    redis_available: bool = True


def down(redis: str) -> Shows:
    """The store cannot be used at all."""
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
