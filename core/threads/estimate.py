"""What a request would come to and cost now; nothing is fetched, written, charged or kept for it."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.cache.cache_control import Caller
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, LookupOutcome, NotStored, SameDraft
from core.cache.request_key import Lookup
from core.cache.tiered import TieredCache
from core.errors import BudgetSpent, ContentRefused, ModelError, NoModel, ThreadrError
from core.request import RequestRecord
from core.settings import Settings
from core.text.platforms import PLATFORMS
from core.threads.answer import viewed
from core.threads.generate import GenerateThread
from core.threads.limit_schemas import EstimateAnswer, Expected, RateLimitStatus
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.threads.several import each_platform
from core.threads.writing import may_compose
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
        asked = each_platform(request)
        found = await asyncio.gather(*(self._one(each, caller, record) for each in asked))
        if found[0].expected in ("write", "compose", "fails"):  # one draft serves all, as a rule
            found[1:] = [replace(found[0], expected=_AFTER.get(found[0].expected, "fails"))] * len(found[1:])
        worst = max(found, key=lambda each: [*_WHY].index(each.expected))
        written = [each for each, of in zip(asked, found, strict=True) if of.expected == "write"]
        may_write = asked if found[0].expected == "write" else written
        assert record.decision, "a dry look-up has one"
        return EstimateAnswer(
            outcome=worst.expected,
            reason=_reason(request, worst),
            problem=worst.error.kind if worst.error and worst.expected == "fails" else None,
            outcomes={each.platform: of.expected for each, of in zip(asked, found, strict=True)},
            model=self._settings.openai_model if written else None,
            calls=len(written),
            cost_usd=round(sum(map(self._cost_usd, written)), 6),
            max_cost_usd=micros(sum(map(self._max_cost_usd, may_write))) / 1_000_000,
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
        if view:
            return _Found("same-draft", left_micros=left)
        written = self._written(request, reply.budget.shortage(self._cache.clock()), left or 0)
        return replace(_found(request, lookup, outcome, written), left_micros=left)

    def _written(self, request: GenerateRequest, unavailable: ModelError | None, left: int) -> _Found:
        """By the model, as far as there is one and the budgets cover it."""
        if request.generator == "extractive":
            return _Found("compose")
        if self._model is None:
            return _Found("fails", NoModel(reason="not configured"))
        least = micros(self._model.max_cost.of(0)) if request.url is not None else math.inf
        if isinstance(unavailable, BudgetSpent) and left >= least:
            return _Found("write", is_covered=None)
        return _Found("fails", unavailable, is_covered=False) if unavailable else _Found("write")

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


def _found(
    request: GenerateRequest,
    lookup: Lookup,
    outcome: LookupOutcome[GenerateAnswer] | None,
    written: _Found,
) -> _Found:
    """What comes of the outcome where no draft serves; of a failure the last thread, or the composer's."""
    stale = outcome.stale if isinstance(outcome, Failed | Lead) else None
    match outcome:
        case Hit():
            return _Found("hit")
        case Follow():
            return _Found("collapsed")
        case Limited() | NotStored():
            return _Found("fails", outcome.error)
        case Failed(error):
            written = _Found("fails", error)
    if stale and written.error and not isinstance(written.error, ContentRefused):
        return replace(written, expected="stale")
    return replace(written, expected="compose") if may_compose(written.error, request, lookup) else written


def _reason(request: GenerateRequest, worst: _Found) -> str:
    parts = [_WHY[worst.expected]]
    if worst.error:
        parts.append(f"{worst.error.title}." if worst.expected == "compose" else worst.error.detail)
    if worst.expected == "write" and request.url is not None:
        parts.append(_UNREAD)
    return " ".join(parts)
