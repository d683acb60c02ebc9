"""Where the body begins and ends in the lines of an extracted text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.text.cleaning import letters_of
from core.text.information import information

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE_END = re.compile(r"[.!?…:;。！？：।؟۔։።][\"”’»“')\]）」』]*\s*$")
_PARAGRAPH = 60  # characters by which a sentence is a paragraph of the body, and a line no label
_SUBTITLE = 200  # a longer heading is the first paragraph
_HEAD = 12  # lines before the first paragraph
_TAIL = 4  # lines behind the last
_UNDER_RULE = (
    ".//hr[not(following-sibling::*[string-length() > 400])]/following-sibling::p[string-length() < 200]"
)
_LINKED = 0.8  # of a paragraph's letters


def ends_sentence(text: str) -> bool:
    return bool(_SENTENCE_END.search(text[-20:]))


def body_of(text: str, tree: HtmlElement, titles: Iterable[str]) -> str:
    """The text without its title, subtitles and bylines, and without what follows its last paragraph.

    What follows is labels, paragraphs that are one link, and short ones under a rule.
    """
    lines = text.split("\n")
    start, end = _start(lines, tree, {letters_of(title) for title in titles}), _end(lines, tree)
    return "\n".join(lines[start:end]).strip() if start < end else text


def _start(lines: list[str], tree: HtmlElement, titles: set[str]) -> int:
    headings = {letters_of(heading.text_content()) for heading in tree.iter(*HEADINGS)}
    head = [letters_of(line) for line in lines[:_HEAD]]
    paragraphs = (n for n, letters in enumerate(head) if letters not in headings and _is_paragraph(lines[n]))
    body = next(paragraphs, 0)
    start = max((n + 1 for n, letters in enumerate(head[: body or 1]) if letters in titles), default=0)
    while start < body and _is_above(lines[start], head[start] in headings):
        start += 1
    return start


def _is_above(line: str, is_heading: bool) -> bool:
    """Whether a line in front of the body is a subtitle, a byline, a date or the like."""
    is_subtitle = ends_sentence(line) and information(line) < _SUBTITLE
    return is_subtitle if is_heading else _is_label(line)


def _end(lines: list[str], tree: HtmlElement) -> int:
    marked = [*filter(_is_note, tree.iter("p", *HEADINGS)), *tree.xpath(_UNDER_RULE)]
    notes = {letters_of(each.text_content()) for each in marked}
    end = len(lines)
    while end and (_is_label(lines[end - 1]) or letters_of(lines[end - 1]) in notes):
        end -= 1
    return end if len(lines) - end <= _TAIL and end and _is_paragraph(lines[end - 1]) else len(lines)


def _is_note(paragraph: HtmlElement) -> bool:
    linked = sum(len(letters_of(link.text_content())) for link in paragraph.iter("a"))
    return linked > _LINKED * len(letters_of(paragraph.text_content()))


def _is_paragraph(line: str) -> bool:
    return information(line) >= _PARAGRAPH and ends_sentence(line)


def _is_label(line: str) -> bool:
    is_other = line.startswith(("- ", "|")) or line.endswith((",", "，"))  # an item, a salutation
    return not is_other and information(line) < _PARAGRAPH and not ends_sentence(line)
