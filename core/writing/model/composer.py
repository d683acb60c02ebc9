"""Writes with the models of one key: in their order, inside one deadline; what they answer is checked."""

import asyncio
import functools
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from core import log
from core.article.article import Article
from core.errors import ContentRefused, ModelError
from core.net.breaker import Breaker
from core.text.thread import Brief
from core.usage import UsageMeter
from core.writing.draft import Draft, MaxCost, RewriteTask
from core.writing.model.capabilities import MAX_ANSWER_TOKENS
from core.writing.model.chat import Chat
from core.writing.model.checking import check, ground, review_texts
from core.writing.model.failure import ModelCallFailed, sentence_of
from core.writing.model.finding import Finding, Rule, claims_in, mended_draft, written_in
from core.writing.model.prices import Price
from core.writing.model.prompt import Question, rewrite_question, thread_question
from core.writing.model.second_question import second_question

_MAX_RULE_BYTES = 4_500  # with the schema and what a server adds; they are fewer than 4,000
_MAX_SENT_AGAIN = 10_000
_SECONDS_TO_ANSWER = 2.0  # with less left, asking again is no use
_REFUSED_KEY_PAUSE_SECONDS = 300.0  # not the 60 s that the breaker pauses for `permanent=True`
_NO_LIST = ("misconfigured", "rejected", "bad_answer")  # not every server has one
_fence = functools.partial(secrets.token_hex, 12)


@dataclass(frozen=True, slots=True)
class _Task:
    """A question, what its answer must be, until when (on the composer's clock), and at whose cost."""

    question: Question
    brief: Brief
    max_length: int
    until: float
    meter: UsageMeter


