"""Links, mentions and tags of a text that are not in its source. Imported when first needed."""

import functools
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from core.text.links import links_in, twitter_pattern
from core.text.word_lists import alternatives, word_lists
from core.writing.draft import Draft

_MAX_NAMES = 10
_MAX_PASSES = 4
_MAX_LINK = 4_096
_MAX_STARTS = 8  # of a link in a word: what stands before it, and its host
_SIGNS = {"@": "@", "＠": "@", "#": "#", "＃": "#", "$": "$", "＄": "$"}
_AFTER_LINK = ".,;:!?…'’*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}

_DATA: Any = word_lists(__file__)
_LINK, _SIGNED, _MAIL, _TOKEN, _LOOSE_TOKEN, _LINK_START = (
    re.compile(pattern % _DATA["letters"]) for pattern in _DATA["patterns"].values()
)
_LINK_MARK = re.compile(r"[.．。｡:]\S")
_HOST = re.compile(r"(?:\w+://)?[^/]*")
_DOTS = re.compile("[．。｡]")  # to IDNA they are all the same
_CLOSING: dict[str, str] = _DATA["closing"]
_TWO_SENTENCES = re.compile(r"[^\W\d_]+\.[A-Z][a-z]+")  # "It ended.So they left.": no link, with a space
_LAST_TAGS = re.compile(r"(?:(?<=[.!?…。\"”’)\n])|(?<=^)|(?=(?:\s*[#＃]\w+){2}))(?:\s*[#＃]\w+)+\s*\Z")
_CLAIMS = ("numbers", "names", "dates", "quotations", "negations")
_GAP = "\0"  # in the place of a removed link; no cleaned text holds it


class _Source:
    """What a text may name. The links are found when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.signed = {_signed(match) for match in _SIGNED.finditer(text)}

    @functools.cached_property
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


def remove_ungrounded(draft: Draft, source: str, claims: Sequence[tuple[str, str]] = ()) -> Draft:
    """The draft without links, mentions and tags that the source lacks, and warnings that name them.

    `claims` that it does not make, by kind, stay, and are named. Texts of links alone are left out.
    """
    links: list[str] = []
    signed: dict[str, dict[str, None]] = {sign: {} for sign in _SIGNS.values()}
    known = _Source(source)

    def grounded(text: str) -> str:
        text = _without_foreign_links(text, known, links, ())
        text = _without_last_tags(text, known, signed["#"])
        text = _without_foreign_signs(text, known, signed)
        # Without its sign a name may be a link; an account of another server is none.
        return _without_foreign_links(text, known, links, signed["@"])

    texts = [*map(grounded, draft.posts)]
    cited = tuple(spans for text, spans in zip(texts, draft.evidence, strict=False) if text)
    posts, hooks = (tuple(filter(None, each)) for each in (texts, map(grounded, draft.hooks)))
    warnings = _warnings({**_links_and_addresses(links), **signed, **_by_kind(claims)})
    return replace(draft, posts=posts, evidence=cited, hooks=hooks, warnings=tuple(warnings))


def _warnings(named: Mapping[str, Collection[str]]) -> list[str]:
    words = _DATA["warnings"]
    return [f"{words[name]} {_joined(names)}." for name, names in named.items() if names]


def _links_and_addresses(links: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"links": [], "addresses": []}
    for link in links:
        found["addresses" if _MAIL.fullmatch(link) else "links"].append(link)
    return found


def _by_kind(claims: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [written for kind, written in claims if kind == name] for name in _CLAIMS}


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
        kept, at = [], 0
        for link in gaps:
            found = text[link.start : link.stop]
            lacks_space = _TWO_SENTENCES.fullmatch(found)
            kept += [text[at : link.start], found.replace(".", ". ") if lacks_space else _GAP]
            at = link.stop
            foreign += [] if lacks_space else [found]
        text = "".join([*kept, text[at:]])
        for pattern, instead in _CLOSING.items():
            text = re.sub(pattern, instead, text)
        text = text.strip()
    return ""


@functools.lru_cache(4)  # each step asks for those of a text, and most change nothing
def _links(text: str) -> Sequence[range]:
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
    """As links are compared: without marks and slashes at the end, scheme and host without case."""
    length = len(link)
    while length and not (link[length - 1].isalnum() or link[length - 1] in "_/"):
        length -= 1
    host = _HOST.match(link := link[:length].rstrip("/"))
    at = host.end() if host else 0
    return _DOTS.sub(".", link[:at].lower()) + link[at:]  # strasse.de is another's than straße.de


def _without_foreign_signs(text: str, source: _Source, foreign: Mapping[str, dict[str, None]]) -> str:
    """Without the @, # or $ of what the source does not mention, so that nobody is notified."""

    def checked(match: re.Match[str]) -> str:
        sign, _ = key = _signed(match)
        if match.start() in linked:
            return match[0]
        if key in source.signed:
            return match[0] if len({*map(_SIGNS.__getitem__, match[1])}) == 1 else sign + match[2]
        foreign[sign][match[2]] = None
        return match[2]

    linked = {at for link in _links(text) for at in link}
    return _SIGNED.sub(checked, text)


def _without_last_tags(text: str, source: _Source, foreign: dict[str, None]) -> str:
    """Without hashtags that a text ends with, behind a sentence or each other, which would be mere words."""
    if (last := _LAST_TAGS.search(text)) is None:
        return text
    tags = last[0].split()
    kept = [tag for tag in tags if (match := _SIGNED.match(tag)) is None or _signed(match) in source.signed]
    if len(kept) < len(tags):
        foreign |= dict.fromkeys(tag[1:] for tag in tags if tag not in kept)
    return " ".join([text[: last.start()].rstrip(), *kept]) if len(kept) < len(tags) else text


def _signed(match: re.Match[str]) -> tuple[str, str]:
    """The sign before a name, and the name without case."""
    sign, name = _SIGNS[match[1][-1]], match[2].casefold()
    # "@bob-based"; only a domain has hyphens
    return sign, name if sign != "@" or "." in name else name.partition("-")[0]


@functools.cache
def _name() -> re.Pattern[str]:
    """Names of hosts and e-mail addresses without a scheme, in any script: a dot and a top-level domain."""
    kinds = (twitter_pattern(f"valid_{kind}").pattern for kind in ("gtld", "cctld", "punycode"))
    words = _DATA["letters"] | {"known": "|".join(kinds), "later": alternatives(_DATA["domains"]["later"])}
    return re.compile(str(_DATA["domains"]["name"]) % words)
