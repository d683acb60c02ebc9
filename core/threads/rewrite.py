"""Rewrite one post of a stored thread; the result is a new thread."""

import json
from dataclasses import replace

from core.cache.cache_control import Caller
from core.cache.lease import Lease
from core.cache.outcome import Lead, Limited
from core.cache.request_key import Lookups, new_thread_id
from core.cache.tiered import TieredCache
from core.errors import InvalidRequest, ModelError, NotFound, RateLimited, StoreError
from core.request import RequestRecord
from core.text.platforms import PLATFORMS
from core.text.thread import Brief, first_fitting
from core.threads.answer import AnswerEntry, finished_rewrite
from core.threads.edit_schemas import RewriteAnswer
from core.threads.schemas import GenerateAnswer
from core.writing.draft import Draft, RewriteTask, WritingContext
from core.writing.writer import Writer

REWRITTEN = "Successfully rewrote a post using OpenAI"


class RewritePost:
    def __init__(self, *, cache: TieredCache[GenerateAnswer], lookups: Lookups, writer: Writer) -> None:
        self._cache = cache
        self._lookups = lookups
        self._writer = writer

    async def __call__(
        self, thread_id: str, number: int, instruction: str | None, caller: Caller, record: RequestRecord
    ) -> RewriteAnswer:
        """The new thread. Raises RateLimited, NotFound, InvalidRequest, ModelError and StoreError."""
        new_id = new_thread_id()
        lookup = self._lookups.for_thread(new_id, caller)
        match await self._cache.look_up(lookup, record):
            case Limited():
                raise RateLimited
            case Lead(lease):
                pass
            case outcome:
                raise StoreError(reason=f"{type(outcome).__name__} for a thread that is new")
        async with lease:
            entry = await self._cache.thread(thread_id)
            draft = await self._draft(_task(entry, number, instruction), lease, record)
            made = finished_rewrite(entry, number, draft, record.usage.total, thread_id=new_id)
            await lease.keep(made, "nobody" if caller.cache_control.no_store else "permalink")
        record.record_answer(REWRITTEN, made.answer.generator, made.answer.degraded)
        return RewriteAnswer(**dict(made.answer), post=made.answer.thread[number - 1])

    async def _draft(self, task: RewriteTask, lease: Lease[GenerateAnswer], record: RequestRecord) -> Draft:
        """As much of the model's text as fits. Raises ModelError."""
        context = WritingContext(
            seconds=record.seconds_left,
            meter=record.usage,
            model_unavailable=await lease.reserve(
                self._writer.max_cost_usd("openai", json.dumps(task.texts))
            ),
        )
        with record.timed("writing"):
            draft = await self._writer.rewrite(task, context)
        text = first_fitting(draft.posts[0], task.max_length, task.brief.rule).strip()
        if not text:
            raise ModelError(reason="nothing of the answer fits")
        return replace(draft, posts=(text,))


def _task(entry: AnswerEntry, number: int, instruction: str | None) -> RewriteTask:
    """Raises NotFound for a missing post or an earlier version's entry, InvalidRequest for an empty post."""
    if not entry.posts:
        raise NotFound("An earlier version made this thread. Make it again from its source to rewrite it.")
    if not 1 <= number <= len(entry.posts):
        raise NotFound(f"The thread has no post {number}.")
    text, suffix = entry.posts[number - 1]
    if not text:
        raise InvalidRequest("The post holds only the link: there is nothing to rewrite.")
    platform = PLATFORMS[entry.answer.platform]
    return RewriteTask(
        texts=[text for text, _ in entry.posts],
        number=number,
        brief=Brief(platform=entry.answer.platform, language=entry.answer.source.language),
        max_length=platform.limit - platform.length_of(suffix),
        instruction=instruction,
    )
