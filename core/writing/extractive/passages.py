"""Sentences that are kept together or left out: quotations, lists, and what refers to the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, count, pairwise
from typing import Protocol

from core.text.sentences import ITEM, Sentence
from core.writing.extractive.coreference import needs_antecedent

_CLOSE = {"“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", '"': '"'}
_ASKS = ("?", "？", "؟")  # what comes next is the answer


class Fits(Protocol):
    def __call__(self, text: str, *, first: bool = False) -> bool:
        """Whether a post holds the text; the `first` post of a thread may have less space."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One or more whole sentences in a row; `needs_previous`: the passage before must be kept, too."""

    parts: tuple[Sentence, ...]
    needs_previous: bool = False

    @property
    def text(self) -> str:
        joined = (_joint(one, other) + other.text for one, other in pairwise(self.parts))
        return "".join([self.parts[0].text, *joined])

    def as_sentence(self) -> Sentence:
        first, last = self.parts[0], self.parts[-1]
        return Sentence(self.text, first.paragraph, first.glued, last.paragraph, first.written)


def passages(
    parts: list[Sentence], *, content_mask: list[bool], language: str, fits: Fits, starts_text: bool = False
) -> list[Passage]:
    """The passages of `parts` that are content, each as much of what belongs together as `fits` a post.

    A sentence whose antecedent is left out is left out too; if nothing remains, everything is kept.
    `starts_text`: the first sentence refers back to nothing, since the author began there.
    """
    refers_back = {i for i, part in enumerate(parts) if needs_antecedent(part.text, language)}
    if starts_text:
        refers_back.discard(0)
    bound = _quoted(parts) | {i for i in range(1, len(parts)) if _goes_on(parts[i - 1], parts[i])}
    found: list[Passage] = []
    for group in _groups(parts, content_mask, refers_back | bound) or [list(range(len(parts)))]:
        found += _divided(_blocks(parts, group, bound), fits, opens_thread=not found)
    return found


def _groups(parts: Sequence[Sentence], content_mask: Sequence[bool], dependent: set[int]) -> list[list[int]]:
    """The indices of content that belongs together, none that depends on a sentence which is left out."""
    groups: list[list[int]] = []
    for i in compress(count(), content_mask):
        follows = bool(groups) and groups[-1][-1] == i - 1
        if follows and (i in dependent or parts[i - 1].text.endswith(_ASKS)):
            groups[-1].append(i)
        elif i not in dependent:
            groups.append([i])
    return groups


def _blocks(parts: Sequence[Sentence], group: Sequence[int], bound: set[int]) -> list[tuple[Sentence, ...]]:
    """Parted where a sentence only refers back: there a group that is too long may be divided."""
    edges = [*(at for at, i in enumerate(group) if at == 0 or i not in bound), len(group)]
    return [tuple(parts[i] for i in group[start:stop]) for start, stop in pairwise(edges)]


def _divided(blocks: Sequence[tuple[Sentence, ...]], fits: Fits, *, opens_thread: bool) -> list[Passage]:
    """As many blocks to a passage as fit; of a block that does not fit alone, as many sentences."""
    pieces: list[list[Sentence]] = []
    text = ""  # of the last piece
    for block in blocks:
        whole = len(block) == 1 or fits(Passage(block).text)
        for piece in [block] if whole else [(part,) for part in block]:
            alone = Passage(piece).text
            joined = text + _joint(pieces[-1][-1], piece[0]) + alone if pieces else ""
            if pieces and fits(joined, first=opens_thread and len(pieces) == 1):
                pieces[-1] += piece
                text = joined
            else:
                pieces.append([*piece])
                text = alone
    return [Passage(tuple(piece), needs_previous=number > 0) for number, piece in enumerate(pieces)]


def _joint(one: Sentence, other: Sentence) -> str:
    in_list = one.paragraph != other.paragraph and other.written is None and ITEM.match(other.text)
    return "\n" if in_list else other.joint_after(one.paragraph)


def _goes_on(one: Sentence, other: Sentence) -> bool:
    """Whether the other goes on with the list or the line of the one before."""
    items = one.paragraph != other.paragraph and ITEM.match(one.text) and ITEM.match(other.text)
    return one.text.endswith((":", "：")) or bool(items)


def _quoted(parts: Sequence[Sentence]) -> set[int]:
    """Those inside a quotation, from the second of its sentences to its last."""
    found: set[int] = set()
    opened, closes = 0, ""
    for i, part in enumerate(parts):
        begins_paragraph = part.paragraph != parts[i - 1].paragraph
        if begins_paragraph and closes not in _CLOSE.get(part.text[0], ""):
            closes = ""  # never closed, unless the next paragraph opens it again
        for mark in part.text[1:] if closes and begins_paragraph else part.text:
            if closes and mark in closes:
                closes = ""
                found |= set(range(opened + 1, i + 1))
            elif not closes and mark in _CLOSE:
                opened, closes = i, _CLOSE[mark]
    return found
