"""What is Markdown, and the plain text that is posted of it."""

from __future__ import annotations

import pytest

from core.article.markdown import MAX_MARKDOWN, is_markdown, markdown_text

LINK = "https://example.com/plan"


def draft(source: str) -> str:
    return markdown_text(source, draft=True)[1]


def document(source: str) -> tuple[str | None, str]:
    return markdown_text(source, draft=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"See [the plan]({LINK}).", id="link"),
        pytest.param("See [the plan][1].\n\n[1]: https://example.com", id="reference"),
        pytest.param("The **pool** is back", id="strong"),
        pytest.param("__The pool__ is back", id="strong-underscores"),
        pytest.param("泳池**重新开放。**明天", id="strong-in-a-script-without-spaces"),
        pytest.param("It was ~~hot~~ warm", id="struck"),
        pytest.param("Run `make test` first", id="code"),
        pytest.param("Run:\n\n```sh\nmake\n```", id="fence"),
        pytest.param("# The pool is back\n\nAt last.", id="heading"),
        pytest.param("## what to bring\nA towel.", id="lower-heading"),
        pytest.param("a | b\n--|--\n1 | 2", id="table"),
        pytest.param("- [x] towel\n- [ ] cap", id="tasks"),
        pytest.param("---\ntitle: Pool\n---\n\nIt is back.", id="front-matter"),
        pytest.param("+++\ntitle = 'Pool'\n+++\nIt is back.", id="toml"),
        pytest.param("It is back.[^1]\n\n[^1]: Since May.", id="footnote"),
    ],
)
def test_marks_that_plain_texts_lack_make_markdown(text: str) -> None:
    assert is_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("5 * 3 * 2 and 2**3**4 and x**2 + y**2", id="sums"),
        pytest.param("*sigh* _really_ /now/", id="single-marks"),
        pytest.param("snake_case, __init__ and __main__", id="underscores"),
        pytest.param("**kwargs and **args", id="two-stars-before-words"),
        pytest.param("Price: 5**\n\n** without tax", id="footnote-stars"),
        pytest.param("He said **** you", id="censored"),
        pytest.param("#hashtag #another", id="hashtags"),
        pytest.param("# of people\n\n120", id="number-of"),
        pytest.param("# 1 in sales\n\nAgain", id="number-sign"),
        pytest.param("# install it\npip install x\n\n#!/bin/sh", id="comments"),
        pytest.param("1. one\n2. two\n\n* three\n- four", id="lists"),
        pytest.param("> you wrote\n> this\nYes.", id="mail"),
        pytest.param("    four spaces\n  two\n\tand a tab", id="poem"),
        pytest.param(" /\\_/\\\n( o.o )\n > ^ <\n~~~~~", id="ascii-art"),
        pytest.param("¯\\_(ツ)_/¯ |o| `quoted'", id="shrug"),
        pytest.param("f[i](x), see [1] and [2](above)", id="brackets"),
        pytest.param("One\n---\nTwo\n***\nThree", id="rules"),
        pytest.param("---\nNote: one\n---\nTwo", id="rule-first"),
        pytest.param("a | b | c\nd | e", id="bars"),
        pytest.param("<https://example.com> and Tom &amp; Ann", id="mail-link"),
        pytest.param("Title\n=====\nText", id="underlined"),
        pytest.param("--- a/f\n+++ b/f\n@@ -1 +1 @@", id="diff"),
    ],
)
def test_plain_texts_are_no_markdown(text: str) -> None:
    assert not is_markdown(text)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param("**The pool** is _back_ ~~soon~~ `now`", "The pool is back now", id="emphasis"),
        pytest.param(f"See [the plan]({LINK}), please.", f"See the plan {LINK}, please.", id="link"),
        pytest.param(f"[{LINK}]({LINK}) <{LINK}/b>", f"{LINK} {LINK}/b", id="link-that-is-its-text"),
        pytest.param(f"[a]({LINK}) and [b]({LINK})", f"a {LINK} and b", id="address-once"),
        pytest.param("[a][r] b\n\n[r]: https://a.example", "a https://a.example b", id="reference"),
        pytest.param("see [1].\n\n[1]: https://a.example", "see https://a.example.", id="number"),
        pytest.param("[a](#top) [b](./c.md) [d](mailto:a@b.example)", "a b d", id="links-to-no-page"),
        pytest.param(f"[![ci](a.svg)]({LINK}) ![pool](b.png)\n\nText", "Text", id="badge-and-image"),
        pytest.param("# One\nTwo\n\nThree\n-----\n\nFour", "One\n\nTwo\n\nThree\n\nFour", id="headings"),
        pytest.param("* a\n* b\n  + c\n\n3) d\n4) e", "- a\n- b\n  - c\n\n3. d\n4. e", id="lists"),
        pytest.param("- [ ] a\n- [x] b", "☐ a\n☑ b", id="tasks"),
        pytest.param("> a\n> b\n\n> [!NOTE]\n> c", "a\nb\n\nc", id="quotations"),
        pytest.param("Cost:\n\n|a|b|\n|-|-|\n|1|2|\n\nEnd.", "End.", id="table-with-what-announces-it"),
        pytest.param("Run:\n\n```sh\nif x:\n    y\n```", "Run:\n\nif x:\n    y", id="short-code"),
        pytest.param(f"It ran. Code:\n\n```\n{'x = 1' * 99}\n```\n", "It ran.", id="long-code"),
        pytest.param("a[^1] [^b]\n\n[^1]: Note\n  more.", "a [^b]", id="footnote"),
        pytest.param("a\\\nb  \nc\nd", "a\nb\nc\nd", id="line-breaks"),
        pytest.param(r"\*a\* &lt;b&gt; &amp; 2 < 3", "*a* <b> & 2 < 3", id="escapes"),
        pytest.param("a <b>b</b> List<String> <!-- c -->", "a b List<String>", id="html"),
        pytest.param(
            "**粗体。**后面，这是**“粗体”**文字", "粗体。后面，这是“粗体”文字", id="strong-unspaced"
        ),
        pytest.param(":::tip\na\n:::\n\n[toc]\n\n{{< x id >}} b", "a\n\nb", id="additions-of-generators"),
        pytest.param("![[a.png]] [[b]] [[c|d]] if [[ -f e ]]", "b d if [[ -f e ]]", id="links-to-notes"),
        pytest.param("x<sup>2</sup> H<sub>2</sub>O", "x² H₂O", id="scripts"),
        pytest.param("One\n---\nTwo\n\n***\n\nThree", "One\n\n---\n\nTwo\n\n---\n\nThree", id="rules"),
    ],
)
def test_a_draft_becomes_what_platforms_show(source: str, shown: str) -> None:
    assert draft(source) == shown


