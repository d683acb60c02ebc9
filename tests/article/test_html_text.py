"""What is pasted HTML, and the plain text that is posted of it."""

from __future__ import annotations

import pytest

from core.article.html_text import MAX_HTML, is_document, is_html, text_of, tree_of

LINK = "https://example.com/plan"


def shown(html: str) -> str:
    return text_of(tree_of(html), draft=True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<p>The pool is back.</p>", id="paragraph"),
        pytest.param("<div class='a'>The pool<br>is back</div>", id="attributes"),
        pytest.param(f'The <a href="{LINK}">plan</a>', id="link"),
        pytest.param("The pool is <b>back</b>!", id="bold"),
        pytest.param("One<br>two<br/>three", id="line-breaks"),
        pytest.param("<center>The pool</center>", id="centred"),
        pytest.param("漢<ruby>字<rt>じ</rt></ruby>", id="readings"),
        pytest.param("One<br>Tom &amp; Ann", id="line-break-and-reference"),
        pytest.param("<p>The HTML of a page</p>", id="about-markup-in-tags"),
    ],
)
def test_tags_around_prose_make_html(text: str) -> None:
    assert is_html(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a < b and c > d", id="comparison"),
        pytest.param("use <div> in CSS, and </div> after it", id="about-css"),
        pytest.param("Use <b>bold</b> tags", id="about-tags"),
        pytest.param("<b> is a tag, </b> ends it", id="tag-first"),
        pytest.param("return <p>{name}</p>", id="jsx"),
        pytest.param("List<String> x = new Map<A, B>()", id="generics"),
        pytest.param("I <3 you -> there <-", id="arrows"),
        pytest.param("<ann@example.com> <https://example.com>", id="addresses"),
        pytest.param("<grin> press <p> to stop", id="placeholders"),
        pytest.param("Tom &amp; Ann", id="reference-alone"),
        pytest.param("<note><to>Ann</to></note>", id="xml"),
    ],
)
def test_other_angle_brackets_are_text(text: str) -> None:
    assert not is_html(text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>One <b>two</b>\n three.</p><p>Four</p>", "One two three.\n\nFour", id="paragraphs"),
        pytest.param("<div>One</div><div>Two</div>", "One\nTwo", id="lines"),
        pytest.param("One<br>two<br><br>three<br><br><br>four", "One\ntwo\n\nthree\n\nfour", id="breaks"),
        pytest.param(
            "<ul><li><p>a</p></li><li>b<ol start=3><li>c</ol></ul>", "- a\n\n- b\n  3. c", id="lists"
        ),
        pytest.param(f"<a href='{LINK}'>plan</a>now", f"plan {LINK} now", id="link"),
        pytest.param(f"<a href='{LINK}'>example.com/pl…</a>", LINK, id="shortened-link"),
        pytest.param(f"<a href='{LINK}'><img src=a alt=logo></a>x", "x", id="link-of-an-image"),
        pytest.param("a <del>b</del><script>c</script><i hidden>d</i> e", "a e", id="deleted-and-hidden"),
        pytest.param("a<span style='display: none'>b</span>", "a", id="not-displayed"),
        pytest.param("<q>a</q> <img alt='🎉'> &amp; 1 < 2 <x>", "“a” 🎉 & 1 < 2 <x>", id="signs"),
        pytest.param("<pre>if x:\n    y</pre>", "if x:\n    y", id="code"),
        pytest.param("<table><tr><td>a<td>b</table>", "a\nb", id="layout-table"),
        pytest.param("<p>Cost:</p><table><tr><th>a</table>", "", id="data-table"),
        pytest.param("a<hr>b", "a\n\n---\n\nb", id="rule"),
        pytest.param("<ruby>東京<rp>(<rt>とう<rp>)</ruby>へ", "東京へ", id="readings"),
        pytest.param(
            "H<sub>2</sub>O 10<sup>6</sup>, so<sup>[1]</sup>", "H₂O 10⁶, so", id="scripts-and-notes"
        ),
        pytest.param("<p lang=de><q>a <q>b</q></q>", "„a ‚b‘“", id="quotations-of-its-language"),
        pytest.param("a <i style='text-decoration:line-through'>b</i> c", "a c", id="struck-by-style"),
        pytest.param("a <i style='font-size:0'>b</i><i class=sr-only>c</i> d", "a d", id="out-of-sight"),
        pytest.param("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "x²", id="formula"),
        pytest.param("<p>a<p><o:p>&nbsp;</o:p><p>b", "a\n\nb", id="empty-paragraphs-of-word"),
        pytest.param("a<br>&nbsp;&nbsp;b", "a\n\u00a0\u00a0b", id="indented-by-hard-spaces"),
        pytest.param("<?xml version='1.0' encoding='x'?><p>a<!-- b -->c</p>", "ac", id="comment"),
    ],
)
def test_html_becomes_what_it_shows(html: str, text: str) -> None:
    assert shown(html) == text


def test_a_whole_page_is_a_document() -> None:
    assert is_document("<!-- a --> <!DOCTYPE html><html>")
    assert is_document("<?xml version='1.0'?>\n<html lang=en>")
    assert not is_document("<p>The html</p>")


@pytest.mark.parametrize(
    "tag",
    [
        "<b>",
        "<p>",
        "<ul><li>",
        "<table><tr><td>",
        "<!--",
        "<a href=x>",
        "<",
        "<pre>",
        "<q>",
        "<sup>1</sup>",
        "<math>",
    ],
)
def test_a_run_of_tags_is_read_without_recursion(tag: str) -> None:
    assert len(shown(f"<p>a</p>{tag * (MAX_HTML // len(tag))}")) <= MAX_HTML
