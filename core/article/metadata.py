"""What a page says about itself: meta elements, JSON-LD and the names of its site."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.article.layout import OTHER_THING, Layout
from core.article.page_checks import Lock
from core.text.cleaning import clean_line, letters_of
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

JsonObject = dict[str, object]
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Recipe|ClaimReview)\b")
_MAX_NAME = 60
_MAX_NAMES = 20
_MAX_WORDS = 4
_MAX_PARTS = 20
_REST = 100  # letters: less is no rest of an article
_SECOND_LEVEL = {"co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go"}


@dataclass(frozen=True, slots=True)
class Metadata:
    """`metas`: contents by lower-case name or property. `data`: the page's JSON-LD objects, flat."""

    metas: dict[str, list[str]]
    data: list[JsonObject]
    url: str

    def meta(self, kind: str) -> Iterator[str]:
        """The contents of the meta elements of a kind that `metadata.toml` lists, the surest name first."""
        for name in word_lists(__file__)["metas"][kind].split():
            yield from self.metas.get(name, ())

    @property
    def articles(self) -> list[JsonObject]:
        """The objects that describe an article, or else a page with a date or a headline."""
        found = [item for item in self.data if _ARTICLE.search(str(item.get("@type", "")))]
        dated = (item for item in self.data if item.keys() & {"headline", "datePublished"})
        return found or [item for item in dated if not OTHER_THING.search(str(item.get("@type", "")))]

    def article(self, title: str) -> JsonObject:
        """The object that describes the article of this title: the only one, or that with its headline."""
        letters = letters_of(title)
        named = [item for item in self.articles if letters_of(str(item.get("headline", ""))) == letters]
        return named[0] if named else self.articles[0] if len(self.articles) == 1 else {}

    def site_names(self) -> list[str]:
        """How the page names its site."""
        publishers = [item.get("publisher") for item in self.data]
        sites = [item for item in self.data if re.search("WebSite|Organization", str(item.get("@type", "")))]
        doubtful = [name for name in self.meta("site_of_page") if len(name.split()) <= _MAX_WORDS]
        named = [*self.meta("site"), *names_in(publishers), *names_in(sites)] or doubtful
        names = (clean_line(name).lstrip("@") for name in named[:_MAX_NAMES])
        return list(dict.fromkeys(name for name in names if 0 < len(name) <= _MAX_NAME))

    def lock(self, layout: Layout) -> Lock | None:
        """What the page says of an article that is not free; None for one that is."""
        said = next((item for item in self.data if item.get("isAccessibleForFree") is False), None)
        if said is None:
            return None
        selector = str(said.get("cssSelector", ""))
        name = "id" if selector.startswith("#") else "class"
        parts = [span for span in layout.spans if selector[1:] in span.get(name).split()]
        letters = sum(
            len(letters_of("".join(layout.pieces[span.start : span.end]))) for span in parts[:_MAX_PARTS]
        )
        return Lock(
            words=int(str(said.get("wordCount", 0))), rest_is_missing=bool(selector) and letters < _REST
        )

    def host_names(self) -> list[str]:
        """The host, and the label that its owner chose: marlow-post in www.marlow-post.co.uk."""
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        labels = host.split(".")[: 0 if host[-1:].isdigit() else -1]
        owner = labels[-2:-1] if len(labels) > 1 and labels[-1] in _SECOND_LEVEL else labels[-1:]
        return [host, *owner]


def read_metadata(tree: HtmlElement, url: str) -> Metadata:
    """The page's metadata, as it is written. JSON-LD must be as `StructuredData.rebuilt` leaves it."""
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name")
        raw = (element.get("content") or "").strip()
        # In the address of an image "&copy=" is a parameter.
        content = raw if "image" in (name or "").lower() else unescape(raw).strip()
        if name and content:
            metas.setdefault(name.lower(), []).append(content)
    scripts = (element.text or "[]" for element in tree.iter("script"))
    return Metadata(metas, [item for script in scripts for item in _objects(json.loads(script))], url)


def names_in(value: object) -> Iterator[str]:
    """The names in a JSON-LD value: a string, an object with a name, or a list of these."""
    if isinstance(value, str):
        yield unescape(value)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        parts = [value.get(part) for part in ("givenName", "additionalName", "familyName")]
        yield from names_in(value.get("name") or " ".join(str(part) for part in parts if part))


def _objects(value: object) -> Iterable[JsonObject]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item
            for inner in ("@graph", "mainEntity"):
                yield from _objects(item.get(inner))
