"""Characters that are removed from every text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.cleaning import clean, clean_line, safe, without_surrogates

UNSAFE = "".join(
    map(
        chr,
        [0, 7, 8, 0x1B, 0x7F, 0x9F, 0x180E, 0x200B, 0x202E, 0x2060, 0x2066, 0x206A, 0xFEFF, 0xD800, 0xDFFF],
    )
)
HIDING = "\U0001f3f4\U000e0061\U000e0062\U000e007f\ufe0f\U000e0100"
TEXTS = st.text(
    st.characters() | st.sampled_from(list(UNSAFE + HIDING + "\u00ad\r\n\t \u00a0\u2028\u2029\x0b\x0c\x85")),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("a\x00b", "ab", id="nul"),
        pytest.param("a\ud800b", "ab", id="lone-surrogate"),
        pytest.param("\ufeffa", "a", id="byte-order-mark"),
        pytest.param("user\u202etxt.exe\u202c", "usertxt.exe", id="bidi-override"),
        pytest.param("a\u2066b\u2069", "ab", id="bidi-isolate"),
        pytest.param("a\u200bb", "ab", id="zero-width-space"),
        pytest.param("#Hallen\u00adbad", "#Hallenbad", id="soft-hyphen"),
        pytest.param(
            "Stadt\u00ad\n rat, Park-\nplatz", "Stadtrat, Park-\nplatz", id="soft-hyphen-at-a-line-end"
        ),
        pytest.param("a\x1b[31mb", "a[31mb", id="terminal-escape"),
        pytest.param("a\ufffeb\uffffc", "abc", id="noncharacters-that-x-refuses"),
        pytest.param("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne", id="every-line-end"),
        pytest.param("a \t\u00a0 b", "a b", id="runs-of-spaces"),
        pytest.param("a  \n  b", "a\nb", id="spaces-at-line-ends"),
        pytest.param("a\n\n\n\n\nb", "a\n\nb", id="runs-of-blank-lines"),
        pytest.param("a\n \n\t\n b", "a\n\nb", id="blank-lines-of-spaces"),
        pytest.param("  \n a \n ", "a", id="edges"),
        pytest.param("a\U000e0068\U000e0069b", "ab", id="tags-that-spell"),
        pytest.param("\U0001f3f4" + "\U000e0061" * 9 + "\U000e007f", "\U0001f3f4", id="tags-of-no-flag"),
        pytest.param("\U0001f3f4\U000e0061\U000e0062", "\U0001f3f4", id="flag-without-an-end"),
        pytest.param("😀\ufe0f\ufe01\U000e0100b", "😀\ufe0fb", id="further-selectors"),
        pytest.param("😀\ufe0f\u200b\ufe01b", "😀\ufe0fb", id="selectors-around-a-hidden-mark"),
        pytest.param("a\u2060\u2064\u206a\u206f\ufff9\ufffb\u180eb", "ab", id="invisible-operators"),
        pytest.param("\x00 \u200b\n", "", id="nothing-left"),
    ],
)
def test_characters_that_no_post_may_have_are_removed(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("👨‍👩‍👧 🏳️‍🌈 1️⃣", id="joined-emoji"),
        pytest.param("🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ 葛󠄀", id="flag-of-a-region-and-selectors"),
        pytest.param("می‌خواهم", id="zero-width-non-joiner"),
        pytest.param("a\u200eb\u200fc", id="direction-marks"),
        pytest.param("one\ntwo\n\nthree", id="lines-and-paragraphs"),
        pytest.param("“naïve” – 日本語…", id="letters-and-typography"),
    ],
)
def test_characters_that_readers_need_are_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a  b\tc\u00a0d", id="blanks"),
        pytest.param("def f():\n    return 1", id="indented-code"),
        pytest.param("What to bring:\n\n- towel\n- cap", id="blank-line-before-a-list"),
        pytest.param("one\n\n\n\ntwo  \nthree", id="several-blank-lines"),
        pytest.param("e\u0301", id="decomposed"),
    ],
)
def test_a_text_that_is_made_safe_stays_as_it_was_written(text: str) -> None:
    assert safe(f"\ufeff \n{text}\u202e\r\n") == text


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_clean_text_is_a_safe_one_without_runs_of_blanks(text: str) -> None:
    assert safe(safe(text)) == safe(text)
    assert clean(safe(text)) == clean(text)
    assert not set(safe(text)) & {*UNSAFE, "\u00ad", "\r", "\u2028"}


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_clean_text_can_be_sent_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not set(cleaned) & set(UNSAFE)
    assert clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_no_visible_character_is_lost(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "sendable"),
    [("\ud83d\ude00", "😀"), ("a\ud800b\udfff", "a\ufffdb\ufffd"), ("日本 😀", "日本 😀")],
    ids=["pair", "lone", "none"],
)
def test_surrogates_become_what_can_be_sent(text: str, sendable: str) -> None:
    assert without_surrogates(text) == sendable


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_line_holds_no_line_end(text: str) -> None:
    line = clean_line(text)
    assert line.splitlines() in ([], [line])
    assert "".join(line.split()) == "".join(clean(text).split())
