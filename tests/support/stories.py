"""A page with a short story, into which tests put markup."""

from __future__ import annotations

from core.article.extraction import extract_article

URL = "https://news.example.com/ferry"
STORY = (
    "The ferry across the bay stopped in autumn, when its engine failed for the third time in a year.",
    "A yard up the coast has offered an electric one, which would cross in eleven minutes without noise.",
    "The islanders have asked for two boats instead, since one of them is always in the dock for repairs.",
)


def page(body: str, *, lang: str = "en", head: str = "") -> str:
    return (
        f"<!doctype html><html lang={lang}><head><title>Ferry</title>{head}</head><body>{body}</body></html>"
    )


def around(markup: str, *, lang: str = "en", head: str = "") -> str:
    """The story's page with `markup` behind its first two paragraphs."""
    first, second, third = (f"<p>{paragraph}</p>" for paragraph in STORY)
    return page(f"<article>{first}{second}{markup}{third}</article>", lang=lang, head=head)


def read(html: str) -> str:
    return extract_article(html.encode(), url=URL, content_type="text/html; charset=utf-8").text


def told(markup: str, *, lang: str = "en", head: str = "") -> str:
    """What the story's text has where the page has `markup`."""
    text = read(around(markup, lang=lang, head=head))
    start, end = text.index(STORY[1]) + len(STORY[1]), text.index(STORY[2])
    return text[start:end].strip()
