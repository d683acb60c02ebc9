"""The title of an article, without the name of its site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import chain, filterfalse, islice
from urllib.parse import urlsplit

from core.article.layout import Layout, Span
from core.article.metadata import Metadata, names_in
from core.text.cleaning import clean_line, letters_of
from core.text.word_lists import word_lists

_MAX_CHARACTERS = 300
_MAX_CUTS = 12
_MAX_TITLES = 12
_DENSE = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_SEPARATOR = re.compile(
    r"\s*(?:[|｜¦❘•·・»«›‹—–‒―▷►]|::)+\s*|\s+[-−~/\\_<>*⁄]+\s+|\s*:\s+|：|(?<=\S)_(?=\S)"
    rf"|(?<=[{_DENSE}])-|-(?=[{_DENSE}])"
)
_COUNTER = re.compile(r"^[(\[]\d{1,4}\+?[)\]]\s+")  # of unread messages
_INLINE_TAG = re.compile(r"</?(?:a|b|i|u|em|strong|span|sup|sub|br|font|mark|small)\b[^<>]{0,200}>")
_NAMING = ("h1", "h2", "div", "p", "span")
_LOGO = re.compile(r"logo|masthead|site-?(?:title|name|brand)|navbar-brand")
_ELLIPSIS = re.compile(r"\s*(?:…|\.{3})$")


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """`heading` is the element that shows it, if any; `shown` the <title> element's, if that says more."""

    title: str | None
    heading: Span | None
    shown: str


def find_title(metadata: Metadata, layout: Layout) -> FoundTitle:
    """The title that the headings agree on best. Never the name of the site alone."""
    site = _Site(metadata, layout)
    spans = [span for span in _headings(layout) if not site.is_named(layout.text(span))]
    headings = list(map(_plain, map(layout.text, spans)))
    by_letters = {letters_of(title): _is_first(span) for title, span in zip(headings, spans, strict=True)}
    raw = next((span.element.text or "" for span in layout.spans if span.tag == "title"), "")
    described = [*metadata.meta("title"), *names_in([item.get("headline") for item in metadata.articles])]
    titles = map(_plain, [*described[:_MAX_TITLES], raw])
    cleaned = [site.taken_off(title, by_letters) for title in titles]
    candidates = list(filterfalse(site.is_named, cleaned))
    best = _uncut(_agreed(candidates, headings), [*candidates, *headings])
    return FoundTitle(best or None, _heading(layout, spans, letters_of(best)), cleaned[-1])


def _uncut(title: str, others: list[str]) -> str:
    """The whole of a title that was cut at an ellipsis."""
    cut = _ELLIPSIS.sub("", title)
    wholes = (other for other in others if other.startswith(cut) and letters_of(other) != letters_of(cut))
    return title if cut == title else next(wholes, title)


def _heading(layout: Layout, headings: list[Span], title: str) -> Span | None:
    """The heading that shows the title, or what else does so before the text, or else the first <h1>."""
    before = (span for span in reversed(layout.spans) if span.start < layout.start)
    shown = chain(headings, (span for span in before if span.tag not in ("title", "meta")))
    same = (span for span in shown if letters_of(layout.text(span)) == title != "")
    return next(chain(same, filter(_is_first, headings)), None)


def _is_first(span: Span) -> bool:
    """Whether it is a heading of the first level, or what `hidden` leaves of one for screen readers."""
    return span.tag == "h1" or span.get("name") == "hidden-heading"


def _headings(layout: Layout) -> list[Span]:
    """The first-level ones, the article's in front, then those right before the text, or else the first."""
    own = layout.own()
    others = [span for span in own if span.tag in ("h2", "h3") and layout.text(span)]
    before = [span for span in others if span.start < layout.start]
    inner = set(own)
    spans = [*own, *(span for span in layout.spans if span not in inner)]
    first = [span for span in spans if _is_first(span) and layout.text(span)]
    return [*first[:_MAX_TITLES], *(before[:-3:-1] or others[:1])]


