"""Whether a sentence refers back to the one before it: without that one, its opening has no antecedent."""

import functools
import re

from core.text.word_lists import alternatives, word_lists

_BEFORE_WORDS = re.compile(r"^[\W_]+")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# A vowel sign or accent, which `\w` takes for the end of a word: Hindi's इस्लाम does not begin with इस.
_MARK = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0963\u0980-\u0dff"
_ONLY_QUOTED = re.compile(r"[\"“„«「『][^\"“”„«»「」『』]*[\"“”»」』][.!?…]?")


def needs_antecedent(sentence: str, language: str = "en") -> bool:
    """Whether it cannot open a post: it begins with a word that refers back or in lower case, has one
    aside, or quotes a speaker who is not named. `language` is an ISO 639-1 code; of some nothing is known.
    """
    bare = _BEFORE_WORDS.sub("", sentence.replace("’", "'"), count=1)
    opener, speaker = _patterns(language[:2].lower())
    first = _FIRST_WORD.match(bare)
    return bool(
        (first and first[0].islower() and first[0] != first[0].title())  # Georgian is all lower
        or opener.match(bare)
        or speaker.search(sentence)
        or is_quotation(sentence)
    )


def is_quotation(sentence: str) -> bool:
    """Whether it is nothing but what somebody says."""
    return _ONLY_QUOTED.fullmatch(sentence) is not None


@functools.cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What opens a sentence that refers back, and what shows a quotation of a speaker without a name."""
    spaced, unspaced, speaker, aside = (
        alternatives(word_lists(__file__)[table].get(code, "(?!)"))  # which matches nothing
        for table in ("openers", "unspaced_openers", "speakers", "asides")
    )
    opener = re.compile(rf"(?:{spaced})(?![\w{_MARK}-])|(?:{unspaced})", re.IGNORECASE)
    return opener, re.compile(f"{speaker}|{aside}")
