"""The card of a page: what it names to be shown under a link to it."""

from __future__ import annotations

import json

import pytest

from core.article.article import Card
from core.article.extraction import extract_article, read_page
from core.article.fetcher import Page
from core.article.pasted import read_text

URL = "https://news.example.com/2026/flood"
STORY = "".join(f"<p>On day {n} the river flooded the old town again, and boats came.</p>" for n in range(9))
HEAD = """<title>Flood | The News</title><meta name="description" content="Plain.">
<meta property="og:title" content="Old town &amp; river"><meta name="twitter:title" content="Tweeted">
<meta property="og:description" content="Boats &lt;b&gt;came&lt;/b&gt;.">
<meta property="og:image" content="/a.jpg?w=1&amp;copy=2">
<meta property="og:image:alt" content="A &quot;boat&quot;">"""


def page(head: str) -> str:
    return f"<!doctype html><html lang=en><head>{head}</head><body><article>{STORY}</article></body></html>"


def card(head: str) -> Card:
    found = extract_article(page(head).encode(), url=URL).card
    assert found
    return found


def meta(**contents: str) -> str:
    """Meta elements by name, in which an underscore is a colon."""
    return "".join(
        f"<meta name={name.replace('_', ':')} content='{value}'>" for name, value in contents.items()
    )


def data(**facts: object) -> str:
    facts = {"@context": "https://schema.org", "@type": "NewsArticle", **facts}
    return f'<script type="application/ld+json">{json.dumps(facts)}</script>'


def test_a_card_is_what_the_page_says_by_open_graph() -> None:
    assert card(HEAD) == Card(
        title="Old town & river",
        description="Boats came .",
        image="https://news.example.com/a.jpg?w=1&copy=2",
        alt='A "boat"',
    )


def test_what_a_page_does_not_say_is_none() -> None:
    assert card("") == Card()
    assert card("<title>Old town flooded</title>") == Card(title="Old town flooded")


@pytest.mark.parametrize(
    ("head", "description"),
    [
        pytest.param(meta(twitter_description="X", description="Plain"), "X", id="twitter"),
        pytest.param(data(description="Data") + meta(description="Plain"), "Data", id="json-ld"),
        pytest.param(meta(og_description=" ", description="Plain"), "Plain", id="plain"),
        pytest.param(meta(og_description="a\u202eb\x00c\ufeff"), "abc", id="controls"),
        pytest.param(meta(og_description="A <i>raw</i> one"), "A raw one", id="raw-markup"),
        pytest.param(meta(og_description="A<script>steal()</script>B"), "A B", id="script"),
        pytest.param(
            meta(og_description="A <<b>script>steal()"), "A < script>steal()", id="markup-in-markup"
        ),
        pytest.param(meta(og_description="A &amp;lt;img onerror=x"), "A", id="open-tag"),
        pytest.param(meta(og_description="1 < 2 and 3 > 2"), "1 < 2 and 3 > 2", id="no-markup"),
    ],
)
def test_a_description_is_the_first_there_is_as_text(head: str, description: str) -> None:
    assert card(head).description == description


@pytest.mark.parametrize(
    ("address", "image"),
    [
        pytest.param("//cdn.example.net/a b.jpg", "https://cdn.example.net/a%20b.jpg", id="no-scheme"),
        pytest.param("http://cdn.example.net/ü.jpg", "http://cdn.example.net/%C3%BC.jpg", id="http"),
        pytest.param("a.jpg", "https://news.example.com/2026/a.jpg", id="relative"),
        pytest.param("javascript:alert(1)", None, id="javascript"),
        pytest.param("data:image/png;base64,AAAA", None, id="data"),
        pytest.param("file:///etc/passwd", None, id="file"),
        pytest.param("https://10.0.0.1/a.jpg", None, id="private"),
        pytest.param("https://[::1]/a.jpg", None, id="loopback"),
        pytest.param("https://1.1.1.1/a.jpg", "https://1.1.1.1/a.jpg", id="public-address"),
        pytest.param("https://printer/a.jpg", None, id="single-label"),
        pytest.param("https://nas.local./a.jpg", None, id="closed-name"),
        pytest.param("https://me:secret@e.example/a.jpg", None, id="password"),
        pytest.param("https://e.example/" + "x" * 1_990 + "/" + "y" * 100, None, id="long"),
    ],
)
def test_an_image_is_at_an_absolute_public_address(address: str, image: str | None) -> None:
    assert card(meta(og_image=address, og_image_alt="A boat")) == Card(image=image, alt=image and "A boat")
    assert card(data(image=[{"@type": "ImageObject", "url": address}])).image == image


def test_an_image_may_be_where_the_page_is() -> None:
    found = extract_article(
        page(meta(OG_Image="/a.jpg?a=1&copy=2")).encode(), url="http://127.0.0.1:8001/story"
    )
    assert found.card == Card(image="http://127.0.0.1:8001/a.jpg?a=1&copy=2")


def test_an_alternative_text_is_that_of_the_image() -> None:
    other = meta(twitter_image="/b.jpg", twitter_image_alt="B")
    assert card(meta(og_image="/a.jpg") + other).alt is None
    assert card(meta(og_image="/b.jpg") + other).alt == "B"
    assert card(meta(og_image="javascript:a", og_image_alt="A") + other).alt == "B"
    assert card(meta(og_image="/a.jpg", twitter_image_alt="A")).alt == "A"


@pytest.mark.parametrize("image", ['"</script><script>"', '"a\\"b"', "7", "[]", "[[]]", '{"url": ["a.jpg"]}'])
def test_an_odd_image_in_json_ld_is_none(image: str) -> None:
    script = f'<script type="application/ld+json">{{"@type": "Article", "image": {image}}}</script>'
    assert card(script).image is None


def test_long_texts_are_cut_at_a_word_and_huge_ones_left_out() -> None:
    found = card(meta(og_title="word " * 100, og_description="word " * 300))
    assert (found.title, found.description) == ("word " * 58 + "word…", "word " * 198 + "word…")
    assert card(meta(og_description="x" * 1_000_000, description="Plain")).description == "Plain"


def test_a_file_has_its_title_and_a_pasted_text_no_card() -> None:
    file = Page(url=f"{URL}.md", body=b"# Old town\n\nThe river flooded it.", content_type="text/markdown")
    assert read_page(file, 1_000).card == Card(title="Old town")
    assert read_text(page(HEAD), 1_000).card is None
