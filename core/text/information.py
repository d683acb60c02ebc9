"""How much a text says, whatever its script."""

import re

# Han, kana and Hangul: translations of one text have a third to a half of the characters of the English one.
# Thai, Lao, Khmer and Burmese spell their words, and have about as many: a character is a letter there.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


def information(text: str) -> float:
    """The length that the text would about have in Latin letters: a Han, kana or Hangul character is 2.5."""
    return len(text) + 1.5 * len(_DENSE.findall(text))
