"""A text is divided into sentences, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.sentences import Sentence, quoted_sentences, sentences

LANGUAGES = ["en", "de", "fr", "ja", "zh", "th", "ar", "hi", "el", "ru", "xx", ""]
MARKS = st.sampled_from(
    [
        *"abcABC .?!\n\"')”。！？…,;:؟।1",
        "Mr. ",
        "U.S.",
        "e.g. ",
        "😀",
        "中",
        "한",
        "e\u0301",
        "⁉️",
        "\u0301",
        "\u200d♂️",
        "🏽",
    ]
)


def without_white_space(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=150, deadline=None)
@given(st.lists(MARKS, max_size=60).map("".join) | st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_no_sentence_is_lost_or_empty(text: str, language: str) -> None:
    found = sentences(text, language)
    assert without_white_space("".join(part.text for part in found)) == without_white_space(text)
    assert all(part.text and part.text == part.text.strip() for part in found)


@pytest.mark.parametrize(
    "divide", [sentences, lambda text, language: quoted_sentences(Sentence(text, 0), language)]
)
@pytest.mark.parametrize(
    "end",
    [
        pytest.param("⁉️", id="emoji-of-two-marks"),
        pytest.param("！\ufe0f", id="variation"),
        pytest.param("。\u0301", id="combining"),
        pytest.param("!\u200d♂️", id="joined-symbol"),
        pytest.param("!🏽", id="skin-tone"),
        pytest.param("!\u0301\u20e3", id="several"),
    ],
)
def test_a_sentence_ends_after_the_whole_grapheme(
    divide: Callable[[str, str], list[Sentence]], end: str
) -> None:
    found = divide(f"本当{end}すごい{end} はい。", "ja")
    assert [part.text for part in found] == [f"本当{end}", f"すごい{end}", "はい。"]
    assert [part.glued for part in found] == [False, True, False]


@settings(max_examples=150, deadline=None)
@given(st.lists(MARKS, max_size=60).map("".join))
def test_paragraphs_are_numbered_by_line(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    for part in sentences(text):
        assert part.text in lines[part.paragraph]
    assert [part.paragraph for part in sentences(text)] == sorted(part.paragraph for part in sentences(text))
    assert {part.paragraph for part in sentences(text)} == set(range(len(lines)))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("Mr. Smith went. He left.", "en", ["Mr. Smith went.", "He left."], id="title"),
        pytest.param("It cost 3.50 then. Now 4.", "en", ["It cost 3.50 then.", "Now 4."], id="decimal"),
        pytest.param("1. Rain fell. It stopped.", "en", ["1. Rain fell.", "It stopped."], id="numbered"),
        pytest.param("- Rain", "en", ["- Rain"], id="bullet"),
        pytest.param("雨。川。", "ja", ["雨。", "川。"], id="no-spaces"),
        pytest.param("बारिश। नदी।", "hi", ["बारिश।", "नदी।"], id="danda"),
        pytest.param(
            "See https://e.com/?q=a!b. Then go.",
            "en",
            ["See https://e.com/?q=a!b.", "Then go."],
            id="marks-inside-a-link",
        ),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, language: str, expected: list[str]) -> None:
    assert [part.text for part in sentences(text, language)] == expected


def test_a_line_without_a_full_stop_is_a_paragraph_of_its_own() -> None:
    assert sentences("Title\n\nOne. Two.\nThree") == [
        Sentence("Title", 0),
        Sentence("One.", 1),
        Sentence("Two.", 1),
        Sentence("Three", 2),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\n \u3000"])
def test_white_space_holds_no_sentence(text: str) -> None:
    assert sentences(text) == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param(
            "“Rain. Was it late?” she said.", "en", ["“Rain.", "Was it late?”", "she said."], id="en"
        ),
        pytest.param("他说：“我走了。我睡了。”", "zh", ["他说：“我走了。", "我睡了。”"], id="no-spaces"),
        pytest.param("« Je pars. Je dors. »", "fr", ["« Je pars.", "Je dors. »"], id="spaced-marks"),
        pytest.param("No quotation.", "en", ["No quotation."], id="none"),
    ],
)
def test_a_quotation_can_be_opened(text: str, language: str, expected: list[str]) -> None:
    assert [part.text for part in quoted_sentences(Sentence(text, 3), language)] == expected
    assert {part.paragraph for part in quoted_sentences(Sentence(text, 3), language)} == {3}


@settings(max_examples=60, deadline=None)
@given(st.lists(MARKS, min_size=1, max_size=40).map("".join), st.sampled_from(LANGUAGES))
def test_opening_a_quotation_loses_nothing(text: str, language: str) -> None:
    for part in sentences(text, language):
        opened = quoted_sentences(part, language)
        assert without_white_space("".join(piece.text for piece in opened)) == without_white_space(part.text)
        assert all(piece.text for piece in opened)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("It rained, e.g. on Mr. Smith. “He ran. He hid,” she said. ", id="english"),
        pytest.param("昨天下了雨。他说：“走吧。快走。”然后走了。", id="chinese"),
    ],
)
def test_a_line_of_any_length_has_the_sentences_of_a_short_one(text: str) -> None:
    one = [sentence.text for sentence in sentences(text)]
    assert [sentence.text for sentence in sentences(text * 500)] == one * 500


@pytest.mark.parametrize("text", ["“" * 12_000, "a" * 12_000, "ab " * 4_000, "»a. «" * 3_000])
def test_a_line_without_an_end_is_kept_whole_or_parted_at_white_space(text: str) -> None:
    assert "".join("".join(each.text.split()) for each in sentences(text)) == "".join(text.split())
