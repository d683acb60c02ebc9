"""Text that extraction would lose: it is put where it is found, or back where it was announced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.article.hidden import ENOUGH_PROSE, prose
from core.text.cleaning import clean_line, letters_of
from core.text.sentences import ANNOUNCES, sentences

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    Amounts = dict[HtmlElement, int]  # of prose

_MAX_ITEMS = 40
_MAX_ITEM = 1_000  # characters
_WORDS = 60  # characters of an announcement by which it is found in the text
_MAX_STEPS = 8  # up to where a list's announcement may be
_FULL_STOP = re.compile(r"[.!?…。！？][\"”’»)]*$")
_BODY = re.compile(
    r"(?i)(?:article|entry|post|story|page|text|body)[-_]*(?:body|content|text)|^(?:entry|post|story) *$"
)
# What another story has, or a comment.
_OWN_STORY = (
    ".//h1|.//h2//a|.//h3//a|.//a//h2|.//a//h3|.//time|ancestor-or-self::*[contains(@class,'comment')]"
)
_DESCRIPTION = ".//meta[@name='description' or @property='og:description']"
_CONTAINERS = ("div", "section", "article", "main", "body")
_SHARE = 0.8  # of an element's prose
_WRAPPERS = "aside form fieldset figure header label button noindex".split()  # of whole articles
_MIN_SENTENCE = 40  # characters around a date or a button's name that is part of a sentence
_MIN_LINKED = 50  # characters of a paragraph that is one link


@dataclass(frozen=True, slots=True)
class Announced:
    """The last words before a block, which end with a colon, and its items; `linked`: as in a menu."""

    words: str
    items: list[str]
    linked: bool = False


def mend(tree: HtmlElement) -> None:
    """Renames what extraction takes for no text: wrappers of articles, linked paragraphs, dates in prose."""
    amounts = prose(tree)
    for table in list(tree.iter("table")):
        _unroll_layout(table, amounts)
    for gap in tree.xpath(
        ".//div[not(node())][preceding-sibling::node()[1][self::text()[normalize-space()]]]"
    ):
        gap.tag = "br"
    for wrapper in list(tree.iter(*_WRAPPERS)):
        if amounts[wrapper] * 2 > amounts[tree]:
            wrapper.tag = "div"
    for parts, above in _bodies(tree, amounts):
        if amounts[above] * _SHARE <= sum(amounts[part] for part in parts) and above.tag not in (
            "html",
            "body",
        ):
            above.set("itemprop", "articleBody")
        else:
            parts[0].extend(parts[1:])
    _keep_lead(tree, amounts)
    for button in tree.xpath(".//h2//button|.//h3//button|.//h4//button"):  # which opens what follows
        button.tag = "span"
    for paragraph in tree.iter("p"):
        if paragraph.find(".//p") is None:
            _mend_paragraph(paragraph)


def _unroll_layout(table: HtmlElement, amounts: Amounts) -> None:
    """Turns a table that sets the page, nearly all its prose in paragraphs of one cell, into blocks."""
    cells = table.xpath("./tr/*|./*/tr/*")
    largest = max(cells, key=amounts.__getitem__, default=table)
    enough = amounts[largest] >= max(ENOUGH_PROSE, _SHARE * amounts[table])
    if largest is not table and enough and len(largest.findall(".//p")) > 1:
        for part in [table, *table.xpath("./tr|./*/tr|./*[tr]"), *cells]:
            part.tag = "div"


def _keep_lead(tree: HtmlElement, amounts: Amounts) -> None:
    """Removes a teaser's class from the paragraph of the body that repeats the page's description.

    An element that begins with the description, right in it, and goes on in lines is the body.
    """
    described = {letters_of(meta.get("content", ""))[:_WORDS] for meta in tree.xpath(_DESCRIPTION)} - {""}
    for block in tree.iter("p", "div", "section") if described else ():
        around, own = block.getparent(), amounts[block]
        if own >= max(ENOUGH_PROSE, amounts[around] * _SHARE) and _is_lines(block, described):
            block.set("itemprop", "articleBody")
        if not 0 < own <= _MAX_ITEM or "itemprop" in block.attrib or amounts[around] - own < ENOUGH_PROSE:
            continue
        if letters_of(block.text_content())[:_WORDS] in described and not block.xpath(".//h1|.//h2|.//h3"):
            block.attrib.clear()


def _is_lines(block: HtmlElement, openings: set[str]) -> bool:
    return letters_of(block.text or "")[:_WORDS] in openings and block.find("br") is not None


def _mend_paragraph(paragraph: HtmlElement) -> None:
    text, links = clean_line(paragraph.text_content()), paragraph.findall(".//a")
    if sum(len(link.text_content()) for link in links) > 0.9 * len(text) >= _MIN_LINKED:
        for link in links if _FULL_STOP.search(text) else ():
            link.tag = "span"
    for part in list(paragraph.iterdescendants("time", "button", "label", "output")):
        said = part.text_content()
        if len(text) - len(said) >= _MIN_SENTENCE:
            part.set("datetime", part.get("datetime", said.strip()))  # it stays, as a date of the page
            del part[:]
            part.text, part.tail = None, said + (part.tail or "")


def _bodies(tree: HtmlElement, amounts: Amounts) -> Iterator[tuple[list[HtmlElement], HtmlElement]]:
    """Like containers that one body is divided into, by advertisements, say; and the element around them."""
    groups: dict[tuple[str, str, HtmlElement], list[HtmlElement]] = {}
    for element in tree.iter("div", "section", "article"):
        above = next(islice(element.iterancestors(*_CONTAINERS), 1, None), tree)
        names = " ".join(element.get(name, "") for name in ("class", "id", "itemprop"))
        if amounts[element] and (element.tag == "article" or _BODY.search(names)):
            groups.setdefault((element.tag, element.get("class", ""), above), []).append(element)
    for (_, _, above), (first, *others) in groups.items():
        parts = [first, *(part for part in others if not part.xpath(_OWN_STORY))]
        parents = {part.getparent() for part in parts}
        if len(parts) > 1:
            yield parts, parents.pop() if len(parents) == 1 else above


def announcements(tree: HtmlElement, left_out: str) -> Iterator[Announced]:
    """What the page announces with a colon: lists, tables, and what has no items (the tag `left_out`)."""
    for block in tree.iter("ul", "ol", "dl", "table", "figure", "iframe", left_out):
        words = _before(block)
        if words.endswith(ANNOUNCES):
            listed = () if block.tag == left_out else islice(_items(block), _MAX_ITEMS)
            items = [item for item in listed if letters_of(item)]
            linked = sum(len(link.text_content()) for link in block.iter("a"))
            yield Announced(words[-_WORDS:], items, linked * 2 > sum(map(len, items)))


def restored(text: str, announced: list[Announced]) -> str:
    """The text with the items that are missing from it; where there are none, without their announcement."""
    at = 0
    for each in announced:
        words = r"\s+".join(map(re.escape, each.words.split()))
        if found := re.compile(words + r"[ \t]*(?=\n|$)").search(text, at):
            at = found.start()
            text = _completed(text[: found.end()], text[found.end() :].split("\n"), each)
    return _without_last_sentence(text) if text.endswith(ANNOUNCES) else text


def _completed(start: str, rest: list[str], announced: Announced) -> str:
    items, known = announced.items, letters_of(" ".join(announced.items))
    present = letters_of(" ".join(rest[: 2 * len(items) + 4]))
    missing = [item for item in items if letters_of(item) not in present]
    if missing and not announced.linked:
        others = (number for number, line in enumerate(rest) if letters_of(line) not in known)
        return "\n".join([start, *items, *rest[next(others, len(rest)) :]])
    if len(missing) == len(items):
        return "\n".join([_without_last_sentence(start), *rest[1:]]).strip()
    return start + "\n".join(rest)


def _before(block: HtmlElement) -> str:
    """The text directly before the block, as one line."""
    element = block
    for _ in range(_MAX_STEPS):
        previous, parent = element.getprevious(), element.getparent()
        if previous is not None:
            text = previous.tail or ""
            if not text.strip():
                text = previous.xpath("string((.//text()[normalize-space()])[last()])")
            element = previous
        elif parent is not None:
            text, element = parent.text or "", parent
        else:
            break
        if text.strip():
            return clean_line(text)
    return ""


def _items(block: HtmlElement) -> Iterator[str]:
    for row in block.iter("tr", "dt"):
        cells = row if row.tag == "tr" else [row, *islice(row.itersiblings("dd"), 1)]
        yield "- " + ": ".join(filter(None, (clean_line(cell.text_content()[:_MAX_ITEM]) for cell in cells)))
    for item in block.iter("li"):
        own = (part for part in item if part.tag not in ("ul", "ol"))
        parts = (f"{part.text_content()[:_MAX_ITEM]}{part.tail or ''}" for part in own)
        yield f"- {clean_line(((item.text or '') + ''.join(parts))[:_MAX_ITEM])}"


def _without_last_sentence(text: str) -> str:
    line = text[text.rfind("\n") + 1 :]
    return text.removesuffix(sentences(line[-_MAX_ITEM:])[-1].text).rstrip()
