"""Links, mentions, tags and numbers of a text that are not in its source. Imported when first needed."""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

from core.text.links import links_in, twitter_pattern
from core.text.word_lists import alternatives, word_lists
from core.writing.draft import Draft

_MAX_NAMES = 10
_MAX_PASSES = 4
_MAX_PARTS = 6  # of a date or a version; more are a list, each named alone
_MAX_LINK = 4_096
_MAX_STARTS = 8  # of a link in a word: what stands before it, and its host
_SIGNS = {"@": "@", "＠": "@", "#": "#", "＃": "#", "$": "$", "＄": "$"}
_AFTER_LINK = ".,;:!?…'’*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_MAX_NO_FIGURE = 12  # "one of them", "the two": seldom a claim

_DATA: Any = word_lists(__file__)
_LINK, _SIGNED, _MAIL, _NUMBER, _SPACED_GROUPS, _GROUPED, _TOKEN, _LOOSE_TOKEN, _LINK_START = (
    re.compile(pattern % _DATA["letters"]) for pattern in _DATA["patterns"].values()
)
_LINK_MARK = re.compile(r"[.．。｡:]\S")
_HOST = re.compile(r"(?:\w+://)?[^/]*")
_DOTS = re.compile("[．。｡]")  # to IDNA they are all the same
_CLOSING: dict[str, str] = _DATA["closing"]
_VALUES: dict[str, int] = _DATA["values"]
_MULTIPLIERS: dict[str, int] = _DATA["multipliers"]
_NUMBER_WORD = "|".join((*_VALUES, *_MULTIPLIERS))
_NUMBER_WORDS = re.compile(rf"\b(?:{_NUMBER_WORD})(?:(?: |-| and )(?:{_NUMBER_WORD}))*\b", re.IGNORECASE)
_GAP = "\0"  # in the place of a removed link; no cleaned text holds it


class _Source:
    """What a text may name. The links are found when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.signed = {_signed(match) for match in _SIGNED.finditer(text)}

    @cached_property
    def links(self) -> set[str]:
        """In the form in which links are compared, with and without www. and what stands before a host."""
        found: set[str] = set()
        for pattern in (_TOKEN,) if self._text.isascii() else (_TOKEN, _LOOSE_TOKEN):
            for token in (match[0] for match in pattern.finditer(self._text)):
                starts = _LINK_START.finditer(token) if _LINK_MARK.search(token) else ()
                for start in islice(starts, _MAX_STARTS):
                    form = _form(token[start.start() : start.start() + _MAX_LINK])
                    found |= {form, form.removeprefix("www.")}
        return found


def remove_ungrounded(draft: Draft, source: str) -> Draft:
    """The draft without links, mentions and tags that the source lacks, and warnings that name them.

    Numbers that it lacks stay, and are named. Texts that held nothing but links are left out.
    """
    links: list[str] = []
    signed: dict[str, list[str]] = {sign: [] for sign in _SIGNS.values()}
    known = _Source(source)

    def grounded(text: str) -> str:
        text = _without_foreign_links(text, known, links, ())
        text = _without_foreign_signs(text, known, signed)
        # Without its sign a name may be a link; an account of another server is none.
        return _without_foreign_links(text, known, links, signed["@"])

    posts, hooks = (tuple(filter(None, map(grounded, texts))) for texts in (draft.posts, draft.hooks))
    addresses = [link for link in links if _MAIL.fullmatch(link)]
    named = (
        ("These links are not in the source and were removed:", [x for x in links if not _MAIL.fullmatch(x)]),
        ("These e-mail addresses are not in the source and were removed:", addresses),
        ("These accounts are not in the source and lost their @:", signed["@"]),
        ("These hashtags are not in the source and lost their #:", signed["#"]),
        ("These cashtags are not in the source and lost their $:", signed["$"]),
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


def _without_foreign_links(text: str, source: _Source, foreign: list[str], allowed: Container[str]) -> str:
    for _ in range(_MAX_PASSES):  # what is left may close up to a link
        gaps = [
            link
            for link in _links(text)
            if _form(found := text[link.start : link.stop]) not in source.links
            and not ("@" in found and found in allowed)
        ]
        if not gaps:
            return text
        foreign += [text[link.start : link.stop] for link in gaps]
        edges = [0, *(edge for link in gaps for edge in (link.start, link.stop)), len(text)]
        text = _GAP.join(text[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True))
        for pattern, instead in _CLOSING.items():
            text = re.sub(pattern, instead, text)
        text = text.strip()
    return ""


def _links(text: str) -> list[range]:
    """Where links stand, in order, none within another."""
    patterns = [_LINK, _name()] if _LINK_MARK.search(text) or "@" in text else []
    spans = [range(x.start(), x.start() + _length(x[0])) for each in patterns for x in each.finditer(text)]
    found: list[range] = []
    for link in sorted([*spans, *links_in(text)], key=lambda link: (link.start, -link.stop)):
        if link and (not found or link.start >= found[-1].stop):
            found.append(link)
    return found


def _length(link: str) -> int:
    """The link's length without what follows it: the end of a sentence, brackets opened before it."""
    counts, length = Counter(link), len(link)
    while length:
        end = link[length - 1]
        if end not in _AFTER_LINK and counts[end] <= counts[_PAIRS.get(end, end)]:
            break
        counts[end] -= 1
        length -= 1
    return length


