"""The numbers of a sentence that its source does not say, or says of something else."""

from collections.abc import Container, Iterator, Sequence

from core.text.word_lists import word_lists
from core.writing.evidence.arithmetic import added_up, derived, is_rounded
from core.writing.evidence.comparison import Claim, Comparison
from core.writing.evidence.figures import Figure, said_values
from core.writing.evidence.source import Passage
from core.writing.evidence.tokens import Token

_SMALL = 12  # "one of them", "the two": seldom a claim
_MIN_NOUN = 3  # letters
_FUNCTION = frozenset(word_lists(__file__)["function"]["words"].split())


def number_claims(beside: Comparison) -> Iterator[Claim]:
    """Each number that is not beside its own noun or unit in the passages, nor follows from theirs."""
    swapped = {id(token) for token in beside.swapped("figure")}
    for at, token in enumerate(beside.words):
        if (figure := token.figure) is None:
            continue
        if any(_says(passage, figure) for passage in beside.passages):
            is_right = not (
                (id(token) in swapped and beside.is_order_kept) or _is_of_another(beside, at, figure)
            )
        elif id(token) in swapped:
            is_right = any(_adds_up(passage, figure, beside.keys) for passage in beside.passages)
        else:
            is_right = is_small(figure) or _follows(beside, figure)
        if not is_right:
            yield Claim("numbers", figure.written)


def is_small(figure: Figure) -> bool:
    """Whether it is a word that is seldom meant as a number."""
    return figure.is_word and max(figure.values) <= _SMALL


def _says(passage: Passage, figure: Figure) -> bool:
    if any(map(figure.equals, passage.figures)):
        return True
    said = said_values(passage.text) if figure.unit != "$" else set()
    return any(said.issuperset(reading) for reading in figure.readings)


def _adds_up(passage: Passage, figure: Figure, keys: Container[str]) -> bool:
    """Whether it is the sum of numbers of the passage that the sentence has no more."""
    sums = added_up([token.figure for token in passage.tokens if token.figure and token.key not in keys])
    return any(sums.issuperset(reading) for reading in figure.readings)


def _follows(beside: Comparison, figure: Figure) -> bool:
    """Whether it comes of other numbers: added up, as a share, rounded; if not near, of any related."""
    if figure.measure and figure.measure[:2] in beside.source.measures:
        return True
    for passage in beside.passages if beside.is_near else beside.related:
        sums = derived(passage.figures)
        if any(sums.issuperset(reading) for reading in figure.readings):
            return True
        if is_rounded(figure, beside.text, passage.figures) or (
            not beside.is_near and _says(passage, figure)
        ):
            return True
    return False


def _is_of_another(beside: Comparison, at: int, figure: Figure) -> bool:
    """Whether the passages say the number of something else, and other numbers of what it is said of here."""
    following = _noun_behind(beside.words, at)
    theirs = [(each.figure, _noun_behind(beside.others, i)) for i, each in enumerate(beside.others)]
    nouns = [noun for each, noun in theirs if each and figure.equals(each)]
    is_elsewhere = following not in nouns and following in [noun for each, noun in theirs if each and noun]
    return is_elsewhere and bool(nouns) and not beside.keys.union({None}).intersection(nouns)


def _noun_behind(words: Sequence[Token], at: int) -> str | None:
    """The word directly behind a number, where it tells of what the number is."""
    word = words[at + 1] if at + 1 < len(words) else None
    if word is None or word.kind != "word" or len(word.written) < _MIN_NOUN:
        return None
    return None if word.written.casefold() in _FUNCTION else word.key
