"""HTML within bounds: ordinary pages stay complete; hostile ones are cheap, and readable if possible."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring

from core.article.html_limits import limit_html

STORY = "<article><p>The river flooded the old town.</p></article>"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(STORY, id="story"),
        pytest.param("<p>1 < 2 & 3 > 2 &lt; <3</p>", id="signs-that-are-no-markup"),
        pytest.param('<a title="a > b" href=x>y</a><br/><BR>', id="mark-in-an-attribute"),
        pytest.param("<img src=x alt=it's><p>Stray</p><img alt='a'>", id="apostrophe-without-quotes"),
        pytest.param('<img height="63""><p>Stray</p><i id="a">', id="quote-too-many"),
        pytest.param("<p title='open>Stray</p>", id="quote-that-stays-open"),
        pytest.param(
            '<script type="application/ld+json">[{"headline": "A"}]</script>' + STORY, id="structured-data"
        ),
        pytest.param("<title>A <b> title</title>" + STORY, id="title"),
        pytest.param("<div>" * 80 + STORY + "</div>" * 80, id="deep"),
        pytest.param("<p>one" * 500, id="never-closed"),
        pytest.param("<svg><path d=1/><p>after a drawing that never ends</p>", id="open-drawing"),
        pytest.param("<custom-element data-x=1>text</custom-element>", id="own-element"),
    ],
)
def test_an_ordinary_page_stays_as_it_is(page: str) -> None:
    html, cut = limit_html(page)
    assert html == "<!DOCTYPE html>\n" + page
    assert not cut


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("<!-- a > b -->", id="comment"),
        pytest.param("<!-->", id="empty-comment"),
        pytest.param("<script>if (a < b) '<p>'</script>", id="script"),
        pytest.param("<SCRIPT src=a></SCRIPT >", id="capitals"),
        pytest.param("<script src=a />", id="xhtml-script"),
        pytest.param("<style>p > a {}</style>", id="style"),
        pytest.param("<svg><title>Icon</title><path d=1></svg>", id="drawing"),
        pytest.param("<!DOCTYPE a [<!ENTITY b 'c'>", id="doctype"),
        pytest.param("<?xml version='1.0'?>", id="processing-instruction"),
    ],
)
def test_hidden_elements_are_left_out(part: str) -> None:
    assert limit_html(f"<p>a</p>{part}<p>b</p>")[0] == "<!DOCTYPE html>\n<p>a</p><p>b</p>"


@pytest.mark.parametrize("mark", ["<!--", "<script>", "<style>", "<title>", "<textarea>"])
def test_an_unclosed_element_hides_the_rest(mark: str) -> None:
    assert limit_html(STORY + mark * 200_000)[0] == "<!DOCTYPE html>\n" + STORY


@pytest.mark.parametrize(
    ("page", "most"),
    [
        pytest.param("<p>" * 240_000 + STORY, 200, id="paragraphs"),
        pytest.param("<br>" * 200_000 + STORY, 200, id="line-breaks"),
        pytest.param("<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">" + STORY, 700, id="attributes"),
        pytest.param("<p a='" + "x" * 2_000_000 + "'>" + STORY, 200, id="long-attribute"),
        pytest.param("<div>" * 200_000 + STORY + "</div>" * 200_000, 2_000, id="nested"),
        pytest.param("<b><i>" * 100_000 + STORY, 2_000, id="nested-inline"),
        pytest.param("<!---->" * 200_000 + STORY, 200, id="comments"),
        pytest.param("<script>x</script>" * 100_000 + STORY, 200, id="scripts"),
        pytest.param("<meta name=a content=b>" * 80_000 + STORY, 15_000, id="metas"),
        pytest.param("<title>" + "long " * 400_000 + "</title>" + STORY, 1_200, id="title"),
        pytest.param("<p>" + " \n" * 900_000 + "</p>" + STORY, 200, id="spaces"),
        pytest.param("\0" * 2_000_000 + STORY, 200, id="nul"),
        pytest.param("<script type=application/ld+json>[</script>" * 40_000 + STORY, 6_000, id="data"),
    ],
)
def test_the_article_in_hostile_markup_stays_and_the_rest_shrinks(page: str, most: int) -> None:
    kept = limit_html(page)[0]
    assert "The river flooded the old town." in kept
    assert len(kept) <= most


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<p>word " * 250_000, id="paragraphs"),
        pytest.param("<div>word" * 200_000, id="nested"),
        pytest.param("<table><tr><td>word" * 100_000, id="tables"),
        pytest.param("<a href=/a>word</a>" * 100_000, id="links"),
        pytest.param("<p a b c d e f g h i j k l>word" * 60_000, id="attributes"),
        pytest.param("word " * 400_000, id="text"),
        pytest.param("&lt;" * 500_000, id="references"),
        pytest.param("<p>" + "\U0001f600" * 500_000, id="wide-characters"),
    ],
)
def test_too_much_of_anything_is_cut_and_says_so(page: str) -> None:
    html, cut = limit_html(page)
    assert cut
    assert page.startswith(html.removeprefix("<!DOCTYPE html>\n")[:40])
    assert len(html) <= 420_000
    assert html.count("<") <= 17_000


@pytest.mark.parametrize(
    "part", ["<a ", '<a b="', "<a '\"", "<a '\">", "<", "</", "<a b='>", "<a b=\"'>", "</p "]
)
def test_broken_tags_end_in_time(part: str) -> None:
    assert limit_html(STORY + part * 300_000)[0].startswith("<!DOCTYPE html>\n" + STORY)


@pytest.mark.parametrize(
    "span",
    [
        "colspan=1000 rowspan=1000",
        "COLSPAN = '1000'",
        'class=a rowspan="+1000"',
        "colspan=1 colspan=1000",
        "rowspan='&#49;00'",
        "a='b'/colspan=\u0669\u0669",
        "co\x01lspan=100",
        pytest.param("x='" + "y" * 5_000 + "' rowspan=100", id="behind-a-long-value"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("cell", ["td", "TH"])
def test_no_cell_spans_others(cell: str, span: str) -> None:
    html, _ = limit_html(f"<table><tr><{cell} {span}>word</{cell}></table>{STORY}")
    cells = fromstring(html).xpath("//td|//th")
    assert [(cell.get("colspan"), cell.get("rowspan")) for cell in cells] == [(None, None)]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<\x01div>" * 200_000, id="control-character-in-a-tag"),
        pytest.param("<\ufffep>word" * 100_000, id="no-character-in-a-tag"),
    ],
)
def test_no_element_is_hidden_from_the_limits(page: str) -> None:
    html, _ = limit_html(page)
    assert html == re.sub("[\x00-\x08\ufffe]", "", html)
    assert len(fromstring(html + STORY).xpath("//*")) <= 7_000


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b a='", "'>", '"', ">", "<!--", "-->", "<script>", "</script>", "text"]
        )
    ).map("".join)
)
def test_no_markup_grows(page: str) -> None:
    assert len(limit_html(page)[0]) <= len(page) + len("<!DOCTYPE html>\n")
