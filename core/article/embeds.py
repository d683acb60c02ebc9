"""Posts of others in a page: quoted behind their authors, so that a thread never says them as its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from core.article.hidden import classes
from core.text.cleaning import clean_line
from core.text.word_lists import pattern, word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MAX_POST = 10_000  # characters
_POSTER = re.compile(r"— ?([^—]{1,80}\(@[\w.@-]{1,80}\))")  # — Ada Lowe (@ada)
_INNER_QUOTES = str.maketrans('“”"„«»', "‘’'‚‹›")
SHORT_LINK = re.compile(r"\s*(?:https?://)?(?:t\.co|pic\.(?:twitter|x)\.com)/\w+…?")


def write_embeds(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Puts posts of others into quotation marks behind their authors; yields those that name none."""
    names = word_lists(__file__)["embeds"]["classes"].split()
    for element in list(tree.iter("blockquote", "div")):
        text = element.text_content()
        if len(text) > _MAX_POST or (classes(element).isdisjoint(names) and not _ends_in_post(element, text)):
            continue
        if quoted := _quoted(element):
            element.clear(keep_tail=True)
            element.tag, element.text = "p", quoted
            for frame in islice(element.iterancestors("figure", "div"), 2):
                if "embed" in frame.get("class", ""):
                    frame.tag = "div"
                    frame.set("class", "")
        else:
            yield element


def _ends_in_post(element: HtmlElement, text: str) -> bool:
    """Whether a quotation ends with a link to a post, as its date."""
    links = element.findall(".//a") if element.tag == "blockquote" else []
    return any(
        text.rstrip().endswith(link.text_content().strip())
        and pattern(__file__, "embeds", "post").fullmatch(link.get("href", ""))
        for link in links[-1:]
    )


def _quoted(post: HtmlElement) -> str:
    """Who posted what, as one sentence; "" where either is missing."""
    for part in post.iter("br", "a"):
        if part.tag == "br" or pattern(__file__, "embeds", "post").fullmatch(part.get("href", "")):
            part.text, part.tail = None, f" {part.tail or ''}"
    author = _POSTER.search(clean_line(post.text_content()))
    parts = (clean_line(part.text_content()) for part in post.iter("p"))
    words = " ".join(part for part in parts if not _POSTER.match(part))
    words = clean_line(SHORT_LINK.sub("", words)).translate(_INNER_QUOTES)
    return f"{author[1]}: “{words}”" if author and words else ""
