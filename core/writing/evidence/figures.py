"""The numbers of a text, in figures or in words, and what each may mean."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.text.word_lists import word_lists
from core.writing.evidence.number_words import MULTIPLIERS, NUMBER_WORDS, ORDINALS, SCALES, spelled

_MAX_PARTS = 6  # of a date or a version; more are a list, each a number of its own
_TOLERANCE = 0.03  # between units of length and weight; times and money are exact
_EXACT = ("time", "months", "money")

_DATA: Any = word_lists(__file__)
_PATTERNS: dict[str, str] = _DATA["patterns"]
_UNITS = {
    name: (kind, float(size))
    for kind, size, names in ((*unit.split(), names) for unit, names in _DATA["units"].items())
    for name in names.split()
}
_LONG_SCALES = "|".join(
    sorted((name for name in SCALES if len(name) > 2 and name[0].isalpha()), key=len)[::-1]
)
_FIGURE = re.compile(_PATTERNS["figure"] % {"scales": _LONG_SCALES})
_GROUPED = re.compile(_PATTERNS["grouped"])
_NEXT = re.compile(r"[\s\u00a0-]*([^\W\d_]+)")
_PER_CENT = re.compile(r"[ -]?(?:%|per ?cent\b|percentage\b)", re.IGNORECASE)
_TIME = re.compile(_PATTERNS["time"])
_ONE_POINT = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
_CENTURY = re.compile(r"\d?\d00s\b")  # "the 1300s"
_AFTERNOON = re.compile(r"[ ]?p\.?m\b", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"(?<!\d)(?P<century>\d\d)\d\d ?[/–-] ?\Z|['’]\Z")

Reading = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number from `start` to `stop`, and its `readings`: what it may mean.

    `unit` is "%", "$" for any currency, else empty. `measure`: of the word behind it the dimension, the
    amount in its first unit, and the factor to that. `is_word`: written in letters.
    """

    written: str
    start: int
    stop: int
    readings: tuple[Reading, ...]
    unit: str = ""
    measure: tuple[str, float, float] | None = None
    is_word: bool = False

    @property
    def values(self) -> set[float]:
        return {value for reading in self.readings for value in reading}

    def equals(self, other: "Figure") -> bool:
        """Whether both may be the same amount, in the same unit or one that converts."""
        if self.measure and other.measure and self.measure[0] == other.measure[0]:
            ours, theirs = self.measure[1], other.measure[1]
            exact = self.measure[0] in _EXACT or self.measure[2] == other.measure[2]
            if abs(ours - theirs) <= (1e-9 if exact else _TOLERANCE) * max(ours, theirs):
                return True
        units_differ = self.unit != other.unit and self.unit and other.unit
        return not units_differ and any(set(reading) <= other.values for reading in self.readings)


def figures(text: str) -> list[Figure]:
    """In order, in figures and in English words."""
    found = [*_in_digits(text), *_in_words(text)]
    found.sort(key=lambda figure: (figure.start, -figure.stop))
    return [each for at, each in enumerate(found) if not at or each.start >= found[at - 1].stop]


def _in_digits(text: str) -> Iterator[Figure]:
    for match in _FIGURE.finditer(text):
        if match["alone"]:
            share = unicodedata.numeric(match["alone"])
            yield Figure(match[0], *match.span(), readings=((share,), (100 * share,)))
            continue
        readings = _readings(match, text)
        unit = "%" if match["percent"] else "$" if match["currency"] else ""
        measure = _measure(_unit(match, text), readings[0][0]) if len(readings[0]) == 1 else None
        written = match[0].strip(" -.")
        yield from _split(Figure(written, *match.span(), readings, unit, measure))


def _unit(match: re.Match[str], text: str) -> str:
    """The word or sign behind the digits that may be a unit; "dollars" for any currency before them."""
    if match["currency"]:
        return "dollars"
    if match["degree"]:
        return match["degree"].strip(" °").casefold()
    return "cents" if text.startswith("¢", match.end()) else _word_at(text, match.end())


def _word_at(text: str, at: int) -> str:
    word = _NEXT.match(text, at)
    return word[1].casefold() if word else ""


