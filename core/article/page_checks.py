"""Pages that hide or replace an article: paywalls, error pages, cookie notices, pages that need scripts."""

import functools
import re

from core.errors import NoArticle, Paywall
from core.text.word_lists import alternatives, word_lists

MIN_CHARACTERS = 140  # shorter texts are teasers or notices
# Shorter texts are teasers, by (the metadata say not free, the page has a paywall's phrases).
_TEASER_CHARACTERS = {(False, False): 0, (False, True): 600, (True, False): 1_000, (True, True): 1_500}
_GATE_CHARACTERS = 8_000  # gates are short
_SCRIPTED = re.compile(r"\blocation(?:\.href)?\s*=\s*[\"'`]|\blocation\.(?:replace|assign)\s*\(")
_LOCKED = re.compile(r"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false", re.IGNORECASE)


def raise_if_blocked_page(html: str, title: str, text: str) -> None:
    """Raises Paywall or NoArticle when a short text is all that such a page shows."""
    locked, paywall = bool(_LOCKED.search(html)), bool(_pattern("paywall").search(html))
    if len(text) < _TEASER_CHARACTERS[locked, paywall]:
        raise Paywall
    if any(map(_pattern("error_page").match, (title, text))):
        raise NoArticle(
            "The page says that there is nothing here. Check the link, or paste the text instead."
        )
    if len(_pattern("cookie_notice").findall(text)) >= 2:
        raise NoArticle("The page shows only a cookie notice. Paste the text instead.")
    if len(text) < 2 * MIN_CHARACTERS and "javascript" in (text or html).casefold():
        raise NoArticle("The page needs a browser to show its text. Paste the text instead.")


def raise_if_gate(page: str, title: str, text: str) -> None:
    """Raises NoArticle when a page without an article only wants cookies, or leads on by a script."""
    if _pattern("cookie_gate").search(f"{title}\n{text}\n{page[:_GATE_CHARACTERS]}"):
        raise NoArticle(
            "The page wants a browser that keeps its cookies. Open it in one, and paste the text instead."
        )
    if _SCRIPTED.search(page, 0, _GATE_CHARACTERS):
        raise NoArticle(
            "The page only leads to another one, by a script. Give the address where a browser ends, "
            "or paste the text instead."
        )


@functools.cache
def _pattern(page: str) -> re.Pattern[str]:
    return re.compile(alternatives(word_lists(__file__)["pages"][page]), re.IGNORECASE)
