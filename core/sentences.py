"""A text as sentences, each with the paragraph that it stands in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    paragraph: int


def sentences(text: str, language: str = "en") -> list[Sentence]:
    """The sentences of `text` in order, none lost; every line is a paragraph of its own.

    Segmented by sentencex's rules for `language` (ISO 639-1; an unknown one gets the rules of its
    fallback chain).
    """
    import sentencex

    paragraphs = [line for line in text.splitlines() if line.strip()]
    return [
        Sentence(sentence.strip(), number)
        for number, paragraph in enumerate(paragraphs)
        for sentence in sentencex.segment(language, paragraph)
        if sentence.strip()
    ]
