"""Pasted texts are posted as they were written, and divided where their authors divide them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.article.article import Article
from core.article.html_text import is_html
from core.article.markdown import is_markdown
from core.article.pasted import read_text
from core.text.divisions import authors_posts
from core.text.platforms import PLATFORMS, PlatformName
from core.text.thread import Brief, Thread, thread_of
from core.writing.extractive.composer import extract_draft

UNSEEN = "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))  # variation selectors
SENTENCE = "The river rose over the old bridge again."


def posted(text: str, brief: Brief | None = None) -> Thread:
    brief = brief or Brief(numbering="none", max_posts=25)
    return thread_of(extract_draft(Article(text=text), brief).posts, brief, link=None)


def texts(text: str, brief: Brief | None = None) -> list[str]:
    return [post.text for post in posted(text, brief).posts]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The pool is back!\nMonday, 9 o'clock\nBring a towel", id="lines"),
        pytest.param("What to bring:\n\n- towel\n- cap\n\nSee you there.", id="blank-line-before-a-list"),
        pytest.param("an old pond\n  a frog leaps in\n\n    the sound of water", id="poem"),
        pytest.param("def f(x):\n    if x:\n\treturn 1\n\n\nf(2)", id="code"),
        pytest.param("Two  blanks, a\ttab\u00a0!", id="blanks"),
        pytest.param("He left. He ran. It rained.", id="pronouns"),
        pytest.param("👨‍👩‍👧‍👦 👋🏽\nمی‌خواهم", id="joiners"),
    ],
)
@pytest.mark.parametrize("platform", ["x", "bluesky", "linkedin"])
def test_a_text_that_fits_one_post_is_posted_as_it_is(text: str, platform: str) -> None:
    assert texts(text, Brief(platform=platform)) == [text]  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        st.characters(
            exclude_categories=["C", "Zl", "Zp"], include_characters="\n\t", exclude_characters=UNSEEN
        ),
        max_size=60,
    ),
    st.sampled_from([*PLATFORMS]),
)
def test_any_printable_text_that_fits_is_posted_character_for_character(
    text: str, platform: PlatformName
) -> None:
    assume(any(map(str.isalpha, text)) and not (is_html(text) or is_markdown(text)))
    article = read_text(text, 50_000)
    assume(len(authors_posts(article.text, without_numbers=True)) == 1)
    brief = Brief(platform=platform)
    thread = thread_of(extract_draft(article, brief).posts, brief, link=None)
    assert [post.content for post in thread.posts] == [text.strip()]


def test_a_stanza_that_fits_is_not_divided() -> None:
    stanzas = ["\n".join(f"{n}. verse of stanza {at} by the river" for n in range(5)) for at in range(4)]
    assert texts("\n\n".join(stanzas)) == stanzas


def test_a_heading_stays_with_its_paragraph() -> None:
    days = [f"Day {n}\n\n{SENTENCE} {SENTENCE} It fell." for n in range(6)]
    assert [post.count("Day") for post in texts("\n\n".join(days))] == [2, 2, 2]
    assert all(post.endswith(".") for post in texts("\n\n".join(days)))


def test_a_long_list_is_divided_between_its_lines() -> None:
    items = [f"- {n}: a thing that everybody should bring along" for n in range(9)]
    posts = texts("\n".join(["Bring:", "", *items]))
    assert posts[0].startswith("Bring:\n\n- 0")
    assert "\n".join(posts).split("\n") == ["Bring:", "", *items]


LINES = st.sampled_from(
    [
        SENTENCE,
        f"{SENTENCE} It fell.",
        "- towel",
        "    indented",
        "He said:",
        "“Rain fell.",
        "But she ran.",
        SENTENCE * 9,
    ]
)
JOINTS = st.sampled_from([" ", "\n", "\n\n", "\n\n\n", "\n  "])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LINES, JOINTS), min_size=1, max_size=25))
def test_each_post_of_a_text_that_fits_is_a_stretch_of_it(parts: list[tuple[str, str]]) -> None:
    text = "".join(line + joint for line, joint in parts).strip()
    thread = posted(text)
    if not thread.cut:
        assert [post.text for post in thread.posts if post.text not in text] == []
        assert "".join("".join(post.text.split()) for post in thread.posts) == "".join(text.split())


def test_rules_make_posts_and_only_what_is_too_long_is_divided_further() -> None:
    long = " ".join([SENTENCE] * 9)
    posts = texts(f"One.\n---\nTwo.\n\n---\n\n{long}\n---\nFour.")
    assert posts[:2] == ["One.", "Two."]
    assert posts[-1] == "Four."
    assert " ".join(posts[2:-1]) == long


def test_numbers_are_ours_where_posts_get_any() -> None:
    text = "1/ One.\n\n2/ Two."
    assert [post.content for post in posted(text, Brief()).posts] == ["One.\n\n1/2", "Two.\n\n2/2"]
    assert texts(text, Brief(numbering="none")) == ["1/ One.", "2/ Two."]


def test_more_posts_than_are_allowed_are_joined_and_it_says_so() -> None:
    made = extract_draft(Article(text="One.\n---\nTwo.\n---\nThree."), Brief(platform="linkedin"))
    assert made.posts == ("One.\n\nTwo.\n\nThree.",)
    assert made.warnings == (
        "The text divides itself into 3 posts; they were joined, since at most 1 are allowed.",
    )


def test_what_is_selected_from_a_longer_text_keeps_its_lines() -> None:
    lines = [f"Mason number {n} of the harbour saw {n * 7} cracks in girder {n * 31}." for n in range(90)]
    posts = texts("\n".join(lines), Brief(max_posts=3, numbering="none"))
    assert len(posts) == 3
    assert all(line in lines for post in posts for line in post.split("\n"))
