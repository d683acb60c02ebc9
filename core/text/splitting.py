"""Text into posts: whole sentences where they fit, whole words where they do not."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any

from core.text.cleaning import without_surrogates
from core.text.language import guess
from core.text.platforms import GRAPHEME, regex_of
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from core.text.sentences import Sentence

Count = Callable[[str], int]

MAX_CHARACTERS = 10_000  # no post is longer, even one full of links; counting it would take long
# Where a sentence that is too long for a post may best be divided.
_CLAUSE_END = re.compile(r"(?:[,;:–—،؛](?=\s)|[，、；：。！？])[”’」』）】》]*\s*$")


def split(text: str, *, max_length: int, count: Count) -> Iterator[str]:
    """`text` as one piece if it fits in `max_length`, else as pieces that do, packed with whole sentences.

    Inside a piece the text stays as it is written.
    A link that no post can hold is a piece of its own, over `max_length`: cut in two it would lead elsewhere.
    """
    text = without_surrogates(text)
    if fits(text, max_length, count):
        yield text
    else:
        from core.text.sentences import as_written, sentences  # a start does without

        parts = as_written(sentences(text, guess(text) or "en"), text)
        yield from pack(parts, max_length=max_length, count=count)


def pack(parts: Iterable[Sentence], *, max_length: int, count: Count) -> Iterator[str]:
    """The sentences in order, as many to a piece as fit in `max_length`, with the joints between them."""
    yield from (piece.strip() for piece in _filled(_joints(parts, max_length, count), max_length, count))


def _joints(parts: Iterable[Sentence], max_length: int, count: Count) -> Iterator[str]:
    """Each sentence that fits, after what divides it from the one before."""
    paragraph: int | None = None
    for part in _all_fitting(parts, max_length, count):
        yield f"{part.joint_after(paragraph)}{part.text}"
        paragraph = part.paragraph if part.last is None else part.last


def _filled(
    items: Iterable[str], max_length: int, count: Count, cut: Callable[[list[str]], int] = len
) -> Iterator[str]:
    """The items joined, as many at a time as fit without the white space around, at least one.

    `cut` says how many of those that fit to take where more items follow.
    """
    source = iter(items)
    held: list[str] = []
    while held := held or [*islice(source, 1)]:
        taken = _number_that_fit(held, source, max_length, count) or 1
        if taken < len(held):
            taken = cut(held[:taken])
        yield "".join(held[:taken])
        held = held[taken:]


def _number_that_fit(held: list[str], source: Iterator[str], max_length: int, count: Count) -> int:
    """How many of the first items fit together; `held` gets more of them while all do.

    Counting is what takes long, so it looks at twice as many until they do not fit, then halves the doubt.
    """

    def too_many(number: int) -> bool:
        return not fits("".join(held[:number]).strip(), max_length, count)

    fitting, tried = 0, 1
    while tried > fitting and not too_many(tried):
        fitting, tried = tried, 2 * tried
        held += islice(source, max(0, tried - len(held)))
        tried = min(tried, len(held))
    return bisect_right(range(tried), False, fitting + 1, key=too_many) - 1 if tried > fitting else fitting


def fits(text: str, max_length: int, count: Count) -> bool:
    return len(text) <= MAX_CHARACTERS and count(text) <= max_length


def _all_fitting(parts: Iterable[Sentence], max_length: int, count: Count) -> Iterator[Sentence]:
    """Those longer than a post are divided between their atoms, after a clause if one ends late."""
    for part in parts:
        if fits(part.text, max_length, count):
            yield part
        else:
            glued, written, atoms = part.glued, part.written, _atoms(part.text, max_length, count)
            for line in _filled(atoms, max_length, count, cut=_clause_end):
                text = line.rstrip()
                yield replace(part, text=text, glued=glued, written=written)
                glued, written = line == text, line[len(text) :]


def _clause_end(line: Sequence[str]) -> int:
    """How many of the atoms to take to end, in the line's second half, with a clause, else a whole word."""
    lengths = list(accumulate(map(len, line)))
    late = [number for number in range(len(line), 0, -1) if lengths[number - 1] >= lengths[-1] / 2]
    ends = (number for number in late if _CLAUSE_END.search(line[number - 1]))
    # Inside a sentence a full stop belongs to an abbreviation.
    whole = (number for number in late if not line[number - 1].rstrip().endswith("."))
    return next(chain(ends, whole), len(line))


def _atoms(text: str, max_length: int, count: Count) -> Iterator[str]:
    """Words with trailing space; a word longer than a post as its unbreakable segments."""
    for word in re.finditer(r"\S+\s*", text):
        if fits(word[0].rstrip(), max_length, count):
            yield word[0]
        else:
            for segment in _segment().finditer(word[0]):
                if segment["link"] or fits(segment[0].rstrip(), max_length, count):
                    yield segment[0]
                else:
                    yield from _broken_up(segment[0], max_length, count)


@functools.cache
def _segment() -> Any:
    """Matches what stays whole of a word, a link as its group "link"."""
    parts = word_lists(__file__)["segment"]
    pattern = parts["any"].replace("<word>", parts["word"]).replace("<letter>", parts["letter"])
    return regex_of(pattern.replace("<grapheme>", f"(?:{GRAPHEME})"))


def _broken_up(segment: str, max_length: int, count: Count) -> Iterator[str]:
    """The graphemes of a word that no post can hold, and the code points of such a grapheme."""
    for grapheme in regex_of(rf"(?:{GRAPHEME})\s*+").finditer(segment):
        yield from grapheme[0] if not fits(grapheme[0].rstrip(), max_length, count) else [grapheme[0]]
