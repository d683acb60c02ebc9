"""The article in a page's bytes: what it says, and when there is none."""

from __future__ import annotations

import re

import pytest

from core.article.article import plain_article
from core.article.extraction import extract_article
from core.errors import NoArticle, Paywall

URL = "https://news.example.com/flood"
SENTENCE = "The river flooded the old town after three days of rain, and rescue teams came in boats. "
GERMAN = """Der Fluss ist nach drei Tagen Regen über die Ufer getreten und hat die Altstadt geflutet. Das
Wasser steht nun vor den Türen, und die Menschen kommen nicht mit dem Auto zu den Häusern."""
BODY = f"<p>{SENTENCE * 3}</p>"
HEAD = """<title>Old town flooded</title>
<meta property="og:title" content="Old town &amp; river: flooded">
<meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2024-05-06T23:30:00Z">"""


def page(body: str = BODY, *, head: str = HEAD, attributes: str = ' lang="en-GB"') -> bytes:
    html = (
        f"<!doctype html><html{attributes}><head>{head}</head><body><article>{body}</article></body></html>"
    )
    return html.encode()


def test_an_article_has_its_text_title_author_date_and_language() -> None:
    article = extract_article(page(), url=URL, content_type="text/html; charset=utf-8")
    assert article.text.split() == (SENTENCE * 3).split()
    assert (article.title, article.author) == ("Old town & river: flooded", "Jane Doe")
    assert (article.published, article.language) == ("2024-05-06", "en")
    assert (article.url, article.truncated) == (URL, False)


def test_missing_metadata_is_none() -> None:
    article = extract_article(page(head=""), url=URL)
    assert (article.title, article.author, article.published) == (None, None, None)


INDONESIAN = (
    "Air sungai meluap ke jalan utama kota dan warga menunggu perahu di depan sekolah, "
    "sementara pemerintah menutup jembatan lama sampai hujan berhenti. "
)


@pytest.mark.parametrize(
    ("attributes", "body", "language"),
    [
        pytest.param(' lang="de-AT"', f"<p>{GERMAN}</p>", "de", id="region"),
        pytest.param(" dir=ltr lang=MS", f"<p>{INDONESIAN}</p>", "ms", id="unquoted-capitals"),
        pytest.param(' xml:lang="de"', BODY, "en", id="other-attribute"),
        pytest.param(' lang=""', BODY, "en", id="empty"),
        pytest.param("", f"<p>{GERMAN}</p>", "de", id="guessed"),
        pytest.param(' lang="en"', f"<p>{GERMAN * 3}</p>", "de", id="plainly-another"),
        pytest.param(' lang="de"', f"<p>{SENTENCE * 9}</p>", "en", id="plainly-english"),
        pytest.param(
            ' lang="zh_TW"', f"<p>{'大雨使河水淹没了老城，居民乘船离开。' * 20}</p>", "zh", id="underscore"
        ),
        pytest.param(' lang="eo"', f"<p>{GERMAN * 3}</p>", "de", id="a-rare-one-that-is-wrong"),
        pytest.param(' lang="ms"', f"<p>{INDONESIAN * 3}</p>", "ms", id="too-alike-to-contradict"),
    ],
)
def test_a_language_is_the_pages_own_or_guessed(attributes: str, body: str, language: str) -> None:
    assert extract_article(page(body, attributes=attributes), url=URL).language == language


def test_paragraphs_are_divided_by_newlines_and_scripts_are_left_out() -> None:
    first, second = SENTENCE * 2, f"Then {SENTENCE}"
    text = extract_article(page(f"<p>{first}</p><script>x()</script><p>{second}</p>"), url=URL).text
    assert text.split("\n") == [first.strip(), second.strip()]


