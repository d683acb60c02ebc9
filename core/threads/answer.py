"""The response body of a generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from core.article.article import Article
from core.cache.entry import Entry
from core.errors import NoArticle
from core.store.keys import new_thread_id
from core.text.thread import first_fitting, thread_of
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.writing.writer import Written


def answer_of(request: GenerateRequest, article: Article, written: Written) -> dict[str, Any]:
    """The body for a new draft, its fields in the contract's order."""
    draft, brief = written.draft, request.brief
    posts, warnings = _posts(request, article, draft.posts)
    return {
        "success": True,
        "thread": posts,
        "source_type": "text" if request.url is None else "url",
        "title": article.title,
        "error": None,
        "id": new_thread_id(),
        "cached": False,
        "degraded": written.degraded,
        "platform": request.platform,
        "generator": draft.generator,
        "model": draft.model,
        "hooks": [
            text for hook in draft.hooks if (text := first_fitting(hook, brief.max_length, brief.rule))
        ],
        "source": _source(article),
        "usage": asdict(written.usage),
        "warnings": [*written.warnings, *warnings],
    }


def answer_again(request: GenerateRequest, article: Article, known: Entry) -> dict[str, Any]:
    """The body of a known answer for the same text from another address: its drafts with this one's link."""
    posts, warnings = _posts(request, article, known.drafts)
    return known.answer | {
        "thread": posts,
        "title": article.title,
        "id": new_thread_id(),
        "source": _source(article),
        "warnings": [*known.warnings, *warnings],
    }


def is_answer(body: Any) -> bool:
    """Whether a kept body is an answer as this version gives it."""
    try:
        GenerateAnswer.model_validate(body)
    except ValidationError:
        return False
    return True


def _posts(
    request: GenerateRequest, article: Article, drafts: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    thread = thread_of(drafts, request.brief, link=article.url)
    if not thread.posts:
        raise NoArticle("There is nothing but a link that is longer than a post.")
    cut = f"Only the first {len(article.text)} characters of the source were used."
    names = ("number", "total", "content", "character_count")
    posts = [{name: getattr(post, name) for name in names} for post in thread.posts]
    return posts, [*thread.warnings, *([cut] if article.truncated else [])]


def _source(article: Article) -> dict[str, Any]:
    return {
        "url": article.url,
        "author": article.author,
        "published": article.published,
        "language": article.language,
        "characters": len(article.text),
        "truncated": article.truncated,
    }
