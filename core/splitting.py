"""Text into posts: whole sentences where they fit, whole words where they do not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice

from core.counting import links_in
from core.language import guess
from core.sentences import Sentence, sentences

Count = Callable[[str], int]

_MOST_CHARACTERS = 10_000  # no post is so long, whatever its links count for; counting it would take long
_WORD = re.compile(r"\S+\s*")
# Where a sentence that is too long for a post may best be divided.
_CLAUSE_ENDS = (",", ";", ":", "–", "—", "،", "，", "、", "；")


def split(text: str, *, room: int, count: Count) -> Iterator[str]:
    """`text` as one piece if it fits in `room`, else as pieces that do, packed with whole sentences."""
    if len(text) <= _MOST_CHARACTERS and count(text) <= room:
        yield text
    else:
        yield from pack(sentences(text, guess(text)), room=room, count=count)


def pack(parts: Iterable[Sentence], *, room: int, count: Count) -> Iterator[str]:
    """The sentences in order, as many to a piece as fit in `room`; a blank line between paragraphs."""
    piece, paragraph = "", None
    for part in _all_fitting(parts, room, count):
        joint = "\n\n" if part.paragraph != paragraph else "" if part.glued else " "
        joined = f"{piece}{joint}{part.text}" if piece else part.text
        if piece and count(joined) > room:
            yield piece
            joined = part.text
        piece, paragraph = joined, part.paragraph
    if piece:
        yield piece


def _all_fitting(parts: Iterable[Sentence], room: int, count: Count) -> Iterator[Sentence]:
    for part in parts:
        if len(part.text) <= _MOST_CHARACTERS and count(part.text) <= room:
            yield part
        else:
            for number, text in enumerate(_by_words(part.text, room, count)):
                yield replace(part, text=text, glued=part.glued and number == 0)


def _by_words(text: str, room: int, count: Count) -> Iterator[str]:
    """A sentence that is longer than a post, divided between words, after a comma if one is near the end."""
    words = deque(_WORD.findall(text))
    while words:
        line = "".join(islice(words, _most_that_fit(words, room, count)))
        if not line:
            last = ""
            for piece in _torn(words[0].rstrip(), room, count):
                if last:
                    yield last
                last = piece
            words[0] = last + words[0][len(words[0].rstrip()) :]
            continue
        if len(line) < sum(map(len, islice(words, room + 1))):
            line = _to_clause(line)
        yield line.rstrip()
        for _ in _WORD.findall(line):
            words.popleft()


def _to_clause(line: str) -> str:
    at = max((line.rfind(f"{end} ") for end in _CLAUSE_ENDS), default=-1)
    return line[: at + 2] if at > len(line) * 0.6 else line


def _most_that_fit(atoms: Sequence[str], room: int, count: Count) -> int:
    """How many of the first atoms fit together."""
    texts = list(accumulate(islice(atoms, room)))  # every atom counts at least one
    fitting = bisect_right(texts, room, key=lambda text: count(text.rstrip()))
    # A link that is cut short counts for more than the whole one, so what was found is tried.
    while fitting and count(texts[fitting - 1].rstrip()) > room:
        fitting -= 1
    return fitting


def _torn(word: str, room: int, count: Count) -> Iterator[str]:
    """A word that is longer than a post, torn between its links and graphemes: there is no better place."""
    atoms = deque(_atoms(word))
    while atoms:
        fitting = _most_that_fit(atoms, room, count)
        piece = "".join(atoms.popleft() for _ in range(fitting or 1))
        yield from [piece] if fitting else _by_code_points(piece, room, count)


def _atoms(word: str) -> list[str]:
    import regex

    atoms, end = [], 0
    for link in links_in(word):
        atoms += [*regex.findall(r"\X", word[end : link.start]), word[link.start : link.stop]]
        end = link.stop
    return [*atoms, *regex.findall(r"\X", word[end:])]


def _by_code_points(atom: str, room: int, count: Count) -> list[str]:
    """A single link or grapheme that no post can hold (hundreds of accents on one letter, say)."""
    pieces, piece = [], ""
    for character in atom:
        if piece and count(piece + character) > room:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]