def test_menus_and_footers_are_left_out() -> None:
    menu = "<nav><ul><li><a href=/a>Home</a></li><li><a href=/b>Sport</a></li></ul></nav>"
    html = (
        f"<body>{menu}<main><article>{BODY * 2}</article></main><footer>All rights reserved</footer></body>"
    )
    text = extract_article(html.encode(), url=URL).text
    assert "flooded" in text
    assert not re.search("Home|Sport|rights", text)


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param("\x00", id="nul"),
        pytest.param("&#0;", id="nul-reference"),
        pytest.param("&#xD800;", id="surrogate-reference"),
        pytest.param("&#xd83d;&#xde00;", id="surrogate-pair-of-references"),
        pytest.param("\x08", id="control"),
        pytest.param("&#8;", id="control-reference"),
        pytest.param("&#11;", id="vertical-tab-reference"),
        pytest.param("&#xFFFF;", id="noncharacter-reference"),
        pytest.param("\u202e", id="bidi-override"),
        pytest.param("&#x202e;", id="bidi-reference"),
        pytest.param("\u200b", id="zero-width-space"),
        pytest.param("\ufeff", id="byte-order-mark"),
    ],
)
def test_one_odd_character_spoils_neither_text_nor_title(mark: str) -> None:
    odd = page(BODY.replace("river", f"riv{mark}er", 1), head=f"<title>Old{mark} town</title>")
    article = extract_article(odd, url=URL)
    assert article.text.endswith("rescue teams came in boats.")
    assert article.text.encode() != b""
    assert re.fullmatch(r"The riv[\ufffd ]{0,2}er", article.text.partition(" flooded")[0])
    assert re.fullmatch(r"Old\ufffd{0,2} town", article.title or "")


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" * 500, id="only-nul"),
        pytest.param(b"\xff" * 500, id="only-junk"),
        pytest.param(b"<html>", id="unfinished"),
        pytest.param(page("", head=""), id="empty-page"),
        pytest.param(page("<p>Please log in.</p>"), id="teaser"),
        pytest.param(
            page(f"<div id=root></div><script>var text = '{SENTENCE * 9}'</script>"), id="script-only"
        ),
        pytest.param(page(f"<style>{SENTENCE * 9}</style>"), id="style-only"),
        pytest.param(page(f"<!-- {SENTENCE * 9} -->"), id="comment-only"),
    ],
)
def test_a_page_without_article_text_is_refused(html: bytes) -> None:
    with pytest.raises(NoArticle):
        extract_article(html, url=URL)


@pytest.mark.parametrize("content_type", ["text/plain", "Text/Plain; charset=utf-8"])
def test_plain_text_is_taken_as_it_stands(content_type: str) -> None:
    article = extract_article(
        "# Grüße\r\n\r\n<b>1 < 2</b>\x00\n".encode(), url=URL, content_type=content_type
    )
    assert (article.text, article.title, article.url) == ("# Grüße\n\n<b>1 < 2</b>", None, URL)


@pytest.mark.parametrize(
    ("url", "content_type", "title"),
    [
        pytest.param(URL, "text/markdown; charset=utf-8", "Old town", id="type"),
        pytest.param(URL, "text/x-markdown", "Old town", id="older-type"),
        pytest.param(f"{URL}/README.md", "text/plain", "Old town", id="name"),
        pytest.param(URL, "text/plain", None, id="plain-text"),
    ],
)
def test_the_title_of_markdown_is_its_first_heading(url: str, content_type: str, title: str | None) -> None:
    source = "# Old town\n\nIt was **flooded**."
    article = extract_article(source.encode(), url=url, content_type=content_type)
    assert (article.title, article.text) == (title, "It was flooded." if title else source)


@pytest.mark.parametrize(
    ("title", "site", "heading", "expected"),
    [
        pytest.param(
            "Old town flooded | BBC", "BBC News", "", "Old town flooded", id="part-of-the-sites-name"
        ),
        pytest.param("Old town flooded – The News", "The News", "", "Old town flooded", id="site"),
        pytest.param("Flooded - Town - News", "News - Town", "", "Flooded", id="site-in-two-parts"),
        pytest.param("Flooded - news.example.com", "", "", "Flooded", id="host"),
        pytest.param("Flooded - Local", "News", "<h1>Floo<b>ded</b></h1><h1>b</h1>", "Flooded", id="heading"),
        pytest.param("Flooded - again", "News", "", "Flooded - again", id="part-of-the-title"),
        pytest.param("News", "News", "", None, id="nothing-else"),
    ],
)
def test_a_title_goes_without_the_name_of_its_site(
    title: str, site: str, heading: str, expected: str | None
) -> None:
    named = f'<meta property="og:site_name" content="{site}">' if site else ""
    head = f'<title>{title}</title><meta property="og:title" content="{title}">{named}'
    article = extract_article(page(heading + BODY, head=head), url=URL)
    assert article.title == expected
    assert not site or article.site == site


LOCKED = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(LOCKED, BODY, id="structured-data"),
        pytest.param(LOCKED.replace("false", '"False"'), BODY, id="false-as-a-word"),
        pytest.param("", f"{BODY}<div class=promo>Subscribe to continue reading.</div>", id="words"),
        pytest.param("", f"<p>{SENTENCE}</p><p>Already a subscriber? Log in.</p>", id="hardly-a-text"),
        pytest.param("", f"<p>{GERMAN}</p><p>Jetzt weiterlesen mit Plus.</p>", id="german"),
        pytest.param(LOCKED, "<p>Subscribe now to read.</p>", id="no-text"),
    ],
)
def test_the_start_of_a_locked_article_is_a_paywall(head: str, body: str) -> None:
    with pytest.raises(Paywall):
        extract_article(page(body, head=head), url=URL)