def _form(link: str) -> str:
    """As links are compared: the case of scheme and host does not matter, nor marks and slashes at the end."""
    length = len(link)
    while length and not (link[length - 1].isalnum() or link[length - 1] in "_/"):
        length -= 1
    host = _HOST.match(link := link[:length].rstrip("/"))
    at = host.end() if host else 0
    return _DOTS.sub(".", link[:at].casefold()) + link[at:]


def _without_foreign_signs(text: str, source: _Source, foreign: Mapping[str, list[str]]) -> str:
    """Without the @, # or $ of what the source does not mention, so that nobody is notified."""

    def checked(match: re.Match[str]) -> str:
        sign, _ = key = _signed(match)
        if match.start() in linked:
            return match[0]
        if key in source.signed:
            return match[0] if len({*map(_SIGNS.__getitem__, match[1])}) == 1 else sign + match[2]
        foreign[sign].append(match[2])
        return match[2]

    linked = {at for link in _links(text) for at in link}
    return _SIGNED.sub(checked, text)


def _signed(match: re.Match[str]) -> tuple[str, str]:
    """The sign before a name, and the name: of an account up to a hyphen ("@bob-based"; only a domain has one)."""
    sign, name = _SIGNS[match[1][-1]], match[2].casefold()
    return sign, name if sign != "@" or "." in name else name.partition("-")[0]


@functools.cache
def _name() -> re.Pattern[str]:
    """Names of hosts and e-mail addresses without a scheme, in any script: a dot and a top-level domain."""
    kinds = (twitter_pattern(f"valid_{kind}").pattern for kind in ("gtld", "cctld", "punycode"))
    words = _DATA["letters"] | {"known": "|".join(kinds), "later": alternatives(_DATA["domains"]["later"])}
    return re.compile(_DATA["domains"]["name"] % words)


def _foreign_numbers(texts: Iterable[str], source: str) -> list[str]:
    given = [
        number for text in map(_without_names, texts) for number in (*_numbers(text), *_number_words(text))
    ]
    wanted = {value for _, *values in given for value in values}
    known: set[str] = set()
    unscaled: set[str] = set()  # "40 Mio." may be 40 million
    for _, value, scaled in _numbers(source) if wanted else ():
        known |= wanted & {value, scaled}
        if value == scaled and value in wanted:
            unscaled.add(value)
    if wanted - known:
        known |= wanted & {_shown(value) for value in {*_spelled(source)}}
    return [
        written
        for written, value, scaled in given
        if scaled not in known and (value == scaled or value not in unscaled)
    ]


def _without_names(text: str) -> str:
    """Without links and mentions: their digits are not numbers."""
    for link in reversed(_links(text)):
        text = f"{text[: link.start]} {text[link.stop :]}"
    return _SIGNED.sub(lambda match: " " if _SIGNS[match[1][-1]] == "@" else match[0], text)


def _numbers(text: str) -> Iterator[tuple[str, str, str]]:
    """Each number as it is written, its value, and that times the word after it: "40 million"."""
    text = unicodedata.normalize("NFKC", text)
    text = _SPACED_GROUPS.sub(lambda match: re.sub(r"\s", ",", match[0]), text)
    for match in _NUMBER.finditer(text):
        written, values = match[1], _values(match[1])
        if match[2] and len(values) == 1:
            yield match[0], values[0], _shown(float(values[0]) * _MULTIPLIERS[match[2].casefold()])
        elif len(values) <= _MAX_PARTS:
            yield from ((written, value, value) for value in values)
        else:
            yield from ((value, value, value) for value in values)


def _values(written: str) -> list[str]:
    """One for "1,000", "1.000", "1 000" and "١٠٠٠"; those of the parts of a date, a version or a list."""
    plain = written
    if not written.isascii():
        plain = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in written)
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
    for match in _WORD.finditer(text.casefold()):
        word = match[0]
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