def test_lines_that_an_editor_broke_are_put_together() -> None:
    long = "The town of Marlow closed its last swimming pool in January,"
    assert draft(f"{long}\n{long}\nsoon.\n\n{long}\n**End**.") == f"{long} {long} soon.\n\n{long} End."
    assert document("Short\nlines\nof **a** document.") == (None, "Short lines of a document.")


@pytest.mark.parametrize(
    ("source", "title", "text"),
    [
        pytest.param("---\ntitle: 'Old: town'\ntags: [a]\n---\nText", "Old: town", "Text", id="yaml"),
        pytest.param('+++\ntitle = "Old town"\n+++\nText', "Old town", "Text", id="toml"),
        pytest.param("---\nmarp: true\n---\n# Old *town*\n\nText", "Old town", "Text", id="heading"),
        pytest.param("---\ntitle: Old\n---\n# Old\n\nText", "Old", "Text", id="both-alike"),
        pytest.param("---\ntitle: Old\n---\n# New\n\nText", "Old", "New\n\nText", id="both"),
        pytest.param(f"Text [a]({LINK})\n\n---\n\n```\ncode\n```", None, "Text a", id="neither"),
    ],
)
def test_a_document_has_its_title_and_no_addresses_rules_or_code(
    source: str, title: str | None, text: str
) -> None:
    assert document(source) == (title, text)


@pytest.mark.parametrize(
    "unit", ["[", "![", "*", "a**b", "> ", "- ", "[a](", "<", "`", "a|b\n-|-\n", "[a][r] "]
)
def test_a_run_of_marks_becomes_no_longer_text(unit: str) -> None:
    source = f"**a**\n\n[r]: https://example.com/{'b' * 500}\n\n{unit * (MAX_MARKDOWN // len(unit))}"
    assert len(draft(source)) <= MAX_MARKDOWN + 600
