"""What a page never shows is not read: it is no part of the story, and a way to instruct a model unseen."""

from __future__ import annotations

import functools
import re
from collections.abc import Set
from itertools import islice
from typing import TYPE_CHECKING

from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from lxml.etree import _Element

ENOUGH_PROSE = 280  # characters; with less beside it, what looks hidden may be what a script brings to sight
_LONG_RUN = 60  # characters
_IGNORED = re.compile(r"/\*[^*]{0,200}\*/|!important|\s+")
_MAX_SHEETS = 20
_SHEET = re.compile(r"<style\b[^>]{0,500}>(?:\s*<!--)?([^<]{0,100000})", re.IGNORECASE)
_SIMPLE = re.compile(r"(?:^|,)\s*\w*([.#][\w-]+)\s*(?=,|$)")  # selectors that do not depend on others
_NAME = re.compile(r"[.#][\w-]+")
_MOVING = {"transform", "transition", "animation", "will-change"}  # it comes to sight as the reader scrolls
_NO_LENGTH = re.compile(r"0+(?:\.0+)?[a-z%]*|1px")


def mark_hidden(tree: _Element, mark: str, by_sheets: Set[str] = frozenset()) -> int:
    """Renames what is hidden to `mark`; how many characters of prose are hidden for certain.

    `hidden`, a closed dialog or popover and display:none are certain. What a class, a style sheet
    (`hidden_by_sheets`), its opacity, place or size hides stays where the page has no other prose.
    """
    certain, likely = [], []
    for element in tree.iter("*"):
        if element.tag not in ("html", "body"):
            style = _style(element.get("style", ""))
            if _is_never_shown(element, style):
                certain.append(element)
            elif _is_out_of_sight(element, style) or not by_sheets.isdisjoint(_names(element)):
                likely.append(element)
    amounts = prose(tree)
    unseen, both = (sum(amounts[e] for e in _outermost(found)) for found in (certain, [*certain, *likely]))
    revealed = both - unseen >= ENOUGH_PROSE > amounts[tree] - both
    for element in certain if revealed else [*certain, *likely]:
        for fact in list(element.iter("meta")):  # of microdata
            fact.tail = None
            element.addnext(fact)
        element.tag = mark
    return unseen


def hidden_by_sheets(page: str) -> set[str]:
    """The class names (with a full stop) and ids (with #) that the page's own style sheets never show."""
    hidden, shown = set[str](), set[str]()
    for sheet in islice(_SHEET.finditer(page), _MAX_SHEETS):
        depth, selector = 0, ""
        parts = iter(re.split("([{}])", sheet[1]))
        for text, brace in zip(parts, parts, strict=False):
            if brace == "{":
                depth, selector = depth + 1, text
                continue
            style = _style(text)
            if style.get("display", style.get("visibility")) in ("none", "hidden"):
                hidden.update(_SIMPLE.findall(selector) if depth == 1 else ())
            elif "display" in style or "visibility" in style:
                shown.update(_NAME.findall(selector))
            depth = max(0, depth - 1)
    return hidden - shown


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


def _names(element: _Element) -> set[str]:
    return {*map(".{}".format, classes(element)), f"#{element.get('id', '')}"}


def _style(declarations: str) -> dict[str, str]:
    """The last value of each property, without white space."""
    text = _IGNORED.sub("", declarations.lower())
    return {name: value for name, _, value in (part.partition(":") for part in text.split(";"))}


def _is_never_shown(element: _Element, style: dict[str, str]) -> bool:
    modal = element.get("role") in ("dialog", "alertdialog") or "modal" in classes(element)
    return (
        element.tag in _lists()["elements"]["never_shown"].split()
        or bool({"hidden", "popover"}.intersection(element.attrib))
        or (element.tag == "dialog" and element.get("open") is None)
        or (modal and element.get("aria-hidden") == "true")
        or style.get("display") == "none"
    )


def _is_out_of_sight(element: _Element, style: dict[str, str]) -> bool:
    names = _lists()["classes"]
    if not classes(element).isdisjoint(names["hidden"].split()):
        return not re.search(names["shown_again"], element.get("class", ""))
    found = {name for name, value in style.items() if (p := _styles().get(name)) and p.fullmatch(value)}
    colour, sizes = style.get("color"), ("height", "max-height", "width", "max-width")
    if style.get("overflow") == "hidden" and any(_NO_LENGTH.fullmatch(style.get(size, "")) for size in sizes):
        return True
    if colour is not None and colour in (style.get("background"), style.get("background-color")):
        return True
    return bool(found) and not (found == {"opacity"} and _MOVING.intersection(style))


@functools.cache
def _styles() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(value) for name, value in _lists()["styles"].items()}


def _lists() -> dict[str, dict[str, str]]:
    return word_lists(__file__)
