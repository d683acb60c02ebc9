"""Text into posts: whole sentences where they fit, whole words where they do not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

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
    last: Sentence | None = None
    for part in _all_fitting(parts, room, count):
        joint = " " if last and last.paragraph == part.paragraph else "\n\n"
        joined = f"{pieces[-1]}{joint}{part.text}" if pieces else part.text
        if pieces and count(joined) <= room:
            pieces[-1] = joined
        else:
            pieces.append(part.text)
        last = part
    return pieces


def _all_fitting(parts: Iterable[Sentence], room: int, count: Count) -> Iterator[Sentence]:
    for part in parts:
        if count(part.text) <= room:
            yield part
        else:
            yield from (Sentence(text, part.paragraph) for text in _by_words(part.text, room, count))


def _by_words(text: str, room: int, count: Count) -> Iterator[str]:
    """A sentence that is longer than a post, divided between words, after a comma if one is near the end."""
    line = ""
    for word in _WORD.findall(text):
        if count((line + word).rstrip()) <= room:
            line += word
            continue
        head, rest = _at_clause(line)
        if head:
            yield head.rstrip()
        line = rest + word
        if count(line.rstrip()) > room:
            if rest.strip():
                yield rest.rstrip()
            *full, line = _by_graphemes(word, room, count)
            yield from full
    if line.strip():
        yield line.rstrip()


def _at_clause(line: str) -> tuple[str, str]:
    at = max((line.rfind(f"{end} ") for end in _CLAUSE_ENDS), default=-1)
    return (line[: at + 1], line[at + 2 :]) if at > len(line) * 0.6 else (line, "")


def _by_graphemes(word: str, room: int, count: Count) -> list[str]:
    """A word that is longer than a post has no better place to be divided than between its graphemes."""
    import regex

    graphemes = regex.findall(r"\X", word)
    pieces, start = [], 0
    while start < len(graphemes):
        # Every grapheme counts at least one, so a piece has at most `room` of them.
        ends = range(start + 1, min(start + room, len(graphemes)) + 1)
        end = start + max(
            1, bisect_right(ends, room, key=lambda end: count("".join(graphemes[start:end]).rstrip()))
        )
        pieces.append("".join(graphemes[start:end]))
        start = end
    return pieces
