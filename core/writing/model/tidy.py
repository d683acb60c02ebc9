"""What models put into posts that nobody asked for: Markdown, talk about the thread, the same post again."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.text.cleaning import letters_of
from core.text.word_lists import word_lists

_DATA: Any = word_lists(__file__)
_MIN_SAME = 0.85  # of their words that two posts share which say the same
_MIN_WORDS = 6  # of posts that are compared so
_WORD = re.compile(r"\w+")
_ITEM = "* "  # of a list


def tidied(texts: Sequence[str], source: str) -> list[str]:
    """The texts without Markdown, announcements and requests of their own; empty what repeats another."""
    known = source.casefold()
    return [*_once(_without_talk(_without_markdown(text, source), known) for text in texts)]


def _without_markdown(text: str, source: str) -> str:
    for sign, pattern in _markdown().items():
        if sign in text and sign not in source:
            text = pattern.sub("• " if sign == _ITEM else r"\1", text)
    return text


def _without_talk(text: str, known: str) -> str:
    """Without sentences about the thread or to its readers; a text of nothing else is empty."""

    def kept(match: re.Match[str]) -> str:
        return match[0] if letters_of(match[0]) and match[0].casefold().strip() in known else ""

    for pattern in _talk():
        text = pattern.sub(kept, text)
    return text.strip()


def _once(texts: Iterator[str]) -> Iterator[str]:
    seen: list[tuple[str, set[str]]] = []
    for text in texts:
        letters, words = letters_of(text), {*_WORD.findall(text.casefold())}
        if any(letters == other or _are_same(words, others) for other, others in seen):
            yield ""
            continue
        seen.append((letters, words))
        yield text


def _are_same(words: set[str], others: set[str]) -> bool:
    """Whether two posts say the same; those that differ in a number do not."""
    if len(words) < _MIN_WORDS or any(word[0].isdigit() for word in words ^ others):
        return False
    return len(words & others) >= _MIN_SAME * len(words | others)


@functools.cache
def _markdown() -> dict[str, re.Pattern[str]]:
    return {sign: re.compile(pattern, re.MULTILINE) for sign, pattern in _DATA["markdown"].items()}


@functools.cache
def _talk() -> list[re.Pattern[str]]:
    shapes, phrases = _DATA["shapes"], _DATA["phrases"]
    return [
        re.compile(shape % {"phrases": "|".join(phrases[name].split("\n")).strip("|")}, re.I)
        for name, shape in shapes.items()
    ]
