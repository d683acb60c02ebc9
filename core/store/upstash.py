"""The client for Upstash Redis over REST."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import httpx

from core.errors import CommandFailed, StoreError, StoreRefused
from core.net.tls import certificate_fault, tls_context
from core.store.pipeline import MAX_BATCHES, BatchingClient, Command, Deadline
from core.store.redis_errors import classify_error, of_command

_TOKEN = re.compile(r"[!-~]+")
_MAX_BYTES = 8 * 1024 * 1024
_READS = {"GET", "HGETALL", "HMGET", "INFO", "MGET", "PING", "ZCOUNT"}
_CUTS = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)


class UpstashRest(BatchingClient[httpx.AsyncClient]):
    """Sends each batch as one POST to /pipeline (upstash.com/docs/redis/features/restapi).

    Only the SDK's commands are used, not its transport: that one has no timeout, sleeps 3 s between
    retries (EVAL included), ignores the HTTP status and loses a batch's good results with a bad one.
    """

    def __init__(self, url: str, token: str, **limits: Any) -> None:
        super().__init__(**limits)
        self._url = httpx.URL(f"{url}/pipeline")
        self._token = token
        self._resets = 0

    async def send(
        self, client: httpx.AsyncClient, commands: Sequence[Command], deadline: Deadline
    ) -> list[Any]:
        try:
            results = await self._post(client, commands, deadline)
        except _Cut as cut:
            self._resets += 1
            if not all(str(command[0]).upper() in _READS for command in commands):
                # It may have been executed, so it is not sent again. An idle connection that was closed
                # does not make the store faulty: the first one does not count.
                counts_for_breaker = cut.args[0] or self._resets > 1
                raise StoreError(reason="connection cut", counts_for_breaker=counts_for_breaker) from None
            try:
                results = await self._post(client, commands, deadline)
            except _Cut:
                raise StoreError(reason="connection cut twice") from None
        self._resets = 0
        return results

    async def _post(
        self, client: httpx.AsyncClient, commands: Sequence[Command], deadline: Deadline
    ) -> list[Any]:
        async def trace(event: str, info: Any) -> None:  # www.python-httpx.org/advanced/extensions/#trace
            if event == "connection.connect_tcp.started":
                deadline.start(connecting=True)
            elif event == "http11.send_request_headers.started":
                info["request"].extensions.pop("trace", None)  # the events that follow are many
                if deadline.is_connecting:
                    deadline.start()

        answered, watched = False, {"trace": trace}
        try:
            async with client.stream("POST", self._url, json=commands, extensions=watched) as response:
                answered = True
                return _results(response, await _bounded_body(response), len(commands))
        except httpx.HTTPError as error:
            if isinstance(error, _CUTS):
                raise _Cut(answered) from None
            if fault := certificate_fault(error):
                raise StoreRefused(reason=fault, health="misconfigured") from None
            raise StoreError(reason=type(error).__name__) from None

    def new_client(self) -> httpx.AsyncClient:
        if not _TOKEN.fullmatch(self._token):
            # Copied with a newline, say. The client's own error would have the token in its text.
            raise StoreRefused(reason="the token holds a character that none has", health="not_configured")
        return httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {self._token}",
                "Upstash-Encoding": "base64",
                "Accept-Encoding": "identity",  # a compressed answer could be small on the wire only
            },
            timeout=None,  # noqa: S113 (the batch has a deadline)
            limits=httpx.Limits(max_connections=MAX_BATCHES, keepalive_expiry=60),
            verify=tls_context(),
            trust_env=False,
        )

    async def close_client(self, client: httpx.AsyncClient) -> None:
        await client.aclose()


class _Cut(Exception):
    """The connection was cut; `args[0]`: whether the answer had begun."""


async def _bounded_body(response: httpx.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise StoreError(reason="answer is compressed", health="bad_response")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise StoreError(reason="answer is too large", health="bad_response")
    return bytes(body)


def _results(response: httpx.Response, body: bytes, expected: int) -> list[Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    error = content.get("error") if isinstance(content, dict) else None
    if error or not response.is_success:
        return [of_command(_http_failure(response, str(error) if error else None))] * expected
    if not isinstance(content, list) or len(content) != expected:
        raise StoreError(reason="answer does not fit the batch", health="bad_response")
    return [_result(item) for item in content]


def _http_failure(response: httpx.Response, error: str | None) -> StoreError:
    status = response.status_code
    if error and status < 500 and status not in (401, 403, 404):
        known = classify_error(error)
        if status != 429 or isinstance(known, StoreRefused):
            return known
    if status in (408, 425, 429) or status >= 500:
        wait = response.headers.get("Retry-After", "")
        pause_seconds = float(wait) if wait.isascii() and wait.isdecimal() else 0
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
        return [_decoded(element) for element in raw]
    if not isinstance(raw, str) or raw == "OK":
        return raw
    try:
        content = base64.b64decode(raw, validate=True)
    except ValueError:
        raise StoreError(reason="answer is not base64", health="bad_response") from None
    return content.decode()
