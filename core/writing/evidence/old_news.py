"""Days that a thread of an old article names as if it were of today."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from core.text.word_lists import alternatives, word_lists
from core.writing.evidence.tokens import Token, tokens

_MAX_DAYS = 7  # since then a weekday may be any week's
_BESIDE = 2  # tokens from a weekday in which its date stands
_DATA: Any = word_lists(__file__)
_DAYS = [alternatives(words) for words in _DATA["relative"].values()]
_LETTER = "[^\\W\\u0e00-\\u0eff\\u3040-\\u9fff\\uac00-\\ud7af]"  # of scripts that divide words
_WORDS = re.compile(rf"(?<!{_LETTER})(?:{'|'.join(_DAYS)})(?!{_LETTER})", re.IGNORECASE)
_HABIT = frozenset(_DATA["habits"]["words"].split())


def old_news(texts: Sequence[str], published: str | None, today: date) -> str | None:
    """A warning with the date of an article older than 7 days whose thread says "on Tuesday" or "today"."""
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
    said = [*dict.fromkeys(word for text in texts for word in _relative_days(text))][:3]
    if not said or (today - day).days <= _MAX_DAYS:
        return None
    words = " and ".join(f"“{word}”" for word in said)
    return f"The article was published on {day.day} {day:%B %Y}, and the thread says {words}: name the date."


def _relative_days(text: str) -> Iterator[str]:
    yield from (match[0] for match in _WORDS.finditer(text))
    words = tokens(text)
    for at, token in enumerate(words):
        beside = words[max(0, at - _BESIDE) : at + _BESIDE + 1]
        if token.kind == "weekday" and not any(map(_tells_which, beside)):
            yield token.written


def _tells_which(token: Token) -> bool:
    """Whether a word beside a weekday says which one, or that it is any."""
    return token.kind in ("month", "figure") or token.written.casefold() in _HABIT
