"""A page's tree in which markup that carries meaning is written out, and what is no text is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.article import lost_text, scripts
from core.article.embeds import write_embeds
from core.article.hidden import ENOUGH_PROSE, classes, mark_hidden, prose
from core.text.word_lists import pattern, word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_GONE, _LEFT_OUT, _UNWRAPPED = "is-gone", "is-left-out", "is-unwrapped"
_STRUCK = (
    ".//rt|.//rp|.//rtc|.//del|.//s|.//strike|.//*[contains(@style, 'line-through')]"
    "|.//*[contains(' line-through strike strikethrough ', concat(' ', @class, ' '))]"
)
_EMPTY = re.compile(r"\s?[\[(][\s,;–-]*[\])]")  # what is left around the marks of notes
_PLAIN = ("code", "kbd", "samp", "tt", "var", "rb", _UNWRAPPED)
_WIKI = ".//*[@id='mw-content-text' or contains(@class, 'mw-parser-output')]"
_HEADING = (
    "preceding-sibling::*[1][self::h1 or self::h2 or self::h3 or self::h4 or contains(@class, 'mw-heading')]"
)
_MAX_ANNOUNCED = 60
_MARK_CHARACTERS = 30
_SIGNS = re.compile(r"[][{}<>=|\\$#_/*+~^`@;&]|\w\(|::")  # of code
_LINE_END = re.compile(r"[.,!?…”\"’—。，！？、][ \t]*(?:\n|$)")  # of a poem or a letter
_INDENTED = re.compile(r"\S *\n(?: {2,}|\t).*\n")


@dataclass(frozen=True, slots=True)
class Readable:
    """`unseen`: how many characters of prose the page hides."""

    tree: HtmlElement
    announced: list[lost_text.Announced]
    unseen: int


def readable(html: str, hidden_names: Set[str] = frozenset()) -> Readable | None:
    """The page's tree for extraction; None where it has no elements. `hidden_names`: of its style sheets."""
    from lxml.etree import strip_elements, strip_tags
    from trafilatura.utils import load_html

    tree = load_html(html)
    if tree is None:
        return None
    unseen = write_out(tree, hidden_names)
    for element in [*write_embeds(tree), *_code(tree)]:
        element.tag = _LEFT_OUT
    strip_tags(tree, *_PLAIN)
    lost_text.mend(tree)
    announced = [*islice(lost_text.announcements(tree, _LEFT_OUT), _MAX_ANNOUNCED)]
    strip_elements(tree, _LEFT_OUT, with_tail=False)
    return Readable(tree, announced, unseen)


def write_out(tree: HtmlElement, hidden_names: Set[str] = frozenset()) -> int:
    """Takes out what is hidden, struck or marks a note, and writes the rest of such markup as text.

    How many characters of prose were hidden. `hidden_names`: of the page's style sheets.
    """
    scripts.write_formulas(tree)
    unseen = _remove_unread(tree, hidden_names)
    scripts.write_scripts(tree)
    _write_quotes(tree)
    for image in tree.iter("img"):
        if pattern(__file__, "images", "emoji").fullmatch(image.get("alt", "")):
            image.tag, image.text = _UNWRAPPED, image.get("alt")
    return unseen


def _remove_unread(tree: HtmlElement, hidden_names: Set[str]) -> int:
    """Removes what is struck or hidden, and the marks of notes; how much prose the page hides."""
    from lxml.etree import strip_elements

    struck = tree.xpath(_STRUCK)
    unseen = mark_hidden(tree, _GONE, hidden_names)
    for element in [*struck, *_notes(tree)]:
        element.tag = _GONE
    gone = [*tree.iter(_GONE)]
    around = {element.getparent() for element in gone}
    for element in reversed(gone):
        _close_gap(element)
    strip_elements(tree, _GONE, with_tail=False)
    for element in around:
        element.text = _EMPTY.sub("", element.text or "")
        for child in element:
            child.tail = _EMPTY.sub("", child.tail or "")
    return unseen


