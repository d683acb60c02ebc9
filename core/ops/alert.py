"""Posts a message to a Slack-compatible webhook (api.slack.com/messaging/webhooks)."""

from core import log
from core.net.ask import status_of_answer


async def send_alert(url: str, text: str, *, seconds: float) -> bool:
    """Whether the webhook took it within `seconds`. The URL is a secret, and so in no log line."""
    answer = await status_of_answer("POST", url, seconds=seconds, json={"text": text})
    if answer in range(200, 300):
        return True
    reason = f"HTTP {answer}" if isinstance(answer, int) else answer
    log.logger.warning("Alert not sent", extra={"facts": {"reason": reason}})
    return False
