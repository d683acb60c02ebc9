"""What a post may not begin with: a sentence that needs one which is not before it."""

from __future__ import annotations

from core.article.article import Article
from core.text.sentences import sentences
from core.writing.extractive.coreference import needs_antecedent


def squeezed(text: str) -> str:
    return "".join(text.split())


def referring_back(source: Article, posts: tuple[str, ...]) -> list[str]:
    """The first sentences that refer back to one that is not directly before them in the thread."""
    language, whole = source.language or "en", squeezed(source.text)
    found, before = [], ""
    for post in posts:
        text = post if before else post.removeprefix(source.title or "")
        for opener in sentences(text, language)[:1]:
            follows = before[-20:] + squeezed(opener.text) in whole
            is_lead = before in ("", squeezed(source.title or ""))  # which may open with "Their"
            if not (is_lead or follows) and needs_antecedent(opener.text, language):
                found.append(opener.text)
        before += squeezed(post)
    return found
