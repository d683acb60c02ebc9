"""A sentence as tokens that compare: words by their stems, numbers by amount, months and days by name."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from core.text.word_lists import word_lists
from core.writing.evidence.figures import Figure, figures

Kind = Literal["word", "name", "figure", "month", "weekday", "negation"]

_DATA: Any = word_lists(__file__)
_STEM = 6  # letters that forms of a word have in common
_WORD = re.compile(_DATA["patterns"]["word"])
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}")
_POSSESSIVE = re.compile(r"['’]s?$")
_MAX_TOKENS = 30_000


@dataclass(frozen=True, slots=True)
class Token:
    """`key`: what it compares by. `opens`: first in its sentence, where a capital says nothing."""

    written: str
    key: str
    kind: Kind
    start: int
    opens: bool = False
    figure: Figure | None = None


def tokens(text: str, language: str = "en") -> list[Token]:
    """Those of a text, in order. `language` is an ISO 639-1 code."""
    numbers = figures(text)
    taken = sorted((figure.start, figure.stop) for figure in numbers)
    found = [
        Token(figure.written, f"#{figure.readings[0]}{figure.unit}", "figure", figure.start, figure=figure)
        for figure in numbers
    ]
    at = 0
    for word in _words(text, language):
        while at < len(taken) and taken[at][1] <= word.start:
            at += 1
        if at == len(taken) or word.start < taken[at][0]:
            found.append(word)
    return sorted(found[:_MAX_TOKENS], key=lambda token: token.start)


def _words(text: str, language: str) -> Iterator[Token]:
    opens, last = True, ""
    for match in _WORD.finditer(text):
        written = match[0]
        if written[0].isalnum():
            yield from _word(written, match.start(), language, opens=opens)
            opens = False
        elif written != "." or not _is_shortened(last):
            opens = opens or written in _DATA["patterns"]["openers"]
        last = written


def _word(written: str, start: int, language: str, *, opens: bool) -> Iterator[Token]:
    bare = _POSSESSIVE.sub("", written)
    low, no = bare.casefold().replace("’", "'"), negations(language)
    if split := contractions().get(low):
        for part in split.split():
            yield Token(written, stem(part), "negation" if part in no else "word", start)
        return
    if _INITIALS.fullmatch(bare):
        low = low.replace(".", "")
    is_capital = bare[0].isupper()
    dated = calendar(language, is_capital=is_capital).get(low.rstrip("."))
    if low in no:
        yield Token(written, low, "negation", start)
    elif dated:
        yield Token(written, dated, "month" if dated[0] == "m" else "weekday", start)
    else:
        kind: Kind = "name" if is_capital and (low not in plain_words() or _is_acronym(bare)) else "word"
        yield Token(bare, stem(low), kind, start, opens)


def _is_shortened(word: str) -> bool:
    """Whether a full stop behind the word ends no sentence: "Dr.", "J."."""
    return len(word) == 1 or (word.istitle() and word.casefold() in _DATA["plain"]["abbreviations"].split())


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.casefold() not in _DATA["plain"]["acronyms"].split()


def stem(word: str) -> str:
    """What forms of a word share: enough to compare by, in languages that inflect at the end."""
    word = word.rstrip(".")
    for ending in ("ing", "ed", "es", "s", "d", "e", "y"):
        if len(word) - len(ending) >= 3 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    return word[:_STEM]


@functools.cache
def negations(language: str) -> frozenset[str]:
    """The words that say "not" in the language; English ones for a language without a list."""
    return frozenset(_DATA["negations"].get(language, _DATA["negations"]["en"]).split())


@functools.cache
def plain_words() -> frozenset[str]:
    """Words that have a capital and are no names: titles, pronouns, what opens sentences."""
    return frozenset(" ".join(_DATA["plain"].values()).split())


@functools.cache
def contractions() -> dict[str, str]:
    """English words that hold a "not", in full."""
    verbs = _DATA["contractions"]["verbs"].split()
    return {f"{verb}n't": f"{verb} not" for verb in verbs} | dict(_DATA["irregular"])


@functools.cache
def calendar(language: str, *, is_capital: bool) -> dict[str, str]:
    """By name, "m3" for a March, "d2" for a Tuesday; without a capital those that are no other words."""
    found: dict[str, str] = {}
    for sign, table in (("m", "months"), ("d", "weekdays")):
        for number, names in _DATA[table].items():
            found |= dict.fromkeys(names.split(), f"{sign}{number}")
    homonyms = f"{_DATA['homonyms']['any']} {_DATA['homonyms'].get(language, '')}".split()
    return found if is_capital else {name: each for name, each in found.items() if name not in homonyms}
