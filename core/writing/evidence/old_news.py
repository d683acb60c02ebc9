"""Days that a thread of an old article names as if it were of today."""

import functools
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from core.text.word_lists import alternatives, word_lists
from core.writing.evidence.tokens import Token, tokens

_MAX_DAYS = 7  # since then a weekday may be any week's
_BESIDE = 2  # tokens from a weekday in which its date is found
_DATA: Any = word_lists(__file__)
_LETTER = "[^\\W\\u0e00-\\u0eff\\u3040-\\u9fff\\uac00-\\ud7af]"  # of scripts that divide words
_QUOTED = re.compile('“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」|"[^"]*"')
_MIN_LETTERS = 4  # of a weekday: "Sun" and "Sat" are other words, too
_HABIT = frozenset(_DATA["habits"]["words"].split())


def old_news(
    texts: Sequence[str], published: str | None, today: date, language: str | None = None
) -> str | None:
    """A warning with the date of an article older than 7 days whose thread says "on Tuesday" or "today".

    `language`: the thread's (BCP 47). What somebody is quoted with was said then, and needs no date.
    """
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
    said = [
        *dict.fromkeys(word for text in texts for word in _relative_days(_QUOTED.sub(" ", text), language))
    ][:3]
    if not said or (today - day).days <= _MAX_DAYS or any(_names(text, day) for text in texts):
        return None
    words = " and ".join(f"“{word}”" for word in said)
    return f"The article was published on {day.day} {day:%B %Y}, and the thread says {words}: name the date."


def _relative_days(text: str, language: str | None) -> Iterator[str]:
    code = (language or "").partition("-")[0].lower()
    yield from (match[0] for match in _words(code).finditer(text))
    words = tokens(text, code)
    for at, token in enumerate(words):
        beside = words[max(0, at - _BESIDE) : at + _BESIDE + 1]
        is_day = token.kind == "weekday" and len(token.written) >= _MIN_LETTERS
        if is_day and not any(map(_tells_which, beside)):
            yield token.written


@functools.cache
def _words(language: str) -> re.Pattern[str]:
    """Words for days in a language; in all of them where it is not known or has no list."""
    lists: dict[str, str] = _DATA["relative"]
    days = "|".join(map(alternatives, [lists[language]] if language in lists else lists.values()))
    return re.compile(rf"(?<!{_LETTER})(?:{days})(?!{_LETTER})", re.IGNORECASE)


def _names(text: str, day: date) -> bool:
    """Whether the text says of what day the news is, so that "on Tuesday" is understood."""
    words = tokens(text)
    months = [at for at, token in enumerate(words) if token.key == f"m{day.month}"]
    beside = (token.figure for at in months for token in words[max(0, at - 1) : at + 2])
    return any(figure and day.day in figure.values for figure in beside)


def _tells_which(token: Token) -> bool:
    """Whether a word beside a weekday says which one, or that it is any."""
    return token.kind in ("month", "figure") or token.written.casefold() in _HABIT
