"""What pages put between an article's sentences: headings, captions, credits, calls to subscribe."""

import functools
import re
from collections.abc import Sequence
from unicodedata import category

from core.text.cleaning import letters_of
from core.text.sentences import ITEM, Sentence
from core.text.word_lists import alternatives, word_lists

_MAX_CHARACTERS = 200  # what is longer is text, however it begins


def content_mask(parts: Sequence[Sentence], title: str) -> list[bool]:
    """Which of an article's sentences are its text."""
    tables = {part.paragraph for part in parts if part.text.startswith("|")}
    headings = _headings(parts)
    title = letters_of(title)
    mask = [
        not (part.paragraph in tables or i in headings or _is_boilerplate(part.text, title))
        for i, part in enumerate(parts)
    ]
    for i in reversed(range(len(parts))):
        if parts[i].text.endswith((":", "：")):  # what it announces must come, too
            mask[i] = mask[i] and mask[i + 1 : i + 2] == [True]
    return mask


def _headings(parts: Sequence[Sentence]) -> set[int]:
    """Those that end without a mark; none in a text that is written without full stops, like much Thai."""
    bare = {
        i
        for i, part in enumerate(parts)
        if not ITEM.match(part.text) and category(part.text[-1])[0] in "LMNS"
    }
    lines = len({part.paragraph for part in parts})
    return bare if 2 * len({parts[i].paragraph for i in bare}) < lines else set()


def _is_boilerplate(text: str, title: str) -> bool:
    """Whether it is in capitals, repeats the title (given as its letters), or begins as such lines do."""
    letters = letters_of(text)
    if (text.isupper() and len(text) > 12) or (len(letters) > 8 and letters in title):
        return True
    return len(text) <= _MAX_CHARACTERS and bool(_openings().match(text.lstrip("-–—•*[( ")))


@functools.cache
def _openings() -> re.Pattern[str]:
    return re.compile(alternatives(word_lists(__file__)["openings"]["all"]), re.IGNORECASE)
