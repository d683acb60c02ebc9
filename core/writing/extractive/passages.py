"""Sentences that are kept together or left out: quotations, lists, and what refers to the one before."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, count, pairwise
from typing import Protocol

from core.text.sentences import ANNOUNCES, ASKS, ITEM, Sentence
from core.writing.extractive.coreference import is_quotation, needs_antecedent
from core.writing.extractive.introductions import introducers

_CLOSE = {"“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", '"': '"'}
_QUOTATION = re.compile('“[^“”]*”|„[^“”]*[“”]|”[^”]*”|«[^»]*»|»[^«]*«|「[^」]*」|『[^』]*』|"[^"]*"')
_MARKS = '“”„«»「」『』"'
_CRIES = (*ASKS, "!", "！", "…")
_TRAILS = ("…", "...")  # at a paragraph's end, to what it leads to
_LABEL = re.compile(r"[^\W\d_][^.!?:：\n]{0,39}[:：](?=\s|[“\"]|$)")  # of who speaks
_QUOTE = re.compile(f"[{_MARKS}]")


class Fits(Protocol):
    def __call__(self, text: str, *, first: bool = False) -> bool:
        """Whether a post holds the text; the `first` post of a thread may have less space."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One or more whole sentences in a row, from number `start` of the text.

    `needs_previous`: the passage before must be kept, too. `needs`: that, and those that introduce what
    it names. `able`: it is whole, and so may be chosen.
    """

    parts: tuple[Sentence, ...]
    start: int = 0
    needs_previous: bool = False
    needs: frozenset[int] = frozenset()
    able: bool = True

    @property
    def text(self) -> str:
        joined = (_joint(one, other) + other.text for one, other in pairwise(self.parts))
        return "".join([self.parts[0].text, *joined])

    def as_sentence(self) -> Sentence:
        first, last = self.parts[0], self.parts[-1]
        return Sentence(self.text, first.paragraph, first.glued, last.paragraph, first.written)


def passages(
    parts: list[Sentence], *, content_mask: list[bool], language: str, fits: Fits, as_written: bool = False
) -> list[Passage]:
    """The passages of `parts` that are content, each as much of what belongs together as `fits` a post.

    A sentence whose antecedent is left out is left out too; if nothing remains, everything is kept. The first
    one refers back to nothing, since the author began there. `as_written`: no mark is taken off.
    """
    bound = _quoted(parts)
    if not as_written:
        parts = _opened_once(parts, bound)
    bound |= {i for i in range(1, len(parts)) if _goes_on(parts[i - 1], parts[i])}
    bound |= _attributions(parts)
    refers_back = {i for i, part in enumerate(parts) if needs_antecedent(part.text, language)}
    refers_back |= _spoken_by_nobody(parts, bound, language) | _labelled(parts)
    refers_back -= {next(compress(count(), content_mask), 0)}
    found: list[Passage] = []
    for group in _groups(parts, content_mask, refers_back | bound) or [list(range(len(parts)))]:
        found += _divided(_blocks(parts, group, bound), group[0], fits, opens_thread=not found)
    return found


def linked(found: Sequence[Passage], parts: Sequence[Sentence], language: str, fits: Fits) -> list[Passage]:
    """The passages with what each needs of the others; able is one that lacks nothing and fits a post."""
    holder = {each.start + n: at for at, each in enumerate(found) for n in range(len(each.parts))}
    sources = introducers([part.text for part in parts], language, content=holder)
    linked = []
    for at, passage in enumerate(found):
        numbers = range(passage.start, passage.start + len(passage.parts))
        wanted = {holder.get(i) for number in numbers for i in sources[number]} - {at}
        wanted |= {at - 1} if passage.needs_previous else set()
        able = None not in wanted and is_whole(passage.text) and fits(passage.text)
        linked.append(replace(passage, needs=frozenset(i for i in wanted if i is not None), able=able))
    return linked


def is_whole(text: str) -> bool:
    """Whether its quotations are closed, and what it announces or asks is not missing."""
    return not _QUOTE.search(_QUOTATION.sub("", text)) and not text.endswith((*ANNOUNCES, *ASKS))


def _groups(parts: Sequence[Sentence], content_mask: Sequence[bool], dependent: set[int]) -> list[list[int]]:
    """The indices of content that belongs together, none that depends on a sentence which is left out."""
    groups: list[list[int]] = []
    for i in compress(count(), content_mask):
        follows = bool(groups) and groups[-1][-1] == i - 1
        if follows and (i in dependent or _is_answered(parts, i)):
            groups[-1].append(i)
        elif i not in dependent:
            groups.append([i])
    return groups


def _blocks(parts: Sequence[Sentence], group: Sequence[int], bound: set[int]) -> list[tuple[Sentence, ...]]:
    """Parted where a sentence only refers back: there a group that is too long may be divided."""
    edges = [*(at for at, i in enumerate(group) if at == 0 or i not in bound), len(group)]
    return [tuple(parts[i] for i in group[start:stop]) for start, stop in pairwise(edges)]


def _divided(
    blocks: Sequence[tuple[Sentence, ...]], start: int, fits: Fits, *, opens_thread: bool
) -> list[Passage]:
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
    starts = accumulate(map(len, pieces), initial=start)
    return [Passage((*piece,), at, at > start) for piece, at in zip(pieces, starts, strict=False)]


def _joint(one: Sentence, other: Sentence) -> str:
    in_list = one.paragraph != other.paragraph and other.written is None and ITEM.match(other.text)
    return "\n" if in_list else other.joint_after(one.paragraph)


def _goes_on(one: Sentence, other: Sentence) -> bool:
    """Whether the other goes on with the list or the line of the one before."""
    items = one.paragraph != other.paragraph and ITEM.match(one.text) and ITEM.match(other.text)
    trails = one.text.endswith(_TRAILS) and one.paragraph != other.paragraph
    return one.text.endswith(ANNOUNCES) or trails or bool(items)


def _attributions(parts: Sequence[Sentence]) -> set[int]:
    """Those that say whose the quotation before them is, when that has an end of its own: “No!” she wrote."""
    return {
        i
        for i, (one, other) in enumerate(pairwise(parts), start=1)
        if one.paragraph == other.paragraph
        and is_quotation(one.text)
        and one.text.rstrip(_MARKS).endswith(_CRIES)
        and not _QUOTE.match(other.text)
    }


def _is_answered(parts: Sequence[Sentence], i: int) -> bool:
    """Whether it follows a question, which may be quoted and have its speaker behind it."""
    *quoted, last = (part.text for part in parts[max(0, i - 2) : i])
    asks = any(is_quotation(text) and text.rstrip(_MARKS).endswith(ASKS) for text in quoted)
    return last.endswith(ASKS) or (asks and not is_quotation(last))


def _spoken_by_nobody(parts: Sequence[Sentence], bound: set[int], language: str) -> set[int]:
    """Where quotations of several sentences begin that name no speaker."""
    found = set()
    for start in (i for i in range(len(parts)) if i not in bound and i + 1 in bound):
        stop = next(i for i in count(start + 1) if i not in bound)
        if needs_antecedent(" ".join(part.text for part in parts[start:stop]), language):
            found.add(start)
    return found


def _labelled(parts: Sequence[Sentence]) -> set[int]:
    """What goes on in a paragraph that begins with a label, as another does: "A: Yes." in interviews."""
    heads = {part.paragraph: _LABEL.match(part.text) for part in reversed(parts)}
    labels = Counter(head[0] for head in heads.values() if head)
    spoken = {number for number, head in heads.items() if head and labels[head[0]] > 1}
    pairs = enumerate(pairwise(parts), start=1)
    return {i for i, (one, other) in pairs if one.paragraph == other.paragraph and one.paragraph in spoken}


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


def _opened_once(parts: Sequence[Sentence], quoted: set[int]) -> list[Sentence]:
    """Without the marks that open a quotation once more where its next paragraph begins."""
    return [
        replace(part, text=part.text[1:])
        if i in quoted and part.paragraph != parts[i - 1].paragraph and part.text[0] in _CLOSE
        else part
        for i, part in enumerate(parts)
    ]
