"""What the middleware adds to a response as it leaves."""

from __future__ import annotations

from starlette.types import Message

from core.http.outer import HeaderSender


async def test_headers_are_added_once_to_the_start_and_the_status_is_remembered() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    sender = HeaderSender(send, lambda _: {b"x-request-id": b"id"})
    assert sender.status is None
    await sender({"type": "http.response.start", "status": 418, "headers": [(b"a", b"b")]})
    await sender({"type": "http.response.body", "body": b"text"})
    assert sender.status == 418
    assert sent == [
        {"type": "http.response.start", "status": 418, "headers": [(b"a", b"b"), (b"x-request-id", b"id")]},
        {"type": "http.response.body", "body": b"text"},
    ]


async def test_headers_are_those_of_the_moment_at_which_the_response_starts() -> None:
    sent: list[Message] = []
    values = {b"age": b"0"}

    async def send(message: Message) -> None:
        sent.append(message)

    sender = HeaderSender(send, lambda _: values)
    values[b"age"] = b"7"
    await sender({"type": "http.response.start", "status": 200, "headers": []})
    assert sent[0]["headers"] == [(b"age", b"7")]
