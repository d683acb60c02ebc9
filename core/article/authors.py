"""Who wrote an article, as the page says it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import chain, islice

from core.article.layout import Layout, Span
from core.article.metadata import Metadata, names_in
from core.article.title import FoundTitle
from core.text.cleaning import clean_line, letters_of
from core.text.word_lists import any_of

_MAX_AUTHORS = 10
_MAX_LINES = 20
_MAX_LINE = 120
_PIECES_AROUND = 24  # the head, where a byline is still the article's
_MAX_NAME = 60
_MAX_WORDS = 6
_NAMED = re.compile(r"(?:^|[\s_-])(?:by-?line|authors?|autore?)(?:[\s_-]|$)")
_NO_NAME = re.compile(r"[@\d/\\{}<>#=]|https?:|www\.|\w\.(?:com|net|org|de|fr|io)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(?:https?:|www\.|/)", re.IGNORECASE)
_ACCOUNT = re.compile(r"[\w.+-]{0,64}@[\w.-]{0,80}")  # or e-mail address
_MARKS = ' .,:;|-–—·•()<>[]"“”'
_INVERTED = re.compile(r"[^\W\d][\w'’-]*, (?:[^\W\d][\w'’-]*\.?\s?){1,3}")  # Lowe, Ada B.


def find_author(metadata: Metadata, layout: Layout, title: FoundTitle) -> str | None:
    """The authors' names, divided by "; ", from JSON-LD, metadata or the byline; else None."""
    names = map(re.escape, [*metadata.site_names(), *metadata.host_names()])
    site = re.compile(rf"(?:^|\W+)(?:{'|'.join(names)})\W*$", re.IGNORECASE)
    described = [*names_in(_described(metadata, title))]
    metas = [*islice(metadata.meta("author"), _MAX_LINES)]
    for lines in chain([described, metas], _shown(layout, title, site)):
        if found := _names(lines, site):
            return "; ".join(found[:_MAX_AUTHORS])
    return None


def _described(metadata: Metadata, title: FoundTitle) -> list[object]:
    """The article's authors in JSON-LD, where they may be named elsewhere; organizations only if alone."""
    author = metadata.article(title.title or "").get("author")
    known = {str(item["@id"]): item for item in metadata.data if "@id" in item}
    listed = author if isinstance(author, list) else [author]
    found = [known.get(str(each.get("@id")), each) if isinstance(each, dict) else each for each in listed]
    return [e for e in found if not (isinstance(e, dict) and "Organization" in str(e.get("@type")))] or found


def _shown(layout: Layout, title: FoundTitle, site: re.Pattern[str]) -> Iterator[list[str]]:
    """What the article's own elements show as its authors, the surest first."""
    own = layout.own()
    above, below = layout.head(title.heading)
    near = [span for span in own if above - _PIECES_AROUND <= span.start < below + _PIECES_AROUND]
    yield [_name_within(layout, span) for span in filter(_is_marked, own)]
    named = [span for span in near if _NAMED.search(span.names) and layout.text(span, _MAX_LINE)]
    yield [
        next((line for line in layout.lines(span.start, span.end) if _names([line], site)), "")
        for span in _innermost(named[:_MAX_LINES])
    ]
    yield from ([line] for line in layout.lines(above, below) if _is_byline(line[:_MAX_LINE]))


def _innermost(spans: list[Span]) -> Iterator[Span]:
    following = [*(span.start for span in spans[1:]), sys.maxsize]
    return (span for span, start in zip(spans, following, strict=False) if start > span.end)


def _is_byline(line: str) -> bool:
    """Whether a line begins or ends like a byline, and has no more words than names in it."""
    words = _without_frame(line).split()
    marked = _pattern("opening").match(line) or _pattern("signed").match(line)
    return bool(marked) and 2 * sum(word[0].islower() for word in words) <= len(words)


def _is_marked(span: Span) -> bool:
    return span.get("itemprop") == "author" or "author" in span.get("rel").split()


def _name_within(layout: Layout, span: Span) -> str:
    named = span.element.find(".//*[@itemprop='name']")
    element = span.element if named is None else named
    said = "" if named is None else "".join(islice(named.itertext(), _MAX_LINES))
    return str(element.get("content") or said or layout.text(span, _MAX_LINE))


def _names(lines: Iterable[str], site: re.Pattern[str]) -> list[str]:
    """The names of people in bylines: no address, account, job, place, desk, date, or name of the site."""
    found: dict[str, str] = {}
    for line in map(_without_frame, lines):
        if _INVERTED.fullmatch(line):
            line = " ".join(reversed(line.split(", ")))
        parts = (site.sub("", part).strip(_MARKS) for part in _pattern("join").split(line))
        names = [*filter(_is_name, parts)]
        found |= {letters_of(name): name for name in names if " " in name or " " not in names[0]}
    return list(found.values())


def _without_frame(line: str) -> str:
    """The line without "by", accounts, and what follows a name; "" for an address."""
    line = _pattern("opening").sub("", clean_line(_ACCOUNT.sub(" ", unescape(line))))
    return "" if _ADDRESS.match(line) else _pattern("end").split(line)[0]


def _is_name(name: str) -> bool:
    few = 1 < len(name) <= _MAX_NAME and len(name.split()) <= _MAX_WORDS
    return few and not _NO_NAME.search(name) and not _pattern("other").search(name)


def _pattern(kind: str) -> re.Pattern[str]:
    return any_of(__file__, "bylines", kind)
