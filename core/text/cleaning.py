"""Removes the characters that no post may have."""

import re
from unicodedata import normalize

# C0 and C1 controls but tab and newline, soft hyphen (it cuts a hashtag, and counts), zero-width space, bidi
# embeddings, overrides and isolates (they can make a post read otherwise than it is: CVE-2021-42574),
# invisible operators and annotations, byte order marks, noncharacters (X refuses them), lone surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
# Tags and further variation selectors are not seen, yet can spell instructions to a model. A flag of a region
# is a black flag, the tags of its code (Unicode Technical Standard 51, ED-14a) and an end.
_TAGS = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0000-\U000e007f]"
)
_FURTHER_SELECTORS = re.compile("([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_WORD_OVER_LINES = re.compile(r"\xad[ \t]*\n[ \t]*(?=[^\W\d_])")


def is_allowed(character: str) -> bool:
    """Whether a post may have the character."""
    return not _FORBIDDEN.match(character)


def without_surrogates(text: str) -> str:
    """The text as UTF-8 can carry it: pairs of surrogates joined, U+FFFD for a lone one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def safe(text: str) -> str:
    """The text as it was written, but for control, bidi, surrogate and hidden characters and its ends."""
    text = _WORD_OVER_LINES.sub("", _LINE_ENDS.sub("\n", text))
    text = _TAGS.sub(r"\1", _FORBIDDEN.sub("", text))
    return _FURTHER_SELECTORS.sub(r"\1", text).strip()


def clean(text: str) -> str:
    """The text without what `safe` removes, runs of blanks as one."""
    text = re.sub(" ?\n ?", "\n", re.sub("[ \t\u00a0]+", " ", safe(text)))
    return re.sub("\n{3,}", "\n\n", text).strip()


def clean_line(text: str) -> str:
    """The same as one line."""
    return " ".join(clean(text).split())


def letters_of(text: str) -> str:
    """The letters and digits without case or height (CO₂ is co2): what two texts have in common."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", text).casefold())
