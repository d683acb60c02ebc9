"""An httpx2 client whose answers cannot be larger than agreed. Imported when a client is first made."""

import ssl
from collections.abc import AsyncIterator

import httpx2

_CONNECT_SECONDS = 3.0  # until then nothing was sent
# By default 100: a caller beyond them would wait until its deadline, and pay for a call that was never sent.
_MAX_CONNECTIONS = 500


class AnswerTooLarge(httpx2.TransportError):
    """More bytes arrived than agreed; the connection is given up."""


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise AnswerTooLarge("answer too large, or compressed though that was not asked for")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, *, max_bytes: int, verify: ssl.SSLContext) -> None:
        limits = httpx2.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=20)
        super().__init__(verify=verify, limits=limits)
        self._max_bytes = max_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # A compressed answer could be small on the wire and huge in memory.
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        is_compressed = response.headers.get("Content-Encoding", "identity") != "identity"
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedStream(response.stream, 0 if is_compressed else self._max_bytes)
        return response


def bounded_client(*, max_bytes: int, tls: ssl.SSLContext) -> httpx2.AsyncClient:
    """No proxies, no answers over `max_bytes`, 3 s to connect; its caller has the deadline of the rest."""
    transport = _BoundedTransport(max_bytes=max_bytes, verify=tls)
    return httpx2.AsyncClient(
        transport=transport, timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS), trust_env=False
    )
