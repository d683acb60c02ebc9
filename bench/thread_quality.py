"""What is wrong with a thread, counted by rules that know nothing of the method that made it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Grams = set[tuple[str, ...]]

_GRAM = 4  # words that are looked up together
_IN_ARTICLE = 0.4  # the share of a sentence's grams that an article's sentence has in the article
_LEAD = 0.6  # the share of the lead's that tell it
_TWICE = 0.7  # the share of the content words of the shorter of two sentences that say one thing
_MIN_LEAD = 50  # characters
_MIN_CONTENT = 5  # words, of sentences that are compared
_FUNCTION_WORDS = frozenset(
    """
    the a an of to in on and or for with at by from is are was were be been has have had he she it they
    his her its their this that as but not which who whom will would said says after over about than into more
    also
    """.split()
)
_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“‘(]?[A-Z0-9])|\n+")
_NUMBER = re.compile(r"\n\n\d+/\d+$")
_SAID = "said says added told wrote testified asked explained argued noted"
_SAID_BEFORE, _SAID_AFTER = _SAID.replace(" ", "|"), f"{_SAID} accused declined pointed".replace(" ", "|")
_NAME = re.compile(r"\b([A-Z][a-zé]+(?: [A-Z]\.)? (?:[A-Z][a-z]+ )?)([A-Z][a-zA-Zé'’-]{2,})\b")
_DATELINE = re.compile(
    r"^(?:[A-Z][\w.’' -]+(?:, [A-Z][\w.’' -]+)*,? )?"
    r"\((?:Reuters|AP|AFP|UPI|CNN|dpa|IANS|PTI|ANI|Bloomberg|Xinhua)\b[^)]*\)"
    r"|^[A-Z]{2,}[A-Z ,.’'-]*(?:, [A-Z][\w.]+)?\s*(?:--|[-—–])\s",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one thread. `alien`: sentences that are not the article's. `twice`: pairs that say one thing."""

    posts: int
    alien: tuple[str, ...]
    lead_is_told: bool
    lead_is_first: bool
    twice: tuple[tuple[str, str], ...]
    not_introduced: tuple[str, ...]
    unpaired: int
    only_link: bool
    datelines: int

    def flaws(self) -> dict[str, bool]:
        return {
            "not article text": bool(self.alien),
            "lead told": self.lead_is_told,
            "lead in post 1": self.lead_is_first,
            "says it twice": bool(self.twice),
            "bare surname": bool(self.not_introduced),
            "unpaired quote": self.unpaired > 0,
            "last only link": self.only_link,
            "dateline": self.datelines > 0,
        }


def judge(contents: Sequence[str], *, link: str, title: str, truth: str, source: str) -> Verdict:
    """Of the posts' contents. `truth`: the annotated text; `source`: what the thread was made from."""
    posts = [_bare(content, link, title if number == 0 else "") for number, content in enumerate(contents)]
    told = " ".join(posts)
    opening = " ".join(posts[:2] if len(posts[0]) < _GRAM + 1 else posts[:1])
    parts = [part for post in posts for part in _sentences(post)]
    lead = _grams(next((part for part in _sentences(truth) if len(part) >= _MIN_LEAD), ""))
    return Verdict(
        posts=len(posts),
        alien=tuple(_alien(parts, _grams(truth))),
        lead_is_told=_covers(_grams(told), lead, _LEAD),
        lead_is_first=_covers(_grams(opening), lead, _LEAD),
        twice=tuple(_said_twice(parts)),
        not_introduced=tuple(_not_introduced("\n".join([title, *posts]), source)),
        unpaired=sum(post.count("“") != post.count("”") or post.count('"') % 2 > 0 for post in posts),
        only_link=not posts[-1] and len(posts) > 1,
        datelines=sum(len(_DATELINE.findall(post)) for post in posts),
    )


def _bare(content: str, link: str, title: str) -> str:
    text = _NUMBER.sub("", content)
    text = text.removesuffix(link).rstrip() if link else text
    return text.removeprefix(title).strip() if title else text


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _END.split(text) if part.strip()]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _grams(text: str) -> Grams:
    words = _words(text)
    runs = {tuple(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)}
    return runs or ({tuple(words)} if words else set())


def _covers(found: Grams, wanted: Grams, share: float) -> bool:
    return bool(wanted) and len(wanted & found) >= share * len(wanted)


def _alien(parts: Sequence[str], truth: Grams) -> Iterator[str]:
    for part in parts:
        if len(_words(part)) >= _GRAM and not _covers(truth, _grams(part), _IN_ARTICLE):
            yield part


def _content(text: str) -> set[str]:
    return {word for word in _words(text) if len(word) > 2 and word not in _FUNCTION_WORDS}


def _said_twice(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    bags = [(part, bag) for part in parts if len(bag := _content(part)) >= _MIN_CONTENT]
    for at, (part, bag) in enumerate(bags):
        for other, earlier in bags[:at]:
            if len(bag & earlier) >= _TWICE * min(len(bag), len(earlier)):
                yield other, part


def _not_introduced(told: str, source: str) -> Iterator[str]:
    """Surnames of speakers whose first name is in the source, but not where they first stand here."""
    first_names: dict[str, set[str]] = defaultdict(set)
    for given, surname in set(_NAME.findall(source)):
        first_names[surname].add(given.split()[0])
    for surname, names in first_names.items():
        last, firsts = re.escape(surname), "|".join(map(re.escape, names))
        before = re.search(rf"((?:\S+ )?(?:\S+ )?)\b{last}\b", told)
        if before is None or any(name in before[1] for name in names):
            continue
        speaks = re.search(rf"(?:{_SAID_BEFORE}) {last}\b|\b{last} (?:{_SAID_AFTER})\b", told)
        named = re.search(rf"\b(?:{firsts})(?: [A-Z]\.)? (?:[A-Z][a-z]+ )?{last}\b", source)
        if speaks and named and not re.search(rf"\b(?:{firsts})\b[^.]{{0,20}}{last}", told):
            yield surname