@pytest.mark.parametrize("head", [LOCKED, '<meta name="a" content="Subscribe to continue reading">'])
def test_a_complete_article_is_not_taken_for_a_paywall(head: str) -> None:
    body = "".join(f"<p>On day {n} {SENTENCE}</p>" for n in range(20))
    assert "On day 19" in extract_article(page(body, head=head), url=URL).text


LOST = "The address may have been typed wrongly, or the story may have moved to another place. " * 3


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        pytest.param("404 Not Found", f"<p>{LOST}</p>", "nothing here", id="soft-404"),
        pytest.param("Page not found | News", f"<p>{LOST}</p>", "nothing here", id="not-found"),
        pytest.param("Seite nicht gefunden", f"<p>{LOST}</p>", "nothing here", id="german"),
        pytest.param("Just a moment...", f"<p>{LOST}</p>", "human", id="challenge"),
        pytest.param(
            "News",
            f"<p>We use cookies. {LOST}</p><p>Accept all, or choose in our cookie settings.</p>",
            "cookie notice",
            id="cookie-wall",
        ),
        pytest.param("News", "<p>Please enable JavaScript to read.</p>", "needs a browser", id="script-only"),
    ],
)
def test_an_error_page_or_a_notice_is_refused_with_its_reason(title: str, body: str, said: str) -> None:
    with pytest.raises(NoArticle, match=f"{said}.*aste the text"):
        extract_article(page(body, head=f"<title>{title}</title>"), url=URL)


@pytest.mark.parametrize("title", ["404 Media raises money", "Page found in the attic", "The cookie policy"])
def test_a_short_article_about_such_notices_is_an_article(title: str) -> None:
    assert extract_article(page(head=f"<title>{title}</title>"), url=URL).title == title


STORY = f"<article>{BODY}</article>"
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">" + STORY, id="attributes"),
        pytest.param("<div>" * 200_000 + STORY + "</div>" * 200_000, id="nested"),
        pytest.param(STORY + "<!--" * 500_000, id="open-comments"),
        pytest.param(STORY + "<br>" * 500_000, id="line-breaks"),
        pytest.param(STORY + "<script>" * 250_000, id="open-scripts"),
        pytest.param(f"<title>{'long ' * 400_000}</title>{STORY}", id="title"),
        pytest.param("<meta name=author content=x>" * 70_000 + STORY, id="metas"),
        pytest.param(f'<meta name=author content="{"<!--" * 500_000}">{STORY}', id="open-comments-in-a-meta"),
        pytest.param(f"<!DOCTYPE l [<!ENTITY l0 'l'>{LAUGHS}]><p>&l9;</p>{STORY}", id="billion-laughs"),
    ],
)
def test_hostile_markup_around_an_article_does_not_hide_it(html: str) -> None:
    article = extract_article(html.encode(), url=URL, content_type="application/xhtml+xml")
    assert "rescue teams came in boats." in article.text
    assert len(article.title or "") <= 1_000


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(f"<p>{SENTENCE}", id="paragraphs"),
        pytest.param(f"<article><p>{SENTENCE}", id="nested-articles"),
        pytest.param(f"<table><tr><td>{SENTENCE}", id="nested-tables"),
        pytest.param("<p>Posted on 12 March 2019 by the editors", id="dates"),
        pytest.param("word ", id="one-text"),
        pytest.param("&lt;b ", id="references"),
    ],
)
def test_two_megabytes_of_anything_are_cut_and_say_so(part: str) -> None:
    html = f"<html><body><p>{SENTENCE}{part * (2_000_000 // len(part))}"
    article = extract_article(html.encode(), url=URL)
    assert article.truncated
    assert 140 < len(article.text) <= 400_000


@pytest.mark.parametrize("text", ["", " \n", "...", "\x00\u200b", "-- ** --"])
def test_a_text_without_readable_characters_is_refused(text: str) -> None:
    with pytest.raises(NoArticle):
        plain_article(text)


@pytest.mark.parametrize("text", ["Yes", "7", "日", "😀", "☀", "ä"])
def test_a_single_readable_character_is_enough_for_a_text(text: str) -> None:
    assert plain_article(text).text == text
