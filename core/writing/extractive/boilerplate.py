"""What pages put between an article's sentences: headings, captions, datelines, calls to subscribe."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.text.cleaning import letters_of
from core.text.information import information
from core.text.platforms import regex_of
from core.text.sentences import ANNOUNCES, ASKS, ITEM, Sentence
from core.text.word_lists import any_of, word_lists

_MAX_CHARACTERS = 200  # what is longer is text, however it begins
_MIN_PROSE = 600  # characters in whole sentences that show that a page is written in them
_MIN_ITEM = 50  # characters of a list's item that says something alone
_MAX_DECK = 300  # characters between the title and a dateline that are no text
_FIRST = 8  # sentences among which the title may stand
_MAX_DATELINE = 150  # characters
_DATELINES = 6  # paragraphs that may begin with a place and an agency
_TIME = re.compile(r"\d{1,2}(?:[:.h]\d\d)?\s?(?:[ap]\.?m\.?|Uhr|h)?[.:]?", re.IGNORECASE)
_MAX_REFERENCE = 120  # characters of a sentence that only sends to an address
_ADDRESS_END = re.compile(r"(?i)(?:\bhttps?://|\bwww\.)\S+$|\S@[\w-]+(?:\.[\w-]+)+\W*$")
_TAIL = 3  # paragraphs in which the publisher may speak
_QUOTE = re.compile('[“”„«»「『"]')
_END = re.compile(r"[.!?…:;~。．！？；：؟।॥۔።៕｡][\"'”’»)\]）」』】*\d]*$")


def without_datelines(text: str) -> str:
    """The text without the place and the agency that its first paragraphs begin with.

    The few words that stand before the first of them are the page's, not the agency's: they go, too.
    """
    lines = text.split("\n")
    dateline = regex_of(word_lists(__file__)["datelines"]["pattern"])
    found = [dateline.match(line, 0, _MAX_DATELINE) for line in lines[:_DATELINES]]
    stripped = [line[match.end() :] if match else line for line, match in zip(lines, found, strict=False)]
    first = next((at for at, line in enumerate(stripped) if line != lines[at]), 0)
    start = first if information("".join(lines[:first])) <= _MAX_DECK else 0
    return "\n".join([*stripped[start:], *lines[_DATELINES:]])


def prepared(parts: Sequence[Sentence]) -> list[Sentence]:
    """The sentences of a page: items that stand alone without their mark, one under "Claim" with that."""
    label = any_of(__file__, "claims", "all")
    found = list(parts)
    for i, part in enumerate(parts):
        heading = parts[i - 1].text.rstrip(":") if i else ""
        if item := ITEM.match(part.text):
            if _says_something(part.text) and not _is_announced(found, i):
                found[i] = replace(part, text=part.text[item.end() :])
        elif label.fullmatch(heading) and part.paragraph != parts[i - 1].paragraph:
            found[i] = replace(part, text=f"{heading}: {part.text}")
    return found


def content_mask(parts: Sequence[Sentence], title: str, site: str | None = None) -> list[bool]:
    """Which of an article's sentences are its text, not the words of its `site`."""
    publishers = _publishers(parts, title, site)
    tables = {part.paragraph for part in parts if part.text.startswith("|")}
    headings, title = _headings(parts), letters_of(title)
    body = _body(parts, headings, title)
    mask = [
        i in body
        and not (part.paragraph in tables or i in headings | publishers or _is_boilerplate(part.text, title))
        for i, part in enumerate(parts)
    ]
    for i in reversed(range(len(parts))):
        mask[i] = mask[i] and not _is_fragment(parts, i, goes_on=mask[i + 1 : i + 2] == [True])
    return mask


def _body(parts: Sequence[Sentence], headings: set[int], title: str) -> range:
    """From where the title stands once more among the first lines, to what a press office says of itself."""
    titles = (i for i in range(min(_FIRST, len(parts) // 3)) if title and letters_of(parts[i].text) == title)
    press = any_of(__file__, "press", "all")
    ends = (i for i in sorted(headings) if 2 * i > len(parts) and press.match(parts[i].text))
    return range(max(titles, default=0), next(ends, len(parts)))


def _publishers(parts: Sequence[Sentence], title: str, site: str | None) -> set[int]:
    """Those of the last paragraphs that speak of the article, or of a site that the title does not name."""
    itself = any_of(__file__, "itself", "all")
    name = re.compile(rf"\b{re.escape(site)}\b") if site and site.lower() not in title.lower() else None
    first = max((part.paragraph for part in parts), default=0) - _TAIL
    tail = (i for i, part in enumerate(parts) if part.paragraph > first and 2 * i > len(parts))
    return {
        i
        for i in tail
        if itself.search(parts[i].text)
        or (name and name.search(parts[i].text) and not _QUOTE.search(parts[i].text))
    }


def _is_fragment(parts: Sequence[Sentence], i: int, *, goes_on: bool) -> bool:
    """Whether it announces or asks what does not come, or is an item of a list that nothing announces."""
    text = parts[i].text
    if text.endswith(ANNOUNCES):
        return not goes_on
    if text.endswith(ASKS):
        return not goes_on and i + 1 < len(parts)
    return ITEM.match(text) is not None and not _is_announced(parts, i)


def _headings(parts: Sequence[Sentence]) -> set[int]:
    """Those that end without a mark; none in a text that is written without full stops, like much Thai."""
    bare = {i for i, part in enumerate(parts) if not ITEM.match(part.text) and not _END.search(part.text)}
    prose = sum(information(part.text) for i, part in enumerate(parts) if i not in bare)
    total = sum(information(part.text) for part in parts)
    return bare if prose >= min(_MIN_PROSE, total / 2) else set()


def _is_announced(parts: Sequence[Sentence], item: int) -> bool:
    while item > 0 and ITEM.match(parts[item].text):
        item -= 1
    return parts[item].text.endswith(ANNOUNCES)


def _says_something(text: str) -> bool:
    return len(text) >= _MIN_ITEM and _END.search(text) is not None


def _is_boilerplate(text: str, title: str) -> bool:
    """Whether it is a time, in capitals, the title (given as its letters), ends with an address, or begins as
    such lines do.
    """
    letters = letters_of(text)
    if (text.isupper() and len(text) > 12) or (len(letters) > 8 and letters in title):
        return True
    if _TIME.fullmatch(text) or (len(text) <= _MAX_REFERENCE and _ADDRESS_END.search(text)):
        return True
    openings = any_of(__file__, "openings", "all")
    says_nothing = any_of(__file__, "says_nothing", "all")
    line = text.lstrip("-–—•*[( ")
    return len(text) <= _MAX_CHARACTERS and bool(openings.match(line) or says_nothing.search(line))
