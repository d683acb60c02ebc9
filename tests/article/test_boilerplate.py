"""What stands within an article and is not its text: references, menus, forms, other stories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.stories import STORY, page, read, told

WHOLE = "\n".join(STORY)
PARAGRAPHS = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
MENU = "<ul><li><a href=/a>The boats of the bay</a><li><a href=/b>The yard</a> up the coast</ul>"
LONG = "".join(f"<p>{paragraph}</p>" for _ in range(2) for paragraph in STORY)
OTHER = "Another text that is in the page too, in a sentence that is long enough for an article."


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<p>Mehr dazu: <a href=/a>The boats of the bay</a></p>", id="reference"),
        pytest.param("<h3>Xyz: <a href=/a>The boats of the bay</a></h3>", id="heading"),
        pytest.param(f"<h3>Xyz</h3>{MENU}", id="menu-with-its-heading"),
        pytest.param(f"<div><p>Xyz</p>{MENU}</div>", id="menu-in-a-box"),
        pytest.param(
            "<p>XYZ<br><a href=/a>The boats of the bay</a> [A]<br><a href=/b>A yard up the coast</a> [B]</p>",
            id="links-in-a-paragraph",
        ),
        pytest.param("<div>Xyz <input type=email> <button>Go</button></div>", id="form"),
        pytest.param(
            "<div><p>The best of the bay, in a letter every week.</p><div><input name=q></div></div>",
            id="form-that-says-what-for",
        ),
    ],
)
def test_what_leads_elsewhere_is_no_text(markup: str) -> None:
    assert told(markup) == ""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param(f"<p><a href=/a>{OTHER}</a></p>", OTHER, id="linked-sentence"),
        pytest.param(
            "<h2><a href=/a>The boats of the bay</a></h2>",
            "The boats of the bay",
            id="linked-section-heading",
        ),
        pytest.param(
            f"<ul><li><a href=/a>{OTHER[:60]}</a>{OTHER[60:]}<li><a href=/b>The yard</a> is far.</ul>",
            f"- {OTHER}\n- The yard is far.",
            id="list-of-sentences",
        ),
        pytest.param("<p>It rained. It snowed.</p>" + MENU, "It rained. It snowed.", id="sentences-before"),
    ],
)
def test_linked_text_of_the_article_stays(markup: str, text: str) -> None:
    assert told(markup) == text


def test_links_without_a_text_between_them_are_no_part_of_a_sentence() -> None:
    menu = "<span><a href=/a>The boats of the bay</a> <a href=/b>A yard up the coast</a></span>"
    assert told(f"<p>It was Ann Lowe {menu} who asked the islanders for help.</p>") == (
        "It was Ann Lowe who asked the islanders for help."
    )


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(
            f"<article><h1>Ferry</h1>{LONG}<article><h3><a href=/o>B</a></h3><p>{OTHER}</article></article>",
            id="nested",
        ),
        pytest.param(
            f"<article><h1>Ferry</h1>{LONG}</article><article class=b><h3>Boats</h3><p>{OTHER * 4}</article>",
            id="below",
        ),
        pytest.param(
            f"<main><article><h3><a href=/o>{OTHER}</a></h3></article>{LONG}</main>", id="teaser-before"
        ),
    ],
)
def test_another_article_is_no_text(html: str) -> None:
    assert "Another text" not in read(page(html))
    assert read(page(html)).startswith(WHOLE)


@given(st.lists(st.sampled_from("Xyz abc, dev one two".split()), min_size=3, max_size=12).map(" ".join))
def test_a_reference_goes_whatever_its_words(words: str) -> None:
    assert told(f"<p><b>Abc</b> <a href=/a>{words} {words}</a></p>") == ""


LEAD = "The last ferry of the bay has stopped for good, and nobody knows when another one will come."


@pytest.mark.parametrize("name", ["teaser-text", "lead", "intro"])
def test_a_first_paragraph_that_is_the_description_is_read_whatever_its_class(name: str) -> None:
    head = f'<meta name=description content="{LEAD[:80]} …">'
    body = f"<article><h1>Ferry</h1><div class={name}><p>{LEAD}</p></div>{LONG}</article>"
    assert read(page(body, head=head)).startswith(f"{LEAD}\n{STORY[0]}")


def test_a_name_with_a_menu_beside_it_stays() -> None:
    menu = "<span><a href=/a>The boats of the bay</a><a href=/b>A yard up the coast</a></span>"
    name = f"<span><a href=/ann>Ann Harper</a>{menu}</span>"
    text = read(page(f"<p>The yard of {name} builds boats, said a friend of the sailor on Monday.</p>{LONG}"))
    assert (
        text.split("\n")[0] == "The yard of Ann Harper builds boats, said a friend of the sailor on Monday."
    )


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            '<p>Go to <a href="https://news.example.com/?from=list">the paper’s first page</a> for more.</p>',
            id="paragraph",
        ),
        pytest.param("<ul><li>Go to <a href=/>the paper’s first page</a> for more.</li></ul>", id="item"),
    ],
)
def test_a_short_line_whose_only_link_is_to_a_first_page_is_no_text(line: str) -> None:
    assert told(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            "<p>The yard, <a href=/>Bay Boats of Hull</a>, has built nine of such ferries in a year.</p>",
            id="name",
        ),
        pytest.param(
            "<p>The yard of <a href=/>the Bay Boats</a> built <a href=/plan>the first one</a>.</p>",
            id="two-links",
        ),
        pytest.param(
            "<p>The yard has published <a href=/plan>the plan of the ferry</a>.</p>", id="other-page"
        ),
    ],
)
def test_a_sentence_with_a_link_is_text(line: str) -> None:
    assert told(line).startswith("The yard")


def test_a_short_paragraph_under_a_rule_at_the_end_is_no_text() -> None:
    note = "<p>Note: we read all the comments before they are shown here.</p>"
    assert read(page(f"<div>{PARAGRAPHS}<hr>{note}</div>")) == WHOLE


@pytest.mark.parametrize(
    "rest", [f"{'They sail to the bay. ' * 12}", f"{'They sail. ' * 40}</p><p>It rained."]
)
def test_a_text_under_a_rule_is_told(rest: str) -> None:
    last = rest.strip().rpartition(">")[2]
    assert read(page(f"<div>{PARAGRAPHS}<hr><p>{rest}</p></div>")).endswith(last)
