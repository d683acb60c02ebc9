"""What introduces a thing that a later sentence takes for known."""

from __future__ import annotations

import pytest

from core.writing.extractive.introductions import introducers

LORRY, RAIN = "An officer stopped a lorry at noon.", "Rain fell on the bay."


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        pytest.param("A search of the lorry found girders.", {0}, id="the-lorry"),
        pytest.param("A search of the lorry of a yard found girders.", set(), id="of-which"),
        pytest.param("A search of the lorry that fell found girders.", set(), id="which-one-is-said"),
        pytest.param("A search of the lorry load that fell found girders.", set(), id="of-two-words"),
        pytest.param("Girders lay for days in a yard of the lorry.", set(), id="not-in-the-opening"),
        pytest.param("A search of the tunnel found girders.", set(), id="no-such-thing"),
    ],
)
def test_a_thing_is_introduced_by_its_indefinite_article(sentence: str, found: set[int]) -> None:
    assert introducers([LORRY, RAIN, sentence], "en", content=range(3))[2] == found
