"""The door to Upstash Redis over REST."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Any

import httpx

from core.breaker import Breaker
from core.errors import StoreRefused, StoreUnreachable
from core.pipeline import Command, CommandFailed, Pipelined
from core.tls import is_certificate_fault, tls_context

_REFUSED = {400, 401, 403, 404}


class Upstash(Pipelined):
    """Sends each batch as one POST to /pipeline (upstash.com/docs/redis/features/restapi).

    Only the SDK's commands are used, not its transport: that one has no timeout, sleeps 3 s between
    retries (EVAL included), ignores the HTTP status and loses a batch's good results with a bad one.
    """

    def __init__(self, url: str, token: str, *, timeout_seconds: float, breaker: Breaker) -> None:
        super().__init__(timeout_seconds=timeout_seconds, breaker=breaker)
        self._url = f"{url}/pipeline"
        self._token = token
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        try:
            response = await self._client_of_this_loop().post(self._url, json=commands)
        except httpx.HTTPError as error:
            # Not chained: a header error's text holds the token.
            kind = StoreRefused if is_certificate_fault(error) else StoreUnreachable
            raise kind(reason=type(error).__name__) from None
        return _results(response, len(commands))

    async def close(self) -> None:
        if self._client and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
        self._client = None

    def _client_of_this_loop(self) -> httpx.AsyncClient:
        """A client's connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            self._client = httpx.AsyncClient(
                headers={"Authorization": f"Bearer {self._token}", "Upstash-Encoding": "base64"},
                timeout=self._timeout_seconds,
                limits=httpx.Limits(max_connections=2, max_keepalive_connections=2, keepalive_expiry=60),
                verify=tls_context(),
                trust_env=False,
            )
        return self._client


def _results(response: httpx.Response, expected: int) -> list[Any]:
    if response.status_code != 200:
        kind = StoreRefused if response.status_code in _REFUSED else StoreUnreachable
        raise kind(reason=f"HTTP {response.status_code}")
    try:
        items = response.json()
    except ValueError:
        raise StoreUnreachable(reason="answer is not JSON") from None
    if not isinstance(items, list) or len(items) != expected:
        raise StoreUnreachable(reason="answer does not fit the batch")
    return [_result(item) for item in items]


def _result(item: Any) -> Any:
    if not isinstance(item, dict) or not ("result" in item or "error" in item):
        raise StoreUnreachable(reason="answer does not fit the batch")
    if "error" in item:
        return CommandFailed(reason=str(item["error"])[:200])
    return _decoded(item["result"])


def _decoded(raw: Any) -> Any:
    """Strings come as base64, but for the plain status OK."""
    if isinstance(raw, list):
        return [_decoded(element) for element in raw]
    if not isinstance(raw, str) or raw == "OK":
        return raw
    try:
        return base64.b64decode(raw, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise StoreUnreachable(reason="answer is not base64") from None
