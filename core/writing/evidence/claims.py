"""What a sentence says otherwise than its source: numbers, names, dates, quotations, a "not"."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.text.word_lists import word_lists
from core.writing.evidence.comparison import Claim, Comparison
from core.writing.evidence.names import name_claims
from core.writing.evidence.numbers import is_small, number_claims
from core.writing.evidence.source import SourceText
from core.writing.evidence.tokens import Token, tokens

_DATA: Any = word_lists(__file__)
_MAX_READ = 2_000  # tokens of a translation
_QUOTATION = re.compile(_DATA["patterns"]["quotation"])
_LEFT_OUT = re.compile(_DATA["patterns"]["left_out"])
_MIN_QUOTED = 2  # words of a quotation; a shorter one may be anybody's
_MIN_LETTERS = 10


def claims_of(beside: Comparison) -> Iterator[Claim]:
    """What is wrong with a sentence that its source does not have word for word, but for quotations."""
    yield from number_claims(beside)
    yield from _dates(beside)
    yield from name_claims(beside)
    yield from _negations(beside)


def claims_of_translation(text: str, source: SourceText) -> Iterator[Claim]:
    """The numbers, months and weekdays of a text in another language that are nowhere in the source."""
    for token in tokens(text, source.language)[:_MAX_READ]:
        figure = token.figure
        if figure and not is_small(figure):
            if not any(source.values.issuperset(reading) for reading in figure.readings):
                yield Claim("numbers", figure.written)
        elif token.kind in ("month", "weekday") and token.key not in source:
            yield Claim("dates", token.written)


def quotation_claims(text: str, source: SourceText) -> Iterator[Claim]:
    """The quotations of a text that are not word for word in its source."""
    says = source.says
    found = (group for match in _QUOTATION.finditer(text) for group in match.groups())
    for quoted in filter(None, found):
        # What is left out, or put in by who quotes.
        kept = _LEFT_OUT.sub(lambda part: part[0] if says(part[0]) else "\0", quoted)
        is_long = len(quoted.split()) >= _MIN_QUOTED or len(quoted) > _MIN_LETTERS
        if is_long and not all(says(part) for part in kept.split("\0") if part.strip()):
            yield Claim("quotations", quoted.strip())


def _dates(beside: Comparison) -> Iterator[Claim]:
    swapped = {id(token) for token in beside.swapped("month", "weekday")}
    for token in (token for token in beside.words if token.kind in ("month", "weekday")):
        is_known = token.key in beside.their_keys if beside.is_near else token.key in beside.source
        if not is_known or id(token) in swapped:
            yield Claim("dates", token.written)


def _negations(beside: Comparison) -> Iterator[Claim]:
    """A "not" too many or too few; two that come or go together leave what is said as it was."""
    own = any(token.key not in beside.their_keys for token in _nots(beside.words))
    changed, added, said_so = list[Token](), False, False
    for theirs, ours, goes_on in beside.changes() if beside.is_near else ():
        found = _nots([*theirs, *ours])
        # One that nothing follows was left out with the clause that it denies, which is no claim.
        changed += found if goes_on else []
        added |= bool(_nots(ours))
        said_so |= bool(found) and _says_not([*theirs, *ours])
    if len(changed) % 2 and not said_so and (added or not own):
        yield Claim("negations", changed[0].written)


def _nots(words: Sequence[Token]) -> list[Token]:
    return [token for token in words if token.kind == "negation"]


def _says_not(words: Sequence[Token]) -> bool:
    """Whether one of the words says "not" in its own way."""
    written = [token.written.casefold() for token in words]
    return any(word in words_of("soft") or word.startswith(("un", "in", "dis")) for word in written)


@functools.cache
def words_of(kind: str) -> frozenset[str]:
    """A list of this module's words."""
    return frozenset(_DATA[kind]["words"].split())