def _close_gap(element: HtmlElement) -> None:
    """Takes away the space in front of what goes where the next character needs none."""
    tail, following, before = element.tail or "", element.getnext(), element.getprevious()
    if tail[:1].isalnum() or (not tail and (following is None or following.tag != _GONE)):
        return
    if before is not None:
        before.tail = (before.tail or "").rstrip()
    elif (parent := element.getparent()) is not None:
        parent.text = (parent.text or "").rstrip()


def _notes(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Marks of notes, lists of notes with their headings, what MediaWiki adds."""
    lists = {name: set(names.split()) for name, names in word_lists(__file__)["notes"].items()}
    wiki = bool(tree.xpath(_WIKI))
    for element in tree.iter("*"):
        names, role = classes(element), element.get("role", "")
        classed = bool(names & lists["mark_classes"]) or (element.tag == "sup" and "reference" in names)
        if element.tag in ("sup", "a", "span") and _is_mark(element, classed):
            yield element
        elif names & lists["note_classes"] or role in ("doc-endnotes", "doc-bibliography", "doc-footnote"):
            yield from [element, *element.xpath(_HEADING)]
        elif wiki and (names & lists["wiki_classes"] or element.get("id") in lists["wiki_ids"]):
            yield element


def _is_mark(element: HtmlElement, classed: bool) -> bool:
    text = element.text_content().strip() if len(element) < 9 else ""
    if classed or "noteref" in element.get("role", "") + element.get("epub:type", ""):
        return len(text) <= 2 * _MARK_CHARACTERS
    if not 0 < len(text) <= _MARK_CHARACTERS or not pattern(__file__, "notes", "mark").fullmatch(text):
        return False
    if element.tag == "sup":
        return not text[0].isalnum() or element.find(".//a") is not None
    raised = element.find("sup") is not None or bool(
        pattern(__file__, "notes", "target").fullmatch(element.get("href", ""))
    )
    return raised and element.tag == "a"


def _write_quotes(tree: HtmlElement) -> None:
    """Puts the quotation marks of its language around each <q> that has none."""
    pairs = word_lists(__file__)["quotes"]
    for quote in list(tree.iter("q")):
        depth = sum("quoted" in parent.attrib for parent in quote.iterancestors())
        code = quote.xpath("string(ancestor-or-self::*[@lang][1]/@lang)")[:2].lower()
        opening, closing = pairs.get(code, pairs["en"]).replace("_", "\u00a0").split(" ")[depth % 2 * 2 :][:2]
        quote.set("quoted", "")
        quote.tag = _UNWRAPPED
        if not re.match(r"\s*[\"“”„«»‘’「『]", quote.text or ""):
            quote.text = opening + (quote.text or "").lstrip()
            quote.tail = closing + (quote.tail or "")


def _code(tree: HtmlElement) -> list[HtmlElement]:
    """What sets code, unless it is the page's text."""
    names = word_lists(__file__)["code"]["blocks"].split()
    found = [pre for pre in tree.iter("pre") if not _is_prose(pre)]
    found += filter(_is_block, tree.xpath(".//code[not(ancestor::pre)]"))
    found += (e for e in tree.iter("div", "table", "figure", "td") if not classes(e).isdisjoint(names))
    amounts = prose(tree)
    return found if amounts[tree] - sum(amounts[element] for element in found) >= ENOUGH_PROSE else []


def _is_prose(pre: HtmlElement) -> bool:
    """Whether preformatted text is a poem, a letter or the like."""
    text = pre.text_content()
    coded = pre.find(".//code") is not None or pattern(__file__, "code", "pre").search(pre.get("class", ""))
    few_signs = len(_SIGNS.findall(text)) * 50 < len(text)
    ends = len(_LINE_END.findall(text)) * 4 >= len([line for line in text.splitlines() if line.strip()])
    return not coded and few_signs and ends


def _is_block(code: HtmlElement) -> bool:
    """Whether code outside a <pre> has lines, or a paragraph of its own."""
    text, parent = code.text_content(), code.getparent()
    alone = parent.tag in ("p", "div", "figure") and parent.text_content().strip() == text.strip()
    return alone or code.find("br") is not None or bool(_INDENTED.search(text))
