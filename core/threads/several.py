"""A thread for each of several platforms, of one draft and for one charge."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from core.cache.cache_control import CacheControl, Caller
from core.cache.counted import avoided, note, unanswered
from core.cache.tiered import TieredCache
from core.errors import NotCached
from core.request import CacheRecord, RequestRecord
from core.text.platforms import PLATFORMS, PlatformName
from core.threads.answer import AnswerEntry, viewed
from core.threads.schemas import GenerateAnswer, GenerateRequest, ThreadsAnswer, UsageOut
from core.usage import Usage, UsageMeter

_SLACK_SECONDS = 30  # between the answers of one request

Make = Callable[[GenerateRequest, Caller, RequestRecord], Awaitable[AnswerEntry]]
Cache = TieredCache[GenerateAnswer]


async def several(
    make: Make, cache: Cache, request: GenerateRequest, caller: Caller, record: RequestRecord
) -> ThreadsAnswer:
    """The draft is written for the platform with the shortest posts, which serves the others by rule.

    Each thread counts as an answer, unless another fails. Raises what `make` raises for any of them.
    """
    asked = first, *others = each_platform(request)
    entry = await make(first, caller, record)
    free = replace(caller, is_charged=False, cache_control=_wants_after(caller.cache_control, record))
    asides = [replace(record, cache=CacheRecord(), usage=UsageMeter(), facts={}) for _ in others]
    beside = (_beside(make, cache, each, (free, entry), of) for each, of in zip(others, asides, strict=True))
    found = [entry, *await asyncio.gather(*beside, return_exceptions=True)]
    entries = [each for each in found if not isinstance(each, BaseException)]
    if len(entries) < len(found):
        raise _failure(cache, caller, zip(found, [record, *asides], strict=True))
    record.cache.counted = counted = Counter(record.cache.counted)
    for aside in asides:
        record.usage.add(aside.usage.total)
        counted.update(aside.cache.counted)
        if aside.cache.status and aside.cache.status.forward:
            record.cache.status = aside.cache.status
    return _answer(request, {each.platform: made for each, made in zip(asked, entries, strict=True)})


def each_platform(request: GenerateRequest) -> list[GenerateRequest]:
    """The request for each of its platforms alone, first that with the shortest posts."""
    names = sorted({*(request.platforms or ()), request.shown}, key=lambda name: PLATFORMS[name].limit)
    return [request.model_copy(update={"platform": name, "platforms": None}) for name in names]


def _failure(
    cache: Cache, caller: Caller, found: Iterable[tuple[AnswerEntry | BaseException, RequestRecord]]
) -> BaseException:
    """One of those that there are; the answers beside it are taken back."""
    failed: BaseException = NotCached()
    for each, record in found:
        if isinstance(each, BaseException):
            failed = each
        else:
            cache.count_later(caller.client, unanswered(each, record))
    return failed


def _wants_after(wants: CacheControl, record: RequestRecord) -> CacheControl:
    """Nothing older than the first answer, and nothing newer."""
    age = wants.max_age_seconds
    if age is not None:
        age = max(age, int(record.seconds_spent) + _SLACK_SECONDS)
    return replace(wants, no_cache=False, max_age_seconds=age)


async def _beside(
    make: Make,
    cache: Cache,
    request: GenerateRequest,
    found: tuple[Caller, AnswerEntry],
    record: RequestRecord,
) -> AnswerEntry:
    """The same for another platform, free of charge."""
    (caller, first), view = found, None
    if first.fresh_until <= first.created_at or caller.cache_control.no_store:  # it is kept nowhere
        source = first.answer.title, first.answer.source
        view = await viewed(request, first, source, record, first.created_at)
    if view:
        cache.count_later(caller.client, avoided("same_draft", view))
        note(record, "same_draft")
    return view or await make(request.model_copy(update={"refresh": False}), caller, record)


def _answer(request: GenerateRequest, entries: dict[PlatformName, AnswerEntry]) -> ThreadsAnswer:
    answers = {name: entry.answer for name, entry in entries.items()}
    shown, made = answers[request.shown], [each for each in answers.values() if not each.cached]
    spent = sum((Usage(**dict(each.usage)) for each in made), Usage())
    changes = {
        "cached": not made,
        "usage": UsageOut.model_validate(spent, from_attributes=True) if made else shown.usage,
        "warnings": list(dict.fromkeys(text for each in answers.values() for text in each.warnings)),
        "threads": {name: answers[name].thread for name in request.platforms or ()},
        "ids": {name: answers[name].id for name in request.platforms or ()},
        "delete_token": _tokens(answers.values()),
    }
    return ThreadsAnswer(**dict(shown) | changes)


def _tokens(answers: Iterable[GenerateAnswer]) -> str | None:
    """The tokens of those that were made, as X-Delete-Token has them."""
    return ",".join(answer.delete_token for answer in answers if answer.delete_token) or None
