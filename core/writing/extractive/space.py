"""What a post can hold beside the title and the link, in what its platform counts."""

from functools import lru_cache

from core.article.article import Article
from core.text.information import information
from core.text.splitting import MAX_CHARACTERS
from core.text.thread import Brief, first_fitting

_MAX_COUNTED = 500  # texts whose lengths are kept
_SINGLE_POST = 1_300  # characters that one post of a page aims at where a platform has no threads


class Space:
    def __init__(self, article: Article, brief: Brief) -> None:
        self._brief, self.count = brief, lru_cache(_MAX_COUNTED)(brief.rule.length_of)
        self.title = first_fitting(article.title or "", brief.max_length, brief.rule)
        self.heading = f"{self.title}\n\n" if self.title else ""
        self.link = f"\n\n{article.url}" if article.url and brief.source_link != "none" else ""
        sample = article.text[:500]
        self.weight = max(self.count(sample), 1) / max(len(sample), 1)  # what a character counts
        self.density = max(information(sample), 1) / max(len(sample), 1)  # what a character says
        self.max_length = brief.max_length  # of a post's passages
        if brief.allowed_posts == 1:
            aim = _SINGLE_POST if brief.rule.max_posts == 1 and article.url else brief.max_length
            self.max_length = max(1, min(aim, brief.max_length) - self.count(self.link))

    def fits(self, text: str, *, first: bool = False) -> bool:
        """Whether a post holds it; the `first` one, beside the title and a link that belongs there."""
        max_length = self.max_length
        if first and self.title:
            link = self._link_at("first") if self._brief.allowed_posts > 1 else ""
            max_length -= self.count(self.heading + link)
        return self._holds(text, max_length)

    def fits_last(self, text: str) -> bool:
        """Whether a post holds it beside a link that belongs there."""
        link = self._link_at("last")
        return not link or self._holds(text, self._brief.max_length - self.count(link))

    def _link_at(self, place: str) -> str:
        return self.link if self._brief.source_link == place else ""

    def _holds(self, text: str, max_length: int) -> bool:
        about = len(text) * self.weight
        # Counting is expensive: what is plainly shorter or longer is not counted.
        if len(text) > MAX_CHARACTERS or about > 1.5 * max_length:
            return False
        return about <= 0.7 * max_length or self.count(text) <= max_length
