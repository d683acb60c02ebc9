"""A text that somebody pastes, as an article: as it was written, without the marks of Markdown and HTML."""

import re
from dataclasses import replace

from core.article.article import Article, written_article
from core.article.extraction import extract_article
from core.article.html_text import MAX_HTML, is_document, is_html, text_of, tree_of
from core.article.markdown import MAX_MARKDOWN, is_markdown, markdown_text
from core.errors import ArticleError, NoArticle
from core.text.cleaning import safe


def read_text(text: str, max_characters: int) -> Article:
    """The article, its title as its first line, cut to `max_characters`. Raises NoArticle."""
    title, shown, cut = _shown(safe(text))
    if title and not shown.startswith(title):
        shown = f"{title}\n\n{shown}"
    try:
        article = written_article(safe(shown)).cut_to(max_characters)
    except NoArticle:
        raise NoArticle("The text holds nothing that can be posted: neither letters nor numbers.") from None
    return replace(article, truncated=article.truncated or cut)


def _shown(text: str) -> tuple[str | None, str, bool]:
    """The title, the text as platforms show it, and whether it was cut."""
    if is_document(text):
        if page := _page(text):
            return page.title, re.sub(r"\n+(?!- )", "\n\n", page.text), page.truncated
    elif is_markdown(text):
        return *markdown_text(text, draft=True), len(text) > MAX_MARKDOWN
    elif not is_html(text):
        return None, text, False
    return None, text_of(tree_of(text), draft=True), len(text) > MAX_HTML


def _page(html: str) -> Article | None:
    try:
        return extract_article(html.encode(), url="", content_type="text/html; charset=utf-8")
    except ArticleError:  # too short for an article, yet it was pasted to be posted
        return None
