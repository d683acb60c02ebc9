"""HTML that somebody wrote or pasted, as the plain text that platforms show."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from core.article.markup import write_out
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_HTML = 200_000  # characters
_MAX_CODE = 250  # characters of code that a post may show
# Stand in the text for ends of lines and paragraphs, <br>, the end of a list's mark, what is left out, and
# for the white space of indents and code: noncharacters, which no text has.
_LINE, _PARAGRAPH, _BREAK, _MARKED, _GONE = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4"
_KEPT = str.maketrans(" \t\n", "\ufdd5\ufdd6\ufdd7")
_WRITTEN = {place: chr(space) for space, place in _KEPT.items()}
_ENDS = f"{_LINE}{_PARAGRAPH}{_BREAK}"
# With the sentence that announces it: "The prices:".
_LEFT_OUT = re.compile(rf"(?:^|(?<=[.!?]) )[^\n.!?]*[:：]\n+{_GONE}|{_GONE}", re.MULTILINE)
# With the spaces of empty paragraphs, but not with the hard spaces that indent a line.
_ENDING = re.compile(f"(?<![ \u00a0])[ \u00a0]*+[{_ENDS}](?:[{_ENDS} \u00a0]*[{_ENDS}])? *")
_CHECKBOX = re.compile("^(\ufdd5*)- \\[([ xX])\\] ", re.MULTILINE)


def is_document(text: str) -> bool:
    """Whether the text is a whole HTML page."""
    return bool(_pattern("document").match(text))


def is_html(text: str) -> bool:
    """Whether its tags are markup: paired ones around prose, or several line breaks.

    A text about markup must begin and end with a tag: "use <div> in CSS" is as it should be.
    """
    opening, about_markup = _pattern("start").match(text), _pattern("about_markup").search(text)
    if opening and f"</{opening[1].lower()}" in text.lower() and (not about_markup or text[-1] == ">"):
        return True
    breaks = len(_pattern("break").findall(text)) + bool(_pattern("reference").search(text))
    return not about_markup and bool(_pattern("paired").search(text) or breaks > 1)


def tree_of(html: str) -> HtmlElement:
    """At most MAX_HTML of the HTML, parsed; what only looks like a tag ("a < b", "List<String>") is text."""
    from lxml.html import HTMLParser, document_fromstring

    html = _pattern("no_tag").sub("&lt;", html[:MAX_HTML])
    parser = HTMLParser(remove_comments=True, remove_pis=True)
    return document_fromstring(f"<html><body>{html}</body></html>", parser)


def text_of(tree: HtmlElement, *, draft: bool) -> str:
    """The text as it is shown, a blank line between paragraphs, "- " before items; nothing deleted or hidden.

    In a `draft` a link is followed by its address, unless that is its text or was given before, short code
    stays, and a rule is "---"; otherwise they are left out. Changes the tree.
    """
    from lxml.etree import strip_elements

    elements = {group: names.split() for group, names in word_lists(__file__)["elements"].items()}
    write_out(tree)
    strip_elements(tree, *elements["left_out"], with_tail=False)
    _write_blocks(tree, draft)
    _mark_items(tree)
    if draft:
        _write_addresses(tree)
    around = dict.fromkeys(elements["paragraphs"], (_PARAGRAPH, _PARAGRAPH))
    around |= dict.fromkeys(elements["lines"], (_LINE, _LINE))
    around |= {"br": (_BREAK, ""), "hr": (f"{_PARAGRAPH}---" if draft else "", _PARAGRAPH)}
    for element in tree.iter(*around):
        before, after = around[element.tag]
        if element.tag in ("ul", "ol") and element.getparent().tag == "li":
            before = after = _LINE
        element.text, element.tail = before + (element.text or ""), after + (element.tail or "")
    return _with_lines(tree.text_content())


def _with_lines(text: str) -> str:
    text = re.sub(f"{_MARKED}[{_ENDS} ]*", "", re.sub(r"[ \t\n\r\f]+", " ", text))
    text = _LEFT_OUT.sub("", _ENDING.sub(_line_ends, text).strip("\n "))
    text = _CHECKBOX.sub(lambda box: f"{box[1]}{'☐' if box[2] == ' ' else '☑'} ", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").translate(_WRITTEN)


def _line_ends(ends: re.Match[str]) -> str:
    least = 2 if _PARAGRAPH in ends[0] else int(_LINE in ends[0])
    return "\n" * min(2, max(least, ends[0].count(_BREAK)))


def _write_blocks(tree: HtmlElement, draft: bool) -> None:
    """A draft keeps short code; longer code and tables of data go."""
    for element in tree.xpath("//pre | //table[.//th]"):
        code = element.text_content().strip("\n") if draft and element.tag == "pre" else ""
        element.clear(keep_tail=True)
        element.text = code.translate(_KEPT) if 0 < len(code) <= _MAX_CODE else _GONE


def _mark_items(tree: HtmlElement) -> None:
    indents: dict[HtmlElement, str] = {}
    for each in tree.iter("ul", "ol"):
        parent, start = each.getparent(), each.get("start", "1")[:6]
        indent = f"{indents[parent]}  ".translate(_KEPT)[-4:] if parent in indents else ""
        for number, item in enumerate(each.iterchildren("li"), int(start) if start.isdecimal() else 1):
            indents[item] = indent
            mark = f"{number}." if each.tag == "ol" else "-"
            item.text = f"{indent}{mark} {_MARKED}{item.text or ''}"


def _write_addresses(tree: HtmlElement) -> None:
    """Each link's address once, behind its text or instead of it."""
    written: set[str] = set()
    for link in tree.iter("a"):
        label, address = " ".join(link.text_content().split()), link.get("href", "")
        if not label or address in written or not re.match(r"https?://\S+$", address):
            continue
        written.add(address)
        if label.isdecimal() or _same_address(label, address):  # "[1]" alone says nothing
            link.clear(keep_tail=True)
            link.text, address = address, ""
        tail = link.tail or ""
        link.tail = f"{address and ' '}{address}{' ' if tail[:1].isalnum() else ''}{tail}"


def _same_address(label: str, address: str) -> bool:
    """Whether a link's text is its address, perhaps without scheme or cut short as platforms show it."""
    short, full = (unquote(re.sub(r"^https?://(?:www\.)?|/$", "", each)).lower() for each in (label, address))
    return short == full or (len(short) > 8 and short[-1] == "…" and full.startswith(short[:-1]))


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    words = word_lists(__file__)
    pattern = words["patterns"][name]
    for group, names in words["elements"].items():
        pattern = pattern.replace(f"<{group}>", f"(?:{'|'.join(names.split())})")
    return re.compile(pattern, re.IGNORECASE)
