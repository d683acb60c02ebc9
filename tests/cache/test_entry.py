"""A kept answer comes back as it was kept, or not at all."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.entry import MAX_BYTES, Entry

ANSWER: dict[str, Any] = {
    "thread": [{"content": "“Grüße” 日本"}],
    "source": {},
    "usage": {"cost_usd": 0.0125},
}
ENTRY = Entry(
    digest="d" * 64, kept_at=1_000.5, fresh_until=2_000.5, answer=ANSWER, drafts=("a", "b"), content="c"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def entry(**changes: Any) -> Entry:
    fields: dict[str, Any] = {"digest": ENTRY.digest, "kept_at": 1.0, "fresh_until": 2.0, "answer": ANSWER}
    return Entry(**(fields | changes))


def value_of(payload: str, head: str = f"2000500 1000500 12500 {ENTRY.digest}") -> str:
    return f"{head} {payload}"


def test_an_entry_comes_back_as_it_was_kept() -> None:
    value = ENTRY.to_value()
    assert value is not None
    assert value.startswith(f"2000500 1000500 12500 {ENTRY.digest} ")
    assert Entry.from_value(value) == ENTRY


def test_a_long_answer_is_packed_and_comes_back() -> None:
    payload = "word and word " * 400
    long = entry(answer=ANSWER | {"title": payload})
    value = long.to_value()
    assert value is not None
    assert len(value) < len(payload) / 4
    assert Entry.from_value(value) == long


def test_what_packing_would_make_longer_is_not_packed() -> None:
    noise = base64.b85encode(zlib.compress(bytes(range(256)) * 4)).decode() + "".join(
        map(chr, range(0x4E00, 0x5300))
    )
    value = entry(answer=ANSWER | {"title": noise}).to_value()
    assert value is not None
    assert len(value.encode()) <= len(json.dumps(noise, ensure_ascii=False).encode()) + 300


def test_an_answer_over_256_kb_is_not_kept() -> None:
    huge = "".join(chr(0x4E00 + (number * 7_919) % 20_000) for number in range(200_000))
    assert entry(answer=ANSWER | {"title": huge}).to_value() is None
    assert MAX_BYTES == 262_144


def test_a_bomb_is_not_unpacked() -> None:
    bomb = "z" + base64.b85encode(zlib.compress(b" " * 50_000_000)).decode()
    assert Entry.from_value(value_of(bomb)) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param('{"tweets": 3', id="the seed's shape"),
        pytest.param(value_of(""), id="no payload"),
        pytest.param(value_of("[]"), id="too few parts"),
        pytest.param(value_of("[" * 100_000), id="deep nesting"),
        pytest.param(value_of('[{"thread": []}, [], "", [null, null]]'), id="no source"),
        pytest.param(
            value_of('[{"thread": "text", "source": {}}, [], "", [null, null]]'), id="a thread that is text"
        ),
        pytest.param(value_of('[null, [], "", [null, null]]'), id="no answer"),
        pytest.param(
            value_of('[{"thread": [], "source": {}}, [1], "", [null, null]]'), id="drafts that are numbers"
        ),
        pytest.param(
            value_of('[{"thread": [], "source": {}}, [], 1, [null, null]]'), id="a content that is a number"
        ),
        pytest.param(
            value_of('[{"thread": [], "source": {}}, [], "", [1, null]]'), id="a validator that is a number"
        ),
        pytest.param(value_of("z~~~"), id="not packed so"),
        pytest.param(value_of("zabcde"), id="cut short"),
        pytest.param(
            value_of('[{"thread": [], "source": {}}, [], "", [null, null]]', "now 1 1 d"),
            id="a time that is text",
        ),
    ],
)
def test_a_damaged_value_is_no_entry(value: str) -> None:
    assert Entry.from_value(value) is None


@settings(max_examples=150, deadline=None)
@given(JSON, JSON, JSON)
def test_no_value_in_a_store_breaks_a_lookup(answer: Any, drafts: Any, content: Any) -> None:
    found = Entry.from_value(value_of(json.dumps([answer, drafts, content, [None, None]])))
    assert found is None or isinstance(found.answer["thread"], list)
    assert Entry.from_value(json.dumps(answer)) is None


@pytest.mark.parametrize(
    ("usage", "cost_usd"),
    [
        pytest.param({"usage": {"cost_usd": 0.5}}, 0.5, id="paid"),
        pytest.param({"usage": {}}, 0.0, id="no cost"),
        pytest.param({}, 0.0, id="no usage"),
        pytest.param({"usage": None}, 0.0, id="usage that is null"),
    ],
)
def test_a_hit_is_worth_what_the_answer_cost(usage: dict[str, Any], cost_usd: float) -> None:
    assert entry(answer={"thread": []} | usage).cost_usd == cost_usd
