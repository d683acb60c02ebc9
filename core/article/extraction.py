"""The article in a page's bytes."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.article.article import Article, Card, plain_article
from core.article.authors import find_author
from core.article.boilerplate import without_boilerplate
from core.article.canonical_link import canonical_link
from core.article.card import find_card
from core.article.charset import PLAIN_TEXT, decode, raise_if_unreadable
from core.article.dates import find_date
from core.article.embeds import SHORT_LINK
from core.article.fetcher import Page
from core.article.hidden import hidden_by_sheets
from core.article.html_limits import limit_html
from core.article.layout import layout
from core.article.lost_text import restored
from core.article.markdown import MAX_MARKDOWN, markdown_text
from core.article.markup import readable
from core.article.metadata import read_metadata
from core.article.page_checks import raise_if_blocked_page, raise_if_too_short, without_offers
from core.article.text_ends import body_of
from core.article.title import find_title
from core.errors import NoArticle
from core.text import language
from core.text.cleaning import clean, is_allowed, safe
from core.text.language import guess
from core.text.sentence_ends import spaced
from core.text.word_lists import any_of, word_lists

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MARKDOWN_NAMES = (".md", ".markdown", ".mdown", ".mkd")
_MAX_COMPARED = 2_000  # elements; in larger pages one extractor must do, as the comparison is quadratic
_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,8});?")


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
    article = extract_article(page.body, url=page.url, content_type=page.content_type)
    return replace(article, card=article.card or Card(title=article.title)).cut_to(max_characters)


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
    found = readable(_REFERENCE.sub(_harmless, html), hidden_by_sheets(page))
    if found is None:
        raise NoArticle
    tree = found.tree
    extracted = _main_text(tree, elements=html.count("<") - html.count("</"))
    extracted = any_of(__file__, "labels", "advertisement").sub("", SHORT_LINK.sub("", clean(extracted)))
    text = restored(extracted.strip(), found.announced)
    raise_if_unreadable(text)
    metadata, where = read_metadata(tree, url), layout(tree, text)
    title = find_title(metadata, where)
    titles = [title.title or "", title.shown, where.text(title.heading) if title.heading else ""]
    raise_if_blocked_page(text, titles=titles, after=where.after(), lock=metadata.lock(where))
    raise_if_too_short(text, title=title.shown, page=page, unseen=found.unseen)
    code = _language(tree, text)
    return Article(
        text=spaced(body_of(without_offers(text), tree, titles), code or "en"),
        title=title.title,
        author=find_author(metadata, where, title),
        published=find_date(metadata, where, title),
        language=code,
        site=next(iter([*metadata.site_names(), *metadata.host_names()]), None),
        url=canonical_link(tree, url),
        card=find_card(metadata, title.title),
        truncated=cut,
    )


def _main_text(tree: HtmlElement, *, elements: int) -> str:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    prepare()
    found = bare_extraction(without_boilerplate(tree), fast=elements > _MAX_COMPARED, include_comments=False)
    return found.text or "" if isinstance(found, Document) else ""


def _harmless(reference: re.Match[str]) -> str:
    """The reference, or nothing: one to a control character makes trafilatura drop the page."""
    return reference[0] if "".join(filter(is_allowed, unescape(reference[0]))) else ""


def _language(tree: HtmlElement, text: str) -> str | None:
    """The code of <html lang>, unless the text is plainly in another language."""
    found = re.match(r"\s*([a-zA-Z]{2,3})(?![a-zA-Z])", tree.get("lang", ""))
    return guess(text, found[1] if found else None)
