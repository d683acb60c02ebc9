"""Which language a text is in, as far as sentence segmentation must know it."""

from __future__ import annotations

import re
from collections import Counter

# Scripts that (nearly) settle the language, looked for in this order: kana before Han.
_SCRIPTS = [
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("am", re.compile("[\u1200-\u139f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("kn", re.compile("[\u0c80-\u0cff]")),
    ("ml", re.compile("[\u0d00-\u0d7f]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("km", re.compile("[\u1780-\u17ff]")),
]
# Words that are frequent in one of these languages and rare in the others.
_WORDS = {
    "en": "the and of to that was with for is on",
    "de": "der und die das ist nicht mit den von zu",
    "fr": "les des une est dans que pour qui pas sur",
    "es": "los las una que por con para del como más",
    "it": "che di per una sono della non con gli il",
    "pt": "os uma para com não dos mais como em ao",
    "nl": "het een van dat niet zijn op voor met ook",
    "id": "yang dan dengan ini untuk dari pada tidak itu dalam",
    "sv": "och att det som en på är av för med",
    "pl": "się nie jest na że do to jak przez od",
    "tr": "bir ve bu için ile da çok olarak daha gibi",
}
_LANGUAGES_OF_WORD = {
    word: [code for code, words in _WORDS.items() if word in words.split()]
    for words in _WORDS.values()
    for word in words.split()
}
_SAMPLE_CHARACTERS = 4_000


def guess(text: str) -> str:
    """The ISO 639-1 code of the likeliest language; `en` where nothing speaks for another."""
    sample = text[:_SAMPLE_CHARACTERS]
    letters = sum(character.isalpha() for character in sample)
    for code, script in _SCRIPTS:
        if letters and len(script.findall(sample)) > 0.2 * letters:
            return code
    votes: Counter[str] = Counter()
    for word in re.findall(r"\w+", sample.casefold()):
        votes.update(_LANGUAGES_OF_WORD.get(word, ()))
    return max(votes, key=lambda code: (votes[code], code == "en")) if votes else "en"
