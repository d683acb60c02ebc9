"""A sentence beside the passages of its source that it is made of, word by word."""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from core.writing.evidence.arithmetic import derived
from core.writing.evidence.source import Passage, SourceText
from core.writing.evidence.tokens import Token, tokens

ClaimKind = Literal["numbers", "names", "dates", "quotations", "negations"]

_MAX_COMPARED = 200  # tokens of a sentence, and of its passages
_MAX_CHANGED = 5  # tokens that replace each other
_NEAR = 0.6  # of a sentence's tokens: the rest was put in the place of something
_ORDER_KEPT = 0.8  # of them: two numbers have changed places rather than been said in another order


@dataclass(frozen=True, slots=True)
class Claim:
    """What the source does not say, as the text has it."""

    kind: ClaimKind
    written: str


class Comparison:
    """`words` are the sentence's tokens, `others` those of its `passages`.

    `is_near`: most of it is there in the same order, so that what differs was changed.
    """

    def __init__(self, text: str, source: SourceText, passages: Sequence[Passage]) -> None:
        self.text, self.source, self.passages = text, source, passages
        self.words = tokens(text, source.language)[:_MAX_COMPARED]
        self.others = [token for passage in passages for token in passage.tokens][:_MAX_COMPARED]
        self.keys = Counter(token.key for token in self.words)
        self.their_keys = Counter(token.key for token in self.others)
        ours, theirs = ([token.key for token in each] for each in (self.words, self.others))
        self._changes = SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes()
        same = sum(stop - start for kind, _, _, start, stop in self._changes if kind == "equal")
        self.is_near = same >= max(_NEAR * len(ours), min(3, len(ours) - 1))
        self.is_order_kept = same >= _ORDER_KEPT * len(ours)

    def changes(self) -> Iterator[tuple[list[Token], list[Token], bool]]:
        """What the passages have and what the sentence has instead, and whether either goes on behind it."""
        for kind, i, j, k, m in self._changes:
            if kind != "equal" and max(j - i, m - k) <= _MAX_CHANGED:
                goes_on = m < len(self.words) if i == j else j < len(self.others)
                yield self.others[i:j], self.words[k:m], goes_on

    def swapped(self, *kinds: str) -> Iterator[Token]:
        """The sentence's tokens of the kinds that replace another one of the kind in the passages."""
        for theirs, ours, _ in self.changes():
            for one, other in zip(theirs, ours, strict=True) if len(theirs) == len(ours) else ():
                equal = one.figure and other.figure and other.figure.equals(one.figure)
                if one.kind == other.kind and one.kind in kinds and not equal:
                    yield other

    @functools.cached_property
    def related(self) -> list[Passage]:
        """The passages, those beside them, and others that share a telling word with the sentence."""
        own = {each.key for each in self.words if each.kind == "name" or len(each.written) > 3}
        return self.source.related(self.passages, own)

    @functools.cached_property
    def own_sums(self) -> set[float]:
        """What numbers of the passages follow to."""
        return derived([figure for passage in self.passages for figure in passage.figures])
