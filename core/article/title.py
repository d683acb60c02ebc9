"""The title of an article, without the name of its site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from core.article.layout import Layout, Span
from core.article.metadata import Metadata, names_in
from core.text.cleaning import clean_line, letters_of
from core.text.word_lists import word_lists

_MAX_CHARACTERS = 300
_MAX_CUTS = 12
_DENSE = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_SEPARATOR = re.compile(
    r"\s*(?:[|｜¦•·»«›‹—–]|::)+\s*|\s+[-~/_<>*⁄]+\s+|:\s+|：|(?<=\S)_(?=\S)"
    rf"|(?<=[{_DENSE}])-|-(?=[{_DENSE}])"
)
_COUNTER = re.compile(r"^[(\[]\d{1,4}\+?[)\]]\s+")  # of unread messages
_INLINE_TAG = re.compile(r"</?(?:a|b|i|u|em|strong|span|sup|sub|br|font|mark|small)\b[^<>]{0,200}>")
_NAMING = ("h1", "h2", "div", "p", "span")
_LOGO = re.compile(r"logo|masthead|site-?(?:title|name|brand)|navbar-brand")
_COPYRIGHT = re.compile(r"(?:©|\([cC]\)|[Cc]opyright)[\W\d]{0,30}([^\W\d][^.|,–—©]{1,50})")
_ELLIPSIS = re.compile(r"\s*(?:…|\.{3})$")


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """`heading` is the element that shows it, if any; `shown` the <title> element's, if that says more."""

    title: str | None
    heading: Span | None
    shown: str


def find_title(metadata: Metadata, layout: Layout, text: str) -> FoundTitle:
    """The title that the headings agree on best. Never the name of the site alone."""
    site = _Site(metadata, layout)
    spans = [span for span in _headings(layout) if not site.is_named(layout.text(span))]
    headings = {_plain(layout.text(span)): span for span in reversed(spans)}
    by_letters = {letters_of(heading): span.tag == "h1" for heading, span in headings.items()}
    raw = next((span.element.text or "" for span in layout.spans if span.tag == "title"), "")
    named = [*metadata.meta("title"), *names_in([item.get("headline") for item in metadata.articles]), raw]
    cleaned = [site.taken_off(_plain(title), by_letters) for title in named]
    candidates = [title for title in cleaned if title and not site.is_named(title)]
    best = _agreed(candidates, list(headings), text) or (_plain(layout.text(spans[0])) if spans else None)
    cut = _ELLIPSIS.sub("", best or "")
    if cut != best:
        whole = (title for title in [*candidates, *headings] if title.startswith(cut))
        best = next((title for title in whole if letters_of(title) != letters_of(cut)), best)
    return FoundTitle(best, _heading(layout, spans, letters_of(best or "")), cleaned[-1])


def _heading(layout: Layout, headings: list[Span], title: str) -> Span | None:
    """The heading that shows the title, or what else does so before the text, or else the first-level heading."""
    before = (
        span
        for span in reversed(layout.spans)
        if span.start < layout.start and span.tag not in ("a", "title")
    )
    shown = (
        span for spans in (headings, before) for span in spans if letters_of(layout.text(span)) == title != ""
    )
    return next(shown, next((span for span in headings if span.tag == "h1"), None))


def _headings(layout: Layout) -> list[Span]:
    """The first-level ones, then those right before the text, or else the first."""
    top = [span for span in layout.spans if span.tag == "h1" and layout.text(span)]
    own = layout.own()
    others = [span for span in own if span.tag in ("h2", "h3") and layout.text(span)]
    before = [span for span in others if span.start < layout.start]
    inner = {span for span in own if span.tag == "h1"}
    return [*sorted(top, key=lambda span: span not in inner), *(before[:-3:-1] or others[:1])]


def _plain(title: str) -> str:
    return _COUNTER.sub("", clean_line(_INLINE_TAG.sub("", unescape(unescape(title)))))[:_MAX_CHARACTERS]


def _agreed(candidates: list[str], headings: list[str], text: str) -> str | None:
    """The first candidate that a heading shares, or else another candidate, or else the text."""
    for others in (headings, candidates, [text[:3_000]]):
        for at, title in enumerate(candidates):
            if any(
                _share(title, other) for n, other in enumerate(others) if others is not candidates or n != at
            ):
                return title
    return candidates[0] if candidates else None


def _share(title: str, other: str) -> bool:
    """Whether most words of the title are in the other text, or one is within the other."""
    ours, theirs = letters_of(title), letters_of(other)
    if ours in theirs or (len(theirs) > 0.5 * len(ours) and theirs in ours):
        return True
    words = set(re.findall(r"\w{3,}", title.casefold()))
    return len(words & set(re.findall(r"\w{3,}", other.casefold()))) > 0.5 * len(words)


class _Site:
    """How the site is named: by its metadata, its host, its logo, links to its start page, its copyright line."""

    def __init__(self, metadata: Metadata, layout: Layout) -> None:
        self._said = {letters_of(name) for name in metadata.site_names()} - {""}
        self._others = {letters_of(name) for name in _logos(layout, metadata.url)} - {""}
        self._hosts = {letters_of(name) for name in metadata.host_names()} - {""}
        self._generic = {
            letters_of(title) for title in word_lists(__file__)["titles"]["generic"].splitlines()
        }

    def is_named(self, title: str) -> bool:
        """Whether a title is no more than the site's name, or what any page may be called."""
        return letters_of(title) in self._said | self._others | self._hosts | self._generic | {""}

    def taken_off(self, title: str, headings: dict[str, bool]) -> str:
        """The title without what names the site, or stands beside what a heading says (True: one of <h1>)."""
        if letters_of(title) in headings:
            return title
        cuts = [cut for cut in _SEPARATOR.finditer(title) if cut.start() and cut.end() < len(title)][
            :_MAX_CUTS
        ]
        starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(title)]
        for start, end in ((start, end) for start in starts for end in reversed(ends) if start < end):
            if _is_heading(title[start:end], title[:start] + title[end:], headings):
                return title[start:end]
        for cut in cuts:
            if self._is_tail(title[cut.end() :], cut[0].strip()):
                return self.taken_off(title[: cut.start()], headings)
        for cut in reversed(cuts):
            if self._is_head(title[: cut.start()], cut[0].strip()):
                return self.taken_off(title[cut.end() :], headings)
        return title

    def _is_tail(self, tail: str, separator: str) -> bool:
        letters = letters_of(tail)
        if letters in self._said | self._others | self._hosts:
            return True
        if separator in (":", "："):
            return False
        part = len(letters) >= 3 and any(letters in name for name in self._said)
        more = separator not in ("-", "/") and any(
            letters.startswith(name) for name in self._said if len(name) > 4
        )
        return part or more

    def _is_head(self, head: str, separator: str) -> bool:
        weak = self._hosts if separator not in (":", "：", "-") else set()
        return letters_of(head) in self._said | self._others | weak


def _is_heading(part: str, rest: str, headings: dict[str, bool]) -> bool:
    """Whether a heading says this part, and none the rest."""
    letters, other = letters_of(part), letters_of(rest)
    long = headings.get(letters, False) or len(letters) > 0.5 * len(other)
    return letters in headings and long and other not in headings


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
    yield from _COPYRIGHT.findall("\n".join(layout.pieces[layout.end :])[-20_000:])
