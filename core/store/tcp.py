"""The client for plain Redis, Valkey or Upstash over TCP, with or without TLS."""

import asyncio
import contextlib
from collections.abc import Sequence
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from core.errors import StoreError, StoreRefused
from core.net.tls import authorities_file, certificate_fault, unchecked_context
from core.store.pipeline import MAX_BATCHES, BatchingClient, Command, Deadline
from core.store.redis_errors import classify_error, of_command


class TcpRedis(BatchingClient[Redis]):
    """Sends each batch as one pipeline, and gives raw RESP2 results as the REST client does."""

    def __init__(self, url: str, **limits: Any) -> None:
        super().__init__(**limits)
        self._url = url

    async def send(self, client: Redis, commands: Sequence[Command], deadline: Deadline) -> list[Any]:
        pipeline = client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            deadline.start(connecting=True)
            pool: Any = client.connection_pool  # get_connection has no types
            pipeline.connection = await pool.get_connection()  # as `execute` would
            deadline.start()
            results = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            # Not chained: connection errors may name the address with its password.
            raise _failure(error) from None
        return [_translated(result) for result in results]

    async def explain(self, error: StoreError) -> StoreError:
        """The failure, or that one side speaks TLS and the other does not.

        Such a mismatch shows as silence or a cut. So the other way is tried, with a PING and no password.
        """
        is_tls, answer = self._url.startswith("rediss:"), b""
        if error.health == "unreachable":
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits[1]):
                    answer = await _ping(self._url, None if is_tls else unchecked_context())
        if answer not in (b"+", b"-"):
            return error
        words = "no TLS, REDIS_URL must be redis://" if is_tls else "TLS, REDIS_URL must be rediss://"
        return StoreRefused(reason=f"the server speaks {words}", health="tls_mismatch")

    async def close_client(self, client: Redis) -> None:
        await client.aclose()

    def new_client(self) -> Redis:
        pool = ConnectionPool.from_url(
            self._url,
            protocol=2,
            decode_responses=True,
            encoding_errors="replace",  # a value of another program does not make the store faulty
            max_connections=MAX_BATCHES,
            socket_timeout=None,  # the batch has a deadline
            retry=Retry(NoBackoff(), 0),
            **({"ssl_ca_certs": authorities_file()} if self._url.startswith("rediss:") else {}),
        )
        client = Redis.from_pool(pool)
        client.response_callbacks.clear()
        return client


async def _ping(url: str, context: SSLContext | None) -> bytes:
    """The first byte of the answer. Raises OSError."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port or 6379, ssl=context)
    try:
        writer.write(b"PING\r\n")
        return await reader.read(1)
    finally:
        writer.close()


def _failure(error: Exception) -> StoreError:
    name = type(error).__name__
    if fault := certificate_fault(error):
        return StoreRefused(reason=fault, health="tls_mismatch")
    # A ResponseError is of the connection's start, such as a database that there is not.
    if isinstance(error, AuthenticationError | AuthorizationError | ResponseError):
        return StoreRefused(reason=name, health="misconfigured")
    return StoreError(reason=name)


def _translated(result: Any) -> Any:
    if not isinstance(result, Exception):
        return result
    if not isinstance(result, ResponseError):
        raise _failure(result)
    # redis-py takes the code off the text of an error that it has a class for.
    code = "" if type(result) is ResponseError else f"{result.status_code} "
    return of_command(classify_error(f"{code}{result}"))
