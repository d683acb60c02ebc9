"""Where the elements of a page stand: before, in, beside or after the article's text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from core.text.cleaning import clean_line, letters_of
from core.text.information import information

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_PARAGRAPH = 60  # letters by which a line is a paragraph of the text, no byline
_END = re.compile(r"[.:;。।؛]\W{0,3}$")
_KEY = 32  # letters by which it is found again
_TRIED = 3  # paragraphs, as extraction may have lost a word of the first
_MAX_PIECES = 80  # of a line: twice its elements
_BYLINE = 24  # pieces of text and elements below a heading
_AFTER = 8  # lines behind the text that may say that it goes on for subscribers
_AROUND = ("nav", "aside", "header", "footer")
_UNSEEN = {"script", "style", "title", "template", "noscript"}
_INLINE = set("a b i em strong font u s q sub sup mark abbr wbr".split())
_BESIDE = set(
    "nav aside header footer article blockquote figure iframe form dialog template noscript".split()
)
_BESIDE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:comments?|related|recommended|sidebar|more-?stories|most-?read|popular|trending|latest|"
    r"also|embed|tweet|twitter|instagram|newsletter|copyright|widget|teasers?|cards?)(?:$|[\s_-])"
)
OTHER_THING = re.compile("Comment|Object|Product|Event|Rating")  # schema.org types


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """An element and where it starts and ends, in pieces of text."""

    element: HtmlElement
    tag: str
    start: int
    end: int

    def get(self, name: str) -> str:
        return str(self.element.get(name) or "")

    @property
    def names(self) -> str:
        """Its class and id, in lower case: what its author calls it."""
        return f"{self.get('class')} {self.get('id')}".lower()


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The page as text and elements in their order; `start` and `end` are those of the extracted text.

    Pieces of text begin with a newline where a block begins or has ended.
    """

    pieces: list[str]
    spans: list[Span]
    start: int
    end: int

    def text(self, span: Span, max_characters: int = 300) -> str:
        """The text of a span, the content of a meta, as one line; "" for a long one, or many elements."""
        if span.tag == "meta":
            return span.get("content")[:max_characters]
        if span.end - span.start > _MAX_PIECES:
            return ""
        text = " ".join("".join(self.pieces[span.start : span.end]).split())
        return text if len(text) <= max_characters else ""

    def own(self) -> list[Span]:
        """The elements without those in menus, sidebars, comments, embeds and other stories."""
        kept: list[Span] = []
        open_until = behind = 0  # ends of the outermost article or main element, and of what is beside
        for span in self.spans:
            around = span.start <= self.start < span.end
            if span.start < behind or (not around and _is_beside(span, nested=span.start <= open_until)):
                behind = max(behind, span.end)
                continue
            kept.append(span)
            if span.tag in ("article", "main"):
                open_until = max(open_until, span.end)
        return kept

    def head(self, heading: Span | None) -> tuple[int, int]:
        """Where title and byline stand, from the heading to the text. A text may hold its own heading."""
        if heading is None:
            return self.start, self.start
        return heading.start, self.start if heading.start < self.start else heading.end + _BYLINE

    def lines(self, start: int, end: int) -> list[str]:
        """The text between two pieces, a block each, without what is beside the article."""
        return self._lines(max(0, start), end, lambda span: _is_beside(span, nested=True))

    def after(self) -> list[str]:
        """What comes right after the text, without menus, footers and asides, a block each."""
        return self._lines(self.end, len(self.pieces), lambda span: span.tag in _AROUND)[:_AFTER]

    def _lines(self, start: int, end: int, is_left_out: Callable[[Span], bool]) -> list[str]:
        parts, at = list[str](), start
        for span in self.spans:
            if at <= span.start and span.end <= end and is_left_out(span):
                parts += self.pieces[at : span.start]
                at = span.end
        return [*filter(None, map(clean_line, "".join([*parts, *self.pieces[at:end]]).split("\n")))]


def _is_beside(span: Span, *, nested: bool) -> bool:
    if span.tag in ("header", "footer") and nested:
        return False
    other = OTHER_THING.search(span.get("itemtype"))
    return span.tag in _BESIDE or bool(other or _BESIDE_CLASS.search(span.names))


def layout(tree: HtmlElement, text: str) -> Layout:
    """The page's layout, with the place of the extracted text: both 0 where it is not found."""
    from lxml.etree import iterwalk

    pieces: list[str] = []
    spans: list[Span] = []
    starts: list[int] = []
    for event, element in iterwalk(tree, events=("start", "end")):
        edge = "" if element.tag in _INLINE else " " if element.tag in ("span", "time") else "\n"
        if event == "start":
            starts.append(len(pieces))
            said = element.text if element.tag not in _UNSEEN else ""
        else:
            said = element.tail
            spans.append(Span(element, str(element.tag), starts.pop(), len(pieces)))
        pieces.append(edge + (said or "").replace("\n", " "))
    spans.sort(key=lambda span: span.start)
    return Layout(pieces, spans, *_place(pieces, text))


def _place(pieces: list[str], text: str) -> tuple[int, int]:
    letters = [letters_of(piece) for piece in pieces]
    ends = list(accumulate(map(len, letters)))
    keys = [letters_of(line) for line in _paragraphs(text)]
    whole = "".join(letters)
    found = [(at, key) for key in keys[:_TRIED] for at in [whole.find(key[:_KEY])] if key and at >= 0]
    if not found:
        return 0, 0
    start, last = found[0][0], whole.rfind(keys[-1][-_KEY:])
    end = max(last + min(_KEY, len(keys[-1])), start + 1)
    return bisect_right(ends, start), bisect_left(ends, end) + 1


def _paragraphs(text: str) -> list[str]:
    """The lines that are plainly no heading or byline, or else the long ones, or else all."""
    lines = [*filter(letters_of, text.split("\n"))]
    long = [line for line in lines if information(line) >= _PARAGRAPH]
    return (
        [line for line in long if _END.search(line) or information(line) >= 2 * _PARAGRAPH] or long or lines
    )
