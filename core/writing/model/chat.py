"""The client for a server that speaks OpenAI's chat completions: one question, one draft."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import ContentRefused, ModelError
from core.net.per_loop import PerLoop
from core.net.tls import tls_context
from core.usage import Usage, UsageMeter
from core.writing.draft import Draft
from core.writing.model.checking import check, read_answer
from core.writing.model.failure import ModelCallFailed as ModelCallFailed
from core.writing.model.prices import Price
from core.writing.model.prompt import Question

if TYPE_CHECKING:
    import openai

MAX_ANSWER_TOKENS = 8_000
_MAX_ANSWER_BYTES = 2 * 1024 * 1024
_MAX_REPORTED_TOKENS = 10_000_000  # a server that reports more is wrong
_OPENAI_URL = "https://api.openai.com/v1"
_PAUSE_SECONDS = 0.25
_RATE_LIMIT_SECONDS = 1.0  # when a rate limit does not say how long it lasts
_BILLING = re.compile("insufficient_quota|billing|spend_limit|credit|payment|balance")
_REFUSED = re.compile("content_filter|content_policy|invalid_prompt|flagged_input")
_UNSTRUCTURED = "unstructured"


class Chat:
    """`prices` names every model that may be asked. The SDK is imported at first use."""

    def __init__(self, *, api_key: str, base_url: str | None, prices: Mapping[str, Price]) -> None:
        self._prices = prices
        self._clients = PerLoop(partial(_new_client, api_key, base_url), lambda client: client.close())
        self.close = self._clients.close

    async def ask(self, model: str, question: Question, meter: UsageMeter) -> Draft:
        """A draft whose texts may be empty; `meter` gets the cost. Raises ModelCallFailed, ContentRefused."""
        shape = {"type": "json_schema", "json_schema": question.schema}
        try:
            completion = await self._completion(model, question, response_format=shape)
        except ModelCallFailed as failure:
            # Some compatible servers have no structured output; the rules ask for JSON all the same.
            if failure.health != _UNSTRUCTURED:
                raise
            completion = await self._completion(model, question)
        meter.add(self._usage(model, completion))
        posts, hooks = await check(read_answer, _content(completion), question)
        return Draft(posts=tuple(posts), hooks=tuple(hooks), generator="openai", model=model)

    async def _completion(self, model: str, question: Question, **options: Any) -> object:
        """What the SDK made of the server's answer, which it does not check."""
        import openai

        from core.net.bounded_client import AnswerTooLarge

        create: Any = self._clients.client().chat.completions.create
        options |= {"messages": question.messages, "max_completion_tokens": MAX_ANSWER_TOKENS}
        try:
            return await create(model=model, **options)
        except openai.APIStatusError as error:
            raise _failure_of(error) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, AnswerTooLarge):
                raise ModelCallFailed(type(error).__name__) from None
            raise ModelCallFailed(type(error).__name__, "unreachable", _PAUSE_SECONDS) from None
        # The SDK also lets through what a broken answer causes: JSON, type, recursion errors.
        except Exception as error:
            raise ModelCallFailed(type(error).__name__) from None

    def _usage(self, model: str, completion: object) -> Usage:
        usage = getattr(completion, "usage", None)
        reported = (getattr(usage, name, 0) for name in ("prompt_tokens", "completion_tokens"))
        tokens = [min(max(0, n), _MAX_REPORTED_TOKENS) if isinstance(n, int) else 0 for n in reported]
        cost_usd = round(self._prices[model].cost_usd(*tokens), 6)
        return Usage(input_tokens=tokens[0], output_tokens=tokens[1], cost_usd=cost_usd)


def _new_client(api_key: str, base_url: str | None) -> openai.AsyncOpenAI:
    """Without retries and timeouts of its own: the caller has one deadline for everything."""
    import openai

    from core.net.bounded_client import bounded_client

    http_client = bounded_client(max_bytes=_MAX_ANSWER_BYTES, tls=tls_context())
    return openai.AsyncOpenAI(
        api_key=api_key, base_url=base_url or _OPENAI_URL, max_retries=0, http_client=http_client
    )


def _failure_of(error: openai.APIStatusError) -> ModelError:
    """Codes and types: developers.openai.com/api/docs/guides/error-codes. The message is never passed on."""
    status, code, body = error.status_code, f"{error.code} {error.type}", f"{error} {error.body}"
    failure = partial(ModelCallFailed, f"HTTP {status}")
    if status == 402 or (status < 500 and _BILLING.search(code)):
        return failure("quota_exceeded")
    if status in (400, 403) and _REFUSED.search(body):
        return ContentRefused(reason=f"HTTP {status}")
    if status == 404 or "model_not_found" in code:
        return failure("misconfigured")
    if status in (401, 403):
        return failure("unauthorized")
    if status == 429:
        return failure("rate_limited", _retry_after_seconds(error.response.headers))
    if status in (500, 502, 503, 504):
        return failure("server_error", _PAUSE_SECONDS)
    return failure(_UNSTRUCTURED if "response_format" in body else "rejected")


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


def _content(completion: object) -> str:
    """The answer's text. Raises ContentRefused for a refusal, ModelCallFailed for an answer without one."""
    choice = next(iter(getattr(completion, "choices", None) or ()), None)
    message = getattr(choice, "message", None)
    if message is None:
        raise ModelCallFailed("answer has no choices")
    if getattr(message, "refusal", None) or getattr(choice, "finish_reason", None) == "content_filter":
        raise ContentRefused(reason="refusal")
    content = getattr(message, "content", None)
    if not isinstance(content, str) or not content.strip():
        raise ModelCallFailed("answer is empty")
    if getattr(choice, "finish_reason", None) == "length":
        raise ModelCallFailed("answer was cut short")
    return content
