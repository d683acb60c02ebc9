"""The command surface of Upstash's SDK."""

from typing import Any

from upstash_redis.commands import AsyncCommands

from core.store.pipeline import BatchingClient


class SdkCommands(AsyncCommands):
    """The SDK's commands over a client's batches; upstash-ratelimit works on it unchanged.

    The Python SDK sends a request per command (its JavaScript sister has auto-pipelining). Apart from the
    client, since a hit does without: to import the SDK takes some 90 ms.
    """

    def __init__(self, client: BatchingClient[Any]) -> None:
        self.execute = client.execute
