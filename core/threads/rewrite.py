"""Rewrite one post of a stored thread; the result is a new thread."""

import json
from dataclasses import replace

from core.cache.cache_control import Caller
from core.cache.lease import Lease
from core.cache.request_key import Lookups, new_delete_token
from core.cache.tiered import TieredCache
from core.errors import InvalidRequest, ModelError, NotFound
from core.request import RequestRecord
from core.text.thread import Brief, Post, space_beside
from core.threads.answer import AnswerEntry, finished_rewrite, for_maker, known_spans
from core.threads.edit import lease_of_new
from core.threads.edit_schemas import RewriteAnswer
from core.threads.laying_out import fitted_with_proof
from core.threads.schemas import GenerateAnswer
from core.workers.pool import run_in_worker
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
        token = new_delete_token()
        async with await lease_of_new(token, self._cache, self._lookups, caller, record) as lease:
            entry = await self._cache.kept.thread(thread_id)
            post = _post(entry, number)
            task = await _task(entry, post, instruction, record)
            draft = await self._draft(task, lease, record)
            post, known = replace(post, text=draft.posts[0]), known_spans(entry)
            brief, seconds = task.brief, record.seconds_left
            made = await run_in_worker(fitted_with_proof, post, brief, known, task.language, seconds=seconds)
            if not made[0].text:
                raise ModelError(reason="nothing of the answer fits")
            entry = finished_rewrite(entry, made, draft, record.usage.total, delete_token=token)
            is_private = self._lookups.leaves_nothing(caller, is_text=entry.answer.source_type == "text")
            await lease.keep(entry, "nobody" if is_private else "permalink")
        answer = for_maker(entry, is_private=is_private).answer
        record.record_answer(REWRITTEN, answer.generator, answer.degraded)
        return RewriteAnswer(**dict(answer), post=answer.thread[number - 1])

    async def _draft(self, task: RewriteTask, lease: Lease[GenerateAnswer], record: RequestRecord) -> Draft:
        """The model's. Raises ModelError."""
        context = WritingContext(
            seconds_left=lambda: record.seconds_left,
            meter=record.usage,
            model_unavailable=await lease.reserve(
                self._writer.max_cost_usd("openai", json.dumps([*task.texts, *task.evidence]))
            ),
        )
        with record.timed("writing"):
            return await self._writer.rewrite(task, context)


def _post(entry: AnswerEntry, number: int) -> Post:
    """Raises NotFound for a missing post or an earlier version's entry, InvalidRequest for an empty post."""
    if not entry.posts:
        raise NotFound("An earlier version made this thread. Make it again from its source to rewrite it.")
    if not 1 <= number <= len(entry.posts):
        raise NotFound(f"The thread has no post {number}.")
    text, suffix = entry.posts[number - 1]
    if not text:
        raise InvalidRequest("The post holds only the link: there is nothing to rewrite.")
    return Post(number, len(entry.posts), text, suffix, entry.answer.thread[number - 1].character_count)


async def _task(
    entry: AnswerEntry, post: Post, instruction: str | None, record: RequestRecord
) -> RewriteTask:
    platform, own = entry.answer.platform, entry.answer.source.language
    language, tone, audience = entry.voice
    title = [entry.answer.title] if entry.answer.title else []
    return RewriteTask(
        texts=[text for text, _ in entry.posts],
        number=post.number,
        brief=Brief(platform=platform, language=language or own, tone=tone, audience=audience),
        max_length=await run_in_worker(space_beside, post.suffix, platform, seconds=record.seconds_left),
        instruction=instruction,
        evidence=[*title, *(span.quote for span in known_spans(entry))],
        language=own,
    )
