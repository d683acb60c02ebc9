"""Raised and lowered text and formulas as plain text: 10⁶, H₂O, 1st, x^(n+1); the marks of notes go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.article.hidden import classes
from core.article.html_limits import INLINE
from core.text.word_lists import pattern, word_lists

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_STEPS = 6  # back over elements, for what stands before one
_MAX_BASE = 40  # characters
_MAX_SCRIPT = 12  # longer texts are raised or lowered for their look
_MARK = re.compile(
    r"\[.*\]|[*†‡§¶#※注]+ ?[0-9]{0,3}"
    r"|(?:(?:note|nb|fn|ref)\.?\s?)?\(?[0-9]{1,3}(?:\s?[,;–-]\s?[0-9]{1,3})*\)?",
    re.DOTALL | re.IGNORECASE,
)
_CENTS = re.compile(r"[.,]?[0-9]{2}")
_SIGNED = re.compile(r"[0-9]*[+−–-]|[+−–-][0-9]+")
_ISOTOPE = re.compile(r"[A-Z][a-z]?(?![a-z])")
_SYMBOLS = {"tm": "™", "sm": "℠", "(r)": "®", "(c)": "©"}
_ORDINALS = {"o": "º", "a": "ª"}
_VARIABLES = set("nkmxyzijpqT")
_SCRIPTED = {"msup": "^", "mover": "^", "msub": "_", "munder": "_", "msubsup": "_^", "munderover": "_^"}
_RELATIONS = {*"=<>≤≥≈≠→∈"}
_WRAPPERS = {"katex", "katex-display", "mwe-math-element", "MathJax", "MathJax_Display"}


def write_scripts(tree: _Element) -> None:
    """Puts plain text into each <sup> and <sub>, and nothing into what marks a note."""
    for element in list(tree.iter("sup", "sub")):
        text = " ".join("".join(element.itertext()).split())
        base = re.sub(r"\s", " ", before(element)[-_MAX_BASE:])
        written = _lowered(text, base) if element.tag == "sub" else _raised(text, base, element.tail or "")
        del element[:]
        element.text = written


def before(element: _Element) -> str:
    """The text of the same block right before the element, at least its last word."""
    found = ""
    for _ in range(_MAX_STEPS):
        previous, parent = element.getprevious(), element.getparent()
        if previous is not None:
            inside = "".join(previous.itertext()) if previous.tag in INLINE else " "
            found, element = f"{inside}{previous.tail or ''}{found}", previous
        elif parent is not None:
            found, element = f"{parent.text or ''}{found}", parent
            if parent.tag not in INLINE:
                break
        else:
            break
    return found


def _raised(text: str, base: str, after: str) -> str:
    word = _last_word(base)
    if text.isdecimal() and after[:1] in ("/", "⁄") and not word[-1:].isalpha():  # a fraction
        return f"{' ' * bool(word)}{text}"
    if _CENTS.fullmatch(text) and (re.search(r"[$€£¥] ?[0-9,]+$", base) or after.lstrip()[:1] in {*"$€£¥"}):
        return text if text[0] in ".," else f".{text}"
    if _MARK.fullmatch(text):
        return _signs(text, "raised") if text.isdecimal() and _has_exponent(word, base, after) else ""
    if _SIGNED.fullmatch(text):
        return _signs(text, "raised")
    return _raised_words(text, word, after)


def _raised_words(text: str, word: str, after: str) -> str:
    if text.lower() in _SYMBOLS or not any(map(str.isalnum, text)):
        return _SYMBOLS.get(text.lower(), text)
    if not word or " " in text or len(text) > _MAX_SCRIPT:
        return _apart(text, word, after)
    return _raised_letters(text, word, after) if text.rstrip(".").isalpha() else _power(text, "^")


def _raised_letters(text: str, word: str, after: str) -> str:
    ending = text.rstrip(".").lower() in word_lists(__file__)["endings"]["all"].split()
    letters = re.split(r"[\W\d_]", word)[-1]
    if letters in ("", "n", "N"):  # 1st, 2ª, nº, 10ⁿ
        return _ORDINALS.get(text) or (_power(text, "^") if text in _VARIABLES else text)
    if ending and letters[0].isupper() and not text.isupper():  # Mme, XIXe
        return text
    if len(letters) == 1:
        return _power(text, "^")
    return "" if len(text) == 1 else _apart(text, word, after)


def _has_exponent(word: str, base: str, after: str) -> bool:
    """Whether a raised number after the word is an exponent and no mark of a note."""
    if not word:
        return bool(_ISOTOPE.match(after))
    return any(pattern(__file__, "bases", kind).fullmatch(base) for kind in word_lists(__file__)["bases"])


def _last_word(base: str) -> str:
    """The word that ends with the text; "" after a space."""
    return base.split()[-1] if base.strip() and not base[-1].isspace() else ""


def _lowered(text: str, base: str) -> str:
    word = _last_word(base)
    if not word or word[-1] in "/⁄":
        return text
    return _apart(text, word, "") if " " in text or len(text) > _MAX_SCRIPT else _power(text, "_")


def _power(text: str, sign: str) -> str:
    """The text in raised or lowered characters where each has one, else behind `^` or `_`."""
    written = _signs(text, "raised" if sign == "^" else "lowered")
    if written or not text:
        return written
    single = len(text) == 1 or (sign == "_" and text.isalnum()) or re.fullmatch(r"\(.*\)", text)
    return f"{sign}{text}" if single else f"{sign}({text})"


def _signs(text: str, place: str) -> str:
    """The text in raised or lowered characters; "" where one has none."""
    signs = word_lists(__file__)["signs"]
    table = dict(zip(signs[f"{place}_from"], signs[f"{place}_to"], strict=True))
    return "".join(table[c] for c in text) if table.keys() >= set(text) else ""


def _apart(text: str, word: str, after: str) -> str:
    return f"{' ' * bool(word)}{text}{' ' * after[:1].isalnum()}"


def write_formulas(tree: _Element) -> None:
    """Puts the plain text of each MathML formula once into the element that shows it."""
    for formula in list(tree.iter("math")):
        place, text = formula, _formula(formula)
        for parent in formula.iterancestors("span", "div", "mjx-container"):
            if parent.tag == "mjx-container" or not _WRAPPERS.isdisjoint(classes(parent)):
                place = parent
        place.clear(keep_tail=True)
        place.tag, place.text = "span", " ".join(text.split())


def _formula(part: _Element) -> str:
    if part.tag in ("annotation", "annotation-xml"):
        return ""
    parts = [*map(_formula, part)]
    if part.tag == "mfrac":
        return "/".join(
            f"({text})" if len(child) > 1 else text for child, text in zip(part, parts, strict=True)
        )
    if part.tag in _SCRIPTED:
        return "".join([*parts[:1], *map(_power, map(str.strip, parts[1:]), _SCRIPTED[part.tag])])
    text = "".join(parts) or (part.text or "").strip()
    return f"√({text})" if part.tag == "msqrt" else f" {text} " if text in _RELATIONS else text
