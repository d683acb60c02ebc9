"""A text as sentences, each with the number of its paragraph."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from core.text.sentence_ends import MAY_END, REACH, sentence_ends

ITEM = re.compile(r"(?:[-–*•·▪‣]|(?:\d{1,3}|[a-z])[.)])\s+(?=\S)")  # how a list's line begins
ASKS = ("?", "？", "؟")  # what comes next is the answer
ANNOUNCES = (":", "：")

_CLOSING = re.compile(r"(?:[\"”」』]|\s?»)+")
_QUOTE = re.compile('["“”„«»「『]')
_WITHOUT_QUOTES = str.maketrans(dict.fromkeys('"“”„«»「」『』', " "))
_MAX_STRETCH = 5_000  # characters that are looked at together: more than any post's
# To the last sentence end there, else the last space; a word that is longer.
_STRETCH = re.compile(
    rf"(?s:.{{1,{_MAX_STRETCH}}})(?:(?<=[。！？｡])|(?<=[.!?]\s)|\Z)|(?s:.{{1,{_MAX_STRETCH}}})(?<=\s)|\S+\s?"
)
_JOINERS = re.compile(r"[\u200c\u200d\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`glued`: no space before it, as in Chinese. `last`: the paragraph that it ends in, if another.

    `written`: the white space before it in a text that keeps it.
    """

    text: str
    paragraph: int
    glued: bool = False
    last: int | None = None
    written: str | None = None

    def joint_after(self, paragraph: int | None) -> str:
        """What divides it from what ends in `paragraph`: a blank line between two, where none is written."""
        if self.paragraph != paragraph:
            return self.written if self.written and "\n" in self.written else "\n\n"
        return self.written if self.written is not None else "" if self.glued else " "


def as_written(parts: Iterable[Sentence], text: str) -> Iterator[Sentence]:
    """The parts of `text`, which nothing but white space divides there, each with what is before it."""
    at = 0
    for part in parts:
        start = text.index(part.text, at)
        yield replace(part, written=text[at:start])
        at = start + len(part.text)


def sentences(text: str, language: str = "en") -> list[Sentence]:
    """The sentences of `text` in order, none lost; a line is a paragraph. `language` is an ISO 639-1 code."""
    found = []
    for number, paragraph in enumerate(line.strip() for line in text.splitlines() if line.strip()):
        glued = False
        item = ITEM.match(paragraph)
        mark = item[0] if item else ""  # set aside: "1." would pass for a sentence
        for sentence in _segments(paragraph[len(mark) :], language):
            sentence, mark = mark + sentence, ""
            if sentence.strip():
                found.append(Sentence(sentence.strip(), number, glued))
                glued = sentence == sentence.rstrip()
    return found


def fitting_sentences(text: str, language: str, fits: Callable[[str], bool]) -> Iterator[Sentence]:
    """The sentences of `text`; those of a quotation each alone where together they do not fit."""
    for sentence in sentences(text, language):
        yield from [sentence] if fits(sentence.text) else quoted_sentences(sentence, language)


def quoted_sentences(sentence: Sentence, language: str) -> list[Sentence]:
    """The sentences inside the quotation that holds it together; itself alone where there is none."""
    text, found, start, at, glued = sentence.text, [], 0, 0, sentence.glued
    segments = _segments(text.translate(_WITHOUT_QUOTES), language)
    for number, segment in enumerate(segments, start=1):
        stop = at + len(segment.rstrip())
        if number == len(segments):
            stop = len(text)
        elif closing := _CLOSING.match(text, stop):
            stop = closing.end()
        if piece := text[start:stop].strip():
            found.append(Sentence(piece, sentence.paragraph, glued))
            glued = not text[stop : stop + 1].isspace()
        start, at = max(start, stop), at + len(segment)
    return found or [sentence]


def _segments(text: str, language: str) -> list[str]:
    """sentencex's, corrected; it ends some inside a grapheme: "⁉" without its U+FE0F."""
    found: list[list[str]] = []
    for segment in _raw_segments(text, language):
        at = _end_of_grapheme(segment) if found else 0
        if at:
            found[-1].append(segment[:at])
        for piece in _parted(segment[at:], language):
            if found and sentence_ends("".join(found[-1][-3:]), piece[:REACH], language) is False:
                found[-1].append(piece)
            else:
                found.append([piece])
    return ["".join(pieces) for pieces in found]


def _parted(segment: str, language: str) -> Iterator[str]:
    """Its sentences that sentencex takes for one, before a quotation, which it keeps whole."""
    quote, start = _QUOTE.search(segment), 0
    for mark in MAY_END.finditer(segment, 0, quote.start() if quote else len(segment)):
        before, after = segment[start : mark.end()], segment[mark.end() :][:REACH]
        if after and sentence_ends(before, after, language):
            yield before
            start = mark.end()
    if segment[start:]:
        yield segment[start:]


def _raw_segments(text: str, language: str) -> Iterator[str]:
    """By stretches, since sentencex takes the square of a text's quotation marks."""
    import sentencex

    for stretch in _STRETCH.findall(text):
        yield from [stretch] if len(stretch) > _MAX_STRETCH else sentencex.segment(language, stretch)


def _end_of_grapheme(segment: str) -> int:
    """Where the rest of the previous grapheme (UAX 29) and the white space after it end."""
    for at, mark in enumerate(segment):
        category = unicodedata.category(mark)
        joined = category == "So" and segment[at - 1 : at] == "\u200d"
        if not (joined or category[0] == "M" or mark.isspace() or _JOINERS.match(mark)):
            return at
    return len(segment)
