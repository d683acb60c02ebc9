"""The article in a page's bytes."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.article.article import Article, plain_article
from core.article.authors import find_author
from core.article.dates import find_date
from core.article.fetcher import Page
from core.article.html_limits import limit_html
from core.article.layout import layout
from core.article.metadata import read_metadata
from core.article.page_checks import raise_if_blocked_page, without_offers
from core.article.title import find_title
from core.errors import NoArticle
from core.text.cleaning import clean, clean_line, is_allowed
from core.text.language import guess
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_AFTER = 400  # characters behind the text that may say that it goes on for subscribers
_MAX_COMPARED = 2_000  # elements; in larger pages one extractor must do, as the comparison is quadratic
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});?")
_WIDER_CODECS = {"shift_jis": "cp932", "euc-kr": "cp949"}  # with what browsers add to these charsets
_GUESSED = set("en de fr es it pt nl id sv pl tr ru zh".split())  # for these, a wrong lang attribute shows


def extract_article(html: bytes, *, url: str, content_type: str | None = None) -> Article:
    """The main text with its title, author, date, language and site.

    Plain text is taken as it is; a PDF is read where it holds text. Raises NoArticle when the page holds
    none, Paywall when it shows only the start, UnsupportedContent for a PDF that cannot be read.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if html[:1024].lstrip().startswith(b"%PDF-") or media_type == "application/pdf":
        from core.article.pdf import pdf_article

        return pdf_article(html, url=url)
    text = decode(html, content_type)
    if media_type not in ("text/plain", "text/markdown", "text/x-markdown"):
        return _html_article(text, url)
    article = plain_article(text, url=url)
    named = "markdown" in media_type or urlsplit(url).path.lower().endswith((".md", ".markdown"))
    title = re.match(r"#[ \t]+(\S.{0,300})", article.text) if named else None
    return replace(article, title=clean_line(title[1])) if title else article


def read_page(page: Page, max_characters: int) -> Article:
    """The article of a fetched page, cut to `max_characters`. Raises what `extract_article` does."""
    return extract_article(page.body, url=page.url, content_type=page.content_type).cut_to(max_characters)


def prepare() -> None:
    """Import what pages need, so that a worker does it while the page is fetched."""
    from trafilatura import external

    if not external.JT_STOPLIST:  # of the jusText fallback; all 100 languages would take 34 MB
        languages = word_lists(__file__)["languages"]["with_stop_words"].split()
        external.JT_STOPLIST = tuple({word for name in languages for word in external.get_stoplist(name)})
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its warnings name the address in full


def _html_article(page: str, url: str) -> Article:
    from trafilatura.utils import load_html

    html, cut = limit_html(page)
    html = _REFERENCE.sub(_harmless, html)
    tree = load_html(html)
    if tree is None:
        raise NoArticle
    text = clean(_main_text(tree, elements=html.count("<") - html.count("</")))
    metadata, where = read_metadata(tree, url), layout(tree, text)
    title = find_title(metadata, where, text)
    raise_if_blocked_page(
        text,
        titles=[title.title or "", title.shown, where.text(title.heading) if title.heading else ""],
        after=where.after(_AFTER),
        lock=metadata.lock(where),
        html=html,
    )
    article = Article(
        text=without_offers(text),
        title=title.title,
        author=find_author(metadata, where, title),
        published=find_date(metadata, where, title),
        language=_language(page, text),
        site=next(iter([*metadata.site_names(), *metadata.host_names()]), None),
        url=url,
    )
    return replace(article, truncated=cut)


def _main_text(tree: HtmlElement, *, elements: int) -> str:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    prepare()
    found = bare_extraction(tree, fast=elements > _MAX_COMPARED, include_comments=False)
    return found.text or "" if isinstance(found, Document) else ""


def _harmless(reference: re.Match[str]) -> str:
    """The reference, or nothing: one to a control character makes trafilatura drop the page."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return reference[0] if code > 0x10FFFF or is_allowed(chr(code)) else ""


def _language(html: str, text: str) -> str:
    """The ISO 639-1 code of <html lang>, unless a long text is plainly in another language."""
    found = re.search(r"<html[^>]{0,1000}?\slang\s*=\s*[\"']?([a-zA-Z]{2})\b", html[:20_000])
    guessed = guess(text)
    declared = found[1].lower() if found else guessed
    plain = len(text) >= 400 and (guessed != "en" or text.count(" the ") > 2)
    return guessed if plain and declared in _GUESSED else declared


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a body, its charset found as browsers do: byte order mark, header, meta, then a guess."""
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    in_header = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    in_meta = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", body[:4096], re.IGNORECASE)
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
    """Python's name for a charset label of the web (encoding.spec.whatwg.org); its registry also has zlib."""
    import webencodings

    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in ("replacement", "x-user-defined"):
        return None
    return _WIDER_CODECS.get(encoding.name) or str(encoding.codec_info.name)