def _plain(title: str) -> str:
    return _COUNTER.sub("", clean_line(_INLINE_TAG.sub("", unescape(unescape(title)))))[:_MAX_CHARACTERS]


def _agreed(candidates: list[str], headings: list[str]) -> str:
    """The first candidate that a heading shares, or else another candidate."""
    for others in (headings, candidates):
        for title in candidates:
            if any(_share(title, other) for other in others if other is not title):
                return title
    return next(iter([*candidates, *headings]), "")


def _share(title: str, other: str) -> bool:
    """Whether most words of the title are in the other text, or one is within the other."""
    ours, theirs = letters_of(title), letters_of(other)
    if ours in theirs or (len(theirs) > 0.5 * len(ours) and theirs in ours):
        return True
    words = set(re.findall(r"\w{3,}", title.casefold()))
    return len(words & set(re.findall(r"\w{3,}", other.casefold()))) > 0.5 * len(words)


class _Site:
    """How the site is named: by metadata, logo, links to its start page, host."""

    def __init__(self, metadata: Metadata, layout: Layout) -> None:
        generic = word_lists(__file__)["titles"]["generic"].split("\n")
        self._said = set(map(letters_of, metadata.site_names())) - {""}
        self._sure = self._said.union(map(letters_of, _logos(layout, metadata.url)))
        self._whole = self._sure.union(map(letters_of, metadata.host_names()))
        self._no_title = self._whole.union(map(letters_of, generic), [""])

    def is_named(self, title: str) -> bool:
        """Whether a title is no more than the site's name, or what any page may be called."""
        return letters_of(title) in self._no_title

    def taken_off(self, title: str, headings: dict[str, bool]) -> str:
        """The title without what names the site, or stands beside what a heading says (True: one of <h1>)."""
        if letters_of(title) in headings:
            return title
        found = islice(_SEPARATOR.finditer(title), _MAX_CUTS)
        cuts = [cut for cut in found if cut.start() and cut.end() < len(title)]
        if shown := _part_that_is_heading(title, cuts, headings):
            return shown
        for cut in cuts:
            if self._is_tail(title[cut.end() :], cut[0].strip()):
                return self.taken_off(title[: cut.start()], headings)
        for cut in reversed(cuts):
            names = self._sure if cut[0].strip() in (":", "：", "-") else self._whole
            if letters_of(title[: cut.start()]) in names:
                return self.taken_off(title[cut.end() :], headings)
        return title

    def _is_tail(self, tail: str, separator: str) -> bool:
        letters = letters_of(tail)
        parts_count = len(letters) > 2 and separator not in (":", "：")
        return letters in self._whole or (parts_count and any(letters in name for name in self._said))


def _part_that_is_heading(title: str, cuts: list[re.Match[str]], headings: dict[str, bool]) -> str | None:
    starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(title)]
    for start, end in ((start, end) for start in starts for end in reversed(ends) if start < end):
        if _is_said(letters_of(title[start:end]), letters_of(title[:start] + title[end:]), headings):
            return title[start:end]
    return None


def _is_said(part: str, rest: str, headings: dict[str, bool]) -> bool:
    """Whether a heading is this part, or a first one most of it beside a kicker; and none is the rest."""
    long = headings.get(part, False) or 2 * len(part) > len(rest)
    framed = (heading for heading in headings if headings[heading] and 2 * len(part) > len(heading))
    said = part in headings or any(each.startswith(part) or each.endswith(part) for each in framed)
    return said and long and rest not in headings


def _logos(layout: Layout, url: str) -> Iterator[str]:
    host = re.escape(urlsplit(url).netloc)
    start_page = re.compile(rf"(?:(?:https?:)?//{host})?/?(?:index\.\w{{2,5}})?", re.IGNORECASE)
    for span in layout.spans:
        if span.tag == "a":
            found = bool(start_page.fullmatch(span.get("href") or "#"))
        else:
            found = span.tag in _NAMING and bool(_LOGO.search(span.names))
        if found:
            yield layout.text(span, 60)
