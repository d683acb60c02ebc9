"""Characters that no post may carry, whoever sent them."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, zero-width space, bidi embeddings, overrides and isolates
# (they can make a post read otherwise than it is: CVE-2021-42574), byte order marks, noncharacters (X
# refuses them), lone surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_SPACES = re.compile("[ \t\u00a0]+")
_SPACE_AT_LINE_ENDS = re.compile(" ?\n ?")
_BLANK_LINES = re.compile("\n{3,}")


def may_stand(character: str) -> bool:
    """Whether a post may carry the character."""
    return not _FORBIDDEN.match(character)


def clean(text: str) -> str:
    """The text without control, bidi and surrogate characters, its white space made plain.

    Lines stay lines; runs of blank lines become one.
    """
    text = _FORBIDDEN.sub("", _LINE_ENDS.sub("\n", text))
    text = _SPACE_AT_LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def clean_line(text: str) -> str:
    """The same as one line."""
    return " ".join(clean(text).split())
