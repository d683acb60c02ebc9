"""The client for a server that speaks OpenAI's chat completions: one question, one draft."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import ContentRefused, ModelError
from core.net.late_import import import_in_thread
from core.net.per_loop import PerLoop
from core.net.tls import tls_context
from core.usage import Usage, UsageMeter
from core.writing.draft import Draft
from core.writing.model.checking import check, read_answer
from core.writing.model.failure import ModelCallFailed
from core.writing.model.prices import Price
from core.writing.model.prompt import Question

if TYPE_CHECKING:
    import openai

MAX_ANSWER_TOKENS = 8_000
_MAX_ANSWER_BYTES = 2 * 1024 * 1024
_MAX_BYTES_PER_TOKEN = 64  # on average: a server that reports fewer tokens is wrong
_LOST = (408, 499, 502, 504, 520, 522, 524)  # said by a gateway, behind which the model may have written
_OPENAI_URL = "https://api.openai.com/v1"
_PAUSE_SECONDS = 0.25
_RATE_LIMIT_SECONDS = 1.0  # when a rate limit does not say how long it lasts
_BILLING = re.compile("insufficient_quota|billing|spend_limit|credit|payment|balance")
_REFUSED = re.compile("content_filter|content_policy|invalid_prompt|flagged_input")
_UNSTRUCTURED = "unstructured"
_LATE = ("openai.resources.chat.chat", "httpcore2", "core.net.bounded_client")


class Chat:
    """`prices` names every model that may be asked. The SDK is imported at first use."""

    def __init__(self, *, api_key: str, base_url: str | None, prices: Mapping[str, Price]) -> None:
        self._prices = prices
        self._clients = PerLoop(partial(_new_client, api_key, base_url), lambda client: client.close())
        self.close = self._clients.close

    async def ask(self, model: str, question: Question, meter: UsageMeter) -> Draft:
        """A draft whose texts may be empty. Raises ModelCallFailed, ContentRefused.

        `meter` gets each call's worst case before it is made, and keeps it for one that times out, is cut or
        cancelled, or whose usage cannot be true; a call that it does not cover is not made.
        """
        shape = {"type": "json_schema", "json_schema": question.schema}
        try:
            completion = await self._completion(model, question, meter, response_format=shape)
        except ModelCallFailed as failure:
            # Some compatible servers have no structured output; the rules ask for JSON all the same.
            if failure.health != _UNSTRUCTURED:
                raise
            completion = await self._completion(model, question, meter)
        posts, hooks = await check(read_answer, _content(completion), question)
        return Draft(posts=tuple(posts), hooks=tuple(hooks), generator="openai", model=model)

    async def list_models(self) -> None:
        """A call that costs nothing; its answer is not read. Raises as `ask`."""
        await self._call(lambda client: client.models.with_raw_response.list())

    async def _completion(self, model: str, question: Question, meter: UsageMeter, **options: Any) -> object:
        """What the SDK made of the server's answer, which it does not check."""
        price, before = self._prices[model], meter.total
        worst = price.usage(question.max_tokens, MAX_ANSWER_TOKENS)
        if not meter.covers(worst):
            raise ModelCallFailed("one more call may cost more than was reserved", "healthy")

        def not_charged() -> None:
            meter.total = before

        meter.add(worst)
        options |= {"messages": question.messages, "max_completion_tokens": MAX_ANSWER_TOKENS}
        completion = await self._call(
            lambda client: client.chat.completions.create(model=model, **options), not_charged
        )
        meter.total = before + _usage(completion, price, worst)
        return completion

    async def _call(
        self,
        call: Callable[[openai.AsyncOpenAI], Awaitable[object]],
        not_charged: Callable[[], None] = lambda: None,
    ) -> object:
        """What the call answers; `not_charged` is called where a failed one certainly cost nothing."""
        await import_in_thread(*_LATE)
        import httpx2
        import openai

        from core.net.bounded_client import AnswerTooLarge

        try:
            return await call(self._clients.client())
        except openai.APIStatusError as error:
            if error.status_code not in _LOST:
                not_charged()
            raise _failure_of(error) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, AnswerTooLarge):
                raise ModelCallFailed(type(error).__name__) from None
            if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
                not_charged()
            raise ModelCallFailed(type(error).__name__, "unreachable", _PAUSE_SECONDS) from None
        # The SDK also lets through what a broken answer causes: JSON, type, recursion errors.
        except Exception as error:
            raise ModelCallFailed(type(error).__name__) from None


def _new_client(api_key: str, base_url: str | None) -> openai.AsyncOpenAI:
    """Without retries of its own; its caller has one deadline for everything."""
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
    choice = _first_choice(completion)
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


def _usage(completion: object, price: Price, worst: Usage) -> Usage:
    """What the server reports; the worst case where that cannot be true."""
    usage = getattr(completion, "usage", None)
    content = getattr(getattr(_first_choice(completion), "message", None), "content", None)
    written = len(content.encode("utf-8", "replace")) if isinstance(content, str) else 0
    read, wrote = (getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    bounds = ((read, worst.input_tokens, worst.input_tokens), (wrote, written, worst.output_tokens))
    for tokens, length, most in bounds:
        if type(tokens) is not int or not max(1, length // _MAX_BYTES_PER_TOKEN) <= tokens <= most:
            return worst
    return price.usage(int(read or 0), int(wrote or 0))


def _first_choice(completion: object) -> object:
    """None where there is none: what the SDK lets through may be of any shape."""
    choices = getattr(completion, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None
