"""Why one call of a model gave no draft, and how an error of its server is judged."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from core.errors import ContentRefused, ModelError
from core.text.word_lists import word_lists
from core.writing.model.capabilities import said_in

PAUSE_SECONDS = 0.25
_LOST = (408, 499, 502, 504, 520, 522, 524)  # said by a gateway, behind which the model may have written
_NAMING = (400, 422, 500, 501)  # whose words may name a parameter; those of others, a limit
_RATE_LIMIT_SECONDS = 1.0  # when a rate limit does not say how long it lasts
_BILLING = re.compile("insufficient_quota|billing|spend_limit|credit|payment|balance")
# In the words of OpenAI, Azure, OpenRouter, DeepSeek and DashScope; 403 is also said of a flagged text.
_REFUSED = re.compile(
    "content_filter|content_policy|invalid_prompt|flagged|content exists risk|data_inspection", re.IGNORECASE
)
_BAD_KEY = re.compile("api_key_invalid|invalid_api_key", re.IGNORECASE)  # Google says 400
_HEALTH = {401: "unauthorized", 403: "unauthorized", 404: "misconfigured", 429: "rate_limited"}


class ModelCallFailed(ModelError):
    """`health`: word in health answers; `wait_seconds`: before a retry; `permanent`: bad key or no quota.

    `said`: the server's own words, to be read for what it does not take, and never passed on.
    """

    def __init__(
        self, reason: str, health: str = "bad_answer", wait_seconds: float | None = None, said: str = ""
    ) -> None:
        super().__init__(reason=reason)
        self.health = health
        self.wait_seconds = wait_seconds
        self.permanent = health in ("quota_exceeded", "unauthorized")
        self.said = said


def failure_of(status: int, error: object, headers: Mapping[str, str]) -> ModelError:
    """Codes and types: developers.openai.com/api/docs/guides/error-codes. `error` is the body's."""
    words = said_in(error)
    health = _health(status, error, words)
    waits = {"server_error": PAUSE_SECONDS, "rate_limited": _retry_after_seconds(headers)}
    names = status in _NAMING or (status in (402, 413, 429) and "requested" in words.lower())
    failure: ModelError = ModelCallFailed(f"HTTP {status}", health, waits.get(health), words if names else "")
    if status in (400, 403) and _REFUSED.search(words):
        failure = ContentRefused(reason=failure.reason)
    failure.is_free = status not in _LOST
    return failure


def _health(status: int, error: object, words: str) -> str:
    fields = error if isinstance(error, Mapping) else {}
    code = f"{fields.get('code')} {fields.get('type')}"
    if status == 402 or (status < 500 and _BILLING.search(code)):
        return "quota_exceeded"
    if "model_not_found" in code:
        return "misconfigured"
    if status == 400 and _BAD_KEY.search(words):
        return "unauthorized"
    return _HEALTH.get(status, "rejected" if status < 500 else "server_error")


def sentence_of(health: str) -> str | None:
    """What a health word means and what to do, where it is not that there was no answer."""
    return word_lists(__file__)["sentences"].get(health)


def status_of(error: object) -> int | None:
    """The HTTP status that an error inside an answer stands for, by its code, else by its type."""
    fields = error if isinstance(error, Mapping) else {"code": error}
    code = str(next((fields[name] for name in ("code", "status", "type") if fields.get(name)), ""))[:200]
    if re.fullmatch("[45][0-9]{2}", code):
        return int(code)
    code = code.lower().replace(" ", "_")
    statuses = word_lists(__file__)["statuses"]
    return next((int(status) for status, words in statuses.items() if re.search(words, code)), None)


def _retry_after_seconds(headers: Mapping[str, str]) -> float:
    """Seconds by retry-after-ms (OpenAI's), else by Retry-After: seconds or a date (RFC 9110, 10.2.3)."""
    milliseconds, retry_after = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            seconds = _RATE_LIMIT_SECONDS
    return _RATE_LIMIT_SECONDS if math.isnan(seconds) else max(0.0, seconds)
