"""Bad bodies: the status is 4xx, the answer is small, and has nothing of the body."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.support.app import Make
from tests.support.lambda_events import call, v2

CANARY = "canary7f3a"
JSON = "application/json"
MB = 1_000_000


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def assert_refused(response: httpx.Response, status: int) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert len(response.content) <= 2_048
    assert CANARY not in response.text
    assert (response.json()["type"], response.json()["status"]) == ("/problems/validation", status)


async def sent(client: httpx.AsyncClient, body: Any, content_type: str | None = JSON) -> httpx.Response:
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return await client.post("/api/generate", content=body, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"   \n", id="blank"),
        pytest.param(b"null", id="null"),
        pytest.param(b'["canary7f3a"]', id="array"),
        pytest.param(b'"canary7f3a"', id="string"),
        pytest.param(b"1", id="number"),
        pytest.param(b'{"text":"canary7f3a"', id="truncated"),
        pytest.param(b'{"text":"canary7f3a",}', id="trailing-comma"),
        pytest.param(b'{"text":"canary7f3a"} {}', id="two-documents"),
        pytest.param(b'{"text":"\\x canary7f3a"}', id="bad-escape"),
        pytest.param(b'{"text":"canary7f3a\x00"}', id="raw-NUL-in-a-string"),
        pytest.param(b"{'text':'canary7f3a'}", id="python"),
        pytest.param(b"[" * 100_000, id="deep-arrays"),
        pytest.param(b'{"canary7f3a":' * 50_000, id="deep-objects"),
        pytest.param(b'{"text":' + b"[" * 900 + b"]" * 900 + b"}", id="deep-but-whole"),
        pytest.param(b'{"text":"canary7f3a","max_posts":' + b"9" * 10_000 + b"}", id="digits-without-end"),
        pytest.param(b'{"text":"canary7f3a","max_posts":1e999}', id="overflow"),
        pytest.param(b'{"text":"canary7f3a","max_posts":NaN}', id="NaN"),
        pytest.param(b'{"text":-Infinity}', id="Infinity"),
        pytest.param(b'{"text":"canary7f3a","max_posts":5.5}', id="fraction"),
        pytest.param(b'{"text":"canary7f3a","max_posts":"5"}', id="number-as-string"),
        pytest.param(b'{"text":"canary7f3a\\ud800"}', id="lone-surrogate"),
        pytest.param(b'{"\\ud800canary7f3a":1,"text":"a"}', id="surrogate-in-a-key"),
        pytest.param(as_json({"text": "a", CANARY: 1}), id="unknown-field"),
        pytest.param(as_json({"text": "a", CANARY * 5_000: 1}), id="long-unknown-field"),
        pytest.param(as_json({"text": "a", **{f"{CANARY}{n}": n for n in range(5_000)}}), id="many-fields"),
        pytest.param(as_json({"text": "a", "platform": CANARY}), id="unknown-platform"),
        pytest.param(as_json({"text": "a", "language": CANARY}), id="no-language"),
        pytest.param(as_json({"text": "a", "tone": CANARY * 100}), id="long-tone"),
        pytest.param(as_json({"text": "a", "tone": "\ufeff"}), id="blank-tone"),
        pytest.param(as_json({"text": CANARY, "url": CANARY}), id="both-sources"),
        pytest.param(as_json({"url": "http://e.example/" + CANARY * 500}), id="long-url"),
        pytest.param(as_json({"text": " \t\n"}), id="blank-text"),
        pytest.param(as_json({"text": "a" * (MB + 1)}), id="over-1-MB"),
        pytest.param(as_json({"text": "é" * (MB // 2 + 1)}), id="over-1-MB-in-bytes"),
        pytest.param('\u007b"text":"canary7f3a é"}'.encode("latin-1"), id="latin-1"),
        pytest.param(b'{"text":"canary7f3a\xff\xfe"}', id="not-utf-8"),
        pytest.param(gzip.compress(b'{"text":"canary7f3a"}'), id="gzip"),
        pytest.param(b"\x1b[31mcanary7f3a", id="terminal-codes"),
    ],
)
async def test_a_body_that_is_not_a_request_is_a_422(client_of: Make, body: bytes) -> None:
    assert_refused(await sent(client_of(), body), 422)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(as_json({"text": "Hello world."}), id="plain"),
        pytest.param("\ufeff".encode() + as_json({"text": "Hello world."}), id="byte-order-mark"),
        pytest.param('{"text":"Hello wörld."}'.encode("utf-16"), id="utf-16"),
        pytest.param('{"text":"Hello wörld."}'.encode("utf-32"), id="utf-32"),
        pytest.param(b'{"text":"a","text":"Hello world."}', id="duplicate-key"),
        pytest.param(b'{"text":"Hello\\u0000 world."}', id="escaped-NUL"),
        pytest.param(b' \r\n {"text":"Hello world."} \n', id="white-space-around"),
        pytest.param(as_json({"text": "😀" * 10_000}), id="wide-characters"),
        pytest.param(as_json({"text": "a" * MB}), id="exactly-1-MB"),
        pytest.param(as_json({"text": "a", "url": None, "tone": None}), id="nulls-for-nothing"),
    ],
)
async def test_a_body_that_can_be_read_is_answered(client_of: Make, body: bytes) -> None:
    assert (await sent(client_of(), body)).status_code == 200


async def test_of_two_equal_keys_the_last_one_is_used_and_kept(client_of: Make) -> None:
    client = client_of()
    first = (await sent(client, b'{"text":"Other.","text":"Hello world."}')).json()
    again = (await sent(client, b'{"text":"Hello world."}')).json()
    assert first["thread"][0]["content"] == "Hello world."
    assert (again["cached"], again["id"]) == (True, first["id"])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSON, 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("application/vnd.threadr.v1+json", 200),
        ("application/json; charset=latin-1", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
        ("application/jsonp", 415),
        ("text/json", 415),
        ("application/octet-stream", 415),
        (CANARY, 415),
        ("", 415),
        (None, 415),
    ],
)
@pytest.mark.parametrize("path", ["/api/generate", "/api/validate", "/api/cache/clear"])
async def test_only_a_body_that_is_declared_as_json_is_read(
    client_of: Make, path: str, content_type: str | None, status: int
) -> None:
    body = {"thread": ["Hello."]} if path == "/api/validate" else {"text": f"Hello {CANARY}."}
    headers = {} if content_type is None else {"Content-Type": content_type}
    method = "DELETE" if path.endswith("clear") else "POST"
    response = await client_of().request(method, path, content=as_json(body), headers=headers)
    if status == 200:
        assert response.status_code == 200
    else:
        assert_refused(response, status)


async def test_a_body_in_pieces_is_one_body(client_of: Make) -> None:
    async def pieces() -> Any:
        for byte in as_json({"text": "Hello world."}):
            yield bytes([byte])

    assert (await sent(client_of(), pieces())).status_code == 200


@pytest.mark.parametrize("path", ["/api/generate", "/api/validate", "/api/threads/x/posts/1/rewrite"])
async def test_a_body_over_the_limit_is_a_413(client_of: Make, path: str) -> None:
    body = as_json({"text": CANARY * 700_000})
    response = await client_of().post(path, content=body, headers={"Content-Type": JSON})
    assert_refused(response, 413)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param('{"text": "Hello wörld."}', JSON, 200, id="thread"),
        pytest.param('{"text": 1}', JSON, 422, id="wrong-type"),
        pytest.param("[" * 9_000, JSON, 422, id="deep"),
        pytest.param("text=Hello", "application/x-www-form-urlencoded", 415, id="form"),
        pytest.param(as_json({"text": "a" * 3_000_000}).decode(), JSON, 422, id="long-text"),
    ],
)
def test_no_answer_leaves_lambda_as_base64(body: str, content_type: str, status: int) -> None:
    event = v2("POST", "/api/generate", body)
    event["requestContext"]["http"]["sourceIp"] = "192.0.2.77"  # a limit of its own
    event["headers"] = {"host": "h.example", "content-type": content_type}
    answer = call("generate", event)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (status, False)
    assert json.loads(answer["body"])
