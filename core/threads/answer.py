"""The answer of a generation: a draft as the platform's posts, and its source's metadata."""

from dataclasses import replace

from core.article.article import Article
from core.cache.draft import KeptDraft, Proof, Span
from core.cache.entry import Entry
from core.cache.lease import Audience
from core.cache.request_key import new_delete_token, thread_id_of
from core.errors import NoArticle
from core.rate_limit import Client
from core.request import RequestRecord
from core.text.thread import Post
from core.threads.laying_out import LaidOut, Origin, laid_out
from core.threads.schemas import EvidenceOut, GenerateAnswer, GenerateRequest, PostOut, SourceOut, UsageOut
from core.usage import Usage
from core.workers.pool import run_in_worker
from core.writing.draft import Draft
from core.writing.writer import Written

AnswerEntry = Entry[GenerateAnswer]

CACHED = "Returning cached thread response"


async def finished(
    request: GenerateRequest, article: Article, written: Written, record: RequestRecord, now: float
) -> AnswerEntry:
    """The answer for a new draft, at `now` in epoch seconds. Raises NoArticle when nothing can be posted."""
    draft = written.draft
    made = await run_in_worker(laid_out, draft, article, request.brief, now, seconds=record.seconds_left)
    source = SourceOut.model_validate(article, from_attributes=True)
    posts, parts, warnings = _posts(source, made)
    token = new_delete_token()
    answer = GenerateAnswer(
        success=True,
        thread=posts,
        source_type="text" if request.url is None else "url",
        title=article.title,
        error=None,
        id=thread_id_of(token),
        cached=False,
        degraded=written.degraded,
        platform=request.platform,
        generator=draft.generator,
        model=draft.model,
        hooks=made.hooks,
        source=source,
        usage=UsageOut.model_validate(record.usage.total, from_attributes=True),
        warnings=[*written.warnings, *warnings],
    )
    voice = (request.language, request.tone, request.audience)
    kept = _kept(draft, made, request)
    return Entry(answer=answer, posts=parts, draft=kept, voice=voice, delete_token=token)


def _kept(draft: Draft, made: LaidOut, request: GenerateRequest) -> KeptDraft:
    return KeptDraft(
        posts=draft.posts,
        hooks=draft.hooks,
        proofs=made.of_draft,
        warnings=draft.warnings,
        platform=request.platform,
        max_posts=request.max_posts,
        max_hooks=request.hooks,
    )


async def viewed(
    request: GenerateRequest,
    known: AnswerEntry,
    article: tuple[str | None, SourceOut],
    record: RequestRecord,
    now: float,
) -> AnswerEntry | None:
    """The known draft as the request wants it, with the title and source of `article`; None where a model
    should write another, or the built-in composer, which is free and fits better.
    """
    (title, source), was = article, known.answer
    if was.generator != "openai":
        return None
    from core.threads.views import view_of  # a hit does without

    origin, seconds = Origin(source.url, source.published, source.language), record.seconds_left
    made = await run_in_worker(view_of, known.draft, request.brief, origin, now, seconds=seconds)
    if made is None:
        return None
    (posts, parts, warnings), token = _posts(source, made), new_delete_token()
    changes = {
        "thread": posts,
        "title": title,
        "id": thread_id_of(token),
        "platform": request.platform,
        "hooks": made.hooks,
        "source": source,
        "warnings": [*known.draft.warnings, *warnings],
    }
    return replace(known, answer=was.model_copy(update=changes), posts=parts, delete_token=token)


def finished_rewrite(
    known: AnswerEntry, post: tuple[Post, Proof], draft: Draft, usage: Usage, *, delete_token: str
) -> AnswerEntry:
    """The known thread with `post`, which holds the draft's text, under the id of this token."""
    thread, posts, (new, proof) = list(known.answer.thread), list(known.posts), post
    thread[new.number - 1] = _post(new, proof)
    posts[new.number - 1] = (new.text, new.suffix)
    changes = {
        "thread": thread,
        "id": thread_id_of(delete_token),
        "degraded": False,
        "generator": draft.generator,
        "model": draft.model,
        "usage": UsageOut.model_validate(usage, from_attributes=True),
        # A claim that was marked before is still unproven.
        "warnings": list(dict.fromkeys([*known.answer.warnings, *draft.warnings])),
    }
    answer = known.answer.model_copy(update=changes)
    return Entry(
        answer=answer, posts=tuple(posts), voice=known.voice, key=known.key, delete_token=delete_token
    )


def for_maker(made: AnswerEntry, *, is_private: bool) -> AnswerEntry:
    """The entry for the one whose request made it: with the token that deletes it, if it is kept."""
    token = None if is_private else made.delete_token or None
    return replace(made, answer=made.answer.model_copy(update={"delete_token": token}))


def as_cached(entry: AnswerEntry, record: RequestRecord, *, waited: bool = False) -> AnswerEntry:
    """The kept answer, marked as such; one that was waited for is as new as that of who made it."""
    answer = entry.answer
    record.record_answer(CACHED, answer.generator, answer.degraded)
    return entry if waited else replace(entry, answer=answer.model_copy(update={"cached": True}))


def as_new(hit: AnswerEntry) -> AnswerEntry:
    """The hit for those who waited until it was made."""
    return replace(hit, answer=hit.answer.model_copy(update={"cached": False}))


def known_spans(entry: AnswerEntry) -> list[Span]:
    """What the thread's evidence quotes of its source, each once, in order."""
    quoted = (each for post in entry.answer.thread for each in post.evidence)
    return sorted({Span(each.start, each.end, each.quote) for each in quoted})


def audience_of(written: Written | None, only_for: Client | None = None, *, is_private: bool) -> Audience:
    """Model answers are shared, and what is rendered of them, when nothing is written. Others stay in this
    process, being cheap to make again, with their permalink in the shared store. One `only_for` a client,
    whose budget was short, is no answer to others.
    """
    if is_private:
        return "nobody"
    if written is None or written.draft.generator == "openai":
        return "everyone"
    return "permalink" if written.degraded and only_for else "process+permalink"


def _posts(source: SourceOut, made: LaidOut) -> tuple[list[PostOut], tuple[tuple[str, str], ...], list[str]]:
    """The posts, the text and the suffix of each, and warnings. Raises NoArticle when there are none."""
    thread = made.thread
    if not thread.posts:
        raise NoArticle("There is nothing but a link that is longer than a post.")
    warnings = [*made.warnings, *thread.warnings]
    if source.truncated:
        warnings.append(f"Only the first {source.characters} characters of the source were used.")
    parts = tuple((post.text, post.suffix) for post in thread.posts)
    return [_post(*each) for each in zip(thread.posts, made.proofs, strict=True)], parts, warnings


def _post(post: Post, proof: Proof) -> PostOut:
    return PostOut(
        number=post.number,
        total=post.total,
        content=post.content,
        character_count=post.character_count,
        evidence=[EvidenceOut(**span._asdict()) for span in proof.spans],
        support=proof.support,
    )
