"""Tells a Slack-compatible webhook how Threadr is (api.slack.com/messaging/webhooks)."""

from core import log
from core.net.ask import status_of_answer

_SECONDS = 2.0


async def send_alert(url: str, text: str) -> bool:
    """Whether the webhook took it, within 2 s. The URL is a secret, and so in no log line."""
    answer = await status_of_answer("POST", url, seconds=_SECONDS, json={"text": text})
    if answer in range(200, 300):
        return True
    log.logger.warning(
        "Alert not sent", extra={"facts": {"reason": f"HTTP {answer}" if isinstance(answer, int) else answer}}
    )
    return False
