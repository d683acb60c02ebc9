"""A thread as text, Markdown and JSON."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

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
        pytest.param("10. x", "10\\. x", id="number-of-two-digits"),
        pytest.param("Then\r2025) y", "Then  \n2025\\) y", id="number-in-parenthesis"),
        pytest.param("a\n    b", "a  \n&#32;   b", id="code"),
        pytest.param("[a](javascript:b)", "\\[a\\](javascript:b)", id="link"),
        pytest.param("see https://a.example/b_c*d.", "see <https://a.example/b_c*d>.", id="address"),
    ],
)
def test_markdown_shows_what_the_post_says(content: str, markdown: str) -> None:
    assert exported(answer(content), "md") == f"{markdown}\n"


def rendered(markdown: str) -> str:
    """The text that a reader sees, in which there are only paragraphs."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    paragraphs = [token.children or [] for token in tokens if token.type == "inline"]
    return "\n\n".join(
        "".join("\n" if part.type == "hardbreak" else part.content for part in parts) for parts in paragraphs
    )


STARTS = ["", " ", "   ", "    ", "\t", "> ", "- ", "a ", "1. ", " 10) ", "123456789. ", "\\", "  + "]
PIECES = r"""# ## - + * _ ** > ` ``` ~~~ | === --- *** === <div> </div> <!-- --> <?x &amp; &#32; [a] (b)
[a]: ![ ]( 1. 10. 2025) \ ! : https://a.b/c_d*e&amp; http://x/[y](z)! text a_b_c 😀 1 99""".split()


@given(
    st.lists(
        st.builds(
            lambda start, pieces, glue: start + glue.join(pieces),
            st.sampled_from(STARTS),
            st.lists(st.sampled_from(PIECES), max_size=4),
            st.sampled_from(["", " ", "  "]),
        ),
        max_size=5,
    ).map("\n".join)
)
def test_a_reader_of_the_markdown_sees_the_posts_text(text: str) -> None:
    seen = rendered(exported(answer(text), "md"))
    lines = [line.rstrip(" \t") for line in text.strip().split("\n")]
    assert seen == re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
