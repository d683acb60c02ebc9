"""The door to OpenAI, or to any server that speaks its chat completions."""

from __future__ import annotations

import asyncio
import functools
import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from core.article import Article
from core.composer import Draft
from core.errors import ContentRefused, ModelError
from core.loop import PerLoop
from core.prices import price_of
from core.prompt import SCHEMA, draft_of, messages
from core.thread import Brief
from core.tls import tls_context
from core.usage import Usage

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

_OPENAI_URL = "https://api.openai.com/v1"
_MOST_ANSWER_TOKENS = 8_000
_MOST_RULE_TOKENS = 1_000
_MOST_ANSWER_BYTES = 2 * 1024 * 1024


class OpenAIComposer:
    """Asks `models` in order, inside one deadline, until one writes. The SDK is imported at first use."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        models: Sequence[str],
        input_price: float | None = None,
        output_price: float | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._models = models
        self._prices = {
            model: price_of(model, input_price=input_price, output_price=output_price) for model in models
        }
        self.last_failure: str | None = None  # why the last composition failed; None when it did not
        self._clients: PerLoop[openai.AsyncOpenAI] = PerLoop(self._new_client, lambda client: client.close())

    @property
    def health(self) -> str:
        """`healthy` until a composition has failed; what the last one said costs no call."""
        return "failing" if self.last_failure else "healthy"

    def worst_usd(self, source_characters: int) -> float:
        """One token a character, for every model that may be asked: texts have fewer, nearly all of them."""
        tokens = source_characters + _MOST_RULE_TOKENS, _MOST_ANSWER_TOKENS
        return sum(price.cost_usd(*tokens) for price in self._prices.values())

    async def compose(self, article: Article, brief: Brief, *, seconds: float) -> Draft:
        failures: list[str] = []
        spent = Usage()
        try:
            async with asyncio.timeout(seconds):
                for model in self._models:
                    try:
                        draft = await self._ask(model, article, brief)
                    except ModelError as error:
                        error.usage = spent = spent + (error.usage or Usage())
                        if isinstance(error, ContentRefused):
                            raise
                        failures.append(f"{model}: {error.reason}")
                    else:
                        self.last_failure = None
                        return replace(draft, usage=spent + draft.usage)
        except TimeoutError:
            failures.append("no answer in time")
        self.last_failure = "; ".join(failures)
        failed = ModelError(reason=self.last_failure)
        failed.usage = spent
        raise failed

    async def close(self) -> None:
        await self._clients.close()

    async def _ask(self, model: str, article: Article, brief: Brief) -> Draft:
        completion = await self._completion(model, article, brief)
        usage = self._usage(model, completion)
        try:
            return draft_of(_content(completion), brief, generator="openai", model=model, usage=usage)
        except ModelError as error:
            error.usage = usage
            raise

    async def _completion(self, model: str, article: Article, brief: Brief) -> ChatCompletion:
        client = self._clients.client()
        import openai

        asked = messages(article, brief, new_fence=lambda: secrets.token_hex(12))
        create = functools.partial(
            client.chat.completions.create,
            model=model,
            messages=cast(Any, asked),
            max_completion_tokens=_MOST_ANSWER_TOKENS,
        )
        try:
            try:
                return await create(response_format={"type": "json_schema", "json_schema": cast(Any, SCHEMA)})
            except openai.BadRequestError as error:
                # Some compatible servers know no structured output; the rules ask for JSON all the same.
                if "response_format" not in str(error):
                    raise
                return await create()
        except openai.APIStatusError as error:
            raise ModelError(reason=f"HTTP {error.status_code}") from None
        # The SDK lets JSON and type errors of a broken answer through, beside its own tree.
        except (openai.OpenAIError, json.JSONDecodeError, TypeError, AttributeError) as error:
            raise ModelError(reason=type(error).__name__) from None

    def _usage(self, model: str, completion: ChatCompletion) -> Usage:
        told_usage = getattr(completion, "usage", None)
        told = (getattr(told_usage, name, 0) for name in ("prompt_tokens", "completion_tokens"))
        tokens = [max(0, number) if isinstance(number, int) else 0 for number in told]
        return Usage(
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            cost_usd=round(self._prices[model].cost_usd(*tokens), 6),
        )

    def _new_client(self) -> openai.AsyncOpenAI:
        import openai

        from core.bounded import bounded_client

        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url or _OPENAI_URL,
            max_retries=0,
            # The whole composition has one deadline, so the client needs none of its own.
            http_client=bounded_client(most_bytes=_MOST_ANSWER_BYTES, tls=tls_context()),
        )


def _content(completion: ChatCompletion) -> str:
    """The answer's text. Raises ContentRefused for a refusal, ModelError for an answer without one."""
    choice = next(iter(getattr(completion, "choices", None) or ()), None)
    message = getattr(choice, "message", None)
    if choice is None or message is None:
        raise ModelError(reason="answer has no choices")
    if message.refusal or choice.finish_reason == "content_filter":
        raise ContentRefused(reason="refusal")
    if not isinstance(message.content, str) or not message.content.strip():
        raise ModelError(reason="answer is empty")
    return message.content
