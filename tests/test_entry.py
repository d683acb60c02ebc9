"""A kept answer comes back as it was kept, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.entry import Entry

ANSWER: dict[str, Any] = {"thread": [{"content": "“Grüße” 日本"}], "usage": {"cost_usd": 0.0125}}
ENTRY = Entry(digest="d" * 64, kept_at=1_000.5, fresh_until=2_000.5, answer=ANSWER)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def spoiled(**changes: Any) -> str:
    return json.dumps(json.loads(ENTRY.to_json()) | changes)


def test_an_entry_comes_back_as_it_was_kept() -> None:
    assert Entry.from_json(ENTRY.to_json(), digest=ENTRY.digest) == ENTRY


def test_text_is_kept_unescaped_and_dense_since_stores_bill_by_the_byte() -> None:
    assert '{"content":"“Grüße” 日本"}' in ENTRY.to_json()


def test_another_requests_entry_is_a_miss() -> None:
    assert Entry.from_json(ENTRY.to_json(), digest="e" * 64) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('"text"', id="text"),
        pytest.param("{}", id="no-fields"),
        pytest.param(ENTRY.to_json()[:-5], id="cut-short"),
        pytest.param("[" * 100_000, id="deep-nesting"),
        pytest.param(spoiled(more=1), id="a-field-too-many"),
        pytest.param(spoiled(answer=None), id="no-answer"),
        pytest.param(spoiled(answer=[]), id="answer-that-is-a-list"),
        pytest.param(spoiled(answer={}), id="answer-without-a-thread"),
        pytest.param(spoiled(answer={"thread": "text"}), id="thread-that-is-text"),
        pytest.param(spoiled(kept_at="now"), id="time-that-is-text"),
        pytest.param(spoiled(fresh_until=None), id="no-time"),
        pytest.param(spoiled(digest=None), id="no-digest"),
    ],
)
def test_a_damaged_value_is_a_miss(value: str) -> None:
    assert Entry.from_json(value, digest=ENTRY.digest) is None


@settings(max_examples=150, deadline=None)
@given(JSON, st.sampled_from(["digest", "kept_at", "fresh_until", "answer"]))
def test_no_value_in_a_store_breaks_a_lookup(value: Any, name: str) -> None:
    entry = Entry.from_json(spoiled(**{name: value}), digest=ENTRY.digest)
    assert entry is None or isinstance(entry.answer["thread"], list)
    assert Entry.from_json(json.dumps(value), digest=ENTRY.digest) is None


@pytest.mark.parametrize(
    ("usage", "worth_usd"),
    [
        pytest.param({"usage": {"cost_usd": 0.5}}, 0.5, id="paid"),
        pytest.param({"usage": {}}, 0.0, id="no-cost"),
        pytest.param({}, 0.0, id="no-usage"),
        pytest.param({"usage": None}, 0.0, id="usage-that-is-null"),
    ],
)
def test_a_hit_is_worth_what_the_answer_cost(usage: dict[str, Any], worth_usd: float) -> None:
    entry = Entry.from_json(spoiled(answer={"thread": []} | usage), digest=ENTRY.digest)
    assert entry is not None
    assert entry.worth_usd == worth_usd
