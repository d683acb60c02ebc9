"""Removes what is beside or within an article and not its text, by links, place and markup, not by words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from core.article.hidden import ENOUGH_PROSE, prose
from core.article.text_ends import HEADINGS, ends_sentence

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    Amounts = dict[HtmlElement, int]  # of prose
    Sizes = dict[HtmlElement, "_Size"]

_GONE = "is-boilerplate"
_BLOCKS = {
    *"p div section article aside main header footer ul ol dl li dt dd table tr td th figure".split(),
    *"blockquote pre form fieldset center details hr h1 h2 h3 h4 h5 h6".split(),
}
_FIELDS = ".//input[not(@type) or @type='text' or @type='email']|.//textarea"
_AROUND = {"html", "body", "main", "article"}
_LINKED = 0.6  # of a block's characters: it refers to another page
_LINKED_ITEMS = 0.33  # the same of a list with a link in each item
_MIN_LINK = 12  # characters
_MAX_REFERENCE = 300  # characters
_MAX_LABEL = 60
_MAX_FORM = 400  # characters around a field that belong to its form
_MAX_LINE = 100  # characters around a link to a site's first page that say only that
_HOME = re.compile(r"(?:(?:https?:)?//[^/?#]+/?|/)(?:[?#].*)?")
_SENTENCES = re.compile("[.!?…。！？।؟]")
_REACH = 3  # steps up from a part of a body to the body


@dataclass(slots=True)
class _Size:
    """Of an element's text: its characters, those in links, the links; what `_noted` says that it holds."""

    characters: int = 0
    linked: int = 0
    links: int = 0
    holds: set[str] = field(default_factory=set)


def without_boilerplate(tree: HtmlElement) -> HtmlElement:
    """A copy without other stories, and without forms and references to other pages in the body."""
    from lxml.etree import strip_elements

    tree = deepcopy(tree)
    amounts, sizes = prose(tree), _sizes(tree)
    bodies = set(_bodies(amounts, sizes))
    gone = [*_other_stories(tree, amounts, sizes)]
    for element in [*_forms(tree, sizes), *_references(tree, amounts, sizes)]:
        if element.tag == "span" or not bodies.isdisjoint(islice(element.iterancestors(), _REACH)):
            gone += [element, *_label_of(element, sizes)]
    for element in gone:
        element.tag = _GONE
    strip_elements(tree, _GONE, with_tail=False)
    return tree


def _sizes(tree: HtmlElement) -> Sizes:
    sizes: Sizes = {}
    for element in reversed([*tree.iter("*")]):
        size = sizes[element] = _Size()
        for inner in map(sizes.__getitem__, element.iterchildren("*")):
            size.characters += inner.characters
            size.linked += inner.linked
            size.links += inner.links
            size.holds |= inner.holds
        runs = (element.text, *(child.tail for child in element))
        size.characters += sum(len(run.strip()) for run in runs if run)
        size.holds.update(_noted(element, size))
        if element.tag == "a":
            size.linked, size.links = size.characters, 1
    return sizes


def _noted(element: HtmlElement, size: _Size) -> Iterator[str]:
    is_heading = element.tag in HEADINGS
    if any(child.tag in _BLOCKS for child in element):
        yield "block"
    if element.tag in ("h1", "li"):
        yield str(element.tag)
    if is_heading:
        yield "heading"
    if (is_heading and size.links) or (element.tag == "a" and "heading" in size.holds):
        yield "linked heading"


def _bodies(amounts: Amounts, sizes: Sizes) -> Iterator[HtmlElement]:
    """The elements that hold paragraphs of prose, or prose itself beside blocks."""
    for element, amount in amounts.items():
        if amount > sum(amounts.get(child, 0) for child in element):
            around = (each for each in (element, *element.iterancestors()) if each.tag in _BLOCKS)
            if (block := next(around, None)) is not None:
                yield block if "block" in sizes[block].holds else block.getparent()


