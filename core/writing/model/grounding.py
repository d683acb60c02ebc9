"""Links, mentions and numbers of a text that are not in its source. Imported when first needed."""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Any

from core.text.links import links_in
from core.text.word_lists import word_lists
from core.writing.draft import Draft

_MAX_NAMES = 10
_MAX_PASSES = 10
_AFTER_LINK = ".,;:!?…'’*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_MAX_NO_FIGURE = 12  # "one of them", "the two": seldom a claim

_DATA: Any = word_lists(__file__)
_LINK, _MENTION, _NUMBER, _SPACED_GROUPS, _GROUPED = (
    re.compile(pattern % _DATA["letters"]) for pattern in _DATA["patterns"].values()
)
_CLOSING: dict[str, str] = _DATA["closing"]
_VALUES: dict[str, int] = _DATA["values"]
_MULTIPLIERS: dict[str, int] = _DATA["multipliers"]
_NUMBER_WORD = "|".join((*_VALUES, *_MULTIPLIERS))
_NUMBER_WORDS = re.compile(rf"\b(?:{_NUMBER_WORD})(?:(?: |-| and )(?:{_NUMBER_WORD}))*\b", re.IGNORECASE)
_GAP = "\0"  # in the place of a removed link; no cleaned text holds it


def remove_ungrounded(draft: Draft, source: str) -> Draft:
    """The draft without links and mentions that the source lacks, and warnings that name them.

    Numbers that it lacks stay, and are named. Texts that held nothing but links are left out.
    """
    links: list[str] = []
    mentions: list[str] = []
    known = {_account(match) for match in _MENTION.finditer(source)}

    def grounded(text: str) -> str:
        text = _without_foreign_mentions(_without_foreign_links(text, source, links), known, mentions)
        return _without_foreign_links(text, source, links)  # without its @ a mention may be a link

    posts, hooks = (tuple(filter(None, map(grounded, texts))) for texts in (draft.posts, draft.hooks))
    named = (
        ("These links are not in the source and were removed:", links),
        ("These accounts are not in the source and lost their @:", mentions),
        ("Check before you post: the source lacks the numbers", _foreign_numbers((*posts, *hooks), source)),
    )
    warnings = tuple(f"{words} {_joined(names)}." for words, names in named if names)
    return replace(draft, posts=posts, hooks=hooks, warnings=warnings)


