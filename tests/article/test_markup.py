"""Inline markup that carries meaning is written out; marks of notes, code and deleted words are no text."""

from __future__ import annotations

import pytest

from tests.support.stories import STORY, page, read, told


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("<ruby>北<rp>(</rp><rt>きた</rt><rp>)</rp></ruby>の港", "北の港", id="ruby"),
        pytest.param("<ruby><rb>漢<rt>かん</rt><rb>字<rt>じ</rt></ruby>の港", "漢字の港", id="ruby-bases"),
        pytest.param(
            "It costs <del>90</del> <ins>80</ins> now<s>, or</s>.", "It costs 80 now.", id="deleted"
        ),
        pytest.param(
            "It costs <span style='text-decoration: line-through'>90</span> 80.", "It costs 80.", id="struck"
        ),
        pytest.param(
            "Press <kbd>Ctrl</kbd>+<kbd>C</kbd>, then <code>run()</code>.",
            "Press Ctrl+C, then run().",
            id="code",
        ),
        pytest.param("A <b>bold <i>word</i></b>, and <em>it</em>.", "A bold word, and it.", id="borders"),
        pytest.param(
            "It costs <span class='strikethrough'>90</span> 80.", "It costs 80.", id="struck-by-class"
        ),
        pytest.param("A boat. pic.twitter.com/ab https://t.co/ab", "A boat.", id="short-links"),
        pytest.param("super<wbr>cali and soft&shy;ware", "supercali and software", id="in-a-word"),
        pytest.param("So warm <img class=emoji alt='🔥' src=x> here.", "So warm 🔥 here.", id="emoji"),
        pytest.param("So warm <img alt='A boiler' src=x>here.", "So warm here.", id="other-image"),
    ],
)
def test_inline_markup_leaves_the_sentence_as_it_reads(markup: str, text: str) -> None:
    assert told(f"<p>{markup}</p>") == text


@pytest.mark.parametrize(
    ("lang", "markup", "text"),
    [
        pytest.param("en", "<q>Is it <q>warm</q>?</q> she said.", "“Is it ‘warm’?” she said.", id="nested"),
        pytest.param("de-AT", "Sie sagte <q>gut</q>.", "Sie sagte „gut“.", id="german"),
        pytest.param("fr", "Elle dit <q>oui</q>.", "Elle dit « oui ».", id="french"),
        pytest.param("en", "He said <q lang=es>sí</q>.", "He said «sí».", id="its-own-language"),
        pytest.param("xx", "He said <q>“yes”</q>.", "He said “yes”.", id="marks-of-its-own"),
    ],
)
def test_a_quotation_gets_the_marks_of_its_language(lang: str, markup: str, text: str) -> None:
    assert told(f"<p>{markup}</p>", lang=lang) == text


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param("<sup><a href='#x1'>1</a></sup>", id="raised-link"),
        pytest.param("<a href='#fn2'><sup>2</sup></a>", id="link-around"),
        pytest.param(" <a href='#_ftn3'>[3]</a>", id="bracketed-link"),
        pytest.param("<sup>[a]</sup>", id="letter-in-brackets"),
        pytest.param(" [<a href='#bib1'>1</a>, <a href='#B2-sea'>2</a>]", id="links-in-brackets"),
        pytest.param("<span class=sidenote>In 2020, to the yard.</span>", id="side-note"),
        pytest.param("<sup>*</sup>", id="asterisk"),
        pytest.param("<sup>4</sup>", id="number-after-a-word"),
        pytest.param("<sup>5,6</sup>", id="numbers"),
        pytest.param("<a role=doc-noteref href='#n7'>note 7</a>", id="role"),
        pytest.param(
            "<sup class=reference><a href='#cite_note-8'><span>[</span>8<span>]</span></a></sup>", id="cited"
        ),
        pytest.param(
            "<sup class='noprint Inline-Template'>[<i><a href=/w>citation needed</a></i>]</sup>", id="wiki"
        ),
    ],
)
def test_the_mark_of_a_note_goes_without_a_gap(mark: str) -> None:
    assert told(f"<p>The boat was sold{mark}, they say.</p>") == "The boat was sold, they say."


