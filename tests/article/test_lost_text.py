"""Text that extraction would lose: announced lists, divided bodies, paragraphs that are links."""

from __future__ import annotations

import pytest
from lxml.html import fromstring

from core.article.lost_text import Announced, mend, restored
from tests.support.stories import STORY, page, read, told

FIRST, SECOND, THIRD = STORY
ITEMS = "<li>Ask what is kept<li>Cancel in time<li>Bring a guest"
LINES = ["- Ask what is kept", "- Cancel in time", "- Bring a guest"]


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(
            f"<h1>R</h1><p>{FIRST}</p>You may:<ul>{ITEMS}</ul><p>{SECOND}<p>{THIRD}", id="in-the-body"
        ),
        pytest.param(
            f"<p>{FIRST}</p><b>Guests</b> – you may:<ol>{ITEMS}</ol><p>{SECOND}<p>{THIRD}", id="inline-before"
        ),
        pytest.param(
            f"<main><article><p>{FIRST}<p>{SECOND}<p>{THIRD}<p>You may:</article></main><ul>{ITEMS}</ul>",
            id="outside-the-article",
        ),
        pytest.param(
            f"<article><p>{FIRST}<p>You may:</p><div class=box><ul>{ITEMS}</ul></div><p>{SECOND}<p>{THIRD}",
            id="in-a-box",
        ),
    ],
)
def test_an_announced_list_follows_its_announcement(html: str) -> None:
    lines = read(page(html)).split("\n")
    start = next(n for n, line in enumerate(lines) if line.lower().endswith("you may:"))
    assert lines[start + 1 : start + 4] == LINES
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    ("block", "line"),
    [
        pytest.param("<dl><dt>Child</dt><dd>2 euros</dd></dl>", "- Child: 2 euros", id="definitions"),
        pytest.param("<ul><li>Child<ul><li>from 6</ul></ul>", "- Child\n- from 6", id="nested"),
    ],
)
def test_an_announced_block_is_told_in_lines(block: str, line: str) -> None:
    html = page(f"<h1>R</h1><p>{FIRST}</p>It costs:{block}<p>{SECOND}<p>{THIRD}")
    assert f"It costs:\n{line}\n" in read(html)


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<iframe src=x></iframe>", id="frame"),
        pytest.param("<figure><img src=x><figcaption>The boat</figcaption></figure>", id="figure"),
        pytest.param(
            "<ul><li><a href=/a>The boats of the bay</a><li><a href=/b>The yard</a></ul>", id="links"
        ),
    ],
)
def test_an_announcement_of_nothing_goes(markup: str) -> None:
    assert told(f"<p>It rained. See for yourself:</p>{markup}") == "It rained."
    assert told(f"<p>It rained. See what Dr. Lowe saw:</p>{markup}") == "It rained."
    html = page(f"<article><p>{FIRST}<p>{SECOND}<p>{THIRD} See for yourself:</article>")
    assert read(html).endswith(THIRD)


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<p>{0}</p>", id="paragraph"),
        pytest.param("<blockquote><p>{0}</p></blockquote>", id="quotation"),
        pytest.param("<table><tr><td>{0}</td><td>Yes</td></tr></table>", id="table"),
    ],
)
def test_an_announcement_of_a_block_that_is_told_stays(markup: str) -> None:
    said = "We will sail when it is warm, and not a day before that, whatever they may say."
    text = told(f"<p>She put it like this:</p>{markup.format(said)}")
    assert text.startswith("She put it like this:\n")
    assert text.count(said) == 1


def test_items_are_put_in_order_where_some_are_there() -> None:
    announced = [Announced("you may:", ["- Ask", "- Go", "- Stay"])]
    assert restored("So you may:\n- Go\nThen.", announced) == "So you may:\n- Ask\n- Go\n- Stay\nThen."
    assert restored("So you may: go\nThen.", announced) == "So you may: go\nThen."


AD = "<div class=a1>Advertisement</div>"


def divided(start: str, end: str, between: str = AD) -> str:
    return between.join(f"{start}<p>{paragraph}</p>{end}" for paragraph in STORY)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<main>{divided('<div class=article-body>', '</div>')}</main>", id="class"),
        pytest.param(f"<div>{divided('<div itemprop=articleBody>', '</div>')}</div>", id="itemprop"),
        pytest.param(f"<main>{divided('<article>', '</article>')}</main>", id="articles"),
        pytest.param(f"<div>{divided('<div>', '</div>')}</div>", id="no-class"),
        pytest.param(f"<div>{divided('<div class=body-text>', '</div>')}</div>", id="body-text"),
        pytest.param(divided("<section>", "</section>", ""), id="sections"),
        pytest.param(
            f"<main>{divided('<div class=row><div class=post-content>', '</div></div>')}</main>", id="rows"
        ),
        pytest.param(f"<aside><p>{FIRST}<p>{SECOND}<p>{THIRD}</aside>", id="aside"),
        pytest.param(
            f"<nav>Menu</nav><aside><article><p>{FIRST}<p>{SECOND}<p>{THIRD}</article></aside>",
            id="article-in-aside",
        ),
        pytest.param(f"<form><p>{FIRST}<p>{SECOND}<p>{THIRD}</form>", id="form"),
        pytest.param(f"<figure><p>{FIRST}<p>{SECOND}<p>{THIRD}</figure>", id="figure"),
        pytest.param(
            f"<article><p>{FIRST}<p><a href=/x>{SECOND}</a><p><a href=/x>{THIRD}</a></article>", id="links"
        ),
        pytest.param(
            f"<article><p>{FIRST}<p><em><a href=/x>{SECOND}</a></em><p>{THIRD}</article>",
            id="link-in-emphasis",
        ),
    ],
)
def test_the_whole_body_is_read_and_nothing_else(html: str) -> None:
    assert read(page(html)).split("\n") == list(STORY)


