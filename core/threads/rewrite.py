"""One post of a kept thread rewritten by the model: the rest stays, and the result is a thread of its own."""

from core.cache.cache_control import Caller
from core.cache.lease import Lease
from core.cache.outcome import Lead, Limited
from core.cache.request_key import Lookups
from core.cache.tiered import TieredCache
from core.errors import BudgetSpent, InvalidRequest, ModelError, NotFound, RateLimited
from core.request import RequestRecord
from core.text.platforms import PLATFORMS
from core.text.thread import Brief, first_fitting
from core.threads.answer import AnswerEntry, finished_rewrite
from core.threads.edit_schemas import RewriteAnswer
from core.threads.schemas import GenerateAnswer
from core.writing.draft import Draft, RewriteTask, WritingContext
from core.writing.writer import Writer

REWRITTEN = "Successfully rewrote a post using OpenAI"

_MAX_CHARACTERS = 15_000  # no thread has more


class RewritePost:
    def __init__(self, *, cache: TieredCache[GenerateAnswer], lookups: Lookups, writer: Writer) -> None:
        self._cache = cache
        self._lookups = lookups
        self._writer = writer

    async def __call__(
        self, thread_id: str, number: int, instruction: str | None, caller: Caller, record: RequestRecord
    ) -> RewriteAnswer:
        """The new thread. Raises RateLimited, NotFound, InvalidRequest, ModelError and StoreError by type."""
        max_cost_usd = self._writer.max_cost_usd("openai", _MAX_CHARACTERS)
        lookup = self._lookups.for_new_thread(caller, max_cost_usd=max_cost_usd)
        outcome = await self._cache.look_up(lookup, record)
        if isinstance(outcome, Limited):
            raise RateLimited
        assert isinstance(outcome, Lead)  # nobody else can ask for a thread that is new
        async with outcome.lease as lease:
            entry = await self._cache.thread(thread_id)
            task = _task(entry, number, instruction)
            draft = await self._draft(task, lease, record)
            text = first_fitting(draft.posts[0], task.max_length, task.brief.rule).strip()
            if not text:
                raise ModelError(reason="nothing of the answer fits")
            made = finished_rewrite(entry, number, text, draft, record.usage.total)
            await lease.keep(made, "nobody" if caller.cache_control.no_store else "permalink")
        answer = made.answer
        record.answered(REWRITTEN, answer)
        return RewriteAnswer(**dict(answer), post=answer.thread[number - 1])

    async def _draft(self, task: RewriteTask, lease: Lease[GenerateAnswer], record: RequestRecord) -> Draft:
        context = WritingContext(
            seconds=record.seconds_left,
            meter=record.usage,
            model_unavailable=None if lease.within_budget else BudgetSpent(),
        )
        with record.timed("writing"):
            return await self._writer.rewrite(task, context)


def _task(entry: AnswerEntry, number: int, instruction: str | None) -> RewriteTask:
    """What the model is asked. Raises NotFound and InvalidRequest when there is no such text."""
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
