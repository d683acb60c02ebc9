"""The client for a server that speaks OpenAI's chat completions: one question, one draft."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import ModelError
from core.net.late_import import import_beside, import_in_thread
from core.net.per_loop import PerLoop
from core.net.tls import tls_context
from core.settings import OPENAI_URL
from core.usage import UsageMeter
from core.writing.draft import Draft
from core.writing.model.capabilities import Capabilities
from core.writing.model.checking import check, read_answer
from core.writing.model.completion import error_in, text_of, usage_in
from core.writing.model.failure import PAUSE_SECONDS, ModelCallFailed, failure_of
from core.writing.model.prices import Price
from core.writing.model.prompt import Question

if TYPE_CHECKING:
    import openai

_MAX_ANSWER_BYTES = 2 * 1024 * 1024
_MAX_CHANGES = 4  # of one request, for what its server does not take
_LATE = ("openai.resources.chat.chat", "httpcore2", "core.net.bounded_client")


class Chat:
    """`prices` names every model that may be asked. The SDK is imported at first use."""

    def __init__(self, *, api_key: str, base_url: str | None, prices: Mapping[str, Price]) -> None:
        self._prices = prices
        self._capabilities: dict[str, Capabilities] = {}  # of the models that took less than all
        self._clients = PerLoop(partial(_new_client, api_key, base_url), lambda client: client.close())
        self.close = self._clients.close

    def prepare(self) -> None:
        """Begin to import the SDK, which takes half a second."""
        import_beside(*_LATE)

    async def ask(self, model: str, question: Question, meter: UsageMeter) -> Draft:
        """A draft whose texts may be empty. Raises ModelCallFailed, ContentRefused.

        `meter` gets each call's worst case before it is made, and keeps it for one that times out, is cut or
        cancelled, or whose usage cannot be true; a call that it does not cover is not made.
        """
        capabilities = self._capabilities.get(model, Capabilities())
        for changes_left in reversed(range(_MAX_CHANGES + 1)):
            try:
                completion = await self._completion(model, question, meter, capabilities)
            except ModelCallFailed as failure:
                changed = capabilities.without_refused(failure.said, question)
                if changed is None or not changes_left:
                    raise
                capabilities = changed
            else:
                break
        self._capabilities[model] = capabilities
        return replace(await check(read_answer, text_of(completion), question), model=model)

    async def models(self) -> list[str]:
        """What the server lists, which is free. Raises ModelCallFailed and its kin."""

        async def names(client: openai.AsyncOpenAI) -> list[str]:
            return [str(model.id) for model in (await client.models.list()).data]

        listed: Any = await self._call(names)
        return list(listed)

    async def _completion(
        self, model: str, question: Question, meter: UsageMeter, capabilities: Capabilities
    ) -> object:
        """What the SDK made of the server's answer, which holds no error, and is not checked otherwise."""
        price, before = self._prices[model], meter.total
        worst = price.usage(question.max_tokens, capabilities.answer_tokens(question))
        if not meter.covers(worst):
            raise ModelCallFailed("one more call may cost more than was reserved", "healthy")
        meter.add(worst)
        meter.calls += 1
        options: dict[str, Any] = capabilities.options(question)
        try:
            completion = await self._call(
                lambda client: client.chat.completions.create(model=model, **options)
            )
            meter.total = before + usage_in(completion, price, worst)
            if failure := error_in(completion):
                raise failure
        except ModelError as failed:
            if failed.is_free:
                meter.total = before
                meter.calls -= getattr(failed, "health", "") == "unreachable"
            raise
        return completion

    async def _call(self, call: Callable[[openai.AsyncOpenAI], Awaitable[object]]) -> object:
        await import_in_thread(*_LATE)
        import httpx2
        import openai

        from core.net.bounded_client import AnswerTooLarge

        try:
            return await call(self._clients.client())
        except openai.APIStatusError as error:
            raise failure_of(error.status_code, error.body, error.response.headers) from None
        except openai.APIConnectionError as error:
            name, cause = type(error).__name__, error.__cause__
            if isinstance(cause, AnswerTooLarge):
                raise ModelCallFailed(name) from None
            failure = ModelCallFailed(name, "unreachable", PAUSE_SECONDS)
            failure.is_free = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)
            raise failure from None
        # The SDK also lets through what a broken answer causes: JSON, type, recursion errors.
        except Exception as error:
            raise ModelCallFailed(type(error).__name__) from None


def _new_client(api_key: str, base_url: str | None) -> openai.AsyncOpenAI:
    """Without retries of its own; its caller has one deadline for everything."""
    import openai

    from core.net.bounded_client import bounded_client

    http_client = bounded_client(max_bytes=_MAX_ANSWER_BYTES, tls=tls_context())
    return openai.AsyncOpenAI(
        api_key=api_key, base_url=base_url or OPENAI_URL, max_retries=0, http_client=http_client
    )
