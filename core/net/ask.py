"""One small call over HTTP, whose answer's status is all that matters."""

import asyncio
from typing import Any

from core.net.late_import import import_in_thread
from core.net.tls import certificate_fault, tls_context


async def status_of_answer(method: str, url: str, *, seconds: float, json: Any = None) -> int | str:
    """The answer's status; `timeout`, or in words why there is none. The URL is in neither."""
    await import_in_thread("core.net.bounded_client")
    import httpx2

    from core.net.bounded_client import bounded_client

    try:
        async with (
            asyncio.timeout(seconds),
            bounded_client(max_bytes=0, tls=tls_context()) as client,
            client.stream(method, url, json=json) as answer,
        ):
            return answer.status_code
    except TimeoutError:
        return "timeout"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return certificate_fault(error) or type(error).__name__
