"""Choosing the sentences that carry an article, without a model: centrality weighed against length."""

import functools
import re
from collections import Counter
from dataclasses import dataclass
from math import exp, log, sqrt
from unicodedata import category

from core.text.word_lists import word_lists

_STEM = 6  # letters: cutting words there does for most inflections of most languages
_ALIKE = 0.7  # the share of common terms from which a sentence counts as a repetition
_LEAD = 0.3  # what the first sentence gains by its place; the next ones gain less and less
_HOLDERS = 5  # sentences compared for sharing a rare term: more, and the term is not rare
_WINDOW = 2500  # characters that are filled exactly; the longer rest of a budget is filled greedily
_POOL = 100  # sentences tried for them

Bag = dict[str, float]


def select(sentences: list[str], *, max_characters: int, language: str = "en") -> list[int]:
    """The indices, ascending, of the most central sentences within `max_characters`."""
    return rank(sentences, longest=max_characters, language=language).within(max_characters)


@dataclass(frozen=True, slots=True)
class Ranking:
    """`order`: the best first, repetitions left out; `scores` and `lengths`: of every sentence."""

    order: list[int]
    scores: list[float]
    lengths: list[int]

    def within(self, max_characters: int) -> list[int]:
        """The indices, ascending: of the best while much is left, then of the most central text that fits."""
        chosen: list[int] = []
        left, rest = max_characters, iter(self.order)
        while left > _WINDOW and (i := next(rest, None)) is not None:
            if self.lengths[i] <= left:
                chosen.append(i)
                left -= self.lengths[i]
        pool: list[int] = []
        wanted = 3 * left
        for i in rest:
            if self.lengths[i] <= left and wanted > 0 and len(pool) < _POOL:
                pool.append(i)
                wanted -= self.lengths[i]
        return sorted(chosen + self._packed(pool, left))

    def _packed(self, pool: list[int], left: int) -> list[int]:
        """The knapsack: each character of a sentence counts with its score, so the total is central text."""
        rows = [[0.0] * (left + 1)]
        for i in pool:
            before, size, gain = rows[-1], self.lengths[i], self.lengths[i] * self.scores[i]
            taken = [x + gain for x in before[: left + 1 - size]]
            rows.append(before[:size] + list(map(max, before[size:], taken)))
        chosen = []
        for i, before, after in zip(reversed(pool), rows[-2::-1], rows[:0:-1], strict=True):
            if after[left] != before[left]:
                chosen.append(i)
                left -= self.lengths[i]
        return chosen


def rank(sentences: list[str], *, longest: int, language: str = "en") -> Ranking:
    """Rank by centrality; drops sentences over `longest` characters."""
    stop_words = function_words(language[:2].lower())
    bags = _weighted([terms_of(sentence, stop_words) for sentence in _without_headings(sentences)])
    # News comes first.
    scores = [x * (1 + _LEAD * exp(-i / 2)) for i, x in enumerate(_centrality(bags))]
    fitting = [i for i, bag in enumerate(bags) if bag and len(sentences[i]) <= longest]
    order = _distinct(sorted(fitting, key=lambda i: (-scores[i], i)), bags)
    return Ranking(order, scores, [len(sentence) for sentence in sentences])


@functools.cache
def _runs() -> re.Pattern[str]:
    """Finds words, and as group 1 runs of a script without spaces."""
    dense, marks = word_lists(__file__)["letters"].values()
    return re.compile(rf"([{dense}]+)|[^\W_{dense}]+(?:[{marks}]+[^\W_{dense}]*)*")


@functools.cache
def function_words(code: str) -> frozenset[str]:
    return frozenset(word_lists(__file__)["function_words"].get(code, "").split())


def _without_headings(sentences: list[str]) -> list[str]:
    """Lines that end in a letter are titles and captions, unless the whole text is written so."""
    bare = [category(sentence.rstrip()[-1:] or ".")[0] in "LMN" for sentence in sentences]
    if 2 * sum(bare) >= len(bare):
        return sentences
    return ["" if heading else sentence for sentence, heading in zip(sentences, bare, strict=True)]


def terms_of(sentence: str, stop_words: frozenset[str]) -> list[str]:
    """What can be compared: stems of its content words, pairs of letters where no spaces divide words."""
    terms: list[str] = []
    for match in _runs().finditer(sentence):
        word = match[0]
        if match[1]:
            terms += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        elif _is_content_word(word, stop_words):
            terms.append(word.casefold()[:_STEM])
    return terms or [match[0].casefold() for match in _runs().finditer(sentence)]


def _is_content_word(word: str, stop_words: frozenset[str]) -> bool:
    """Without a list of function words, all short ones pass for them (scripts without case are terser)."""
    if stop_words:
        return len(word) > 1 and word.lower() not in stop_words
    cased = word.lower() != word.upper()
    return len(word) > (3 if cased else 2) or (len(word) > 1 and cased and word.isupper())


def _weighted(texts: list[list[str]]) -> list[Bag]:
    """Bags of unit length. Rare terms weigh more, but only a little: the common ones are the subject."""
    spread = Counter(term for terms in texts for term in dict.fromkeys(terms))
    weight = {term: sqrt(log(1 + len(texts) / count)) for term, count in spread.items()}
    bags = [{term: n * weight[term] for term, n in Counter(terms).items()} for terms in texts]
    norms = [sqrt(sum(x * x for x in bag.values())) for bag in bags]
    return [{term: x / norm for term, x in bag.items()} for bag, norm in zip(bags, norms, strict=True)]


def _centrality(bags: list[Bag]) -> list[float]:
    """Each bag's cosine with all others, summed: one product with their sum instead of one per pair."""
    total: Bag = {}
    for bag in bags:
        for term, x in bag.items():
            total[term] = total.get(term, 0.0) + x
    # Never quite zero: a sentence like no other may still fill what is left of a budget.
    return [max(sum(x * total[term] for term, x in bag.items()) - 1, 1e-6) for bag in bags]


def _distinct(ranked: list[int], bags: list[Bag]) -> list[int]:
    """Without repetitions: sets that are nearly equal share one of their rarest terms."""
    spread = Counter(term for bag in bags for term in bag)
    kept: dict[frozenset[str], int] = {}
    seen: dict[str, list[int]] = {}
    for i in ranked:
        few = len(bags[i]) - int(_ALIKE * len(bags[i])) + 1
        rarest = sorted(bags[i], key=lambda term: (spread[term], term))[:few]
        near = {j for term in rarest for j in seen.get(term, ())[:_HOLDERS]}
        terms = frozenset(bags[i])
        alike = any(len(bags[j].keys() & terms) / len(bags[j].keys() | terms) >= _ALIKE for j in near)
        if terms not in kept and not alike:
            kept[terms] = i
            for term in rarest:
                seen.setdefault(term, []).append(i)
    return list(kept.values())
