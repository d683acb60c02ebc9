"""How many wrong sentences the check of a model's texts flags, and how many right ones.

python -m bench.grounding [folder]      single edits of real sentences by seed, and rewordings
"""

from __future__ import annotations

import contextlib
import logging
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import articles
from bench.rewordings import by_hand, by_rule
from core.article.article import Article
from core.article.extraction import extract_article
from core.errors import ArticleError
from core.text.sentences import sentences
from core.writing.evidence.examination import examine
from core.writing.evidence.source import SourceText

SEED = 14
AT_LEAST = {"number": 97, "month": 95, "weekday": 95, "person": 95, "quotation": 95, "negation": 80}
AT_MOST = {"verbatim": 1, "rewording by rule": 5, "rewording by hand": 5}
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_STRANGERS = "Helga Brandt, Tom Okafor, Lucia Ferrante, Ivan Petrenko, Maya Lindqvist".split(", ")
_SPELLED = "two three four five six seven eight nine ten twelve twenty thirty".split()
_VERBS = "is are was were will would could can should has have had does did".split()
_NAME = r"[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]{2,}"
_SPEAKS = r"(?:said|says|told|added|wrote|explained|warned|argued)"
_PERSON = re.compile(rf"(?:(?<=said )|(?<=told )|(?<=Mr\. )){_NAME}\b|{_NAME}(?=,? {_SPEAKS}\b|, \d\d,)")
_QUOTED = re.compile(r"“([^“”]{20,})”|\"([^\"]{20,})\"")

