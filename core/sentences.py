"""A text as sentences, each with the paragraph that it stands in."""

from __future__ import annotations

from dataclasses import dataclass


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
        for sentence in sentencex.segment(language, paragraph):
            if sentence.strip():
                found.append(Sentence(sentence.strip(), number, glued))
                glued = sentence == sentence.rstrip()
    return found
