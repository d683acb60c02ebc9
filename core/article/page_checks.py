"""Pages that hide or replace an article: paywalls, error pages, bot checks, logins, cookie notices."""

import functools
import re
from dataclasses import dataclass

from core.errors import NoArticle, Paywall
from core.text.information import information
from core.text.word_lists import alternatives, word_lists

_GATE_CHARACTERS = 8_000  # gates are short
_SCRIPTED = re.compile(r"\blocation(?:\.href)?\s*=\s*[\"'`]|\blocation\.(?:replace|assign)\s*\(")
MIN_INFORMATION = 140  # shorter texts are teasers or notices; see core.text.information
_TEASER = 350  # what is not free, and no longer, is its start
_WALLED = 1_000  # longer texts are worth a thread, also above a wall
_HINTED = 200
_THIN = 1_500
_NOTICE = 1_000  # a longer text is a story under any title
_SHARE = 0.5  # of a text in sentences of a notice: it is one
_SMALL_SHARE = 0.15  # the same where a part of the title says so, or sentences begin with it
_SENTENCES = 2
_WORDS_OF_SITE = 4  # with the separator
_WALLS = ("wall", "wall_hint")
_OFFER = 100  # characters
_TAIL_LINES = 3
_PARAGRAPH = 40
_LETTERS_OF_WORD = 6  # with the space
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n|(?<=[。！？])")
_OPEN = re.compile(r"(?:…|\.\.\.)\W*$|[^\W\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]$|,$")
_BETWEEN = re.compile(r"\s[|–—·•»:-]\s|[|｜»]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What the metadata say of an article that is not free: all its words, whether its rest is here."""

    words: int = 0
    rest_is_missing: bool = False


def raise_if_blocked_page(text: str, *, titles: list[str], after: list[str], lock: Lock | None) -> None:
    """Raises Paywall or NoArticle when the page shows no article, or only its start.

    `titles` are without the site's name; `after` is what stands right behind the text, a line each.
    """
    size = information(text)
    if _is_start(text, size, after, lock):
        raise Paywall
    for kind, detail in word_lists(__file__)["details"].items():
        if _is_notice(kind, text, size, titles):
            raise NoArticle(detail)


def without_offers(text: str) -> str:
    """The text without the lines at its end that offer a subscription or a login."""
    lines = text.split("\n")
    while (
        len(lines) > 1
        and len(lines[-1]) <= _OFFER
        and any(_pattern(kind).match(lines[-1]) for kind in _WALLS)
    ):
        lines.pop()
    return "\n".join(lines)


def _is_notice(kind: str, text: str, size: float, titles: list[str]) -> bool:
    """Whether the whole title says so, or most of a short text, or a part of both."""
    if notices := "".join(filter(functools.partial(_is_titled, kind), titles)):
        return size < _NOTICE or (kind == "missing_page" and any(map(str.isalpha, notices)))  # a year, say
    if size >= _THIN:
        return False
    partly = any(_is_titled(kind, title, words=_WORDS_OF_SITE) for title in titles)
    share, openings = _share(kind, text)
    few = partly or (openings >= _SENTENCES and kind != "login")  # a story quotes such words
    return share >= (_SMALL_SHARE if few else _SHARE) or (partly and kind == "missing_page")


def _share(kind: str, text: str) -> tuple[float, int]:
    """Which part of the text is sentences of the kind, and how many begin like it."""
    sentences = [each for each in _SENTENCE.split(text) if each and _pattern(kind).search(each)]
    openings = sum(bool(_pattern(kind).match(each)) for each in sentences)
    return sum(map(len, sentences)) / (len(text) or 1), openings


def _is_start(text: str, size: float, after: list[str], lock: Lock | None) -> bool:
    """Whether the text ends where others must pay: it says so, or plainly ends before its end."""
    notices = "\n".join([*text.split("\n")[-_TAIL_LINES:], *after])
    wall, hint = (bool(_pattern(kind).search(notices)) for kind in _WALLS)
    is_open = _is_open(text)
    if lock:
        cut = is_open or lock.rest_is_missing or wall or hint
        return size < (_THIN if cut else _TEASER) or 2 * size < lock.words * _LETTERS_OF_WORD
    longest_walled = _THIN if is_open else _WALLED
    return size < max(longest_walled * wall, (_WALLED if is_open else _HINTED) * hint)


def _is_open(text: str) -> bool:
    """Whether the last paragraph ends within a sentence."""
    lines = (line for line in reversed(text.split("\n")) if information(line) >= _PARAGRAPH)
    last = next((line for line in lines if not any(_pattern(kind).search(line) for kind in _WALLS)), "")
    return bool(_OPEN.search(last))


def _is_titled(kind: str, title: str, *, words: int = 0) -> bool:
    """Whether it is a title of the kind's, beside so many other words."""
    parts = [title] if not words else _BETWEEN.split(title)
    longest = len(title.split()) - words
    return any(_pattern(kind, whole=True).fullmatch(part) and len(part.split()) >= longest for part in parts)


def raise_if_too_short(text: str, *, title: str, page: str, unseen: int) -> None:
    """Raises NoArticle when it is no article's text; `unseen` are the characters that the page hides."""
    if information(text) >= MIN_INFORMATION:
        return
    beginning, details = page[:_GATE_CHARACTERS], word_lists(__file__)["empty"]
    reasons = {
        "cookie_gate": _pattern("cookie_gate").search(f"{title}\n{text}\n{beginning}"),
        "redirect": _SCRIPTED.search(beginning),
        "hidden": unseen >= MIN_INFORMATION,
        "script": "javascript" in (text or page).casefold(),
    }
    raise NoArticle(next((details[reason] for reason, given in reasons.items() if given), None))


@functools.cache
def _pattern(kind: str, *, whole: bool = False) -> re.Pattern[str]:
    words = alternatives(word_lists(__file__)["pages"][kind]).replace(" ?", r"\s*").replace(" ", r"\s+")
    opening = r"(?:^|[.!?…。！？]\s*|:\s+(?-i:(?=[A-Z])))(?:please\s)?" if kind in _WALLS else ""
    code = r"(?:\b[45]\d\d\b)?\W*"
    framed = (
        rf"\W*(?:(?:error|http|fehler|erreur)\W*)?{code}(?:{words})\W*{code}"
        if whole
        else f"{opening}(?:{words})"
    )
    return re.compile(framed, re.IGNORECASE | re.MULTILINE)
