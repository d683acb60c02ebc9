"""Where the author of a text divides it into posts, and where a line only looks like it."""

from __future__ import annotations

import pytest

from core.text.divisions import authors_posts, with_clear_rules


def divided(text: str, *, without_numbers: bool = True) -> list[str]:
    return authors_posts(text, without_numbers=without_numbers)


@pytest.mark.parametrize(
    "rule", ["---", "***", "___", "* * *", "- - -", "  ---  ", "—-", "— — —", "—–"], ids=repr
)
@pytest.mark.parametrize("blank", ["", "\n"], ids=["between-lines", "between-blank-lines"])
def test_a_rule_alone_on_its_line_divides_posts(rule: str, blank: str) -> None:
    assert divided(f"The pool is back.\n{blank}{rule}\n{blank}Bring a towel.\nAnd a cap.") == [
        "The pool is back.",
        "Bring a towel.\nAnd a cap.",
    ]


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        pytest.param("One\n\n-----\n\nTwo", ["One", "Two"], id="longer-between-blank-lines"),
        pytest.param("One\n---\nTwo\n---\nThree", ["One", "Two", "Three"], id="no-full-stops"),
        pytest.param("One!\n---\n\nTwo", ["One!", "Two"], id="under-a-sentence"),
        pytest.param("---\n\nOne\n\n---\n\n---\n\nTwo\n\n---", ["One", "Two"], id="none-is-empty"),
    ],
)
def test_rules_divide_where_the_author_means_them(text: str, posts: list[str]) -> None:
    assert divided(text) == posts


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The plan\n---\n\nIt is long.", id="underlined-heading"),
        pytest.param("The plan\n--------\n\nIt is long.", id="long-underline"),
        pytest.param("Name   Price\n------------\nTea    2", id="table"),
        pytest.param("Title -- subtitle\n-- \nAnn", id="signature"),
        pytest.param("Good book\n*****\nRead it", id="five-stars"),
        pytest.param("Name:\n________\nDate:", id="form"),
        pytest.param("One --- two *** three", id="inside-a-line"),
        pytest.param("```\na: 1\n---\nb: 2\n```", id="code"),
        pytest.param("A\n—\nB", id="one-dash"),
        pytest.param("1/3 cup of oil\n2/3 cup of milk", id="recipe"),
        pytest.param("1. one\n2. two\n3. three", id="list"),
        pytest.param("1/2 of us\n\nand 2/2 of them, 24/7", id="fractions"),
        pytest.param("Scores: 1/ and 2/ and 3/", id="numbers-inside-a-line"),
    ],
)
def test_other_lines_divide_nothing(text: str) -> None:
    assert divided(text) == [text]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        pytest.param("1/ One.\n\n2/ Two.\n\n3/ Three.", ["One.", "Two.", "Three."], id="number-and-slash"),
        pytest.param("1/3 One.\n2/3 Two.\n3/3 Three.", ["One.", "Two.", "Three."], id="with-their-total"),
        pytest.param("(1/2) One.\n\n(2/2) Two.", ["One.", "Two."], id="brackets"),
        pytest.param("[1/2] One.\n\n[2/2] Two.", ["One.", "Two."], id="square-brackets"),
        pytest.param("1/\nOne.\n\n2/\nTwo.", ["One.", "Two."], id="on-a-line-of-their-own"),
        pytest.param("🧵 1/ One.\n\n2/ Two.", ["🧵 One.", "Two."], id="behind-an-emoji"),
        pytest.param("One.\n\n1/2\n\n\n\nTwo.\n\n2/2", ["One.", "Two."], id="at-the-end-as-ours"),
        pytest.param("One. (1/2)\n\nTwo. (2/2)", ["One.", "Two."], id="at-the-end-of-a-line"),
        pytest.param("1/ One.\n---\n2/ Two.", ["One.", "Two."], id="and-rules"),
    ],
)
def test_an_authors_numbers_divide_posts_and_are_not_doubled(text: str, bare: list[str]) -> None:
    assert divided(text) == bare
    kept = divided(text, without_numbers=False)
    assert [len(post) > len(plain) for post, plain in zip(kept, bare, strict=True)] == [True] * len(bare)


def test_markdown_gets_a_rule_where_it_would_see_a_heading() -> None:
    assert (
        with_clear_rules("One\n---\nTwo\n\nPlan\n---\n\nThree") == "One\n\n---\n\nTwo\n\nPlan\n---\n\nThree"
    )
