"""What is shown under a link to a page: the title, description and image that the page names for it."""

import ipaddress
import re
from collections.abc import Iterable
from html import unescape
from itertools import zip_longest

from core.article.article import Card
from core.article.metadata import Metadata
from core.article.ssrf_guard import is_public
from core.errors import ArticleBlocked
from core.net.urls import redirected, web_address
from core.text.cleaning import clean_line

_MAX_TITLE, _MAX_TEXT = 300, 1_000
_MAX_READ = 4_000  # characters of a text with its markup
_MARKUP = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z) | <[a-z/!?][^<>]*(?:>|\Z) | <(?=[a-z/!?])", re.I | re.S | re.X
)
# Names that are nobody's on the public Internet: RFC 6761, 6762, 7686, 8375, and ICANN's .internal.
_CLOSED = re.compile(r"(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|onion)$")


def find_card(metadata: Metadata, title: str | None) -> Card:
    """By Open Graph (ogp.me), else X's cards, JSON-LD, plain meta elements; for a title the article's."""
    article = metadata.article(title or "")
    titles = [*metadata.meta("card_title"), article.get("headline"), title]
    descriptions = [*metadata.meta("card_text"), article.get("description"), *metadata.meta("description")]
    pairs = [
        (image and _address(image, metadata.url), alt)
        for kind in ("og", "twitter")
        for image, alt in zip_longest(metadata.meta(f"{kind}_image"), metadata.meta(f"{kind}_alt"))
    ]
    pairs.append((_address(str(article.get("image", "")), metadata.url), None))
    address = next(filter(None, (image for image, _ in pairs)), None)
    # Another family's text counts where that names the same image or none.
    alts_of_it = (alt for image, alt in pairs if address and image in (address, None))
    return Card(
        title=_first(titles, _MAX_TITLE),
        description=_first(descriptions, _MAX_TEXT),
        image=address,
        alt=_first(alts_of_it, _MAX_TEXT),
    )


def _first(texts: Iterable[object], max_characters: int) -> str | None:
    """The first of the texts that says something, without markup, cut at a word."""
    for text in texts:
        plain = clean_line(_MARKUP.sub(" ", unescape(str(text or "")[:_MAX_READ])))
        if len(plain) > max_characters:
            plain = f"{plain[: max_characters - 1].rsplit(' ', 1)[0]}…"
        if plain:
            return plain
    return None


def _address(image: str, page: str) -> str:
    """The absolute URL of an image, on the page's own host or one that looks public; else ""."""
    try:
        own = web_address(page, allow_hosts=None)
        found = web_address(redirected(own, image), allow_hosts=(f"{own.host}:{own.port}",))
        is_number = found.host[-1].isdigit() or ":" in found.host
        is_open = is_public(ipaddress.ip_address(found.host)) if is_number else not _CLOSED.search(found.host)
    except (ArticleBlocked, ValueError):
        return ""
    return str(found) if is_open or found.origin == own.origin else ""
