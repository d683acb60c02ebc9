"""The article in a page's bytes."""

from __future__ import annotations

import re

from core.article import Article
from core.cleaning import clean, clean_line
from core.errors import NoArticle
from core.language import guess

_LEAST_CHARACTERS = 140  # less is a teaser, a cookie wall or an error page
_PLAIN_TYPES = ("text/plain", "text/markdown")
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_SEARCHED_BYTES = 4096
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Python's codecs hold more than charsets (zlib, hex, idna), so only names like these are looked up.
# Latin-1 means windows-1252 on the web: encoding.spec.whatwg.org/#names-and-labels
_CHARSET = re.compile(
    r"utf-?8|utf-16(le|be)?|windows-?125[0-8]|cp125[0-8]|iso-?8859-?\d+|latin-?1|us-ascii|ascii|shift_jis|sjis|euc-jp"
    r"|iso-2022-jp|euc-kr|big5|gb2312|gbk|gb18030|koi8-[ru]|macintosh|tis-620"
)
_LATIN_1 = re.compile(r"iso-?8859-?1|latin-?1|us-ascii|ascii")


def extract_article(html: bytes, *, url: str, content_type: str | None = None) -> Article:
    """The main text with its title, author, date and language; plain text is taken as it stands.

    Raises NoArticle when the page holds none.
    """
    text = decode(html, content_type)
    if (content_type or "").partition(";")[0].strip().lower() in _PLAIN_TYPES:
        return plain_article(text, url=url)
    return _html_article(text, url)


def plain_article(text: str, *, url: str | None = None) -> Article:
    """A text as an article. Raises NoArticle when nothing readable is in it."""
    cleaned = clean(text)
    if not any(character.isalnum() or character > "\u2000" for character in cleaned):
        raise NoArticle
    return Article(text=cleaned, language=guess(cleaned), url=url)


def _html_article(html: str, url: str) -> Article:
    from trafilatura import bare_extraction

    document = bare_extraction(
        html.replace("\x00", ""), url=url, include_comments=False, include_tables=False, with_metadata=True
    )
    text = clean((document.text if document else None) or "")
    if document is None or len(text) < _LEAST_CHARACTERS:
        raise NoArticle
    return Article(
        text=text,
        title=_line(document.title),
        author=_line(document.author),
        published=_line(document.date),
        language=_html_language(html) or guess(text),
        url=url,
    )


def _line(value: str | None) -> str | None:
    return clean_line(value) or None if value else None


def _html_language(html: str) -> str | None:
    """The ISO 639-1 code of <html lang>, if it has one."""
    found = re.search(r"<html[^>]{0,1000}?\slang\s*=\s*[\"']?([a-zA-Z]{2})\b", html[:20_000])
    return found[1].lower() if found else None


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a body, its charset found as browsers do: byte order mark, header, meta, then a guess."""
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    in_header = _HEADER_CHARSET.search(content_type or "")
    in_meta = _META_CHARSET.search(body[:_META_SEARCHED_BYTES])
    named = in_header[1] if in_header else in_meta[1].decode("ascii", "replace") if in_meta else ""
    try:
        return body.decode(_codec(named) or "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode(_codec(named) or "windows-1252", "replace")


def _codec(name: str) -> str | None:
    name = name.strip().lower()
    if _LATIN_1.fullmatch(name):
        return "windows-1252"
    return name if _CHARSET.fullmatch(name) else None
