"""Boilerplate of a page is distinguished from its text."""

from __future__ import annotations

import pytest

from core.text.sentences import sentences
from core.writing.extractive.boilerplate import content_mask

TEXT = [
    "The council closed the bridge.",
    "Engineers found cracks in it.",
    "Nine thousand cars cross it a day.",
]


def kept(*lines: str, title: str = "") -> list[str]:
    parts = sentences("\n".join(lines))
    return [part.text for part, kept in zip(parts, content_mask(parts, title), strict=True) if kept]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Image copyright Getty Images", id="credit"),
        pytest.param("Photo: A. Person / Agency.", id="photo"),
        pytest.param("Read more: Ten bridges that closed.", id="read-more"),
        pytest.param("Sign up for our newsletter.", id="newsletter"),
        pytest.param("Follow us on every network!", id="follow"),
        pytest.param("© 2026 The Paper. All rights reserved.", id="rights"),
        pytest.param("Lesen Sie auch: Zehn Brücken.", id="german"),
        pytest.param("What the mayor says", id="heading"),
        pytest.param("THE WEEKLY LETTER, FREE.", id="capitals"),
        pytest.param("| 12 | 40 girders. | 3 |", id="table"),
        pytest.param("Harbour Bridge Closes!", id="title-again"),
        pytest.param("These streets are closed:", id="announces-what-is-gone"),
    ],
)
def test_boilerplate_is_left_out(line: str) -> None:
    assert kept(TEXT[0], line, "More to come", *TEXT[1:], title="Harbour bridge closes") == TEXT


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Image is everything for the council.", id="no-credit"),
        pytest.param("Subscribers wrote letters.", id="longer-word"),
        pytest.param("- forty girders", id="list"),
        pytest.param("The bridge closes on Monday.", id="part-of-title-only"),
    ],
)
def test_text_that_looks_like_boilerplate_is_kept(line: str) -> None:
    assert line in kept(*TEXT, line, title="Harbour bridge closes")


def test_an_announced_list_is_kept() -> None:
    assert kept(*TEXT, "These streets are closed:", "- Quay Street", "- Dock Road")[3:] == [
        "These streets are closed:",
        "- Quay Street",
        "- Dock Road",
    ]


def test_lines_without_full_stops_are_text_where_most_have_none() -> None:
    lines = [line.rstrip(".") for line in TEXT]
    assert kept(*lines) == lines
