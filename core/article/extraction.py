"""The article in a page's bytes."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.article.article import Article, plain_article
from core.article.canonical_link import canonical_link
from core.article.charset import PLAIN_TEXT, decode, raise_if_unreadable
from core.article.fetcher import Page
from core.article.hidden import hidden_by_sheets
from core.article.html_limits import limit_html
from core.article.lost_text import restored
from core.article.markdown import MAX_MARKDOWN, markdown_text
from core.article.markup import Readable, readable
from core.article.page_checks import MIN_CHARACTERS, raise_if_blocked_page, raise_if_gate
from core.errors import NoArticle
from core.text import language
from core.text.cleaning import clean, clean_line, is_allowed, letters_of, safe
from core.text.language import guess
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from trafilatura.settings import Document

_HIDDEN = "The page hides its text until a browser shows it. Paste the text instead."
_MARKDOWN_NAMES = (".md", ".markdown", ".mdown", ".mkd")
_THIN_CHARACTERS = 1_500  # shorter texts may be block pages, so their markup is checked
_MAX_DATES = 40  # short texts with numbers in which a date is searched, at up to 10 ms each
_MAX_COMPARED = 2_000  # elements; in larger pages one extractor must do, as the comparison is quadratic
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});?")
_SUFFIX = re.compile(r"(.+?)\s+[-–—|·•:»]\s+([^-–—|·•:»]{2,60})$")
_SHORT_TEXT = re.compile(r">([^<>]{7,60})<")
_HEADING = re.compile(r"<h1[^>]{0,500}>(.{1,600}?)</h1", re.IGNORECASE | re.DOTALL)


def extract_article(html: bytes, *, url: str, content_type: str | None = None) -> Article:
    """The main text with its title, author, date, language and site.

    Plain text is taken as it is; a PDF is read where it holds text. Raises NoArticle when the page holds
    none, or none in a charset that is known, Paywall when it shows only the start, UnsupportedContent for a
    PDF that cannot be read.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if html[:1024].lstrip().startswith(b"%PDF-") or media_type == "application/pdf":
        from core.article.pdf import pdf_article

        return pdf_article(html, url=url)
    text = decode(html, content_type)
    if media_type not in PLAIN_TEXT:
        return _html_article(text, url)
    raise_if_unreadable(text)
    named = "markdown" in media_type or urlsplit(url).path.lower().endswith(_MARKDOWN_NAMES)
    if not named:
        return plain_article(text, url=url)
    title, shown = markdown_text(safe(text), draft=False)
    article = plain_article(shown, url=url)
    return replace(article, title=title, truncated=len(text) > MAX_MARKDOWN)


def read_page(page: Page, max_characters: int) -> Article:
    """The article of a fetched page, cut to `max_characters`. Raises what `extract_article` does."""
    return extract_article(page.body, url=page.url, content_type=page.content_type).cut_to(max_characters)


def prepare() -> None:
    """Import what pages need, so that a worker does it while the page is fetched."""
    from trafilatura import external

    language.prepare()
    if not external.JT_STOPLIST:  # of the jusText fallback; all 100 languages would take 34 MB
        languages = word_lists(__file__)["languages"]["with_stop_words"].split()
        external.JT_STOPLIST = tuple({word for name in languages for word in external.get_stoplist(name)})
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its warnings name the address in full


def _html_article(page: str, url: str) -> Article:
    html, cut = limit_html(page)
    html = _REFERENCE.sub(_harmless, html)
    found = readable(html, hidden_by_sheets(page))
    own_url = canonical_link(found.tree, url) if found else url
    document = _extracted(found, html, url)
    text = restored(clean(document.text or ""), found.announced if found else [])
    raise_if_unreadable(text)
    title = _title(document.title, document.sitename, html, url)
    if len(text) < _THIN_CHARACTERS:
        raise_if_blocked_page(html, title or "", text)
    if len(text) < MIN_CHARACTERS:
        raise_if_gate(page, title or "", text)
        raise NoArticle(_HIDDEN) if found and found.unseen > MIN_CHARACTERS else NoArticle
    facts = (document.author, document.date or _date_in_text(html), document.sitename)
    author, published, site = (clean_line(fact or "") or None for fact in facts)
    article = Article(text=text, title=title, author=author, published=published, site=site, url=own_url)
    return replace(article, language=_language(page, text), truncated=cut)


def _extracted(found: Readable | None, html: str, url: str) -> Document:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    prepare()
    if found is None:
        return Document()
    document = bare_extraction(
        found.tree,
        url=url,
        fast=html.count("<") - html.count("</") > _MAX_COMPARED,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    return document if isinstance(document, Document) else Document()


def _title(title: str | None, site: str | None, html: str, url: str) -> str | None:
    """The title without a suffix that names the site, or that the page's heading does not have."""
    title, site = clean_line(title or ""), letters_of(site or "")
    host = letters_of((urlsplit(url).hostname or "").removeprefix("www."))
    headings = {letters_of(re.sub("<[^>]*>", "", found[1])) for found in islice(_HEADING.finditer(html), 3)}
    while suffix := _SUFFIX.match(title):
        tail = letters_of(suffix[2])
        if tail not in site and tail != host and letters_of(suffix[1]) not in headings:
            break
        title = suffix[1]
    return title or None


def _date_in_text(html: str) -> str | None:
    """An ISO 8601 date that one of the first short texts with numbers shows."""
    from htmldate import find_date

    numbered = (text for text in _SHORT_TEXT.findall(html) if sum(map(str.isdigit, text)) >= 4)
    times = "".join(f"<time>{text}</time>" for text in islice(numbered, _MAX_DATES))
    # An extensive search would load 300 languages: 1.7 s and 45 MB.
    return find_date(f"<html><body>{times}</body></html>", extensive_search=False, original_date=True)


def _harmless(reference: re.Match[str]) -> str:
    """The reference, or nothing: one to a control character makes trafilatura drop the page."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return reference[0] if code > 0x10FFFF or is_allowed(chr(code)) else ""


def _language(html: str, text: str) -> str | None:
    """The code of <html lang>, unless the text is plainly in another language."""
    found = re.search(r"<html[^>]{0,1000}?\slang\s*=\s*[\"']?([a-zA-Z]{2,3})(?![a-zA-Z])", html[:20_000])
    return guess(text, found[1] if found else None)
