"""Sentences that a page joined without a space are parted; names with a full stop are not."""

from __future__ import annotations

import pytest

from core.text.sentence_ends import spaced


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("He was a physician.Police came.", "en", "He was a physician. Police came.", id="word"),
        pytest.param(
            "It ended Wednesday.The next began.", "en", "It ended Wednesday. The next began.", id="name-first"
        ),
        pytest.param("That was 2019.It rained.", "en", "That was 2019. It rained.", id="number"),
        pytest.param("It is over!“We won.”", "en", "It is over! “We won.”", id="quotation"),
        pytest.param("Es war das Ende.Der Regen kam.", "de", "Es war das Ende. Der Regen kam.", id="german"),
        pytest.param("Это конец.Потом пришла зима.", "ru", "Это конец. Потом пришла зима.", id="russian"),
    ],
)
def test_a_space_comes_between_joined_sentences(text: str, language: str, expected: str) -> None:
    assert spaced(text, language) == expected
    assert spaced(expected, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The U.S.A and Node.js and Vue.Js are names.",
        "Amazon.Com and booking.Com sell.",
        "See www.example.Com/The or a@example.The now.",
        "Open README.The.txt and system.Out.Println(x).",
        "The string.Length of a text; string.Length is a number.",
        "Ph.D. students of J.K. Rowling, e.g.The one, and p.Eleven of it.",
    ],
)
def test_names_stay_whole(text: str) -> None:
    assert spaced(text, "en") == text
