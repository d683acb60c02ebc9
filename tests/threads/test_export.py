"""A thread as text, Markdown and JSON."""

from __future__ import annotations

import json

import pytest

from core.threads.export import exported
from core.threads.schemas import GenerateAnswer, PostOut


def answer(*contents: str, title: str | None = None) -> GenerateAnswer:
    posts = [PostOut(number=1, total=1, content=content, character_count=1) for content in contents]
    return GenerateAnswer.model_construct(title=title, thread=posts)


def test_text_divides_posts_by_three_blank_lines() -> None:
    assert exported(answer("One.\n\n1/2", "Two.\n\n2/2"), "txt") == "One.\n\n1/2\n\n\n\nTwo.\n\n2/2\n"


def test_json_holds_posts_with_their_text() -> None:
    file = json.loads(exported(answer("One “é”.", "Two."), "json"))
    assert file == {"posts": [{"text": "One “é”."}, {"text": "Two."}]}


def test_markdown_has_the_title_and_rules_between_posts() -> None:
    file = exported(answer("One.\n\n1/2", "Two.\nThree.\n\n2/2", title="A *title*"), "md")
    assert file == "# A \\*title\\*\n\nOne.\n\n1/2\n\n---\n\nTwo.  \nThree.\n\n2/2\n"


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        pytest.param("<b>bold</b> &amp;", "\\<b\\>bold\\</b\\> \\&amp;", id="html"),
        pytest.param("#tag and *star*", "\\#tag and \\*star\\*", id="marks"),
        pytest.param("- item", "\\- item", id="list"),
        pytest.param("1. FC Köln", "1\\. FC Köln", id="number"),
        pytest.param("[a](javascript:b)", "\\[a\\](javascript:b)", id="link"),
        pytest.param("see https://a.example/b_c*d", "see <https://a.example/b_c*d>", id="address"),
    ],
)
def test_markdown_shows_what_the_post_says(content: str, markdown: str) -> None:
    assert exported(answer(content), "md") == f"{markdown}\n"
