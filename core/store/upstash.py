"""The client for Upstash Redis over REST."""

import binascii
import re
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json, to_json

from core.errors import CommandFailed, StoreError, StoreRefused
from core.net.http1 import Answer, Cut, PostClient, TooLarge
from core.net.tls import certificate_fault, tls_context
from core.store.pipeline import BatchingClient, Command, Deadline
from core.store.redis_errors import classify_error, of_command

_TOKEN = re.compile(r"[!-~]+")
_MAX_BYTES = 8 * 1024 * 1024
_READS = {"GET", "HGETALL", "HMGET", "INFO", "MGET", "PING", "ZCOUNT"}


class UpstashRest(BatchingClient[PostClient]):
    """Sends each batch as one POST to /pipeline (upstash.com/docs/redis/features/restapi).

    Only the SDK's commands are used (sdk.py), not its transport: that one has no timeout, sleeps 3 s between
    retries (EVAL included), ignores the HTTP status and loses a batch's good results with a bad one.
    """

    def __init__(self, url: str, token: str, **limits: Any) -> None:
        super().__init__(**limits)
        self._url = f"{url}/pipeline"
        self._token = token
        self._resets = 0

    async def send(self, client: PostClient, commands: Sequence[Command], deadline: Deadline) -> list[Any]:
        body = to_json(commands)
        try:
            answer = await _post(client, body, deadline)
        except Cut as cut:
            self._resets += 1
            if not all(str(command[0]).upper() in _READS for command in commands):
                # It may have been executed, so it is not sent again. An idle connection that was closed
                # does not make the store faulty: the first one does not count.
                counts_for_breaker = cut.answered or self._resets > 1
                raise StoreError(reason="connection cut", counts_for_breaker=counts_for_breaker) from None
            try:
                answer = await _post(client, body, deadline)
            except Cut:
                raise StoreError(reason="connection cut twice") from None
        self._resets = 0
        return _results(answer, len(commands))

    def new_client(self) -> PostClient:
        if not _TOKEN.fullmatch(self._token):
            # Copied with a newline, say: in a header it would begin another one.
            raise StoreRefused(reason="the token holds a character that none has", health="not_configured")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # a compressed answer could be small on the wire only
            "Upstash-Encoding": "base64",
        }
        return PostClient(self._url, headers, max_bytes=_MAX_BYTES, tls=tls_context)

    async def close_client(self, client: PostClient) -> None:
        await client.close()


async def _post(client: PostClient, body: bytes, deadline: Deadline) -> Answer:
    """Raises Cut, StoreError."""
    connection = client.idle()
    try:
        if connection is None:
            deadline.start(connecting=True)
            connection = await client.connect()
            deadline.start()
        return await connection.post(body)
    except TooLarge:
        raise StoreError(reason="answer is too large", health="bad_response") from None
    except (OSError, UnicodeError) as error:
        if fault := certificate_fault(error):
            raise StoreRefused(reason=fault, health="misconfigured") from None
        raise StoreError(reason=type(error).__name__) from None


def _results(answer: Answer, expected: int) -> list[Any]:
    try:
        content = from_json(answer.body)
    except ValueError:
        content = None
    error = content.get("error") if isinstance(content, dict) else None
    if error or not 200 <= answer.status < 300:
        return [of_command(_http_failure(answer, str(error) if error else None))] * expected
    if not isinstance(content, list) or len(content) != expected:
        raise StoreError(reason="answer does not fit the batch", health="bad_response")
    return [_result(item) for item in content]


def _http_failure(answer: Answer, error: str | None) -> StoreError:
    status = answer.status
    if error and status < 500 and status not in (401, 403, 404):
        known = classify_error(error)
        if status != 429 or isinstance(known, StoreRefused):
            return known
    if status in (408, 425, 429) or status >= 500:
        wait = answer.header(b"retry-after")
        pause_seconds = float(wait[:6]) if wait.isascii() and wait.isdecimal() else 0  # a week and more
        return StoreError(reason=f"HTTP {status}", pause_seconds=pause_seconds)
    if status == 413:
        return CommandFailed(reason="HTTP 413")
    return StoreRefused(reason=f"HTTP {status}", health="misconfigured")


def _result(item: Any) -> Any:
    if not isinstance(item, dict) or not ("result" in item or item.get("error")):
        raise StoreError(reason="answer does not fit the batch", health="bad_response")
    if item.get("error"):
        return of_command(classify_error(str(item["error"])))
    try:
        return _decoded(item["result"])
    except UnicodeDecodeError:
        # A value of another program does not make the store faulty.
        return CommandFailed(reason="a value is not UTF-8", health="bad_response")


def _decoded(raw: Any) -> Any:
    """Strings come as base64, but for the plain status OK."""
    if isinstance(raw, list):
        return [_decoded(each) if each and isinstance(each, str | list) else each for each in raw]
    if not isinstance(raw, str) or raw == "OK":
        return raw
    try:
        content = binascii.a2b_base64(raw, strict_mode=True)
    except ValueError:
        raise StoreError(reason="answer is not base64", health="bad_response") from None
    return content.decode()
