"""The article in a page's bytes."""

from __future__ import annotations

import re
import sys

from core.article import Article
from core.cleaning import clean, clean_line, may_stand
from core.errors import NoArticle
from core.language import guess

_LEAST_CHARACTERS = 140  # less is a teaser, a cookie wall or an error page
_PLAIN_TYPES = ("text/plain", "text/markdown")
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_SEARCHED_BYTES = 4096
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});?")
# Where Python's codec of that name lacks what browsers add to the charset.
_WIDER_CODECS = {"shift_jis": "cp932", "euc-kr": "cp949"}


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

    html = _REFERENCE.sub(_harmless, html).replace("\x00", "")
    document = bare_extraction(
        html, url=url, include_comments=False, include_tables=False, with_metadata=True
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


def _harmless(reference: re.Match[str]) -> str:
    """A character reference, or nothing for a control: one of those makes trafilatura give up the page."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return reference[0] if code > sys.maxunicode or may_stand(chr(code)) else ""


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
    codec = _codec(in_header[1]) if in_header else None
    if codec is None and in_meta:
        codec = _codec(in_meta[1].decode("ascii", "replace"))
        if codec and codec.startswith("utf-16"):
            codec = "utf-8"  # in UTF-16 the element could not have been read
    for charset in filter(None, (codec, "utf-8")):
        try:
            return body.decode(charset)
        except UnicodeDecodeError:
            pass
    return body.decode(codec or "windows-1252", "replace")


def _codec(label: str) -> str | None:
    """Python's name for a charset label of the web (encoding.spec.whatwg.org); None for anything else.

    Python's own registry holds codecs that are no charsets, such as zlib and idna.
    """
    import webencodings

    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in ("replacement", "x-user-defined"):
        return None
    return _WIDER_CODECS.get(encoding.name) or str(encoding.codec_info.name)
