"""Tells a Slack-compatible webhook how Threadr is (api.slack.com/messaging/webhooks)."""

import asyncio
from collections.abc import Mapping

from core import log
from core.net.late_import import import_in_thread
from core.net.tls import tls_context
from core.ops.health import ServiceHealth, Status, faults_of

_SECONDS = 2.0
_MAX_ANSWER_BYTES = 64 * 1024


async def send_alert(url: str, status: Status, services: Mapping[str, ServiceHealth], function: str) -> bool:
    """Whether the webhook took it, within 2 s. The URL is a secret, and so in no log line."""
    faults = [
        f"{part}: {services[part].status}, {services[part].reason}"
        for part in faults_of(services, may_lack_model=True)
    ]
    text = f"Threadr is {status} ({function}). {'; '.join(faults)}".rstrip()
    await import_in_thread("core.net.bounded_client")
    import httpx2

    from core.net.bounded_client import bounded_client

    try:
        async with (
            asyncio.timeout(_SECONDS),
            bounded_client(max_bytes=_MAX_ANSWER_BYTES, tls=tls_context()) as client,
        ):
            answer = await client.post(url, json={"text": text})
        failure = None if answer.is_success else f"HTTP {answer.status_code}"
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        failure = type(error).__name__
    if failure:
        log.logger.warning("Alert not sent", extra={"facts": {"reason": failure}})
    return failure is None
