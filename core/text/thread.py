"""A thread, and what it was asked to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Literal

from core.text.cleaning import without_surrogates
from core.text.platforms import PLATFORMS, Platform, PlatformName
from core.text.splitting import fits, split

Numbering = Literal["slash", "none"]
SourceLink = Literal["last", "first", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The options of a thread. A language of None is the source's own."""

    platform: PlatformName = "x"
    max_posts: int = 12
    tone: str | None = None
    audience: str | None = None
    language: str | None = None
    numbering: Numbering = "slash"
    hooks: int = 0
    source_link: SourceLink = "last"

    def variant(self) -> dict[str, Any]:
        """The options that differ from the default."""
        changed = ((option.name, option.default, getattr(self, option.name)) for option in fields(self))
        return {name: value for name, default, value in changed if value != default}

    @property
    def rule(self) -> Platform:
        return PLATFORMS[self.platform]

    @property
    def allowed_posts(self) -> int:
        return min(self.max_posts, self.rule.max_posts)

    @property
    def max_length(self) -> int:
        """Characters of a post that are left beside the longest number that it can bear."""
        if self.allowed_posts == 1:
            return self.rule.limit
        return self.rule.limit - self.rule.length_of(
            _number(self.allowed_posts, self.allowed_posts, self.numbering)
        )


@dataclass(frozen=True, slots=True)
class Post:
    number: int
    total: int
    content: str
    character_count: int


@dataclass(frozen=True, slots=True)
class Thread:
    """`cut` tells that something did not fit in the most posts."""

    posts: tuple[Post, ...]
    cut: bool = False
    warnings: tuple[str, ...] = ()


def first_fitting(text: str, max_length: int, rule: Platform) -> str:
    """As much of the beginning of `text` as fits in `max_length`; nothing of a link that does not."""
    pieces = split(text, max_length=max_length, count=rule.length_of)
    return next((piece for piece in pieces if fits(piece, max_length, rule.length_of)), "")


def thread_of(drafts: Sequence[str], brief: Brief, *, link: str | None) -> Thread:
    """A thread of `drafts` in order: too-long ones split, the link set in, cut to the most posts, numbered.

    No post is over the platform's limit, and none is empty.
    """
    drafts = [draft.strip() for draft in drafts if draft.strip()]
    link = None if brief.source_link == "none" or link is None else without_surrogates(link)
    texts = _fitting(drafts, brief, link)
    cut = len(texts) > brief.allowed_posts
    whole = [
        text for text in texts[: brief.allowed_posts] if fits(text, brief.rule.limit, brief.rule.length_of)
    ]
    warnings = []
    if len(whole) < min(len(texts), brief.allowed_posts):
        warnings.append("A link that is longer than a post was left out.")
    if link and fits(link, brief.max_length, brief.rule.length_of):
        cut |= _set_in(whole, link, brief)
    elif link:
        warnings.append("The source link is longer than a post and was left out.")
    if cut:
        warnings.append(
            f"The thread was cut to {brief.allowed_posts} posts; raise max_posts to see more of it."
        )
    return Thread(_numbered(whole, brief), cut, tuple(warnings))


def _fitting(drafts: Sequence[str], brief: Brief, link: str | None) -> list[str]:
    """The drafts in texts that fit, one more than the most posts if they are too many."""
    if len(drafts) == 1:
        # An only post bears no number, so it may fill the room of one.
        alone = f"{drafts[0]}\n\n{link}" if link else drafts[0]
        if fits(alone, brief.rule.limit, brief.rule.length_of):
            return [without_surrogates(drafts[0])]
    pieces = (
        piece
        for draft in drafts
        for piece in split(draft, max_length=brief.max_length, count=brief.rule.length_of)
    )
    return list(islice(pieces, brief.allowed_posts + 1))


def _set_in(texts: list[str], link: str, brief: Brief) -> bool:
    """Put the link at its post's end, or in a post of its own after it. True when text had to give way."""
    if not texts:
        texts.append(link)
        return False
    at = 0 if brief.source_link == "first" else len(texts) - 1
    linked = f"{texts[at]}\n\n{link}"
    max_length = brief.rule.limit if len(texts) == 1 else brief.max_length
    if fits(linked, max_length, brief.rule.length_of):
        texts[at] = linked
        return False
    full = len(texts) == brief.allowed_posts
    if full and at == len(texts) - 1:
        texts[at] = _shortened(texts[at], link, brief)
    else:
        texts[at + 1 :] = [link, *texts[at + 1 : brief.allowed_posts - 1]]
    return full


def _shortened(text: str, link: str, brief: Brief) -> str:
    """The beginning of `text` that leaves room for the link; the link alone where there is none."""
    max_length = brief.max_length - brief.rule.length_of(f"\n\n{link}")
    beginning = first_fitting(text, max_length, brief.rule) if max_length >= brief.max_length // 4 else ""
    return f"{beginning}\n\n{link}" if beginning else link


def _numbered(texts: Sequence[str], brief: Brief) -> tuple[Post, ...]:
    total = len(texts)
    contents = [
        text + _number(number, total, brief.numbering) if total > 1 else text
        for number, text in enumerate(texts, start=1)
    ]
    return tuple(
        Post(number, total, content, brief.rule.count(content))
        for number, content in enumerate(contents, start=1)
    )


def _number(number: int, total: int, numbering: Numbering) -> str:
    return f"\n\n{number}/{total}" if numbering == "slash" else ""