def _other_stories(tree: HtmlElement, amounts: Amounts, sizes: Sizes) -> Iterator[HtmlElement]:
    """Articles within the article or below it, and such as only link to theirs.

    "When article elements are nested, the inner article elements represent articles that are in principle
    related to the contents of the outer article" (HTML, 4.3.2).
    """
    outer = {each: next(each.iterancestors("article"), None) for each in tree.iter("article")}
    own = _own_prose(outer, amounts)
    titled = max((own[each] for each in outer if "h1" in sizes[each].holds), default=0)
    for article, around in outer.items():
        holds, amount = sizes[article].holds, amounts[article]
        below = around is None and "h1" not in holds and titled >= max(ENOUGH_PROSE, own[article])
        related = not amount or own[around] >= max(ENOUGH_PROSE, amount)
        if holds & {"heading" if below else "", "linked heading" if related else ""}:
            yield article


def _own_prose(
    outer: dict[HtmlElement, HtmlElement | None], amounts: Amounts
) -> dict[HtmlElement | None, int]:
    """How much prose each has without those in it, by the element around each."""
    own: dict[HtmlElement | None, int] = {None: 0} | {each: amounts[each] for each in outer}
    for inner, around in outer.items():
        own[around] -= amounts[inner]
    return own


def _forms(tree: HtmlElement, sizes: Sizes) -> Iterator[HtmlElement]:
    """Fields with what asks to fill them in."""
    for block in tree.xpath(_FIELDS):
        for parent in block.iterancestors():
            size = sizes[parent]
            if parent.tag in _AROUND or size.characters > _MAX_FORM or {"h1", "li"} & size.holds:
                break
            block = parent
        yield block


def _references(tree: HtmlElement, amounts: Amounts, sizes: Sizes) -> Iterator[HtmlElement]:
    """Blocks that are mostly links and no sentences, lists of such, and links without a text between them."""
    for element in tree.iter("a", "span", "p", "div", "ul", "ol", "li", *HEADINGS):
        size, leaf = sizes[element], "block" not in sizes[element].holds
        match element.tag:
            case _ if size.linked < _MIN_LINK:
                found = False
            case "li":
                found = _leads_home(element, size)
            case "ul" | "ol":
                found = _is_menu(element.findall("li"), size)
            case "span":
                # One link in it is a name in the text, with a menu that opens beside it.
                found = size.links > 1 and size.linked == size.characters and len(element.findall("a")) != 1
            case "a":
                found = leaf and _is_alone(element)
            case _:
                found = leaf and _is_reference(element, amounts, size)
        if found:
            yield element


def _is_menu(items: list[HtmlElement], size: _Size) -> bool:
    linked = size.links >= max(2, len(items)) and size.linked > _LINKED_ITEMS * size.characters
    return linked and not any(ends_sentence(item.text_content()) for item in items)


def _is_alone(link: HtmlElement) -> bool:
    """Whether a link is between blocks, not in a text."""
    before, after, parent = link.getprevious(), link.getnext(), link.getparent()
    said = (parent.text if before is None else before.tail) or ""
    between = all(each is None or each.tag in _BLOCKS or each.tag == "br" for each in (before, after))
    return between and parent.tag in ("div", "section", "article") and not (said + (link.tail or "")).strip()


def _leads_home(block: HtmlElement, size: _Size) -> bool:
    """Whether it is a short line whose only link is to a site's first page."""
    short = size.links == 1 and size.characters <= min(_MAX_LINE, 3 * size.linked)
    return short and _HOME.fullmatch(next(block.iter("a")).get("href", "")) is not None


def _is_reference(block: HtmlElement, amounts: Amounts, size: _Size) -> bool:
    if _leads_home(block, size):
        return True
    before, following = block.getprevious(), block.getnext()
    is_head = before is None or (following is not None and amounts[following])  # of a section: may be a link
    if is_head and block.tag in HEADINGS and size.linked > 0.9 * size.characters:
        return False
    short = _LINKED * size.characters <= size.linked <= _MAX_REFERENCE
    return short and not ends_sentence(block.text_content())


def _label_of(element: HtmlElement, sizes: Sizes) -> Iterator[HtmlElement]:
    """What announces that: the short block right before it, if that is no sentence."""
    label = element.getprevious()
    if label is not None and label.tag in (*HEADINGS, "p", "div") and not (label.tail or "").strip():
        short = 0 < sizes[label].characters < _MAX_LABEL and "block" not in sizes[label].holds
        if short and not _SENTENCES.search(label.text_content()):
            yield label
