"""Save a stored thread as somebody edited it; the result is a new thread."""

from collections.abc import Sequence

from core.cache.cache_control import Caller
from core.cache.entry import Entry
from core.cache.lease import Lease
from core.cache.outcome import Lead, Limited
from core.cache.request_key import Lookups, new_delete_token, thread_id_of
from core.cache.tiered import TieredCache
from core.errors import InvalidRequest, RateLimited, StoreError
from core.request import RequestRecord
from core.threads.answer import AnswerEntry, for_maker
from core.threads.edit_schemas import EditRequest, ReviewedPost, ValidateRequest
from core.threads.schemas import GenerateAnswer, PostOut, UsageOut
from core.threads.validate import validate_thread
from core.workers.pool import run_in_worker

SAVED = "Saved an edited thread"


class EditThread:
    def __init__(self, *, cache: TieredCache[GenerateAnswer], lookups: Lookups) -> None:
        self._cache = cache
        self._lookups = lookups

    async def __call__(
        self, thread_id: str, request: EditRequest, caller: Caller, record: RequestRecord
    ) -> GenerateAnswer:
        """The new thread. Raises RateLimited, NotFound, InvalidRequest and StoreError."""
        token = new_delete_token()
        async with await lease_of_new(token, self._cache, self._lookups, caller, record) as lease:
            known = await self._cache.kept.thread(thread_id)
            edited = ValidateRequest(thread=request.thread, platform=known.answer.platform)
            review = await run_in_worker(validate_thread, edited, seconds=record.seconds_left)
            if not review.valid:
                bad = [f"Post {post.number}: {each}" for post in review.thread for each in post.problems]
                raise InvalidRequest(" ".join([*review.problems, *bad]))
            entry = _edited(known, review.thread, token)
            is_private = self._lookups.leaves_nothing(caller, is_text=entry.answer.source_type == "text")
            await lease.keep(entry, "nobody" if is_private else "permalink", "edited")
        record.record_answer(SAVED, entry.answer.generator, entry.answer.degraded)
        return for_maker(entry, is_private=is_private).answer


async def lease_of_new(
    delete_token: str,
    cache: TieredCache[GenerateAnswer],
    lookups: Lookups,
    caller: Caller,
    record: RequestRecord,
) -> Lease[GenerateAnswer]:
    """The lease of a new thread, which the token deletes; it counts. Raises RateLimited and StoreError."""
    match await cache.look_up(lookups.for_thread(thread_id_of(delete_token), caller), record):
        case Limited():
            raise RateLimited
        case Lead(lease):
            return lease
        case outcome:
            raise StoreError(reason=f"{type(outcome).__name__} for a thread that is new")


def _edited(known: AnswerEntry, posts: Sequence[ReviewedPost], delete_token: str) -> AnswerEntry:
    """What is as it was keeps its evidence; a number and the link at a post's end are its suffix."""
    parts = tuple(_parts(post, known.answer.source.url) for post in posts)
    proofs = {text: post for (text, _), post in zip(known.posts, known.answer.thread, strict=False)}
    thread = [PostOut(**post.model_dump(exclude={"remaining", "problems"})) for post in posts]
    for post, (text, _) in zip(thread, parts, strict=True):
        if proof := proofs.get(text):
            post.evidence, post.support = proof.evidence, proof.support
    usage = UsageOut(input_tokens=0, output_tokens=0, cost_usd=0.0)
    changes = {"thread": thread, "id": thread_id_of(delete_token), "cached": False, "usage": usage}
    answer, key = known.answer.model_copy(update=changes), known.key
    return Entry(answer=answer, posts=parts, voice=known.voice, key=key, delete_token=delete_token)


def _parts(post: ReviewedPost, link: str | None) -> tuple[str, str]:
    text = post.content.removesuffix(f"\n\n{post.number}/{post.total}")
    text = "" if text == link else text.removesuffix(f"\n\n{link}")
    return text, post.content[len(text) :]
