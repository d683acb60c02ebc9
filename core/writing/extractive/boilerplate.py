"""What pages put between an article's sentences: headings, captions, credits, calls to subscribe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

from core.text.sentences import ITEM, Sentence

_LONGEST = 200  # characters: what is longer is text, however it begins
# How such lines begin: patterns, "_" for a space.
_OPENINGS = r"""
    (?:image|photo|picture|video|media)s?_(?:copyright|credits?|source|caption|by|via|courtesy)\b
    (?:image|photo|picture|foto|bild|quelle|crédits?|fuente|fonte|sources?|via|tags?|filed_under)_?:
    © copyright\b getty_images all_rights_reserved advertisement sponsored skip_to
    leave_a_(?:comment|reply)
    (?:read|see|learn)_(?:more|also|next)\b (?:click|tap)_(?:here|below|on)\b you_(?:may|might)_also_like
    (?:more|related)(?:_(?:articles?|stories|posts|topics|from|on)\b)?[^.!?]*:
    follow_(?:us|me|@|him|her|them|the_author)\b (?:sign_up|subscribe|join_our|download_our)\b
    share_(?:this|on|via)\b
    (?:last_)?(?:posted|published|updated|edited|reporting|written)(?:_(?:on|at|by)\b|:)
    contact_the_(?:author|reporter) we_use_cookies this_(?:site|website)_uses
    this_(?:story|article|post)_(?:is_part|was_originally|originally|has_been_updated|may_contain)
    lesen_sie_(?:auch|mehr) mehr_zum_thema (?:à_)?lire_aussi (?:lea|lee)_también leer_más suscríbete
    abonnez-vous leggi_anche leia_(?:também|mais) lees_(?:ook|meer) läs_(?:också|mer) czytaj_(?:też|także)
    baca_juga читайте_также
"""
_BOILERPLATE = re.compile("|".join(_OPENINGS.split()).replace("_", " "), re.IGNORECASE)


def content_mask(parts: Sequence[Sentence], title: str) -> list[bool]:
    """Which of an article's sentences are its text."""
    lines = len({part.paragraph for part in parts})
    tables = {part.paragraph for part in parts if part.text.startswith("|")}
    bare = {part.paragraph for part in parts if _is_bare(part.text)}
    headed = 2 * len(bare) < lines  # else it is written without full stops, like much Thai
    text = [
        not (
            part.paragraph in tables
            or _is_boilerplate(part.text, title)
            or (headed and part.paragraph in bare and _is_bare(part.text))
        )
        for part in parts
    ]
    for i in reversed(range(len(parts))):
        if parts[i].text.endswith((":", "：")):  # what it announces must come, too
            text[i] = text[i] and text[i + 1 : i + 2] == [True]
    return text


def _is_bare(text: str) -> bool:
    """Whether it ends like a heading, without a mark."""
    return not ITEM.match(text) and category(text[-1])[0] in "LMNS"


def _is_boilerplate(text: str, title: str) -> bool:
    if text.isupper() and len(text) > 12:
        return True
    letters = _letters(text)
    if len(letters) > 8 and letters in _letters(title):
        return True
    return len(text) <= _LONGEST and bool(_BOILERPLATE.match(text.lstrip("-–—•*[( ")))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
