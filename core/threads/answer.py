"""The answer of a generation: a draft as the platform's posts, and its source's metadata."""

from collections.abc import Sequence
from dataclasses import replace

from core.article.article import Article
from core.cache.cache_control import Caller
from core.cache.entry import Entry
from core.cache.lease import Audience
from core.cache.request_key import new_thread_id
from core.errors import NoArticle
from core.text.platforms import PLATFORMS
from core.text.thread import first_fitting, thread_of
from core.threads.schemas import GenerateAnswer, GenerateRequest, PostOut, SourceOut, UsageOut
from core.usage import Usage
from core.writing.draft import Draft
from core.writing.writer import Written

AnswerEntry = Entry[GenerateAnswer]


def finished(request: GenerateRequest, article: Article, written: Written, usage: Usage) -> AnswerEntry:
    """The answer for a new draft. Raises NoArticle when nothing of it can be posted."""
    draft, brief = written.draft, request.brief
    posts, parts, warnings = _posts(request, article, draft.posts)
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
        hooks=[text for hook in draft.hooks if (text := first_fitting(hook, brief.max_length, brief.rule))],
        source=SourceOut.model_validate(article, from_attributes=True),
        usage=UsageOut.model_validate(usage, from_attributes=True),
        warnings=[*written.warnings, *warnings],
    )
    return Entry(answer=answer, posts=parts, drafts=draft.posts, warnings=draft.warnings)


def finished_again(request: GenerateRequest, article: Article, known: AnswerEntry) -> AnswerEntry:
    """The answer to the same text from another address: the known drafts with this one's link.

    Raises NoArticle when nothing of it can be posted.
    """
    posts, parts, warnings = _posts(request, article, known.drafts)
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
    known: AnswerEntry, number: int, draft: Draft, usage: Usage, *, thread_id: str
) -> AnswerEntry:
    """The known thread with the draft in post `number` (from 1), under an id of its own."""
    at, text, suffix = number - 1, draft.posts[0], known.posts[number - 1][1]
    thread, posts = list(known.answer.thread), list(known.posts)
    content = text + suffix
    count = PLATFORMS[known.answer.platform].count(content)
    thread[at] = thread[at].model_copy(update={"content": content, "character_count": count})
    posts[at] = (text, suffix)
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


def audience_of(written: Written, caller: Caller) -> Audience:
    """Model answers are shared. Others stay in this process, being cheap to make again; one that was asked
    for has its permalink in the shared store.
    """
    if caller.cache_control.no_store:
        return "nobody"
    if written.draft.generator == "openai":
        return "everyone"
    return "process" if written.degraded else "process+permalink"


def _posts(
    request: GenerateRequest, article: Article, drafts: Sequence[str]
) -> tuple[list[PostOut], tuple[tuple[str, str], ...], list[str]]:
    """The posts, the text and the suffix of each, and warnings. Raises NoArticle when there are none."""
    thread = thread_of(drafts, request.brief, link=article.url)
    if not thread.posts:
        raise NoArticle("There is nothing but a link that is longer than a post.")
    warnings = [*thread.warnings]
    if article.truncated:
        warnings.append(f"Only the first {article.characters} characters of the source were used.")
    parts = tuple((post.text, post.suffix) for post in thread.posts)
    return [PostOut.model_validate(post, from_attributes=True) for post in thread.posts], parts, warnings
