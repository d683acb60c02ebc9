"""What a thread is made from."""

from dataclasses import dataclass, replace
from typing import Self

from core.errors import NoArticle
from core.text.cleaning import clean
from core.text.language import guess
from core.text.language import prepare as prepare  # what a worker needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a platform shows under a link to a page; `alt` describes the image."""

    title: str | None = None
    description: str | None = None
    image: str | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The main text of a page or of a request, paragraphs divided by newlines.

    `published` is an ISO 8601 date, `language` an ISO 639 code, `site` the name of the publication.
    Only a page has a `card`.
    """

    text: str
    title: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    site: str | None = None
    url: str | None = None
    truncated: bool = False
    card: Card | None = None

    @property
    def characters(self) -> int:
        return len(self.text)

    def cut_to(self, max_characters: int) -> Self:
        """The same article with at most `max_characters` of text, ended at a word."""
        if len(self.text) <= max_characters:
            return self
        kept = self.text[:max_characters]
        at_word = max(kept.rfind(" "), kept.rfind("\n"))
        return replace(self, text=kept[:at_word] if at_word > max_characters // 2 else kept, truncated=True)


def plain_article(text: str, *, url: str | None = None) -> Article:
    """A text as an article. Raises NoArticle when nothing readable is in it."""
    return written_article(clean(text), url=url)


def written_article(text: str, *, url: str | None = None) -> Article:
    """The text with every space that it has. Raises NoArticle as `plain_article` does."""
    if not any(character.isalnum() or character > "\u2000" for character in text):
        raise NoArticle
    return Article(text=text, language=guess(text), url=url)
