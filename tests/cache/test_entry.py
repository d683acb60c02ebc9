"""A kept answer round-trips, or is treated as absent."""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.draft import KeptDraft, Proof, Span
from core.cache.entry import MAX_BYTES, Entry, EntryCodec
from core.threads.schemas import GenerateAnswer
from tests.support.paths import ROOT

EXAMPLE = json.loads((ROOT / "core/http/openapi_examples.json").read_text())["GenerateAnswer"]
PAID = {"input_tokens": 9, "output_tokens": 9, "cost_usd": 0.0125}
ANSWER = GenerateAnswer.model_validate(EXAMPLE | {"title": "“Grüße” 日本", "usage": PAID})
CODEC = EntryCodec(GenerateAnswer)
ENTRY = Entry(
    digest="d" * 64,
    created_at=1_000.5,
    fresh_until=2_000.5,
    answer=ANSWER,
    draft=KeptDraft(posts=("a", "b"), proofs=(Proof((Span(0, 1, "a"),), 1.0), Proof())),
    content="c",
    posts=(("text", "\n\n1/1"),),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def entry(**changes: Any) -> Entry[GenerateAnswer]:
    answer = ANSWER.model_copy(update=changes)
    return Entry(digest=ENTRY.digest, created_at=1.0, fresh_until=2.0, answer=answer)


def value_of(payload: str, head: str = f"2000500 1000500 12500 {ENTRY.digest}") -> str:
    return f"{head} {payload}"


def test_an_entry_round_trips() -> None:
    value = CODEC.to_value(ENTRY)
    assert value is not None
    assert value.startswith(f"2000500 1000500 12500 {ENTRY.digest} ")
    assert CODEC.from_value(value) == ENTRY


def test_a_long_answer_is_compressed_and_round_trips() -> None:
    payload = "word and word " * 400
    long = entry(title=payload)
    value = CODEC.to_value(long)
    assert value is not None
    assert len(value) < len(payload) / 4
    assert CODEC.from_value(value) == long


def test_an_answer_that_compression_would_lengthen_is_not_compressed() -> None:
    symbols = string.digits + string.ascii_letters + "!#$%&()*+-;<=>?@"
    noise = "".join(random.Random(1).choices(symbols, k=9_000))  # noqa: S311
    value = CODEC.to_value(entry(title=noise))
    assert value is not None
    assert value.split(" ", 4)[4].startswith('{"answer"')


def test_an_answer_over_256_kb_is_not_kept() -> None:
    huge = "".join(chr(0x4E00 + (number * 7_919) % 20_000) for number in range(200_000))
    assert CODEC.to_value(entry(title=huge)) is None
    assert MAX_BYTES == 262_144


def test_a_compression_bomb_is_not_unpacked() -> None:
    bomb = "Z" + base64.b64encode(zlib.compress(b" " * 50_000_000)).decode()
    assert CODEC.from_value(value_of(bomb)) is None


def test_a_compressed_answer_of_an_earlier_version_is_read() -> None:
    head, _, payload = (CODEC.to_value(entry(title="word " * 400)) or "").rpartition(" Z")
    earlier = f"{head} z{base64.b85encode(base64.b64decode(payload)).decode()}"
    assert CODEC.from_value(earlier) == entry(title="word " * 400)


def payload(**changes: Any) -> str:
    """A valid payload with these changes."""
    parts: dict[str, Any] = {
        "answer": EXAMPLE,
        "drafts": ["a"],
        "warnings": [],
        "content": "",
        "validators": [None, None],
        "posts": [["text", ""]],
    }
    return json.dumps(parts | changes)


def test_an_entry_without_posts_is_read() -> None:
    found = CODEC.from_value(value_of(json.dumps([EXAMPLE, ["a"], [], "", [None, None]])))
    assert found is not None
    assert (found.draft.posts, found.posts) == ((), ())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param('{"tweets": 3', id="the seed's shape"),
        pytest.param(value_of(""), id="no payload"),
        pytest.param(value_of("[]"), id="too few parts"),
        pytest.param(value_of("{}"), id="no parts"),
        pytest.param(value_of("[" * 100_000), id="deep nesting"),
        pytest.param(value_of(payload(answer={**EXAMPLE, "source": None})), id="no source"),
        pytest.param(value_of(payload(answer={**EXAMPLE, "thread": "text"})), id="a thread that is text"),
        pytest.param(value_of(payload(answer={**EXAMPLE, "thread": []})), id="a thread without posts"),
        pytest.param(value_of(payload(answer={**EXAMPLE, "usage": None})), id="usage that is null"),
        pytest.param(value_of(payload(answer={**EXAMPLE, "usage": {}})), id="no cost"),
        pytest.param(value_of(payload(answer=None)), id="no answer"),
        pytest.param(value_of(payload(draft={"posts": [1], "proofs": [[]]})), id="a draft of numbers"),
        pytest.param(value_of(payload(draft={"posts": ["a"]})), id="a draft without its proofs"),
        pytest.param(value_of(payload(content=1)), id="a content that is a number"),
        pytest.param(value_of(payload(validators=[1, None])), id="a validator that is a number"),
        pytest.param(value_of(payload(posts=[["text"]])), id="a post without its suffix"),
        pytest.param(value_of("z~~~"), id="not packed so"),
        pytest.param(value_of("zabcde"), id="cut short"),
        pytest.param(value_of(payload(), "now 1 1 d"), id="a time that is text"),
        pytest.param(value_of(payload(), f"{'9' * 400} 1 1 d"), id="a time that no float holds"),
    ],
)
def test_a_damaged_value_is_no_entry(value: str) -> None:
    assert CODEC.from_value(value_of(payload())) is not None
    assert CODEC.from_value(value) is None


@settings(max_examples=150, deadline=None)
@given(JSON, JSON, JSON)
def test_no_value_in_a_store_breaks_a_lookup(answer: Any, drafts: Any, content: Any) -> None:
    found = CODEC.from_value(value_of(payload(answer=answer, drafts=drafts, content=content)))
    assert found is None or found.answer.thread
    assert CODEC.from_value(json.dumps(answer)) is None


@pytest.mark.parametrize(("cost_usd", "micros"), [(0.5, "500000"), (0.0, "0")], ids=["paid", "free"])
def test_a_value_says_what_the_answer_cost(cost_usd: float, micros: str) -> None:
    usage = ANSWER.usage.model_copy(update={"cost_usd": cost_usd})
    value = CODEC.to_value(entry(usage=usage))
    assert value is not None
    assert value.split(" ")[2] == micros