def _joined(names: Iterable[str]) -> str:
    different = [*dict.fromkeys(names)]
    shown = [name if len(name) <= 100 else f"{name[:99]}…" for name in different[:_MAX_NAMES]]
    if len(different) > _MAX_NAMES:
        shown.append(f"{len(different) - _MAX_NAMES} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _without_foreign_links(text: str, source: str, foreign: list[str]) -> str:
    for _ in range(_MAX_PASSES):  # what is left may close up to a link
        gaps = [link for link in _links(text) if not _in_source(text[link.start : link.stop], source)]
        if not gaps:
            return text
        foreign += [text[link.start : link.stop] for link in gaps]
        for link in reversed(gaps):
            text = text[: link.start] + _GAP + text[link.stop :]
        for pattern, instead in _CLOSING.items():
            text = re.sub(pattern, instead, text)
        text = text.strip()
    return ""


def _links(text: str) -> list[range]:
    """Where links stand, in order, none within another."""
    found = [range(match.start(), match.start() + _length(match[0])) for match in _LINK.finditer(text)]
    taken = {at for link in found for at in link}
    bare = [link for link in links_in(text) if link.start not in taken and link.stop - 1 not in taken]
    return sorted([*found, *bare], key=lambda link: link.start)


def _length(link: str) -> int:
    """The link's length without what follows it: the end of a sentence, brackets opened before it."""
    while link and ((end := link[-1]) in _AFTER_LINK or link.count(end) > link.count(_PAIRS.get(end, end))):
        link = link[:-1]
    return len(link)


def _in_source(link: str, source: str) -> bool:
    """Whether the source holds just this link; the case of scheme and host does not matter."""
    address = link.rstrip("/")
    if address.casefold() not in source.casefold():
        return False
    _, host, path = re.split(r"^((?:\w+://)?[^/]*)", address, maxsplit=1)
    words = {"address": f"(?i:{re.escape(host)}){re.escape(path)}", **_DATA["letters"]}
    return bool(re.search(_DATA["known"]["link"] % words, source))


def _without_foreign_mentions(text: str, known: Container[str], foreign: list[str]) -> str:
    """Without the @ of accounts that the source does not mention, so that they are not notified."""
    links = _links(text)

    def checked(match: re.Match[str]) -> str:
        if any(match.start() in link for link in links) or _account(match) in known:
            return match[0]
        foreign.append(match[1])
        return match[1]

    return _MENTION.sub(checked, text)


def _account(match: re.Match[str]) -> str:
    name = match[1].casefold()
    return name if "." in name else name.partition("-")[0]  # "@bob-based"; only a domain has hyphens


def _foreign_numbers(texts: Iterable[str], source: str) -> list[str]:
    numbers = [*_numbers(source)]
    unscaled = {value for _, value, scaled in numbers if value == scaled}  # "40 Mio." may be 40 million
    known = {_shown(value) for value in _spelled(source)}.union(*(values for _, *values in numbers))
    return [
        written
        for text in map(_without_names, texts)
        for written, value, scaled in (*_numbers(text), *_number_words(text))
        if scaled not in known and (value == scaled or value not in unscaled)
    ]


def _without_names(text: str) -> str:
    """Without links and mentions: their digits are not numbers."""
    for link in reversed(_links(text)):
        text = f"{text[: link.start]} {text[link.stop :]}"
    return _MENTION.sub(" ", text)


def _numbers(text: str) -> Iterator[tuple[str, str, str]]:
    """Each number as it is written, its value, and that times the word after it: "40 million"."""
    text = unicodedata.normalize("NFKC", text)
    text = _SPACED_GROUPS.sub(lambda match: re.sub(r"\s", ",", match[0]), text)
    for match in _NUMBER.finditer(text):
        values = _values(match[1])
        if match[2] and len(values) == 1:
            yield match[0], values[0], _shown(float(values[0]) * _MULTIPLIERS[match[2].casefold()])
        else:
            yield from ((match[1], value, value) for value in values)


def _values(written: str) -> list[str]:
    """One for "1,000", "1.000", "1 000" and "١٠٠٠"; those of the parts of a date, a version or a list."""
    plain = "".join(str(int(character)) if character.isdecimal() else character for character in written)
    parts = re.split(r"\D", plain)
    if grouped := _GROUPED.fullmatch(plain):
        parts = [re.sub(r"\D", "", grouped[1]), *filter(None, [grouped[2]])]
    whole = [part.lstrip("0") or "0" for part in parts]
    return whole if len(parts) != 2 else [f"{whole[0]}.{parts[1].rstrip('0')}".rstrip(".")]


def _number_words(text: str) -> Iterator[tuple[str, str, str]]:
    """English number words that are a claim, in the shape of `_numbers`."""
    for words in _NUMBER_WORDS.findall(text):
        *_, amount = (0.0, *_spelled(words))
        if amount > _MAX_NO_FIGURE:
            yield words, _shown(amount), _shown(amount)


def _spelled(text: str) -> Iterator[float]:
    """Values of English number words ("forty-two", "nine thousand", "1.5 million"), and of their parts."""
    whole = part = 0.0
    for word in _WORD.findall(text.casefold()):
        if word in _VALUES:
            part = _VALUES[word] + (part if part % 10 == 0 else 0)
            yield part
        elif word == "hundred" and part:
            part *= 100
        elif word in _MULTIPLIERS and part:
            whole, part = whole + part * _MULTIPLIERS[word], 0.0
        else:
            if word != "and" or whole + part < 100:
                whole, part = 0.0, float(word) if word[0].isdigit() else 0.0
            continue
        yield whole + part


def _shown(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
