"""Text into posts: whole sentences where they fit, whole words where they do not."""

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any

from core.text.cleaning import without_surrogates
from core.text.language import guess
from core.text.sentences import Sentence, sentences
from core.text.word_lists import word_lists

Count = Callable[[str], int]

_MAX_CHARACTERS = 10_000  # no post is longer, even one full of links; counting it would take long
# Where a sentence that is too long for a post may best be divided.
_CLAUSE_END = re.compile(r"(?:[,;:–—،؛](?=\s)|[，、；：。！？])[”’」』）】》]*\s*$")


def split(text: str, *, max_length: int, count: Count) -> Iterator[str]:
    """`text` as one piece if it fits in `max_length`, else as pieces that do, packed with whole sentences.

    A link that no post can hold is a piece of its own, over `max_length`: cut in two it would lead elsewhere.
    """
    text = without_surrogates(text)
    if fits(text, max_length, count):
        yield text
    else:
        yield from pack(sentences(text, guess(text)), max_length=max_length, count=count)


def pack(parts: Iterable[Sentence], *, max_length: int, count: Count) -> Iterator[str]:
    """The sentences in order, as many to a piece as fit in `max_length`; a blank line between paragraphs."""
    piece, paragraph = "", None
    for part in _all_fitting(parts, max_length, count):
        joint = "" if part.glued else " "
        if part.paragraph != paragraph:
            joint = "\n\n"
        joined = f"{piece}{joint}{part.text}" if piece else part.text
        if piece and not fits(joined, max_length, count):
            yield piece
            joined = part.text
        piece, paragraph = joined, part.paragraph if part.last is None else part.last
    if piece:
        yield piece


def fits(text: str, max_length: int, count: Count) -> bool:
    return len(text) <= _MAX_CHARACTERS and count(text) <= max_length


def _all_fitting(parts: Iterable[Sentence], max_length: int, count: Count) -> Iterator[Sentence]:
    for part in parts:
        if fits(part.text, max_length, count):
            yield part
        else:
            glued = part.glued
            for line in _lines(part.text, max_length, count):
                yield Sentence(line.rstrip(), part.paragraph, glued, part.last)
                glued = line == line.rstrip()


def _lines(text: str, max_length: int, count: Count) -> Iterator[str]:
    """A sentence that is longer than a post, divided between its atoms, after a clause if one ends late."""
    source = _atoms(text, max_length, count)
    atoms = list(islice(source, max_length))
    while atoms:
        line = atoms[: _max_that_fit(atoms, max_length, count) or 1]
        if len(line) < len(atoms):
            line = line[: _clause_end(line)]
        yield "".join(line)
        atoms = [*atoms[len(line) :], *islice(source, len(line))]


def _clause_end(line: Sequence[str]) -> int:
    """How many of the atoms to take to end with a clause in the line's second half; all where none does."""
    lengths = list(accumulate(map(len, line)))
    late = (number for number in range(len(line), 0, -1) if lengths[number - 1] >= lengths[-1] / 2)
    return next((number for number in late if _CLAUSE_END.search(line[number - 1])), len(line))


def _max_that_fit(atoms: Iterable[str], max_length: int, count: Count) -> int:
    """How many of the first atoms fit together; every atom counts at least one."""
    texts = [text.rstrip() for text in accumulate(islice(atoms, max_length))]
    fitting = bisect_right(texts, False, key=lambda text: not fits(text, max_length, count))
    # A link that is cut short counts for more than the whole one, so what was found is tried.
    while fitting and not fits(texts[fitting - 1], max_length, count):
        fitting -= 1
    return fitting


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
    import regex

    parts = word_lists(__file__)["segment"]
    pattern = parts["any"].replace("<word>", parts["word"]).replace("<letter>", parts["letter"])
    return regex.compile(pattern, regex.VERBOSE | regex.IGNORECASE)


def _broken_up(segment: str, max_length: int, count: Count) -> Iterator[str]:
    """The graphemes of a word that no post can hold, and the code points of such a grapheme."""
    import regex

    for grapheme in regex.findall(r"\X\s*+", segment):
        yield from grapheme if not fits(grapheme.rstrip(), max_length, count) else [grapheme]
