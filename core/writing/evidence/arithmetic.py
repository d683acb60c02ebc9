"""Numbers that follow from others: added up, in per cent, rounded."""

import re
from itertools import combinations

from core.text.word_lists import word_lists
from core.writing.evidence import figures as _figures
from core.writing.evidence.figures import Figure

_MAX_ADDED = 6  # numbers of the evidence that are added up
_ROUGH = 0.1  # what "about" may be off
_ABOUT = re.compile(word_lists(_figures.__file__)["patterns"]["about"], re.IGNORECASE)


def added_up(sources: list[Figure]) -> set[float]:
    """The sums of two to four of the numbers."""
    amounts = _amounts(sources)
    return {round(sum(some), 6) for count in (2, 3, 4) for some in combinations(amounts, count)}


def derived(sources: list[Figure]) -> set[float]:
    """What follows from numbers of the evidence: sums, differences, ratios and changes in per cent."""
    found = added_up(sources)
    for one, other in combinations(_amounts(sources), 2):
        found.add(round(abs(one - other), 6))
        for part, whole in ((one, other), (other, one)):
            if whole:
                share = 100 * part / whole
                found |= {round(share), round(share, 1), round(abs(share - 100)), round(abs(share - 100), 1)}
                found.add(round(part / whole, 1))
    return found


def _amounts(sources: list[Figure]) -> list[float]:
    return [each.readings[0][0] for each in sources if len(each.readings[0]) == 1][:_MAX_ADDED]


def is_rounded(figure: Figure, text: str, others: list[Figure]) -> bool:
    """Whether the figure says one of `others` less exactly: "about 40", "1.5 million" for 1,498,233."""
    value = max(figure.values)
    hedged = bool(_ABOUT.search(text[max(0, figure.start - 20) : figure.start]))
    for other in (amount for each in others for amount in each.values if amount):
        if hedged and abs(value - other) <= _ROUGH * other:
            return True
        step = 10.0 ** (len(str(int(other))) - len(f"{value:.6g}".rstrip("0").replace(".", "")))
        if value >= 1_000 and other != value and step >= 10 and abs(value - other) <= step / 2:
            return bool(re.search(r"[^\W\d_]", figure.written)) or hedged
    return False
