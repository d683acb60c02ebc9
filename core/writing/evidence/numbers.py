"""The numbers of a sentence that its source does not say, or says of something else."""

from collections.abc import Container, Iterator, Sequence
from itertools import islice

from core.text.word_lists import word_lists
from core.writing.evidence.arithmetic import added_up, is_hedged, is_rounded
from core.writing.evidence.comparison import Claim, Comparison
from core.writing.evidence.figures import Figure
from core.writing.evidence.source import Passage
from core.writing.evidence.tokens import Token

_SMALL = 12  # "one of them", "the two": seldom a claim
_MIN_NOUN = 3  # letters
_NEARLY = 0.03  # what "about" may be off of a sum
_YEAR = 12  # months
_MAX_VALUES = 1_000  # that a number may be rounded from
_FUNCTION = frozenset(word_lists(__file__)["function"]["words"].split())


def number_claims(beside: Comparison) -> Iterator[Claim]:
    """Each number that is not beside its own noun or unit in the passages, nor follows from theirs."""
    swapped = {id(token) for token in beside.swapped("figure") if beside.is_order_kept}
    for at, token in enumerate(beside.words):
        if (figure := token.figure) is None:
            continue
        if any(_says(passage, figure) for passage in beside.passages):
            is_right = id(token) not in swapped and not _is_of_another(beside, at, figure)
        elif id(token) in swapped:
            is_right = any(_adds_up(passage, figure, beside.keys) for passage in beside.passages)
        else:
            is_right = is_small(figure) or _follows(beside, figure)
        if not is_right:
            yield Claim("numbers", figure.written)


def is_small(figure: Figure) -> bool:
    """Whether it is a word that is seldom meant as a number."""
    return figure.is_word and max(figure.readings[0]) <= _SMALL


def _says(passage: Passage, figure: Figure) -> bool:
    if any(map(figure.equals, passage.figures)):
        return True
    said = passage.said if figure.unit != "$" else set()
    if len(figure.readings[-1]) > 1:  # a date or a time, whose parts may be words
        said = said.union(*(each.values for each in passage.figures))
        said |= {float(token.key[1:]) for token in passage.tokens if token.kind == "month"}
    return any(said.issuperset(reading) for reading in figure.readings)


def _adds_up(passage: Passage, figure: Figure, keys: Container[str]) -> bool:
    """Whether it is the sum of numbers of the passage that the sentence has no more."""
    sums = added_up([token.figure for token in passage.tokens if token.figure and token.key not in keys])
    return any(sums.issuperset(reading) for reading in figure.readings)


def _follows(beside: Comparison, figure: Figure) -> bool:
    """Whether it is of a related passage, or comes of numbers: added up, as a share, rounded, as an age."""
    if figure.measure and (figure.measure[:2] in beside.source.measures or _is_between(beside, figure)):
        return True
    return _is_reckoned(beside, figure) or any(_says(passage, figure) for passage in beside.related)


def _is_reckoned(beside: Comparison, figure: Figure) -> bool:
    """Whether it comes of numbers of related passages."""
    sums = [beside.own_sums, *(passage.sums for passage in beside.related)]
    if any(each.issuperset(reading) for each in sums for reading in figure.readings):
        return True
    said = (value for passage in beside.related for each in passage.figures for value in each.values)
    if is_rounded(figure, beside.text, islice(said, _MAX_VALUES)):
        return True
    return is_rounded(figure, beside.text, beside.own_sums, _NEARLY)


def _is_between(beside: Comparison, figure: Figure) -> bool:
    """Whether it is the time between two years of the source."""
    kind, months, size = figure.measure or ("", 0.0, 0.0)
    off = 1 if is_hedged(figure, beside.text) else 0
    return (
        kind == "months"
        and size >= _YEAR
        and any(abs(months / _YEAR - x) <= off for x in beside.source.spans)
    )


def _is_of_another(beside: Comparison, at: int, figure: Figure) -> bool:
    """Whether the passages say the number of something else, and other numbers of what it is said of here."""
    following = _noun_behind(beside.words, at)
    theirs = [(each.figure, _noun_behind(beside.others, i)) for i, each in enumerate(beside.others)]
    nouns = [noun for each, noun in theirs if each and figure.equals(each)]
    is_elsewhere = following not in nouns and following in [noun for each, noun in theirs if each and noun]
    return is_elsewhere and bool(nouns) and not {None, *beside.keys}.intersection(nouns)


def _noun_behind(words: Sequence[Token], at: int) -> str | None:
    """The word directly after a number, where it says of what the number is."""
    word = words[at + 1] if at + 1 < len(words) else None
    if word is None or word.kind != "word" or len(word.written) < _MIN_NOUN:
        return None
    return None if word.written.casefold() in _FUNCTION else word.key
