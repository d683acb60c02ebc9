"""Text into posts: whole sentences where they fit, whole words where they do not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from core.counting import links_in
from core.language import guess
from core.sentences import Sentence, sentences

Count = Callable[[str], int]

_WORD = re.compile(r"\S+\s*")
# Where a sentence that is too long for a post may best be divided.
_CLAUSE_ENDS = (",", ";", ":", "–", "—", "،", "，", "、", "；")


def split(text: str, *, room: int, count: Count) -> list[str]:
    """`text` as one piece if it fits in `room`, else as pieces that do, packed with whole sentences."""
    if count(text) <= room:
        return [text]
    return pack(sentences(text, guess(text)), room=room, count=count)


def pack(parts: Sequence[Sentence], *, room: int, count: Count) -> list[str]:
    """The sentences in order, as many to a piece as fit in `room`; a blank line between paragraphs."""
    pieces: list[str] = []
    paragraph = None
    for part in _all_fitting(parts, room, count):
        joint = "\n\n" if part.paragraph != paragraph else "" if part.glued else " "
        joined = f"{pieces[-1]}{joint}{part.text}" if pieces else part.text
        if pieces and count(joined) <= room:
            pieces[-1] = joined
        else:
            pieces.append(part.text)
        paragraph = part.paragraph
    return pieces


def _all_fitting(parts: Iterable[Sentence], room: int, count: Count) -> Iterator[Sentence]:
    for part in parts:
        if count(part.text) <= room:
            yield part
        else:
            first, *rest = _by_words(part.text, room, count)
            yield replace(part, text=first)
            yield from (replace(part, text=text, glued=False) for text in rest)


def _by_words(text: str, room: int, count: Count) -> Iterator[str]:
    """A sentence that is longer than a post, divided between words, after a comma if one is near the end."""
    line = ""
    for word in _WORD.findall(text):
        if line and count((line + word).rstrip()) > room:
            head, line = _at_clause(line)
            yield head.rstrip()
        if count((line + word).rstrip()) <= room:
            line += word
            continue
        if line.strip():
            yield line.rstrip()
        *full, line = _torn(word.rstrip(), room, count)
        yield from full
        line += word[len(word.rstrip()) :]
    if line.strip():
        yield line.rstrip()


def _at_clause(line: str) -> tuple[str, str]:
    at = max((line.rfind(f"{end} ") for end in _CLAUSE_ENDS), default=-1)
    return (line[: at + 1], line[at + 2 :]) if at > len(line) * 0.6 else (line, "")


def _torn(word: str, room: int, count: Count) -> list[str]:
    """A word that is longer than a post, torn between its links and graphemes: there is no better place."""
    atoms = _atoms(word)
    pieces, start = [], 0
    while start < len(atoms):
        # Every atom counts at least one, so a piece has at most `room` of them.
        ends = range(start + 1, min(start + room, len(atoms)) + 1)
        fitting = bisect_right(ends, room, key=lambda end: count("".join(atoms[start:end])))
        # A link that is cut short counts for more than the whole one, so the last step is tried.
        while fitting > 1 and count("".join(atoms[start : start + fitting])) > room:
            fitting -= 1
        piece = "".join(atoms[start : start + max(1, fitting)])
        pieces += [piece] if count(piece) <= room else _by_code_points(piece, room, count)
        start += max(1, fitting)
    return pieces


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
