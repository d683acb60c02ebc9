"""Sentences in other words that say the same: by rule, of any sentence, and by hand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

_RULES: list[tuple[str, str]] = [
    (r"\b(\d+(?:\.\d+)?)(?:%| percent| per cent)(?!\w)", r"\1 per cent"),
    (r"\b(\d+(?:\.\d+)?) per ?cent\b", r"\1%"),
    (r"\$(\d+(?:\.\d+)?) million\b", r"$\1m"),
    (r"\$(\d+(?:\.\d+)?) billion\b", r"$\1bn"),
    (r"\b(\d+(?:\.\d+)?) million\b", r"\1M"),
    (r"\b(\d{1,3}),(\d{3})\b", r"\1\2"),
    (r"\bdidn[’']t\b", "did not"),
    (r"\b(is|are|was|were|do|does|did|would|could|should) not\b", r"\1n't"),
    (r"\bSeptember\b", "Sept."),
    (r"\bNovember\b", "Nov."),
    (r"\bJanuary\b", "Jan."),
    (r"\bUnited States\b", "US"),
    (r"\bUnited Kingdom\b", "UK"),
    (r"(?<![$£€\d.,])\b(?:twelve|12)\b(?=[a-z ]+s\b)", "a dozen"),
    (r"\btwo years\b", "24 months"),
    (r"\bone year\b", "12 months"),
    (r"\b24 hours\b", "a day"),
    (r"\btwo\b", "2"),
    (r"\bthree\b", "3"),
    (r"\bfive\b", "5"),
    (r"\b10\b(?![,.]\d|%)", "ten"),
    (r"\bsaid ([A-Z][a-z]+ [A-Z][a-z]+)\b(?=\.$)", r"\1 said"),
    (r"^However, (\w)", r"\1"),
    (r"^But (\w)", r"\1"),
    (r"\baccording to\b", "as reported by"),
    (r"\bbecause (?!of)", "since "),
    (r"\bhas announced\b", "announced"),
    (r"\bmore than(?= [$\\d])", "over"),
    (r"\babout\b(?= \d)", "roughly"),
    (r"\balso \b", ""),
    (r" – ", " — "),
]


_QUOTATION = re.compile(r"(“[^“”]*”|\"[^\"]*\")")
_PAIRED = re.compile(r"(?:[^“”\"]|“[^“”]*”|\"[^\"]*\")*")


def by_rule(text: str) -> Iterator[str]:
    """What each rule that applies makes of the sentence outside of quotations, which have to stay."""
    if not _PAIRED.fullmatch(text):
        return
    for pattern, instead in _RULES:
        reworded = "".join(
            part if part.startswith(("“", '"')) else re.sub(pattern, instead, part)
            for part in _QUOTATION.split(text)
        )
        if reworded != text:
            yield reworded


def by_hand() -> Iterator[tuple[str, str, str]]:
    """A story, a sentence that says what it says, and their language, for each of rewordings.toml."""
    for story in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["stories"]:
        language = story.get("language", "en")
        yield from ((story["text"], reworded, language) for reworded in story["reworded"])
