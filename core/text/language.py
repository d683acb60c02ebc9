"""Which language a text is in, as far as sentence segmentation must know it."""

import functools
import re
from collections import Counter

from core.text.word_lists import word_lists


def guess(text: str) -> str:
    """The ISO 639-1 code of the likeliest language; `en` where nothing is known."""
    sample = text[:4_000]
    letters = sum(character.isalpha() for character in sample)
    for code, script in _scripts().items():
        if letters and len(script.findall(sample)) > 0.2 * letters:
            return code
    votes: Counter[str] = Counter()
    for word in re.findall(r"\w+", sample.casefold()):
        votes.update(_languages_of_words().get(word, ()))
    return max(votes, key=lambda code: (votes[code], code == "en")) if votes else "en"


@functools.cache
def _scripts() -> dict[str, re.Pattern[str]]:
    return {code: re.compile(f"[{letters}]") for code, letters in word_lists(__file__)["scripts"].items()}


@functools.cache
def _languages_of_words() -> dict[str, list[str]]:
    languages: dict[str, list[str]] = {}
    for code, words in word_lists(__file__)["words"].items():
        for word in words.split():
            languages.setdefault(word, []).append(code)
    return languages
