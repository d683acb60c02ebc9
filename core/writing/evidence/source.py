"""A source text, prepared to find in it what another text says."""

import functools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.text.sentences import sentences
from core.writing.evidence.arithmetic import derived
from core.writing.evidence.figures import Figure
from core.writing.evidence.number_words import said_values
from core.writing.evidence.tokens import Token, tokens

_SAME = dict.fromkeys("“”„‟«»「」『』″＂", '"') | dict.fromkeys("‘’‚‛′＇`´", "'")
_SAME |= dict.fromkeys("‐‑‒–—―−－", "-") | {"…": "..."}
_ENDS = " \"'.,;:!?-()[]"
_MAX_TRIED = 8  # places of a text that is there only as a part of longer words
_MAX_PLACES = 60  # passages that a word may be in; one in more says nothing
_MAX_PASSAGES = 3  # that a sentence is made of
_MIN_GAIN = 0.2  # of a sentence's weight that a further passage must add
_MAX_SMALL_WORD = 3  # letters: of such words an acronym takes no letter
_MAX_ACRONYM = 5
_MAX_FIGURES = 100  # of a passage
_YEARS, _MAX_YEARS = (1_800, 2_100), 30
NAME_START = 4  # letters that "India" and "Indian" share


@dataclass(frozen=True, eq=False)
class Passage:
    """A sentence of the source, and its place in code points; None when it is not of the text.

    `at`: its number among them.
    """

    at: int
    place: range | None
    text: str
    tokens: tuple[Token, ...]

    @functools.cached_property
    def figures(self) -> list[Figure]:
        """Its different numbers, as many as are compared."""
        found = {(each.figure.readings, each.key): each.figure for each in self.tokens if each.figure}
        return [*found.values()][:_MAX_FIGURES]

    @functools.cached_property
    def said(self) -> set[float]:
        """The values that its words say."""
        return said_values(self.text)

    @functools.cached_property
    def sums(self) -> set[float]:
        """What its numbers follow to."""
        return derived(self.figures)


