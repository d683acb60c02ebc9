"""The answer of a generation: a draft as the platform's posts, and its source's metadata."""

from collections.abc import Sequence
from dataclasses import replace

from core.article.article import Article
from core.cache.cache_control import Caller
from core.cache.entry import Entry
from core.cache.lease import Audience
from core.cache.request_key import new_thread_id
from core.errors import NoArticle
from core.rate_limit import Client
from core.request import RequestRecord
from core.text.thread import Post, Thread, lay_out
from core.threads.schemas import GenerateAnswer, GenerateRequest, PostOut, SourceOut, UsageOut
from core.usage import Usage
from core.workers.pool import run_in_worker
from core.writing.draft import Draft
from core.writing.writer import Written

AnswerEntry = Entry[GenerateAnswer]


async def finished(
    request: GenerateRequest, article: Article, written: Written, record: RequestRecord
) -> AnswerEntry:
    """The answer for a new draft. Raises NoArticle when nothing of it can be posted."""
    draft = written.draft
    thread, hooks = await _laid_out(request, article, draft.posts, draft.hooks, record)
    posts, parts, warnings = _posts(article, thread)
    answer = GenerateAnswer(
        success=True,
        thread=posts,
        source_type="text" if request.url is None else "url",
        title=article.title,
        error=None,
        id=new_thread_id(),
        cached=False,
        degraded=written.degraded,
        platform=request.platform,
        generator=draft.generator,
        model=draft.model,
        hooks=hooks,
        source=SourceOut.model_validate(article, from_attributes=True),
        usage=UsageOut.model_validate(record.usage.total, from_attributes=True),
        warnings=[*written.warnings, *warnings],
    )
    return Entry(answer=answer, posts=parts, drafts=draft.posts, warnings=draft.warnings)


async def finished_again(
    request: GenerateRequest, article: Article, known: AnswerEntry, record: RequestRecord
) -> AnswerEntry:
    """The answer to the same text from another address: the known drafts with this one's link.

    Raises NoArticle when nothing of it can be posted.
    """
    thread, _ = await _laid_out(request, article, known.drafts, (), record)
    posts, parts, warnings = _posts(article, thread)
    changes = {
        "thread": posts,
        "title": article.title,
        "id": new_thread_id(),
        "source": SourceOut.model_validate(article, from_attributes=True),
        "warnings": [*known.warnings, *warnings],
    }
    answer = known.answer.model_copy(update=changes)
    return replace(known, answer=answer, posts=parts)


def finished_rewrite(
    known: AnswerEntry, post: Post, draft: Draft, usage: Usage, *, thread_id: str
) -> AnswerEntry:
    """The known thread with `post`, which holds the draft's text, under an id of its own."""
    thread, posts = list(known.answer.thread), list(known.posts)
    thread[post.number - 1] = PostOut.model_validate(post, from_attributes=True)
    posts[post.number - 1] = (post.text, post.suffix)
    changes = {
        "thread": thread,
        "id": thread_id,
        "degraded": False,
        "generator": draft.generator,
        "model": draft.model,
        "usage": UsageOut.model_validate(usage, from_attributes=True),
        # A claim that was marked before is still unproven.
        "warnings": list(dict.fromkeys([*known.answer.warnings, *draft.warnings])),
    }
    return Entry(answer=known.answer.model_copy(update=changes), posts=tuple(posts))


def audience_of(written: Written, caller: Caller, only_for: Client | None) -> Audience:
    """Model answers are shared. Others stay in this process, being cheap to make again; one that was asked
    for has its permalink in the shared store. One `only_for` a client, whose budget was short, is no answer
    to others.
    """
    if caller.cache_control.no_store:
        return "nobody"
    if written.draft.generator == "openai":
        return "everyone"
    if written.degraded:
        return "client" if only_for else "process"
    return "process+permalink"


async def _laid_out(
    request: GenerateRequest,
    article: Article,
    drafts: Sequence[str],
    hooks: Sequence[str],
    record: RequestRecord,
) -> tuple[Thread, list[str]]:
    seconds = record.seconds_left
    return await run_in_worker(lay_out, drafts, hooks, request.brief, article.url, seconds=seconds)


def _posts(article: Article, thread: Thread) -> tuple[list[PostOut], tuple[tuple[str, str], ...], list[str]]:
    """The posts, the text and the suffix of each, and warnings. Raises NoArticle when there are none."""
    if not thread.posts:
        raise NoArticle("There is nothing but a link that is longer than a post.")
    warnings = [*thread.warnings]
    if article.truncated:
        warnings.append(f"Only the first {article.characters} characters of the source were used.")
    parts = tuple((post.text, post.suffix) for post in thread.posts)
    return [PostOut.model_validate(post, from_attributes=True) for post in thread.posts], parts, warnings
