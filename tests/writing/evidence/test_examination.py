"""Where a text stands in its source, and how far that bears it out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.writing.evidence.examination import MAX_SPANS, examine
from core.writing.evidence.source import SourceText

TEXT = (
    "The river rose — fast. “We were warned,” he said.\n\n"
    "The bridge was closed at noon. Nobody was hurt in the town."
)
SOURCE = SourceText(TEXT, "en")


def quotes(text: str, *cited: str) -> list[str]:
    return [TEXT[place.start : place.stop] for place in examine(text, SOURCE, cited).places]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("The river rose — fast.", "The river rose — fast.", id="same"),
        pytest.param('the river rose - fast. "We were warned," he said.',
                     "The river rose — fast. “We were warned,” he said.", id="other-marks-and-capitals"),
        pytest.param("The bridge was\nclosed at noon", "The bridge was closed at noon", id="other-space"),
    ],
)  # fmt: skip
def test_verbatim_text_is_one_exact_span(text: str, quoted: str) -> None:
    assert quotes(text) == [quoted]
    assert examine(text, SOURCE).support == 1.0


def test_sentences_from_two_places_are_two_spans() -> None:
    assert quotes("The river rose — fast. Nobody was hurt in the town.") == [
        "The river rose — fast.",
        "Nobody was hurt in the town.",
    ]


def test_other_words_stand_where_their_passage_does() -> None:
    assert quotes("At noon they closed the bridge.") == ["The bridge was closed at noon."]


def test_what_a_model_cites_is_its_evidence_where_it_is_there() -> None:
    cited = "Nobody was hurt in the town", "The town was destroyed by fire"
    assert quotes("No injuries.", *cited) == ["Nobody was hurt in the town"]


def test_what_the_source_does_not_say_has_little_support() -> None:
    assert examine("Penguins invented accounting software.", SOURCE).support <= 0.3
    assert examine("The bridge was closed at noon on Friday.", SOURCE).support <= 0.5


def test_a_part_of_a_longer_word_is_not_found() -> None:
    assert SourceText("It cost 1200 euros", "en").find("cost 120") is None


@settings(max_examples=50, deadline=None)
@given(st.text("ab. “”-—…\n\u00a0İß", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_part_of_a_text_is_found_where_its_letters_are(text: str, start: int, stop: int) -> None:
    part = text[start:stop].strip()
    place = SourceText(f"x {text} x", "en").find(f" {part} ")
    if place:
        assert 0 <= place.start < place.stop <= len(text) + 4


def test_spans_are_few() -> None:
    text = " ".join(f"Fact {n} is here. Filler {n}." for n in range(100))
    source = SourceText(text, "en")
    assert len(examine(" ".join(f"Fact {n} is here." for n in range(100)), source).places) == MAX_SPANS