class SourceText:
    """`text` in its `language` (ISO 639-1); `heading` is what else may be said: title, author, date."""

    def __init__(self, text: str, language: str | None, heading: str = "") -> None:
        self.text, self.language = text, language or "en"
        self._plain, self._places = plain(text)
        self._heading = plain(heading)[0]
        self.passages: list[Passage] = []
        self._read(text, placed=True)
        self._read(heading, placed=False)
        self._index: defaultdict[str, list[int]] = defaultdict(list)
        self.values = said_values(f"{text}\n{heading}")
        self.names: set[str] = set()
        self.measures: set[tuple[str, float]] = set()  # in the first unit of each dimension
        for at, passage in enumerate(self.passages):
            self._add(at, passage)
        self.initials = " ".join(_initials(passage) for passage in self.passages)

    @functools.cached_property
    def name_starts(self) -> set[str]:
        """The first letters of each name, of words that open sentences, too."""
        each = (token for passage in self.passages for token in passage.tokens if token.kind == "name")
        return {token.key[:NAME_START] for token in each}

    @functools.cached_property
    def acronyms(self) -> set[str]:
        """The names so short that they may be acronyms."""
        return {key for key in self.names if 1 < len(key) <= _MAX_ACRONYM}

    @functools.cached_property
    def spans(self) -> set[float]:
        """The times between years of the text, in years."""
        found = {value for value in self.values if _YEARS[0] <= value <= _YEARS[1] and value.is_integer()}
        years = sorted(found)[-_MAX_YEARS:]
        return {abs(one - other) for one in years for other in years if one != other}

    def _add(self, at: int, passage: Passage) -> None:
        for key in {token.key for token in passage.tokens}:
            self._index[key].append(at)
        self.names |= {token.key for token in passage.tokens if token.kind == "name" and not token.opens}
        for figure in (token.figure for token in passage.tokens if token.figure):
            self.values |= figure.values
            self.measures |= {figure.measure[:2]} if figure.measure else set()

    def _read(self, text: str, *, placed: bool) -> None:
        at = 0
        for part in sentences(text, self.language):
            start = text.find(part.text, at)
            at = start + len(part.text) if start >= 0 else at
            place = range(start, at) if placed and start >= 0 else None
            words = tuple(tokens(part.text, self.language))
            self.passages.append(Passage(len(self.passages), place, part.text, words))

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def find(self, text: str) -> range | None:
        """Where the text is found, however its quotation marks, dashes, spaces and capitals are written."""
        whole = plain(text)[0].strip()
        for wanted in dict.fromkeys((whole, whole.strip(_ENDS))):
            if (start := _find_words(wanted, self._plain)) is not None:
                return range(self._places[start], self._places[start + len(wanted) - 1] + 1)
        return None

    def says(self, text: str) -> bool:
        """Whether it or its heading has the text word for word."""
        wanted = plain(text)[0].strip(_ENDS)
        return any(_find_words(wanted, each) is not None for each in (self._plain, self._heading))

    def closest(self, words: Sequence[Token]) -> tuple[list[Passage], float]:
        """The passages that a sentence of these tokens is likeliest made of, and their share of it."""
        weights = {key: self._weight(key) for key in {token.key for token in words if _tells(token)}}
        whole, missing, found = sum(weights.values()) or 1.0, set(weights), []
        for _ in range(_MAX_PASSAGES):
            gains: defaultdict[int, float] = defaultdict(float)
            for key in missing:
                for at in self._places_of(key):
                    gains[at] += weights[key]
            best = max(gains, key=lambda at: (gains[at], -at), default=0)
            if gains[best] < _MIN_GAIN * whole:
                break
            found.append(best)
            missing -= {token.key for token in self.passages[best].tokens}
        share = 1 - sum(weights[key] for key in missing) / whole
        return [self.passages[at] for at in sorted(found)], share

    def related(self, passages: Sequence[Passage], keys: Iterable[str]) -> list[Passage]:
        """The passages, those beside them, and those with one of the keys, where few have it."""
        beside = {each.at + step for each in passages for step in (-1, 0, 1)}
        sharing = {at for key in keys for at in self._places_of(key)}
        wanted = [*sorted(beside), *sorted(sharing - beside)][:_MAX_PLACES]
        return [self.passages[at] for at in wanted if 0 <= at < len(self.passages)]

    def at(self, places: Iterable[range]) -> list[Passage]:
        """The passages that the places touch."""
        wanted = [*places]
        return [
            passage
            for passage in self.passages
            if (own := passage.place)
            and any(own.start < each.stop and each.start < own.stop for each in wanted)
        ]

    def _places_of(self, key: str) -> list[int]:
        """The passages with a key that is in few."""
        places = self._index.get(key, [])
        return places if len(places) <= _MAX_PLACES else []

    def _weight(self, key: str) -> float:
        """The weight of a word: the rarer, the more."""
        return math.log(1 + (len(self.passages) + 1) / (len(self._index.get(key, ())) + 0.5))


def _tells(token: Token) -> bool:
    """Whether the word may show what a sentence is about; a letter of a script without spaces does."""
    is_small = len(token.written) <= _MAX_SMALL_WORD and token.written.isascii()
    return token.kind != "negation" and not (is_small and token.kind == "word")


def _initials(passage: Passage) -> str:
    """Those of its words, without short ones: "initial public offering" is "ipo"."""
    long = [token.written[0].casefold() for token in passage.tokens if len(token.written) > _MAX_SMALL_WORD]
    return "".join(filter(str.isalpha, long))


def plain(text: str) -> tuple[str, list[int]]:
    """The text with one kind of quotes, dashes and spaces, small; each character's place in `text`."""
    written: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        same = " " if character.isspace() else _SAME.get(character) or character.lower()
        if same == " " and written[-1:] == [" "]:
            continue
        written += same
        places += [at] * len(same)
    return "".join(written), places


def _find_words(wanted: str, text: str) -> int | None:
    """Where `wanted` begins in `text` as whole words."""
    start, ends_word = -1, re.compile(r"\w|'[^\W\d_]")
    for _ in range(_MAX_TRIED if wanted else 0):
        start = text.find(wanted, start + 1)
        if start < 0:
            return None
        before, stop = text[max(0, start - 1) : start], start + len(wanted)
        # Scripts without spaces have no ends of words.
        begun = before.isalnum() and before.isascii() and wanted[0].isalnum()
        goes_on = wanted[-1].isascii() and wanted[-1].isalnum() and ends_word.match(text, stop)
        if not (begun or goes_on):
            return start
    return None
