"""Sentences that depend on each other are one passage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.sentences import sentences
from core.writing.extractive.coreference import needs_antecedent
from core.writing.extractive.passages import Passage, passages


def found(text: str, max_length: int = 200, *, left_out: str = "", language: str = "en") -> list[Passage]:
    parts = sentences(text, language)
    content_mask = [part.text != left_out for part in parts]

    def fits(text: str, *, first: bool = False) -> bool:
        return len(text) <= max_length

    return passages(parts, content_mask=content_mask, language=language, fits=fits)


def texts(text: str, max_length: int = 200, *, left_out: str = "", language: str = "en") -> list[str]:
    return [passage.text for passage in found(text, max_length, left_out=left_out, language=language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ann left. She ran.\nBob stayed.", ["Ann left. She ran.", "Bob stayed."], id="pronoun"),
        pytest.param(
            "Ann left.\nShe ran.\nBut he stayed.", ["Ann left.\n\nShe ran.\n\nBut he stayed."], id="chain"
        ),
        pytest.param(
            "“Rain fell.\n“Boats came,” Ann said.\nBob left.",
            ["“Rain fell.\n\nBoats came,” Ann said.", "Bob left."],
            id="quotation-over-paragraphs",
        ),
        pytest.param("“Rain fell.\nBoats came.", ["“Rain fell.", "Boats came."], id="quotation-never-closed"),
        pytest.param(
            "Bring:\n- Boats\n- Ropes\nBob left.", ["Bring:\n- Boats\n- Ropes", "Bob left."], id="list"
        ),
        pytest.param("1. Boats\n2. Ropes\nRain fell.", ["1. Boats\n2. Ropes", "Rain fell."], id="numbered"),
        pytest.param(
            "The tagline? Rain fell. Boats came.", ["The tagline? Rain fell.", "Boats came."], id="answer"
        ),
        pytest.param("It rained. Boats came.", ["It rained.", "Boats came."], id="begins-the-text"),
        pytest.param(
            "Ann left.\n“Rain. Boats.” Bob ran.", ["Ann left.\n\n“Rain. Boats.”", "Bob ran."], id="by-nobody"
        ),
        pytest.param("It rained. He left.", ["It rained. He left."], id="all-refer-back"),
        pytest.param("Shops open at 8 a.m. Monday.", ["Shops open at 8 a.m. Monday."], id="abbreviation"),
    ],
)
def test_sentences_that_depend_on_each_other_are_one_passage(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_passage_ends_in_the_paragraph_of_its_last_sentence() -> None:
    passage = found("Who pays?\nAnn does. Boats came.")[0].as_sentence()
    assert (passage.text, passage.paragraph, passage.last) == ("Who pays?\n\nAnn does.", 0, 1)


def test_chinese_sentences_are_joined_without_spaces() -> None:
    assert texts("雨停了。他们离开了。船来了。", language="zh") == ["雨停了。他们离开了。", "船来了。"]


def test_a_sentence_that_refers_to_a_left_out_one_is_left_out_too() -> None:
    assert texts("Rain fell. Ann left. She ran. They stopped. Boats came.", left_out="Ann left.") == [
        "Rain fell.",
        "Boats came.",
    ]


def test_too_long_a_list_is_divided_between_its_items() -> None:
    parts = found("Bring:\n- Boats\n- Ropes\n- Bread", max_length=15)
    assert [part.text for part in parts] == ["Bring:\n- Boats", "- Ropes\n- Bread"]
    assert [part.needs_previous for part in parts] == [False, True]


def test_too_long_a_chain_is_divided_where_a_sentence_only_refers_back() -> None:
    parts = found("Ann left. She said: “Rain.\n“Rain again.” He ran.", max_length=34)
    assert [part.text for part in parts] == ["Ann left.", "She said: “Rain.\n\nRain again.”", "He ran."]
    assert [part.needs_previous for part in parts] == [False, True, True]


LINES = st.sampled_from(
    [
        "Ann left.",
        "He ran.",
        "However, rain fell.",
        "- Boats",
        "“Rain fell.",
        "It rained,” Bob said.",
        "Bring:",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=12).map("\n".join), st.integers(10, 60), LINES)
def test_no_passage_begins_with_a_reference_back_unless_it_needs_the_previous(
    text: str, max_length: int, left_out: str
) -> None:
    parts = found(text, max_length, left_out=left_out)
    if not needs_antecedent(parts[0].parts[0].text):  # else all did, or was left out
        assert not any(needs_antecedent(part.parts[0].text) and not part.needs_previous for part in parts)
        assert all(len(part.text) <= max_length or len(part.parts) == 1 for part in parts)


@given(
    st.sampled_from([("Q", "A"), ("Frage", "Antwort"), ("Le Monde", "Anne Petit"), ("P", "R")]),
    st.integers(20, 200),
)
def test_what_goes_on_under_a_speakers_label_needs_its_beginning(labels: tuple[str, str], size: int) -> None:
    ask, answer = labels
    text = f"{ask}: Why boats?\n{answer}: Boats are quiet. I love the sea in March.\n"
    text += f"{ask}: Why here?\n{answer}: Winds are good. We sail on Mondays in May."
    spoken = [each for each in found(text, size) if "love the sea" in each.text or "We sail" in each.text]
    assert len(spoken) in (1, 2)
    assert all(each.needs_previous or f"{answer}: " in each.text for each in spoken)


def test_a_paragraph_that_trails_off_stays_with_what_it_leads_to() -> None:
    text = "Here is what the sailor had to say…\nBoats are quiet in March.\nWinds are good."
    assert texts(text)[0] == "Here is what the sailor had to say…\n\nBoats are quiet in March."


def test_a_paragraph_under_a_label_that_comes_once_is_divided() -> None:
    assert texts("Note: Boats are quiet in March. Winds are good.")[1] == "Winds are good."
