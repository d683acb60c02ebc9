"""The built-in composer: no key, no network, the article's own sentences."""

from __future__ import annotations

import re

from core.article import Article
from core.composer import Draft
from core.sentences import Sentence, sentences
from core.splitting import pack, split
from core.thread import Brief, thread_of

_SHARE_OF_ARTICLE = 0.4  # what a thread of a long article holds of it
_LEAST_POSTS = 4  # an article that fits in so many is told whole
_SHARES = (
    0.9,
    0.8,
    0.7,
    0.6,
    0.5,
)  # of a thread's room that is tried: whole sentences leave some of it empty
_HOOK_SHARE = 0.6  # of a post that a title may take to leave a sentence beside it
# Openers that lean on the sentence before them: without it, neither a hook nor a post can begin so.
_LEANING = re.compile(
    r"(he|she|it|they|this|that|these|those|his|her|its|their|but|and|or|so|yet|however|also|then|still|instead"
    r"|meanwhile|moreover|therefore|such|there)\b",
    re.IGNORECASE,
)


class BuiltInComposer:
    """Central sentences in their order, whole, packed into posts behind a hook."""

    def worst_usd(self, source_characters: int) -> float:
        return 0.0

    async def compose(self, article: Article, brief: Brief, *, seconds: float) -> Draft:
        parts = sentences(article.text, article.language or "en")
        hook, used = _hook(article, parts, brief)
        body = [part for index, part in enumerate(parts) if index != used]
        posts: list[str] = []
        for share in _SHARES:
            chosen = _chosen(body, article, brief, share)
            posts = [*filter(None, [hook]), *pack(chosen, room=brief.room, count=brief.rule.count)]
            if not thread_of(posts, brief, link=article.url).cut:
                break
        return Draft(posts=tuple(posts), generator="extractive")


def _hook(article: Article, parts: list[Sentence], brief: Brief) -> tuple[str | None, int | None]:
    """The first post, of the title and the strongest sentence that fits beside it, and which one that is."""
    if not article.title:
        return None, None  # a text that somebody wrote begins where they began it
    title = next(split(article.title, room=brief.room, count=brief.rule.count))
    if brief.rule.count(title) > brief.room * _HOOK_SHARE:
        return title, None
    strongest = _strongest(parts, brief.room - brief.rule.count(f"{title}\n\n"), article, brief)
    return (title, None) if strongest is None else (f"{title}\n\n{parts[strongest].text}", strongest)


def _strongest(parts: list[Sentence], room: int, article: Article, brief: Brief) -> int | None:
    """The sentence of the article's first half that says most within `room`, and can stand first."""
    early = parts[: max(8, len(parts) // 2)]
    able = [
        index
        for index, part in enumerate(early)
        if not _LEANING.match(part.text) and part.text != article.title
    ]
    texts = [early[index].text for index in able]
    chosen = _select(texts, max_characters=room, language=article.language or "en")
    fitting = [able[index] for index in chosen if brief.rule.count(texts[index]) <= room]
    return max(fitting, key=lambda index: len(parts[index].text), default=None)


def _chosen(parts: list[Sentence], article: Article, brief: Brief, share: float) -> list[Sentence]:
    """All sentences where they fit in a short thread, else the ones that carry the article.

    `share` is how much of the thread's room they may fill.
    """
    total = sum(len(part.text) for part in parts)
    most = int(brief.room * max(1, brief.most_posts - 1) * share)  # one post is the hook's
    wanted = min(most, max(int(total * _SHARE_OF_ARTICLE), brief.room * _LEAST_POSTS))
    if total <= wanted:
        return parts
    # A sentence that no post can hold would have to be torn.
    texts = [part.text if brief.rule.count(part.text) <= brief.room else "" for part in parts]
    chosen = _select(texts, max_characters=wanted, language=article.language or "en")
    kept = set(chosen)
    told = [parts[index] for index in chosen if index - 1 in kept or not _LEANING.match(parts[index].text)]
    return told or parts


def _select(texts: list[str], *, max_characters: int, language: str) -> list[int]:
    from core.extractive import select  # its patterns take 6 ms to compile, which a hit need not wait for

    return select(texts, max_characters=max_characters, language=language)