REPLIES = (
    f"<div class=replies>{'<p>I do not think so, as the boat is old and the yard is far away.' * 9}</div>"
)


@pytest.mark.parametrize("below", ["", REPLIES])
def test_a_body_in_rows_is_read_whole_where_each_would_do_for_an_article(below: str) -> None:
    rows = [[f"{paragraph} It was said on day {n} of the month." for n in range(4)] for paragraph in STORY]
    bodies = (f"<div class=post-content><p>{'<p>'.join(row)}</div>" for row in rows)
    text = read(page(f"<main>{''.join(f'<div class=row>{body}</div>' for body in bodies)}{below}</main>"))
    assert text.split("\n") == [line for row in rows for line in row]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("<article><h2><a href=/o>Boats</a></h2><p>{0}</p></article>", id="teaser"),
        pytest.param("<article><h1>Boats</h1><p>{0}</p></article>", id="next-story"),
        pytest.param("<div class=comments><article><p>{0}</p></article></div>", id="comment"),
        pytest.param("<aside><p>{0}</p></aside>", id="aside"),
    ],
)
def test_another_story_or_a_comment_is_not_joined(other: str) -> None:
    words = "Another text that stands below the story, in a sentence that is long enough for an article."
    story = f"<article><p>{FIRST}<p>{SECOND}<p>{THIRD}</article>"
    assert words not in read(page(f"<main>{story}{other.format(words)}</main>"))


def test_the_heading_of_an_accordion_is_told() -> None:
    button = "<h3><button>Who pays?</button></h3>"
    html = f"<article><p>{FIRST}</p>{button}<div><p>{SECOND}<p>{THIRD}</div></article>"
    assert read(page(html)).split("\n") == [FIRST, "Who pays?", SECOND, THIRD]


@pytest.mark.parametrize("tag", ["", "<em>"])
def test_a_paragraph_that_is_one_link_is_told_in_a_long_story_too(tag: str) -> None:
    lines = [f"{paragraph} It was said on day {n} of the month." for n in range(6) for paragraph in STORY]
    linked = [
        f"<p>{tag}<a href=/x>{line}</a></p>" if n % 5 else f"<p>{line}</p>" for n, line in enumerate(lines)
    ]
    assert read(page(f"<article>{''.join(linked)}</article>")).split("\n") == lines


@pytest.mark.parametrize("element", ["time", "button", "label"])
def test_an_element_in_a_sentence_keeps_its_words(element: str) -> None:
    markup = f"<p>The vote on <{element}>1 June</{element}> was won by the islanders of the bay.</p>"
    assert told(markup) == "The vote on 1 June was won by the islanders of the bay."


def test_a_table_that_sets_the_page_is_unrolled() -> None:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    body = f"<table><tr><td>Home</td><td><h1>R</h1><h3>by A. B.</h3>{paragraphs}</td><td></td></tr></table>"
    assert read(page(body)) == "\n".join(STORY)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([f"<p>{FIRST}</p><p>{SECOND}</p>", f"<p>{SECOND}</p><p>{THIRD}</p>"], id="two-cells"),
        pytest.param([f"<p>{' '.join(STORY)}</p>", "Home"], id="one-paragraph"),
    ],
)
def test_a_table_of_another_kind_stays(cells: list[str]) -> None:
    tree = fromstring(page(f"<table><tr><td>{'</td><td>'.join(cells)}</td></tr></table>"))
    mend(tree)
    assert tree.find(".//table") is not None


def test_an_empty_block_between_sentences_divides_them() -> None:
    rest = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    text = f"<article><div>Boats came.<div></div>They left in May, a friend said.</div>{rest}</article>"
    assert read(page(text)).startswith("Boats came.\nThey left in May, a friend said.\n")


@pytest.mark.parametrize(("joint", "found"), [("<br><br>", ["b"]), (" ", [])])
def test_lines_that_begin_as_the_page_describes_itself_are_the_body(joint: str, found: list[str]) -> None:
    head = f'<meta name="description" content="{FIRST}">'
    lines = f"<div id=b>{joint.join(STORY)}</div>"
    tree = fromstring(page(f"<div><div><h1>R</h1>{lines}</div><div>{FIRST}</div></div>", head=head))
    mend(tree)
    assert [each.get("id") for each in tree.iter("div") if each.get("itemprop") == "articleBody"] == found