class ModelComposer:
    """Asks `models`, given with their prices, in order until one writes. `clock` gives monotonic seconds."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        models: Sequence[tuple[str, Price]],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.prices = dict(models)
        self._models = [name for name, _ in models]
        self._chat = Chat(api_key=api_key, base_url=base_url, prices=self.prices)
        self.close, self.prepare = self._chat.close, self._chat.prepare
        self.max_cost = _max_cost([price for _, price in models])
        self._clock = clock
        self._sleep = sleep
        self._breaker = Breaker(clock)
        self.was_asked = False
        self.health = "unknown"  # from the last call; reading it makes none
        self.last_failure: str | None = None  # why a model did not write; None when all is well

    @property
    def unpriced(self) -> list[str]:
        """The models that cost money and are not in the price table, with what is booked for them."""
        return [f"{name}: {price.basis}" for name, price in self.prices.items() if price.is_guess]

    @property
    def reason(self) -> str | None:
        """For health answers: why a model did not write, else which have no known price."""
        if self.last_failure and (fault := sentence_of(self.health)):
            return f"{self.last_failure}. {fault}"
        return self.last_failure or "; ".join(self.unpriced) or None

    async def look(self, seconds: float) -> tuple[str, str | None]:
        """Its health and the reason, by the list of the server's models: free, and nothing is recorded."""
        try:
            async with asyncio.timeout(seconds):
                listed = await self._chat.models()
        except ModelError as failure:
            health = getattr(failure, "health", "rejected")
            if health in _NO_LIST:
                return "healthy", None
            return health, sentence_of(health) or failure.reason
        except TimeoutError:
            return "timeout", f"no answer in {seconds:g} s"
        missing = [name for name in self._models if listed and name not in listed]
        return ("misconfigured", sentence_of("misconfigured")) if missing else ("healthy", None)

    async def compose(self, article: Article, brief: Brief, *, seconds: float, meter: UsageMeter) -> Draft:
        brief = replace(brief, numbering="slash")  # other views of the draft may have numbers
        question = thread_question(article, brief, fence=_fence())
        return await self._write(_Task(question, brief, brief.max_length, self._clock() + seconds, meter))

    async def rewrite(self, task: RewriteTask, *, seconds: float, meter: UsageMeter) -> Draft:
        question, brief = rewrite_question(task, fence=_fence()), replace(task.brief, hooks=0)
        draft = await self._write(_Task(question, brief, task.max_length, self._clock() + seconds, meter))
        return replace(draft, posts=draft.posts[:1])

    async def _write(self, task: _Task) -> Draft:
        draft = await self._first_draft(task)
        found = await self._mended(draft, task)
        if all(finding.is_foreign for finding in found):
            raise ModelError(reason="answer is in another language")
        draft = await check(ground, mended_draft(draft, found), task.question.source, claims_in(found))
        if not draft.posts:
            raise ModelError(reason="answer holds only links that the source lacks")
        return draft

    async def _first_draft(self, task: _Task) -> Draft:
        """By the first model that writes. Raises ContentRefused for the first refusal, ModelError."""
        if not self._breaker.allows():
            raise self._unavailable()
        self.was_asked = True
        failures: list[ModelCallFailed] = []
        try:
            async with asyncio.timeout(task.until - self._clock()):
                for model in self._models:
                    try:
                        draft = await self._ask_with_retry(model, task)
                    except ModelCallFailed as failure:
                        failure.reason = f"{model}: {failure.reason}"
                        failures.append(failure)
                        if failure.permanent:
                            break
                    else:
                        self._breaker.succeeded()
                        self._record_health([each for each in failures if each.health == "misconfigured"])
                        return draft
        except ContentRefused:
            self._breaker.succeeded()
            self._record_health([])
            raise
        except TimeoutError:
            failures.append(ModelCallFailed("no answer in time", health="timeout"))
        self._record_health(failures)
        error = self._unavailable()
        is_late = task.until - self._clock() < _SECONDS_TO_ANSWER + 1
        raise error.unshared() if is_late else error

    def _unavailable(self) -> ModelError:
        """What the last failure is for who asked."""
        fault = sentence_of(self.health)
        return ModelError(fault and f"{fault} {ModelError.instead}", reason=self.last_failure)

    def _record_health(self, failures: Sequence[ModelCallFailed]) -> None:
        """The health word is that of a permanent failure, else of the first model."""
        failures = sorted(failures, key=lambda failure: not failure.permanent)
        self.health = failures[0].health if failures else "healthy"
        self.last_failure = "; ".join(str(failure.reason) for failure in failures) or None
        if failures and failures[0].permanent:
            self._breaker.failed(permanent=False, pause_seconds=_REFUSED_KEY_PAUSE_SECONDS)
            facts = {"alert": True, "health": self.health, "reason": self.last_failure}
            log.logger.error("The model's key is refused", extra={"facts": facts})

    async def _ask_with_retry(self, model: str, task: _Task) -> Draft:
        try:
            return await self._chat.ask(model, task.question, task.meter)
        except ModelCallFailed as failure:
            wait = failure.wait_seconds
            if wait is None or wait + _SECONDS_TO_ANSWER > task.until - self._clock():
                raise
        await self._sleep(wait)
        return await self._chat.ask(model, task.question, task.meter)

    async def _mended(self, draft: Draft, task: _Task) -> list[Finding]:
        """Its texts, without empty ones; what was wrong with them has been asked for again, once."""
        texts, rule = written_in(draft, task.brief.hooks), Rule(task.max_length, task.brief.platform)
        found = await check(review_texts, texts, task.question, rule)
        wrong = [at for at, finding in enumerate(found) if finding.is_wrong or not finding.fits]
        places = task.question.numbers or range(1, len(texts) + 1)
        asked = [(1 if texts[at].is_hook else places[min(at, len(places) - 1)], found[at]) for at in wrong]
        again = await self._again(str(draft.model), asked, task)
        better = [replace(texts[at], text=text) for at, text in zip(wrong, again, strict=False)]
        for at, new in zip(wrong, await check(review_texts, better, task.question, rule), strict=False):
            if new.weight < found[at].weight:
                found[at] = new
        return found

    async def _again(self, model: str, texts: Sequence[tuple[int, Finding]], task: _Task) -> Sequence[str]:
        """As many better texts; none where there is nothing to ask, no time, or no usable answer."""
        left, characters = task.until - self._clock(), sum(len(each.written.text) for _, each in texts)
        if not 0 < characters <= _MAX_SENT_AGAIN or left < _SECONDS_TO_ANSWER:
            return ()
        question = second_question(
            texts, task.question, task.brief, max_length=task.max_length, fence=_fence()
        )
        try:
            async with asyncio.timeout(left):
                again = (await self._chat.ask(model, question, task.meter)).posts
        except (ModelError, TimeoutError):
            return ()
        return again if len(again) == len(texts) else ()


def _max_cost(prices: Sequence[Price]) -> MaxCost:
    """As if each model wrote, and the most expensive one again: shorter texts, or another attempt.

    A byte is at most a token, in any script. A call beyond that is not made (UsageMeter).
    """
    costs = [price.cost_usd(_MAX_RULE_BYTES, MAX_ANSWER_TOKENS) for price in prices]
    each_byte = [price.cost_usd(1, 0) for price in prices]
    return MaxCost(sum(costs) + max(costs), sum(each_byte) + max(each_byte))
