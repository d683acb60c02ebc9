"""What a page never shows is not read: it is no part of the story, and a way to instruct a model unseen."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Set
from itertools import islice
from typing import TYPE_CHECKING

from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from lxml.etree import _Element

    Style = dict[str, str]  # the last value of each property, in lower case and without white space

ENOUGH_PROSE = 280  # characters; with less beside it, what looks hidden may be what a script brings to sight
_LONG_RUN = 60  # characters
_IGNORED = re.compile(r"/\*[^*]{0,200}\*/|!important|\s+")
_MAX_SHEETS = 20
_SHEET = re.compile(
    r"<noscript\b.*?(?:</noscript|\Z)|<style\b(?![^<>]*\bmedia=[\"']?print)[^<>]{0,500}>\s*(?:<!(?:--|\[CDATA\[))?([^<]{0,100000})",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_HIDING_NAME = re.compile(r"(?<![\w-])hid[\w-]*")
_SIMPLE = re.compile(r"(?:^|,)\s*\w*([.#][\w-]+)\s*(?=,|$)")  # selectors that do not depend on others
_NAME = re.compile(r"[.#][\w-]+")
_MOVING = {"transform", "transition", "animation", "will-change"}  # it comes to sight as the reader scrolls
_NO_LENGTH = re.compile(r"0+(?:\.0+)?[a-z%]*|1px")
_SIZES = ("height", "max-height", "width", "max-width")
_FACTS = ("itemprop", "name", "property", "content", "datetime")
_SHOWING = {"display", "visibility", "position", "left", "clip"}


def mark_hidden(tree: _Element, mark: str, by_sheets: Set[str] = frozenset()) -> int:
    """Renames what is hidden to `mark`; how many characters of prose are hidden for certain.

    `hidden`, a closed dialog or popover and display:none are certain. What a class, a style sheet
    (`hidden_by_sheets`), its opacity, place or size hides stays where the page has no other prose.
    What stays loses the names and styles by which trafilatura would judge it once more.
    """
    certain, likely = _find_hidden(tree, by_sheets)
    amounts = prose(tree)
    unseen, both = (sum(amounts[e] for e in _outermost(found)) for found in (certain, [*certain, *likely]))
    revealed = both - unseen >= ENOUGH_PROSE > amounts[tree] - both
    hidden, never = certain if revealed else [*certain, *likely], set(certain)
    for element in _outermost(hidden):
        _keep_facts(element, headings=element not in never)
    for element in hidden:
        element.tag = mark
    return unseen


def _find_hidden(tree: _Element, by_sheets: Set[str]) -> tuple[list[_Element], list[_Element]]:
    certain, likely = [], []
    for element in tree.iter("*"):
        style = _style(element.attrib.pop("style", ""))
        if element.tag in ("html", "body"):
            continue
        if _is_never_shown(element, style):
            certain.append(element)
        elif _is_hidden_by_name(element, by_sheets) or _hiding(style):
            likely.append(element)
        if "hid" in (names := element.get("class", "")):
            element.set("class", _HIDING_NAME.sub("", names))
    return certain, likely


def _keep_facts(element: _Element, *, headings: bool) -> None:
    """Puts the microdata behind their hidden element, and what it names the page for screen readers."""
    for fact in element.xpath(".//meta|descendant-or-self::*[@itemprop='datePublished']"):
        facts = {name: value for name in _FACTS if (value := fact.get(name))}
        element.addnext(element.makeelement("meta", facts))
    for heading in element.iter("h1") if headings else ():
        text = heading.text_content()
        element.addnext(element.makeelement("meta", {"name": "hidden-heading", "content": text}))


def hidden_by_sheets(page: str) -> set[str]:
    """The class names (with a full stop) and ids (with #) that the page's own style sheets never show."""
    hidden, shown = set[str](), set[str]()
    for sheet in islice(_SHEET.finditer(page), _MAX_SHEETS):
        for selector, style, depth in _rules(_COMMENT.sub("", sheet[1] or "")):
            if style.get("display") == "none" or _hiding(style) - {"opacity", "height"}:
                hidden.update(_SIMPLE.findall(selector) if not depth else ())
            elif not _SHOWING.isdisjoint(style):
                shown.update(_NAME.findall(selector))
    return hidden - shown


def _rules(sheet: str) -> Iterator[tuple[str, Style, int]]:
    """Each rule's selector and style, and how many blocks, as that of @media, are around it."""
    around: list[str] = []
    parts = iter(re.split("([{}])", sheet))
    for text, brace in zip(parts, parts, strict=False):
        if brace == "{":
            around.append(text)
        elif around:
            yield around.pop(), _style(text), len(around)


def prose(tree: _Element) -> dict[_Element, int]:
    """For each element, how many characters are in its longer runs of text that are no links."""
    amounts: dict[_Element, int] = {}
    for element in reversed([*tree.iter("*")]):
        runs = (element.text, *(child.tail for child in element))
        own = sum(len(run) for run in runs if run and len(run.strip()) > _LONG_RUN)
        inner = sum(amounts.get(child, 0) for child in element)
        amounts[element] = 0 if element.tag in ("a", "script", "head") else own + inner
    return amounts


def classes(element: _Element) -> set[str]:
    return set((element.get("class") or "").split())


def _outermost(elements: list[_Element]) -> list[_Element]:
    among = set(elements)
    return [each for each in elements if among.isdisjoint(each.iterancestors())]


def _style(declarations: str) -> Style:
    text = _IGNORED.sub("", declarations.lower()).replace("#ffffff", "#fff").replace(":white", ":#fff")
    return {name: value for name, _, value in (part.partition(":") for part in text.split(";"))}


def _is_never_shown(element: _Element, style: Style) -> bool:
    modal = element.get("role") in ("dialog", "alertdialog") or "modal" in classes(element)
    return (
        element.tag in word_lists(__file__)["elements"]["never_shown"].split()
        or bool({"hidden", "popover"}.intersection(element.attrib))
        or (element.tag == "dialog" and element.get("open") is None)
        or (modal and element.get("aria-hidden") == "true")
        or style.get("display") == "none"
    )


def _is_hidden_by_name(element: _Element, by_sheets: Set[str]) -> bool:
    names, patterns = element.get("class", ""), _patterns("classes")
    listed = patterns["hidden"].search(names) and not patterns["shown_again"].search(names)
    return bool(listed) or not by_sheets.isdisjoint(
        {*map(".{}".format, names.split()), f"#{element.get('id')}"}
    )


def _hiding(style: Style) -> set[str]:
    """The properties by which the style puts its element out of sight."""
    patterns = _patterns("styles")
    found = {name for name, value in style.items() if name in patterns and patterns[name].fullmatch(value)}
    flat = any(_NO_LENGTH.fullmatch(style.get(size, "")) for size in _SIZES)
    if flat and any(name[:8] == "overflow" and value in ("hidden", "clip") for name, value in style.items()):
        found.add("height")
    if style.get("color", "-") in (style.get("background"), style.get("background-color")):
        found.add("color")
    if "text" in (style.get("background-clip"), style.get("-webkit-background-clip")):
        found.discard("color")
    return found - {"opacity"} if _MOVING & style.keys() else found


@functools.cache
def _patterns(table: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table, by each name in their key."""
    listed = word_lists(__file__)[table].items()
    return {name: re.compile(pattern) for names, pattern in listed for name in names.split()}
