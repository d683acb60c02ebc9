"""A text as sentences, each with the paragraph that it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass

ITEM = re.compile(r"(?:[-–*•·▪‣]|(?:\d{1,3}|[a-z])[.)])\s+(?=\S)")  # how a list's line begins

_CLOSING = re.compile(r"(?:[\"”」』]|\s?»)+")
_WITHOUT_QUOTES = str.maketrans(dict.fromkeys('"“”„«»「」『』', " "))


@dataclass(frozen=True, slots=True)
class Sentence:
    """`glued` tells that no space stands between it and the one before, as in Chinese."""

    text: str
    paragraph: int
    glued: bool = False


def sentences(text: str, language: str = "en") -> list[Sentence]:
    """The sentences of `text` in order, none lost; every line is a paragraph of its own.

    Segmented by sentencex's rules for `language` (ISO 639-1; an unknown one gets the rules of its
    fallback chain).
    """
    import sentencex

    found = []
    for number, paragraph in enumerate(line.strip() for line in text.splitlines() if line.strip()):
        glued = False
        item = ITEM.match(paragraph)
        mark = item[0] if item else ""  # set aside: "1." would pass for a sentence
        for sentence in sentencex.segment(language, paragraph[len(mark) :]):
            sentence, mark = mark + sentence, ""
            if sentence.strip():
                found.append(Sentence(sentence.strip(), number, glued))
                glued = sentence == sentence.rstrip()
    return found


def quoted_sentences(sentence: Sentence, language: str) -> list[Sentence]:
    """The sentences of the quotation that makes it one; itself alone where there is none."""
    import sentencex

    text, found, start, at, glued = sentence.text, [], 0, 0, sentence.glued
    segments = list(sentencex.segment(language, text.translate(_WITHOUT_QUOTES)))
    for number, segment in enumerate(segments, start=1):
        stop = at + len(segment.rstrip())
        closing = _CLOSING.match(text, stop)
        stop = len(text) if number == len(segments) else closing.end() if closing else stop
        if piece := text[start:stop].strip():
            found.append(Sentence(piece, sentence.paragraph, glued))
            glued = not text[stop : stop + 1].isspace()
        start, at = max(start, stop), at + len(segment)
    return found or [sentence]
