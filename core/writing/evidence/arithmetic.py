"""Numbers that follow from others: added up, in per cent, rounded."""

import re
from collections.abc import Collection, Iterable
from itertools import combinations

from core.text.word_lists import word_lists
from core.writing.evidence import figures as _figures
from core.writing.evidence.figures import Figure

_MAX_ADDED = 8  # numbers of the evidence that are added up
_ROUGH = 0.1  # what "about" may be off
_ABOUT = re.compile(word_lists(_figures.__file__)["patterns"]["about"], re.IGNORECASE)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\Z")


def added_up(sources: Iterable[Figure]) -> set[float]:
    """The sums of two to four of the numbers."""
    amounts = [amount for amount, _ in _amounts(sources)]
    return {round(sum(some), 6) for count in (2, 3, 4) for some in combinations(amounts, count)}


def derived(sources: Collection[Figure]) -> set[float]:
    """What follows from numbers of the evidence: sums, differences, ratios, shares, changes in per cent."""
    found = added_up(sources)
    for (one, unit), (other, its_unit) in combinations(_amounts(sources), 2):
        found.add(round(abs(one - other), 6))
        if "%" in (unit, its_unit):
            found.add(round(one * other / 100, 6))
        for part, whole in ((one, other), (other, one)):
            if whole:
                share = 100 * part / whole
                found |= {round(share), round(share, 1), round(abs(share - 100)), round(abs(share - 100), 1)}
                found.add(round(part / whole, 1))
    return found | {round(100 - amount, 6) for amount, unit in _amounts(sources) if unit == "%"}


def _amounts(sources: Iterable[Figure]) -> list[tuple[float, str]]:
    """Those that can be added up, with their units; money in whole dollars."""
    return [
        (each.measure[1] if each.measure and each.measure[0] == "money" else each.readings[0][0], each.unit)
        for each in sources
        if len(each.readings[0]) == 1 and not (each.is_word and _ORDINAL.search(each.written))
    ][:_MAX_ADDED]


def is_hedged(figure: Figure, text: str) -> bool:
    """Whether the text says that the number is not exact: "about 40"."""
    return bool(_ABOUT.search(text[max(0, figure.start - 20) : figure.start]))


def is_rounded(figure: Figure, text: str, others: Iterable[float], rough: float = _ROUGH) -> bool:
    """Whether the figure says one of `others` less exactly: "about 40", "1.5 million" for 1,498,233."""
    value, hedged = max(figure.values), is_hedged(figure, text)
    for other in filter(None, others):
        if hedged and abs(value - other) <= rough * other:
            return True
        if value >= 100 and other % 1 and value == round(other):
            return True
        step = 10.0 ** (len(f"{other:.0f}") - len(f"{value:.6g}".rstrip("0").replace(".", "")))
        if value >= 1_000 and other != value and step >= 10 and abs(value - other) <= step / 2:
            return hedged or bool(re.search(r"[^\W\d_]", figure.written))
    return False