def _measure(unit: str, amount: float) -> tuple[str, float, float] | None:
    if unit not in _UNITS:
        return None
    kind, size = _UNITS[unit]
    return kind, (amount - 32 * (unit == "f")) * size, size


def _split(figure: Figure) -> Iterator[Figure]:
    """The figure, or each of a list's numbers alone."""
    values = figure.readings[0]
    if len(values) <= _MAX_PARTS:
        yield figure
    else:
        for value in values:
            yield Figure(shown(value), figure.start, figure.start + 1, ((value,),))


def _readings(match: re.Match[str], text: str) -> tuple[Reading, ...]:
    """What the digits may mean: "400 737" is one number or two, "23" behind "2022/" also 2023."""
    digits = match["digits"]
    readings: list[Reading] = [_values(re.sub(r"\s", ",", digits))]
    if re.search(r"\s", digits):
        readings.append(tuple(float(part) for part in digits.split()))
    if match["fraction"]:
        sign = match["fraction"].strip()
        readings = [(readings[0][0] + (unicodedata.numeric(sign) if len(sign) == 1 else 0.5),)]
    if match["scale"] and len(readings[0]) == 1:
        readings = _scaled(match, readings)
    return (*readings, *_as_dated(match, text))


def _as_dated(match: re.Match[str], text: str) -> Iterator[Reading]:
    """What the digits may mean as a time of day, a century or a year in short."""
    digits = match["digits"]
    if time := _TIME.match(text, match.start()):
        yield from _times(time[0], digits, is_late=bool(_AFTERNOON.match(text, time.end())))
    if _CENTURY.match(text, match.start()):
        yield (float(digits[:-2]) + 1,)
    if len(digits) == 2 and (before := _SHORT_YEAR.search(text[max(0, match.start() - 9) : match.start()])):
        yield from ((float(century + digits),) for century in (before["century"] or "19 20").split())


def _times(time: str, digits: str, *, is_late: bool) -> Iterator[Reading]:
    """The hour and minute, and that of 24; the digits may end before the minutes."""
    hour, *minutes = (float(part) for part in re.split(r"\D", time))
    if len(digits) > 2:
        yield (hour, *minutes)
    if is_late:
        yield (hour % 12 + 12, *(minutes if len(digits) > 2 else [] if minutes else [0.0]))


def _scaled(match: re.Match[str], readings: list[Reading]) -> list[Reading]:
    """Times the word or letter behind it: "5 m" may be metres, and "4 b" a part of a list."""
    name = match["scale"].strip(" .-\u00a0\u202f").casefold()
    if one := _ONE_POINT.fullmatch(match["digits"]):  # "4.125 billion", but "1.073 millones" may be both
        is_english = name.removesuffix("s") in MULTIPLIERS or bool(match["currency"])
        readings = [*([] if is_english else readings), (float(one[0]),)]
    scaled: list[Reading] = [(round(reading[0] * SCALES[name], 6),) for reading in readings]
    is_sure = len(name) > 2 or not name.isascii() or match["currency"]
    return scaled if is_sure else [*scaled, *readings]


def _values(written: str) -> Reading:
    """One for "1,000", "1.000", "1 000" and "١٠٠٠"; those of the parts of a date, a version or a list."""
    plain = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in written)
    parts = re.split(r"\D", plain)
    if grouped := _GROUPED.fullmatch(plain):
        parts = [re.sub(r"\D", "", grouped[1]), *filter(None, [grouped[2]])]
    if len(parts) == 2:
        return (round(float(f"{parts[0][:300]}.{parts[1][:300]}"), 6),)
    return tuple(float(part[:300]) for part in parts)


def _in_words(text: str) -> Iterator[Figure]:
    for match in NUMBER_WORDS.finditer(text):
        *_, amount = (0.0, *spelled(match[0]))
        unit = "%" if _PER_CENT.match(text, match.end()) else ""
        measure = _measure(_word_at(text, match.end()), amount)
        place = ORDINALS.get(match[0].casefold())  # "a fifth" may be one, or 20 per cent
        shares = ((float(round(100 / place)),), (round(100 / place, 1),)) if place else ()
        yield Figure(match[0], *match.span(), ((amount,), *shares), unit, measure, is_word=True)


def shown(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
