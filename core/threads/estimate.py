"""What a request would come to and cost now; nothing is fetched, written, charged or kept for it."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.cache.cache_control import Caller
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, LookupOutcome, NotStored, SameDraft
from core.cache.tiered import TieredCache
from core.errors import BudgetSpent, ContentRefused, ModelError, NoModel, ThreadrError
from core.request import RequestRecord
from core.settings import Settings
from core.text.platforms import PLATFORMS
from core.threads.answer import AnswerEntry, viewed
from core.threads.generate import GenerateThread
from core.threads.limit_schemas import EstimateAnswer, Expected, RateLimitStatus
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.usage import micros
from core.writing.model.composer import ModelComposer

_WHY: Mapping[Expected, str] = {  # the cheapest first
    "hit": "The thread is kept.",
    "same-draft": "The thread is rendered of a draft that is kept.",
    "stale": "No new thread can be made now: the last one is given again.",
    "collapsed": "Another request makes the thread just now, and is waited for.",
    "compose": "The built-in composer writes the thread.",
    "write": "The model writes the thread.",
    "fails": "There will be no thread.",
}
_AFTER: Mapping[Expected, Expected] = {"write": "same-draft", "compose": "compose"}  # for other platforms
_UNREAD = "The page was not read: what it costs is said of the longest source that is used."
_TITLE_CHARACTERS, _CHARACTER_BYTES = 1_000, 4  # at most
_RULE_TOKENS, _TOKEN_BYTES = 1_000, 4  # about


@dataclass(frozen=True, slots=True)
class _Found:
    """`error`: why there is no thread, or why the model does not write it. `left_micros` is of the budgets,
    None without one; `is_covered` is None where that depends on the page's length.
    """

    expected: Expected
    error: ThreadrError | type[ThreadrError] | None = None
    left_micros: int | None = None
    is_covered: bool | None = True


class EstimateThread:
    """`model` is None where no key is set."""

    def __init__(
        self,
        generate: GenerateThread,
        *,
        cache: TieredCache[GenerateAnswer],
        model: ModelComposer | None,
        settings: Settings,
    ) -> None:
        self._lookup = generate.lookup
        self._cache = cache
        self._model = model
        self._settings = settings

    async def __call__(
        self, request: GenerateRequest, caller: Caller, record: RequestRecord
    ) -> EstimateAnswer:
        """In one round trip, two where a draft cannot serve. Raises ArticleBlocked when the URL is none."""
        names = sorted({*(request.platforms or ()), request.shown}, key=lambda name: PLATFORMS[name].limit)
        asked = [request.model_copy(update={"platform": name, "platforms": None}) for name in names]
        found = await asyncio.gather(*(self._one(each, caller, record) for each in asked))
        if found[0].expected in ("write", "compose", "fails"):  # one draft serves all, as a rule
            found[1:] = [replace(found[0], expected=_AFTER.get(found[0].expected, "fails"))] * len(found[1:])
        worst = max(found, key=lambda each: [*_WHY].index(each.expected))
        written = [each for each, of in zip(asked, found, strict=True) if of.expected == "write"]
        assert record.decision, "a dry look-up has one"
        return EstimateAnswer(
            outcome=worst.expected,
            reason=_reason(request, worst),
            problem=_problem(worst),
            outcomes={name: each.expected for name, each in zip(names, found, strict=True)},
            model=self._settings.openai_model if written else None,
            calls=len(written),
            cost_usd=round(sum(map(self._cost_usd, written)), 6),
            max_cost_usd=micros(
                sum(map(self._max_cost_usd, asked if found[0].expected == "write" else written))
            )
            / 1_000_000,
            budget_left_usd=None if worst.left_micros is None else worst.left_micros / 1_000_000,
            budget_covers=worst.is_covered,
            limit=RateLimitStatus.of(record.decision),
        )

    async def _one(self, request: GenerateRequest, caller: Caller, record: RequestRecord) -> _Found:
        lookup = replace(self._lookup(request, caller), max_cost_usd=self._max_cost_usd(request))
        outcome, reply = await self._cache.estimate(lookup, record)
        view = None
        if isinstance(outcome, SameDraft):
            draft = outcome.entry
            article = draft.answer.title, draft.answer.source
            view = await viewed(request, draft, article, record, self._cache.clock())
            if view is None:
                lookup = lookup.without_draft(draft.created_at)
                outcome, reply = await self._cache.estimate(lookup, record)
        left = self._left_micros((reply.budget.spent_micros, reply.budget.own_spent_micros), caller)
        unavailable = reply.budget.shortage(self._cache.clock())
        found = _Found("same-draft") if view else self._found(request, outcome, unavailable, left or 0)
        return replace(found, left_micros=left)

    def _found(
        self,
        request: GenerateRequest,
        outcome: LookupOutcome[GenerateAnswer] | None,
        unavailable: ModelError | None,
        left: int,
    ) -> _Found:
        """What comes of it where no draft serves."""
        match outcome:
            case Hit():
                return _Found("hit")
            case Follow():
                return _Found("collapsed")
            case Limited() | NotStored():
                return _Found("fails", outcome.error)
            case Failed(error, stale):
                return _without_model(request, error, stale)
        stale = outcome.stale if isinstance(outcome, Lead) else None
        return self._written(request, unavailable, left, stale)

    def _written(
        self, request: GenerateRequest, unavailable: ModelError | None, left: int, stale: AnswerEntry | None
    ) -> _Found:
        """By the model, as far as there is one and the budgets cover it."""
        if request.generator == "extractive":
            return _Found("compose")
        if self._model is None:
            return _without_model(request, NoModel(reason="not configured"), stale)
        least = micros(self._model.max_cost.of(0)) if request.url is not None else math.inf
        if isinstance(unavailable, BudgetSpent) and left >= least:
            return _Found("write", is_covered=None)
        if unavailable:
            return replace(_without_model(request, unavailable, stale), is_covered=False)
        return _Found("write")

    def _left_micros(self, spent: tuple[int, int], caller: Caller) -> int | None:
        """The least that is left of everybody's budget and of the client's, of which so much is spent."""
        caps = micros(self._settings.daily_budget_usd), caller.client.budget_micros
        return min(
            (max(0, cap - of) for cap, of in zip(caps, spent, strict=True) if cap and of >= 0), default=None
        )

    def _source_bytes(self, request: GenerateRequest) -> int:
        """Of the text, or of the longest page."""
        most = self._settings.max_content_length
        if request.url is not None:
            return (most + _TITLE_CHARACTERS) * _CHARACTER_BYTES
        return len((request.text or "")[:most].encode("utf-8", "replace"))

    def _max_cost_usd(self, request: GenerateRequest) -> float:
        if self._model is None or request.generator == "extractive":
            return 0.0
        return self._model.max_cost.of(self._source_bytes(request))

    def _cost_usd(self, request: GenerateRequest) -> float:
        """Of one call, whose answer is no longer than its source and its posts."""
        assert self._model, "it writes"
        source = min(self._source_bytes(request), self._settings.max_content_length)
        answer = min(source, request.max_posts * PLATFORMS[request.platform].limit)
        price = self._model.prices[self._settings.openai_model]
        return price.cost_usd(_RULE_TOKENS + source // _TOKEN_BYTES, answer // _TOKEN_BYTES)


def _without_model(request: GenerateRequest, error: ThreadrError, stale: AnswerEntry | None) -> _Found:
    """What comes of a failure: the last thread, the composer's, or none."""
    is_refused = isinstance(error, ContentRefused)
    if stale and not is_refused:
        return _Found("stale", error)
    may_compose = isinstance(error, ModelError) and not is_refused and request.generator != "openai"
    return _Found("compose" if may_compose else "fails", error)


def _problem(worst: _Found) -> str | None:
    return worst.error.kind if worst.error and worst.expected == "fails" else None


def _reason(request: GenerateRequest, worst: _Found) -> str:
    parts = [_WHY[worst.expected]]
    if worst.error:
        parts.append(f"{worst.error.title}." if worst.expected == "compose" else worst.error.detail)
    if worst.expected == "write" and request.url is not None:
        parts.append(_UNREAD)
    return " ".join(parts)
