"""Writes with the models of one key: in their order, inside one deadline, checked before it is given on."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from core import log
from core.article.article import Article
from core.errors import ContentRefused, ModelError
from core.net.breaker import Breaker
from core.text.thread import Brief
from core.usage import Usage
from core.writing.draft import Draft
from core.writing.model.chat import MAX_ANSWER_TOKENS, Answer, Chat, ModelCallFailed
from core.writing.model.prices import price_of
from core.writing.model.prompt import Question, rewrite_question, shorter_question, thread_question

_MAX_RULE_TOKENS = 2_000
_MAX_SHORTENED_CHARACTERS = 10_000
_SECONDS_TO_ANSWER = 2.0  # with less left, asking again is no use
_LASTING_PAUSE_SECONDS = 300.0


class ModelComposer:
    """Asks `models` in order until one writes. `clock` gives monotonic seconds."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        models: Sequence[str],
        input_price: float | None = None,
        output_price: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._models = models
        self._prices = {
            model: price_of(model, input_price=input_price, output_price=output_price) for model in models
        }
        self._chat = Chat(api_key=api_key, base_url=base_url, prices=self._prices)
        self._clock = clock
        self._sleep = sleep
        self._breaker = Breaker(clock)
        self.was_asked = False
        self.health = "healthy"  # what the last composition said; asking costs no call
        self.last_failure: str | None = None  # why a model did not write; None when all is well

    def max_cost_usd(self, source_characters: int) -> float:
        """As if every model were asked and the dearest shortened; a token a character: texts have fewer."""
        tokens = source_characters + _MAX_RULE_TOKENS, MAX_ANSWER_TOKENS
        shortened = _MAX_SHORTENED_CHARACTERS + _MAX_RULE_TOKENS, MAX_ANSWER_TOKENS
        prices = self._prices.values()
        return sum(price.cost_usd(*tokens) for price in prices) + max(
            price.cost_usd(*shortened) for price in prices
        )

    async def compose(self, article: Article, brief: Brief, *, seconds: float) -> Draft:
        question = thread_question(article, brief, fence=_fence())
        return await self._write(question, brief, brief.max_length, seconds)

    async def rewrite(
        self,
        texts: Sequence[str],
        number: int,
        *,
        brief: Brief,
        max_length: int,
        instruction: str | None,
        seconds: float,
    ) -> Draft:
        """Text `number` (from 1) of a thread anew: a draft of one post. Raises ModelError."""
        question = rewrite_question(
            texts, number, brief, max_length=max_length, instruction=instruction, fence=_fence()
        )
        draft = await self._write(question, replace(brief, hooks=0), max_length, seconds)
        return replace(draft, posts=draft.posts[:1])

    async def close(self) -> None:
        await self._chat.close()

    async def _write(self, question: Question, brief: Brief, max_length: int, seconds: float) -> Draft:
        until = self._clock() + seconds
        draft = await self._first_draft(question, brief, seconds, until)
        draft = await self._shortened(draft, question, brief, max_length, until)
        from core.writing.model.grounding import (
            remove_ungrounded,  # its patterns take 14 ms to compile, which a hit need not wait for
        )

        posts, hooks, warnings = remove_ungrounded(draft.posts, draft.hooks, question.source)
        if not posts:
            raise _failed("answer holds only links that the source lacks", draft.usage)
        return replace(draft, posts=posts, hooks=hooks, warnings=warnings)

    async def _first_draft(self, question: Question, brief: Brief, seconds: float, until: float) -> Draft:
        if not self._breaker.allows():
            raise ModelError(reason=self.last_failure)
        self.was_asked = True
        failures: list[ModelCallFailed] = []
        spent = Usage()
        try:
            async with asyncio.timeout(seconds):
                for model in self._models:
                    try:
                        draft = await self._ask_with_retry(model, question, brief, until)
                    except ContentRefused as refused:
                        self._breaker.succeeded()
                        refused.usage = spent + (refused.usage or Usage())
                        raise
                    except ModelCallFailed as failure:
                        spent += failure.usage or Usage()
                        failure.reason = f"{model}: {failure.reason}"
                        failures.append(failure)
                        if failure.permanent:
                            break
                    else:
                        self._breaker.succeeded()
                        self._record_health(
                            [failure for failure in failures if failure.health == "misconfigured"]
                        )
                        return replace(draft, usage=spent + draft.usage)
        except TimeoutError:
            failures.append(ModelCallFailed("no answer in time", health="timeout"))
        self._record_health(failures)
        raise _failed(self.last_failure, spent)

    def _record_health(self, failures: Sequence[ModelCallFailed]) -> None:
        """The first model's failure gives the word: the others only stand in. A lasting one hits them all."""
        failures = sorted(failures, key=lambda failure: not failure.permanent)
        self.health = failures[0].health if failures else "healthy"
        self.last_failure = "; ".join(str(failure.reason) for failure in failures) or None
        if failures and failures[0].permanent:
            self._breaker.failed(permanent=False, pause_seconds=_LASTING_PAUSE_SECONDS)
            facts = {"alert": True, "health": self.health, "reason": self.last_failure}
            log.logger.error("The model's key is refused", extra={"facts": facts})

    async def _ask_with_retry(self, model: str, question: Question, brief: Brief, until: float) -> Draft:
        try:
            return await self._ask(model, question, brief)
        except ModelCallFailed as failure:
            wait = failure.wait_seconds
            if wait is None or wait + _SECONDS_TO_ANSWER > until - self._clock():
                raise
        await self._sleep(wait)
        return await self._ask(model, question, brief)

    async def _ask(self, model: str, question: Question, brief: Brief) -> Draft:
        answer = await self._chat.ask(model, question)
        posts, hooks = _read(answer, question)
        return Draft(
            posts=tuple(filter(None, posts)),
            hooks=tuple(filter(None, hooks))[: brief.hooks],
            generator="openai",
            model=model,
            usage=answer.usage,
        )

    async def _shortened(
        self, draft: Draft, question: Question, brief: Brief, max_length: int, until: float
    ) -> Draft:
        """The draft with what is too long asked for once more; what stays too long is divided later."""
        texts = [*draft.posts, *draft.hooks]
        long = [at for at, text in enumerate(texts) if brief.rule.length_of(text) > max_length]
        asked = [texts[at] for at in long]
        left = until - self._clock()
        if not 0 < sum(map(len, asked)) <= _MAX_SHORTENED_CHARACTERS or left < _SECONDS_TO_ANSWER:
            return draft
        places = question.numbers or range(1, len(draft.posts) + 1)
        numbers = tuple(places[at] if at < len(draft.posts) else 1 for at in long)
        again = shorter_question(
            asked, question, brief, numbers=numbers, max_length=max_length, fence=_fence()
        )
        usage = draft.usage
        try:
            async with asyncio.timeout(left):
                answer = await self._chat.ask(str(draft.model), again)
            usage += answer.usage
            shorter, _ = _read(answer, again)
        except (ModelError, TimeoutError) as error:
            return replace(draft, usage=draft.usage + (getattr(error, "usage", None) or Usage()))
        if len(shorter) == len(long):
            for at, text in zip(long, shorter, strict=True):
                if text and brief.rule.length_of(text) <= max_length:
                    texts[at] = text
        posts = len(draft.posts)
        return replace(draft, posts=tuple(texts[:posts]), hooks=tuple(texts[posts:]), usage=usage)


def _read(answer: Answer, question: Question) -> tuple[list[str], list[str]]:
    from core.writing.model.response import parse_response

    try:
        return parse_response(answer.text, question)
    except ModelCallFailed as failure:
        failure.usage = answer.usage
        raise


def _failed(reason: str | None, usage: Usage) -> ModelError:
    failed = ModelError(reason=reason)
    failed.usage = usage
    return failed


def _fence() -> str:
    return secrets.token_hex(12)
