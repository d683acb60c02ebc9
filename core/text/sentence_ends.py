"""Where sentencex may be wrong about the end of a sentence: abbreviations, initials, ordinals, quotations."""

import functools
import re
from typing import Any

from core.text.platforms import regex_of
from core.text.word_lists import word_lists

# Where sentencex may miss an end: at a full stop, and at marks of scripts that it does not know.
MAY_END = re.compile(r"[.!]\s+(?=\S)|[។៕᱾᱿꯫༎]+[”»\"]*\s*")
REACH = 40  # characters on either side that are looked at

_LAST_WORD = re.compile(r"[^\s(\[{\"“„«‹'‘’—–]{1,20}$")


def sentence_ends(before: str, after: str, language: str) -> bool | None:
    """Whether a sentence ends between what is before, from its start, and after; None: as sentencex says."""
    bare = before.rstrip()[-REACH:]
    if not bare.endswith((".", "!")):
        speaker = regex_of(word_lists(__file__)["joint"]["quotation"]).search(f"{bare}\n{after}")
        return False if speaker else MAY_END.fullmatch(bare[-1:]) is not None or None
    word = _LAST_WORD.search(bare)
    gap, start = "\n" if before[-1].isspace() else "\r", word.start() if word else len(bare)
    joint = _joint(language).match(f"{bare}{gap}{after}", start)
    if joint is None or (joint.lastgroup == "short" and before[0].islower()):
        return None  # where the author begins sentences in lower case, that shows nothing
    return bool(joint.lastgroup == "ends")


def spaced(text: str, language: str) -> str:
    """The text with a space where a sentence begins right behind the stop of another.

    Not in names, such as those of files and hosts: what is written twice is one.
    """
    parted: str = _run_on(language).sub(lambda found: _apart(found, text), text)
    return parted


def _apart(found: re.Match[str], text: str) -> str:
    name = found[1] + found[2]
    return name if text.count(name) > 1 else f"{found[1]} {found[2]}"


@functools.lru_cache(32)
def _run_on(language: str) -> Any:
    import regex

    tables, code = word_lists(__file__), language.partition("-")[0].lower()
    return regex.compile(tables["run_on"]["pattern"], openers=tables["openers"].get(code, "\0").split())


@functools.lru_cache(32)
def _joint(language: str) -> Any:
    """Matches a word with its stop, a line feed for white space or a return for none, and what follows."""
    import regex

    tables, code = word_lists(__file__), language.partition("-")[0].lower()
    names = ("goes_on", "before_number", "may_end", "closes", "openers")
    words = {name: f"{tables[name].get('any', '')} {tables[name].get(code, '')}".split() for name in names}
    words["openers"] = words["openers"] or ["\0"]  # an empty list would match everywhere
    pattern = tables["joint"]["pattern"]
    for fact, languages in {**tables["languages"], "known": " ".join(tables["openers"])}.items():
        pattern = pattern.replace(f"<{fact}>", "" if code in languages.split() else "(?!)")
    return regex.compile(pattern, **words)
