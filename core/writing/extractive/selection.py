"""Which passages a thread holds: the lead, then the most central with what introduces them, nothing twice."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, islice

from core.text.sentences import Sentence
from core.writing.extractive.passages import Passage
from core.writing.extractive.ranking import function_words, terms_of

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’»)]*\s+|(?<=[。！？।])|\n+")  # in a quotation, too
_TWICE = 0.6  # the share of the terms of the shorter of two sentences that say one thing
_SAME = 0.85  # the same where they are taken for one
_MIN_TERMS = 4  # of a sentence that can say something twice
_MAX_NEEDED = 12  # passages that one may bring with it
_JOINT = 2  # characters between two of them
_SAMPLE = 40  # passages that show whether all are alike
_MAX_TRIED = 400  # passages


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says: `terms` of three letters or more, and all its `figures`."""

    terms: frozenset[str]
    figures: frozenset[str]


class Selection:
    """`lead`: the passages that are chosen whatever is wrong with them. `may_repeat`: as the author does."""

    def __init__(self, passages: Sequence[Passage], lead: Sequence[int], language: str, *, may_repeat: bool):
        self._passages, self._lead = passages, lead
        self._stop_words = function_words(language[:2].lower())
        self._lengths = [len(passage.text) + _JOINT for passage in passages]
        self._share = None if may_repeat else 1.0 if self._is_formulaic() else _TWICE

    def within(self, max_characters: int, order: Iterable[int], *, min_length: int = 0) -> list[int]:
        """The indices, ascending, of the lead and of those after it that fit, by `order`, the best first."""
        chosen = set(self._lead)
        said, left = self._said(self._lead), max_characters - self._length(self._lead)
        for i in islice((i for i in order if self._lengths[i] >= min_length), _MAX_TRIED):
            added = self._with_needed(i, chosen)
            length, new = self._length(added), self._said(added)
            if added and length <= left and not self._repeats(new, said):
                chosen |= added
                said += new
                left -= length
        return sorted(chosen)

    def _repeats(self, new: Iterable[Said], said: Sequence[Said]) -> bool:
        return self._share is not None and any(_is_said(each, said, self._share) for each in new)

    def _is_formulaic(self) -> bool:
        """Whether most sentences are like others: a list, in which each entry says something else."""
        said = self._said(range(min(_SAMPLE, len(self._passages))))
        return sum(_is_said(terms, said[:at], _TWICE) for at, terms in enumerate(said)) >= len(said) / 2

    def _with_needed(self, passage: int, chosen: set[int]) -> set[int]:
        """The passage and those that it needs, but for the chosen ones; empty where one cannot be chosen."""
        added, waiting = set[int](), [passage]
        while waiting:
            i = waiting.pop()
            if i in chosen or i in added:
                continue
            added.add(i)
            if not self._passages[i].able or i < self._lead[0] or len(added) > _MAX_NEEDED:
                return set()
            waiting += self._passages[i].needs
        return added

    def _length(self, passages: Iterable[int]) -> int:
        return sum(self._lengths[i] for i in passages)

    def _said(self, passages: Iterable[int]) -> list[Said]:
        texts = (self._passages[i].text for i in passages)
        return [_telling(part, self._stop_words) for text in texts for part in _SENTENCE_END.split(text)]


def _telling(text: str, stop_words: frozenset[str]) -> Said:
    words = frozenset(term for term in terms_of(text, stop_words) if len(term) > 2 or not term.isascii())
    return Said(words, frozenset(re.findall(r"\d+", text)))


def _is_said(new: Said, said: Sequence[Said], share: float) -> bool:
    """Whether one of those `said` has as large a share of the shorter one's terms, not only other figures."""
    return len(new.terms) >= _MIN_TERMS and any(
        len(other.terms) >= _MIN_TERMS
        and len(new.terms & other.terms) >= share * min(len(new.terms), len(other.terms))
        and (new.figures == other.figures or any(not term.isdigit() for term in new.terms ^ other.terms))
        for other in said
    )


def without_deck(parts: Sequence[Sentence], mask: Sequence[bool], title: str, language: str) -> list[bool]:
    """The mask without a first paragraph that is a line of the text set above it, far from the title."""
    stop_words = function_words(language[:2].lower())
    content = [*islice(compress(parts, mask), _MAX_TRIED)]
    deck = [part for part in content if part.paragraph == content[0].paragraph]
    said = [_telling(part.text, stop_words) for part in content]
    wanted = _telling(title, stop_words).terms
    repeated = all(_is_said(each, said[len(deck) :], _SAME) for each in said[: len(deck)])
    near = [len(each.terms & wanted) for each in said[: len(deck) + 1]]
    if not repeated or len(content) == len(deck) or max(near[:-1]) >= near[-1]:
        return [*mask]
    return [content and part not in deck for part, content in zip(parts, mask, strict=True)]


def says(text: str, title: str, language: str) -> bool:
    """Whether the text says what the title says."""
    stop_words = function_words(language[:2].lower())
    wanted = {*terms_of(title, stop_words)}
    return len(wanted & {*terms_of(text, stop_words)}) >= _TWICE * len(wanted)
