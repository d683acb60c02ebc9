"""The names of a sentence that its source has not: other forms of them are the source's, such as acronyms."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.text.word_lists import word_lists
from core.writing.evidence.comparison import Claim, Comparison
from core.writing.evidence.source import NAME_START, SourceText
from core.writing.evidence.tokens import Token, stem

_ACRONYM = re.compile(r"(?:[^\W\d_]\.?){2,6}")
_NAMES: Any = word_lists(__file__)["names"]
_PRONOUNS = frozenset(_NAMES["pronouns"].split())
_TITLE = 0.6  # of long words that have a capital
_BESIDE = 3  # words on either side that an acronym may stand for


def name_claims(beside: Comparison) -> Iterator[Claim]:
    """Names that are nowhere in the source, or replace another one of the passages."""
    swapped = {id(token) for token in _swapped(beside)} if not _is_title(beside) else set()
    can_tell = beside.source.language not in _NAMES["capital_nouns"].split() and not _is_title(beside)
    for at, token in enumerate(beside.words):
        is_shown = can_tell and token.kind == "name" and not token.opens
        is_shown &= not any(map(str.isdigit, token.written))  # "Q3": its number is checked
        if id(token) in swapped or (is_shown and not _is_known(beside.words, at, beside.source)):
            yield Claim("names", token.written)


def _is_title(beside: Comparison) -> bool:
    """Whether its words have capitals although they are no names."""
    if beside.text.rstrip(" \"'”’»)").endswith((".", "!", "?", "…", "。")):
        return False
    long = [token.written for token in beside.words if len(token.written) > 3 and not token.figure]
    return len(long) > 3 and sum(word[0].isupper() for word in long) > _TITLE * len(long)


def _swapped(beside: Comparison) -> Iterator[Token]:
    for theirs, ours, _ in beside.changes() if beside.is_near else ():
        lost = [token for token in theirs if token.key in beside.source.names]
        if len(lost) < len(ours):  # something may have been added
            lost = [token for token in lost if token.key not in beside.keys]
        for token in ours if lost else ():
            may_be_word = len(theirs) != len(ours)
            if not _is_right(token, lost, theirs, beside, may_be_word=may_be_word):
                yield token


def _is_right(
    token: Token, lost: Sequence[Token], theirs: Sequence[Token], beside: Comparison, *, may_be_word: bool
) -> bool:
    is_word = may_be_word and _is_word(token, lost, theirs, beside.source)
    return is_word or _is_moved(token, lost, beside) or _may_stand_for(token, lost, theirs, beside.source)


def _is_word(token: Token, lost: Sequence[Token], theirs: Sequence[Token], source: SourceText) -> bool:
    """Whether a capital that opens a sentence may show no name."""
    return token.opens and (len(lost) < len(theirs) or token.key in source)


def _is_moved(token: Token, lost: Sequence[Token], beside: Comparison) -> bool:
    """Whether a passage has it as often, beside what is lost: "Ann met Bob", "Bob was met by Ann"."""
    wanted = {token.key, *(each.key for each in lost)}
    return beside.keys[token.key] <= beside.their_keys[token.key] and any(
        wanted <= {each.key for each in passage.tokens} for passage in beside.passages
    )


def _may_stand_for(token: Token, lost: Sequence[Token], theirs: Sequence[Token], source: SourceText) -> bool:
    """Whether it is no name, another form of one that is lost, or that of the one whom a pronoun means."""
    if token.kind != "name" or _is_short_form(token, source):
        return True
    if any(_are_alike(token.written, each.written) for each in lost):
        return True
    return token.key in source and any(each.written.casefold() in _PRONOUNS for each in theirs)


def _is_known(words: Sequence[Token], at: int, source: SourceText) -> bool:
    """Whether the source has the name, or another form of it."""
    token = words[at]
    if token.key in source or _is_short_form(token, source):
        return True
    if len(token.key) >= NAME_START and token.key[:NAME_START] in source.name_starts:
        return True
    # Or it is a word of what the source has as an acronym.
    beside = words[max(0, at - _BESIDE) : at + _BESIDE + 1]
    initials = "".join(each.written[0] for each in beside if each.kind == "name").casefold()
    return any(name in initials and token.key[0] in name for name in source.acronyms)


def _is_short_form(token: Token, source: SourceText) -> bool:
    """Whether it is an acronym of words of the source, or another name of what that names."""
    names = _other_names(token.written)
    if any(all(stem(word) in source for word in name.split("_")) for name in names):
        return True
    capitals = "".join(filter(str.isupper, token.written))
    is_acronym = _ACRONYM.fullmatch(token.written) and len(capitals) > 1
    return bool(is_acronym) and capitals.casefold() in source.initials


def _are_alike(one: str, other: str) -> bool:
    """Whether one name may be a form of the other: "India" and "Indian", "J." and "John"."""
    if one[:NAME_START].casefold() == other[:NAME_START].casefold():
        return True
    return one[:1] == other[:1] and "." in (one[1:2], other[1:2])


def _other_names(written: str) -> list[str]:
    name = written.replace(".", "").casefold()
    groups = [group for group in _aliases() if any(name in other.split("_") for other in group)]
    return [other for group in groups for other in group if name not in other.split("_")]


@functools.cache
def _aliases() -> list[list[str]]:
    return [line.split() for line in _NAMES["aliases"].strip().splitlines()]
