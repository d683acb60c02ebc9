"""What is read out of a model's answer: texts, without what models like to add and never the rules."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from core.chat import NoAnswer
from core.cleaning import clean
from core.prompt import Question

_MOST_TEXTS = 100
_MOST_CHARACTERS = 6_000  # of a text: more than any platform takes, and too few to keep us busy
_LEAKED_RUN = 25  # letters and digits in a row that stand in the rules: nobody writes them by chance
_CODE_BLOCK = re.compile(r"```\w*\n?(.*?)\n?```", re.DOTALL)
_NO_LETTERS = re.compile(r"[\W_]+")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "'": "'", "‘": "’"}


def texts_of(answer: str, question: Question) -> tuple[list[str], list[str]]:
    """The posts and the hooks, cleaned; what is no text is empty. Raises NoAnswer when none is usable."""
    try:
        # Servers without structured output like to wrap JSON in a code block, or in a sentence.
        content = json.loads(answer[answer.find("{") : answer.rfind("}") + 1])
    except (ValueError, RecursionError):
        raise NoAnswer("answer is not JSON") from None
    wants_one = "post" in question.schema["schema"]["properties"] and "post" in content
    given = [content["post"]] if wants_one else content.get("posts")
    posts, hooks = (_texts(items, question.source) for items in (given, content.get("hooks")))
    if not any(posts):
        raise NoAnswer("answer holds no posts")
    if _leaks("\n".join((*posts, *hooks)), question):
        raise NoAnswer("answer repeats the rules")
    return posts, hooks


def _texts(items: Any, source: str) -> list[str]:
    if not isinstance(items, list):
        return []
    texts = [item[:_MOST_CHARACTERS] if isinstance(item, str) else "" for item in items[:_MOST_TEXTS]]
    texts = [clean(_CODE_BLOCK.sub(r"\1", clean(text))) for text in texts]
    return [_unquoted(text, source) for text in _unnumbered(texts)]


def _unquoted(text: str, source: str) -> str:
    """Without quotation marks around the whole, unless the source quotes these words."""
    inner = text[1:-1]
    wrapped = len(text) > 2 and _QUOTES.get(text[0]) == text[-1]
    if not wrapped or text[0] in inner or text[-1] in inner:
        return text
    words = inner.strip().rstrip(".,!?…")
    return text if any(f"{quote}{words}" in source for quote in _QUOTES) else inner.strip()


def _unnumbered(texts: Sequence[str]) -> list[str]:
    """Without the model's own numbers: plain ones, and bare ones that two and half of the texts bear."""
    texts = [_plain_number(number).sub("", text) for number, text in enumerate(texts, start=1)]
    bare = [_bare_number(number).sub("", text) for number, text in enumerate(texts, start=1)]
    borne = sum(text != without for text, without in zip(texts, bare, strict=True))
    return bare if borne >= max(2, len(texts) / 2) else texts


@functools.cache
def _plain_number(number: int) -> re.Pattern[str]:
    """A text's own number in a form that can be nothing else."""
    of = rf"{number}(?:\s?(?:/|of)\s?\d+)?"
    begins = rf"(?:🧵\s*)?(?:tweet|post|thread)\s*[#(]?{of}\)?\s*[:.–—-]+|🧵\s*{number}/\d*|{number}/(?=\s)"
    alone = rf"[(\[]{number}/\d+[)\]]|{number}/\d+"
    return re.compile(
        rf"^(?:{begins}|[(\[]{number}/\d+[)\]]|{number}/\d+(?=\s*(?:\n|$)))[\s:.)–—-]*"
        rf"|\s*(?:\n\s*(?:{alone})|[(\[]{number}/\d+[)\]]|🧵\s*{number}/\d*|{number}/\d*\s*🧵)$",
        re.IGNORECASE,
    )


@functools.cache
def _bare_number(number: int) -> re.Pattern[str]:
    """A text's own number in a form that can also be content: "1. FC Köln", "3/4 of voters"."""
    return re.compile(
        rf"^{number}(?:\ufe0f?\u20e3|/\d+[.):]?|[.):]|\s[–—-])\s+|\s{number}/\d+$",
    )


def _leaks(text: str, question: Question) -> bool:
    said = _letters(unquote(text))
    if _letters(question.fence) in said:
        return True
    secret, source = _letters(question.secret), _letters(question.source)
    runs = {secret[at : at + _LEAKED_RUN] for at in range(len(secret) - _LEAKED_RUN + 1)}
    told = (said[at : at + _LEAKED_RUN] for at in range(len(said) - _LEAKED_RUN + 1))
    return any(run in runs and run not in source for run in told)


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())