Edit = Callable[[str, "Source", random.Random], str | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A page's article as it was read, and its sentences."""

    article: Article
    text: SourceText
    parts: list[str]


def main(folder: Path | None = None) -> dict[str, Any]:
    """Per cent flagged by kind; {} without the pages."""
    folder = folder or articles.folder()
    if folder is None:
        return {}
    logging.disable(logging.CRITICAL)
    sources = [*_sources(folder)]
    logging.disable(logging.NOTSET)
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    started = time.perf_counter()
    for kind, _, _, flagged in cases(sources):
        found[kind][flagged] += 1
    seconds = time.perf_counter() - started
    figures = {kind: 100 * counts[True] / counts.total() for kind, counts in found.items()}
    print(f"{len(sources)} English articles, {seconds:.0f} s: sentences that the check of claims flags\n")
    print("| sentences | number | per cent flagged | goal |\n|---|--:|--:|--:|")
    for kind, share in figures.items():
        goal = f"≥ {AT_LEAST[kind]}" if kind in AT_LEAST else f"≤ {AT_MOST[kind]}"
        print(f"| {kind} | {found[kind].total()} | {share:.1f} | {goal} |")
    return figures


def cases(sources: list[Source]) -> Iterator[tuple[str, str, str, bool]]:
    """The kind of each, the sentence, what was made of it, and whether that is flagged."""
    chance = random.Random(SEED)
    for source in sources:
        for part in source.parts:
            yield "verbatim", part, part, _is_flagged(part, source)
            for kind, edit in EDITS.items():
                edited = edit(part, source, chance)
                if edited and edited != part and edited not in source.article.text:
                    yield kind, part, edited, _is_flagged(edited, source)
            for reworded in by_rule(part):
                yield "rewording by rule", part, reworded, _is_flagged(reworded, source)
    for original, reworded, language in by_hand():
        examined = examine(reworded, SourceText(original, language))
        yield "rewording by hand", original, reworded, bool(examined.claims)


def _sources(folder: Path) -> Iterator[Source]:
    for _, (page, url, _) in sorted(articles.load(folder).items()):
        with contextlib.suppress(ArticleError):
            article = extract_article(page, url=url)
            if article.language == "en":
                parts = [part.text for part in sentences(article.text, "en") if 40 < len(part.text) < 500]
                heading = "\n".join(filter(None, [article.title, article.author, article.published]))
                yield Source(article, SourceText(article.text, "en", heading), parts)


def _is_flagged(text: str, source: Source) -> bool:
    return bool(examine(text, source.text).claims)


def _number(text: str, source: Source, chance: random.Random) -> str | None:
    """Another number in the place of one: near it, of ten times the size, or another one of the article."""
    spelled = rf"\b(?:{'|'.join(_SPELLED)})\b"
    found = [*re.finditer(rf"(?<![\w.,])\d[\d,.]*\d\b|(?<![\w.,])\d\b(?![.,]\d)|{spelled}", text)]
    if not found:
        return None
    match = chance.choice(found)
    if match[0] in _SPELLED:
        instead = chance.choice([word for word in _SPELLED if word != match[0]])
    elif chance.random() < 0.3 and (others := re.findall(r"(?<![\w.,])\d[\d,.]*\d\b", source.article.text)):
        instead = chance.choice(others)
    else:
        at = chance.randrange(len(match[0]))
        while not match[0][at].isdigit():
            at = chance.randrange(len(match[0]))
        digit = chance.choice([each for each in "123456789" if each != match[0][at]])
        instead = match[0][:at] + digit + match[0][at + 1 :]
    return None if instead == match[0] else text[: match.start()] + instead + text[match.end() :]


def _of(names: list[str]) -> Edit:
    def edit(text: str, source: Source, chance: random.Random) -> str | None:
        found = [*re.finditer(rf"\b(?:{'|'.join(names)})\b", text)]
        found = [
            each for each in found if each[0] != "May" or re.search(r"(?:in|of|\d) $", text[: each.start()])
        ]
        if not found:
            return None
        match = chance.choice(found)
        instead = chance.choice([name for name in names if name != match[0]])
        return text[: match.start()] + instead + text[match.end() :]

    return edit


def _person(text: str, source: Source, chance: random.Random) -> str | None:
    """Another person of the article, or a stranger."""
    found = [*_PERSON.finditer(text)]
    if not found:
        return None
    match = chance.choice(found)
    others = [
        name for name in _PERSON.findall(source.article.text) if not {*name.split()} & {*match[0].split()}
    ]
    instead = chance.choice(others if others and chance.random() < 0.5 else _STRANGERS)
    return text[: match.start()] + instead + text[match.end() :]


def _quotation(text: str, source: Source, chance: random.Random) -> str | None:
    """A quotation with a word in another's place, or with one left out."""
    found = [*_QUOTED.finditer(text)]
    if not found:
        return None
    match = chance.choice(found)
    words = match[0].split(" ")
    if len(words) < 4:
        return None
    at = chance.randrange(1, len(words) - 1)
    if chance.random() < 0.5:
        del words[at]
    else:
        words[at] = chance.choice(["certainly", "people", "money", "good", "today"])
    return text[: match.start()] + " ".join(words) + text[match.end() :]


def _negation(text: str, source: Source, chance: random.Random) -> str | None:
    """Without its "not", or with one that it has not."""
    if match := re.search(r"(?<=\w)n[’']t\b| not\b| never\b|\bno ", text):
        return text[: match.start()] + text[match.end() :]
    found = [*re.finditer(rf" (?:{'|'.join(_VERBS)})(?= [a-z])", text)]
    if not found:
        return None
    match = chance.choice(found)
    return f"{text[: match.end()]} not{text[match.end() :]}"


EDITS: dict[str, Edit] = {
    "number": _number,
    "month": _of(_MONTHS),
    "weekday": _of(_DAYS),
    "person": _person,
    "quotation": _quotation,
    "negation": _negation,
}


def show(folder: Path | None = None) -> None:
    """What is judged wrong: edits that pass, right sentences that are flagged."""
    folder = folder or articles.folder()
    for kind, original, text, flagged in cases([*_sources(folder)]) if folder else ():
        if flagged == (kind in AT_MOST):
            print(f"{kind}\n  {original}\n  {text}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--show"]:
        show(*map(Path, sys.argv[2:]))
    else:
        main(*map(Path, sys.argv[1:]))
