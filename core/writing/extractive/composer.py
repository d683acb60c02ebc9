"""The built-in composer: no key, no network, the article's own sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from core.article.article import Article
from core.text.sentences import Sentence, quoted_sentences, sentences
from core.text.splitting import pack
from core.text.thread import Brief, first_fitting, thread_of
from core.usage import UsageMeter
from core.writing.draft import Draft
from core.writing.extractive.boilerplate import content_mask
from core.writing.extractive.passages import Passage, passages

if TYPE_CHECKING:
    from core.writing.extractive.ranking import Ranking

_SHARE_OF_ARTICLE = 0.4  # what a thread of a long article holds of it
_MIN_POSTS = 4  # an article that fits in so many is told whole
# Of a thread's room, tried in turn: whole sentences leave some of it empty, and some bring others along.
_SHARES = (0.9, 0.75, 0.6, 0.5, 0.3, 0.1)
_HOOK_SHARE = 0.6  # of a post that a title may take to leave a sentence beside it
_MIN_OF_HOOK = 0.15  # of a post: less says too little
_SAMPLE_CHARACTERS = 500


class ExtractiveComposer:
    """Central sentences in their order, whole, packed into posts behind a hook."""

    def max_cost_usd(self, source_characters: int) -> float:
        return 0.0

    async def compose(self, article: Article, brief: Brief, *, seconds: float, meter: UsageMeter) -> Draft:
        composition = _Composition(article, brief)
        posts = composition.posts()
        return Draft(posts=posts, hooks=composition.hooks(posts[0]), generator="extractive")


class _Composition:
    """One article on its way to one thread."""

    def __init__(self, article: Article, brief: Brief) -> None:
        self._brief, self._count = brief, cache(brief.rule.length_of)
        self._text, self._link, self._language = article.text, article.url, article.language or "en"
        self._suffix = f"\n\n{article.url}" if article.url and brief.source_link != "none" else ""
        sample = article.text[:_SAMPLE_CHARACTERS]
        self._weight = max(self._count(sample), 1) / max(len(sample), 1)  # what a character counts
        self._title = first_fitting(article.title or "", brief.max_length, brief.rule)
        self._passages = self._passages_of(article)
        self._total = sum(len(passage.text) for passage in self._passages) * self._weight
        self._ranking = self._ranked()
        self._first = self._first_passage()

    def posts(self) -> tuple[str, ...]:
        """What says most of all that fits; a text that somebody wrote is told whole where it does."""
        most = self._brief.allowed_posts
        if not self._title and not self._link:
            for whole in (self._packed(range(len(self._passages))), (self._text,)):
                if not thread_of(whole, self._brief, link=None).cut:
                    return whole
        for share in _SHARES:
            chosen = self._chosen(share)
            if self._cannot_fit(chosen):
                continue
            posts = self._packed(chosen)
            if len(posts) <= most and not thread_of(posts, self._brief, link=self._link).cut:
                return posts
        return self._packed(range(len(self._passages)))

    def hooks(self, first: str) -> tuple[str, ...]:
        """Other posts than the `first`, the strongest first."""
        texts = (self._passages[i].text for i in (self._openers() if self._brief.hooks else ()))
        others = (text for text in texts if text not in first)
        hooks = (self._titled(text) if self._fits_with_title(text) else text for text in others)
        return tuple(islice(hooks, self._brief.hooks))

    def _passages_of(self, article: Article) -> list[Passage]:
        parts = [
            piece
            for part in sentences(article.text, self._language)
            for piece in ([part] if self._fits(part.text) else quoted_sentences(part, self._language))
        ]
        of_page = article.title or article.url  # a text that somebody wrote has nothing to clear away
        return passages(
            parts,
            content_mask=content_mask(parts, article.title or "") if of_page else [True] * len(parts),
            starts_text=not of_page,
            language=self._language,
            fits=self._fits,
            fits_first=self._fits_with_title if self._title else self._fits,
        )

    def _ranked(self) -> Ranking:
        from core.writing.extractive.ranking import (
            rank,  # its patterns take 6 ms to compile, which a hit need not wait for
        )

        texts = [passage.text for passage in self._passages]
        # A sentence that no post can hold would have to be torn.
        able = [text if self._fits(text) else "" for text in texts]
        return rank(able, longest=max(map(len, able), default=0), language=self._language)

    def _first_passage(self) -> int | None:
        """Which passage stands in the first post whatever else is told; None where the title is alone."""
        if not self._title:
            return 0  # a text that somebody wrote begins where they began it
        if self._brief.allowed_posts == 1:
            return 0 if self._ranking.lengths[0] else None
        if self._total <= self._room * min(_MIN_POSTS, self._brief.allowed_posts - 1):
            return 0  # told whole, in its order
        # What follows comes along behind the first passage only: others leave their place.
        able = (i for i in self._openers() if i == 0 or not self._is_required(i))
        return next((i for i in able if self._fits_with_title(self._passages[i].text)), None)

    def _openers(self) -> list[int]:
        """The passages of the first half that can stand first, the strongest first."""
        early = max(8, len(self._passages) // 2)
        able = [
            i
            for i in self._ranking.order
            if i < early
            and not self._passages[i].needs_previous
            and self._ranking.lengths[i] * self._weight > _MIN_OF_HOOK * self._room
        ]
        return sorted(able, key=lambda i: -self._ranking.worth[i] / (1 + i))

    def _is_required(self, index: int) -> bool:
        return any(passage.needs_previous for passage in self._passages[index + 1 : index + 2])

    def _chosen(self, share: float) -> Iterable[int]:
        """The passages that say most in a `share` of the room; all where a short thread holds them."""
        posts = max(1, self._brief.allowed_posts - (1 if self._title else 0))
        most = self._room * posts * share
        wanted = min(most, max(self._total * _SHARE_OF_ARTICLE, self._room * _MIN_POSTS))
        if self._total <= wanted:
            return range(len(self._passages))
        order = [i for i in self._ranking.order if i != self._first]
        chosen = self._with_required(replace(self._ranking, order=order).within(int(wanted / self._weight)))
        return chosen if chosen - {self._first} else range(len(self._passages))

    def _with_required(self, chosen: Iterable[int]) -> set[int]:
        """With all that they follow; without those that follow what no post can hold."""
        kept = set() if self._first is None else {self._first}
        for last in chosen:
            first = last
            while self._passages[first].needs_previous:
                first -= 1
            if all(self._ranking.lengths[i] for i in range(first, last + 1)):
                kept |= set(range(first, last + 1))
        return kept

    def _cannot_fit(self, chosen: Iterable[int]) -> bool:
        """Whether so much cannot fit, however it is packed: packing is dear, too."""
        characters = sum(self._ranking.lengths[i] for i in chosen)
        return characters * self._weight > 1.05 * self._room * self._brief.allowed_posts

    def _packed(self, chosen: Iterable[int]) -> tuple[str, ...]:
        """The posts, one more than the most if it is too much, with room for the link where it belongs."""
        content_mask = sorted(chosen)
        texts = [self._title] if self._title else []
        posts: list[str] = []
        if self._first is not None and self._first != content_mask[0]:
            # A hook that leaves its place keeps its post to itself.
            texts, posts = [], [self._titled(self._passages[self._first].text)]
            content_mask.remove(self._first)
        parts = [
            *(Sentence(text, -1) for text in texts),
            *(self._passages[i].as_sentence() for i in content_mask),
        ]
        at = self._place_of_link(parts, moved=bool(posts))
        if at is not None:
            parts[at] = replace(parts[at], text=parts[at].text + self._suffix)
        posts += islice(
            pack(parts, max_length=self._brief.max_length, count=self._count), self._brief.allowed_posts + 1
        )
        if at is not None:
            posts[at] = posts[at].replace(self._suffix, "", 1)
        return tuple(posts)

    def _place_of_link(self, parts: list[Sentence], *, moved: bool) -> int | None:
        """The first or last index, if the link fits beside that text."""
        at = {"first": 0, "last": -1}.get(self._brief.source_link) if self._suffix else None
        if at is None or (at == 0 and moved) or not self._fits(parts[at].text + self._suffix):
            return None
        return at

    @property
    def _room(self) -> int:
        """What a post leaves for passages."""
        if self._brief.allowed_posts > 1:
            return self._brief.max_length
        return max(1, self._brief.max_length - self._count(self._titled("") + self._suffix))

    def _fits(self, text: str, *, beside: int = 0) -> bool:
        """Whether a post holds it. Counting is dear, so what is plainly shorter or longer is not counted."""
        max_length, about = self._room - beside, len(text) * self._weight
        return about <= 0.7 * max_length or (about <= 1.5 * max_length and self._count(text) <= max_length)

    def _fits_with_title(self, text: str) -> bool:
        with_link = self._suffix if self._brief.source_link == "first" else ""
        title = self._count(self._titled("") + with_link)
        return title <= self._brief.max_length * _HOOK_SHARE and self._fits(text, beside=title)

    def _titled(self, text: str) -> str:
        return f"{self._title}\n\n{text}" if self._title else text