def test_a_link_that_looks_like_a_mark_stays_where_it_leads_elsewhere() -> None:
    markup = "Chapter <a class='reference internal' href='two.html'>2</a> by <span class=fn>Ada Lowe</span>."
    assert told(f"<p>{markup}</p>") == "Chapter 2 by Ada Lowe."


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param(
            "<h2>References</h2><ol class=references><li>^ The Post of 2020, page 3.</ol>", id="wiki"
        ),
        pytest.param(
            "<section role=doc-endnotes><ol><li>The Post of 2020. <a href='#r1'>↩</a></ol></section>",
            id="role",
        ),
        pytest.param("<div class=footnotes><p>The Post of 2020, on its page 3.</p></div>", id="class"),
        pytest.param("<div class=footnote><p>The Post of 2020, on its page 3.</p></div>", id="one-note"),
    ],
)
def test_a_list_of_notes_goes_with_its_heading(notes: str) -> None:
    assert told(notes) == ""


def test_a_wiki_page_is_told_without_what_its_software_adds() -> None:
    frame = (
        "<div id=siteSub>From the free encyclopedia</div><div id=mw-content-text><div class=mw-parser-output>"
    )
    box = "<div class=hatnote>For the bird, see it.</div><table class=infobox><tr><td>Ada</td></tr></table>"
    edit = "<div><h2>History</h2><span class=mw-editsection>[<a href=/e>modifier</a>]</span></div>"
    text = read(page(f"<main>{frame}{box}<p>{STORY[0]}</p>{edit}<p>{STORY[1]}</p></div></div></main>"))
    assert text.split("\n") == [STORY[0], "History", STORY[1]]


CODE = "def run():\n    for n in range(3):\n        go(n)\n"


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(f"<pre><code>{CODE}</code></pre>", id="pre-code"),
        pytest.param(f"<pre>{CODE}</pre>", id="pre"),
        pytest.param("<pre>pip install ferry</pre>", id="command"),
        pytest.param(
            "<div class=highlight><pre><span>def run():</span>\n<span> go()</span></pre></div>", id="spans"
        ),
        pytest.param("<p><code>def run():<br>&nbsp; go()<br></code></p>", id="line-breaks"),
        pytest.param(
            f"<table class=highlighttable><tr><td><pre>1\n2</pre><td><pre>{CODE}</pre></table>",
            id="numbered-lines",
        ),
    ],
)
def test_code_is_left_out_with_the_sentence_that_announces_it(markup: str) -> None:
    assert told(f"<p>It is short. It goes like this:</p>{markup}") == "It is short."


def test_a_poem_keeps_its_lines() -> None:
    poem = "The tide came in at night,\nthe boat lay still,\nand no one saw the light\nupon the hill."
    assert told(f"<pre>{poem}</pre>") == poem


def test_the_text_of_a_page_that_is_all_preformatted_is_told() -> None:
    text = read(page(f"<pre>1. Notes = [all]\n\n   {STORY[0]}\n   {STORY[1]}\n   {STORY[2]}</pre>"))
    assert all(paragraph in text for paragraph in STORY)


TWEET, POST = "blockquote class=twitter-tweet", "We sail. It is “calm”."
FRAMES = "<figure class=wp-block-embed><div class=wp-block-embed__wrapper>"
AUTHOR = "&mdash; Ada Lowe (@ada) <a href='https://twitter.com/ada/status/123?s=1'>June 1, 2024</a>"
SHORT = "<a href='https://t.co/ab'>https://t.co/ab</a> <a href='https://t.co/cd'>pic.twitter.com/cd</a>"


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(f"<{TWEET}><p>We sail.<br>It is “calm”. {SHORT}</p>{AUTHOR}</blockquote>", id="tweet"),
        pytest.param(f"<blockquote><p>{POST}</p>{AUTHOR}</blockquote>", id="without-class"),
        pytest.param(f"<{TWEET}><p>{POST} pic.x.com/cd</p><p>{AUTHOR}</p></blockquote>", id="plain-link"),
        pytest.param(
            f"{FRAMES}<{TWEET}><p>{POST}</p>{AUTHOR}</blockquote></div></figure>",
            id="figure",
        ),
    ],
)
def test_an_embedded_post_is_one_quotation_behind_its_author(markup: str) -> None:
    assert told(markup) == "Ada Lowe (@ada): “We sail. It is ‘calm’.”"


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(
            "<blockquote class=instagram-media><a href='https://www.instagram.com/p/ab/'>View</a></blockquote>",
            id="instagram",
        ),
        pytest.param(
            "<blockquote class=tiktok-embed><a href=x>@ada</a> <p>We sail.</p></blockquote>", id="tiktok"
        ),
        pytest.param(
            "<blockquote class=wp-embedded-content><a href=/b>Another story</a></blockquote>",
            id="other-story",
        ),
    ],
)
def test_an_embed_that_names_no_author_is_left_out(markup: str) -> None:
    assert told(f"<p>Ada wrote it. See here:</p>{markup}") == "Ada wrote it."
