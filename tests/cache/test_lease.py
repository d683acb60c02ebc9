"""A lease is given back on every way out, with what was spent, and with the failure that others share."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from core.cache.entry import Entry, EntryCodec, failure_from_value
from core.cache.lease import Grant, Lease
from core.cache.tiers import Tiers
from core.errors import (
    ArticleTimeout,
    BudgetSpent,
    ContentRefused,
    ModelError,
    NoArticle,
    NotFound,
    StoreError,
    ThreadrError,
)
from core.request import RequestRecord
from core.settings import Settings
from core.store.keys import CONTENT_MARK_LENGTH, lease_key, thread_key
from core.store.memory_items import head_of
from core.store.protocol import Lookup, Reply, Store
from core.threads.schemas import GenerateAnswer
from core.usage import Usage
from tests.support.clock import Clock
from tests.support.paths import ROOT
from tests.support.stores import BreakableStore, local_store, named

ANSWER = GenerateAnswer.model_validate(
    json.loads((ROOT / "core/http/openapi_examples.json").read_text())["GenerateAnswer"]
)
CONTENT = "c0ffee00" * 8
ENTRY = Entry(answer=ANSWER, content=CONTENT)
LOOKUP = Lookup(
    key="threadr:cache:text:1", digest="d", client=named("1.2.3.4"), token="t1", charge="on_generation"
)


@pytest.fixture
def record() -> RequestRecord:
    record = RequestRecord(request_id="id", seconds=9)
    record.usage.add(Usage(input_tokens=3, cost_usd=0.000002))
    return record


@pytest.fixture
def tiers(clock: Clock) -> Tiers:
    return Tiers(local=local_store(clock), shared=BreakableStore(clock), settings=Settings())


@pytest.fixture
def shared(tiers: Tiers) -> BreakableStore:
    assert isinstance(tiers.shared, BreakableStore)
    return tiers.shared


async def leading(tiers: Tiers, record: RequestRecord, store: Store, lookup: Lookup = LOOKUP) -> Lease[Any]:
    """The lease that `store` gives for the look-up."""
    reply = await store.look_up(lookup)
    assert reply.kind == "lead"
    return Lease(tiers, EntryCodec(GenerateAnswer), Grant(store=store, lookup=lookup, reply=reply), record)


async def test_an_exception_releases_the_lease_and_counts_the_tokens(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    lease = await leading(tiers, record, shared)
    assert (await shared.status(LOOKUP.client)).used == 1
    with pytest.raises(ArticleTimeout):
        async with lease:
            raise ArticleTimeout
    (day,) = shared.ledger.days.values()
    assert (day["tokens_in"], day["generated"]) == (3, 0)
    assert shared.items.get(lease_key(LOOKUP.key)) is None


@pytest.mark.parametrize(
    ("spent", "used"), [(Usage(), 0), (Usage(input_tokens=3), 1)], ids=["nothing", "tokens"]
)
async def test_a_failed_generation_is_given_back_to_the_client_if_nothing_was_spent(
    tiers: Tiers, shared: BreakableStore, spent: Usage, used: int
) -> None:
    record = RequestRecord(request_id="id", seconds=9)
    record.usage.add(spent)
    async with await leading(tiers, record, shared):
        pass  # nothing is kept, as when an error leaves the block
    assert (await shared.status(LOOKUP.client)).used == used


async def test_cancellation_releases_the_lease(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async def generate() -> None:
        async with await leading(tiers, record, shared):
            await asyncio.sleep(60)

    task = asyncio.create_task(generate())
    await asyncio.sleep(0.01)
    assert shared.items.get(lease_key(LOOKUP.key)) == "t1"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shared.items.get(lease_key(LOOKUP.key)) is None


async def test_a_request_that_is_cancelled_while_its_lease_ends_stays_cancelled(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async def generate() -> None:
        async with await leading(tiers, record, shared) as lease:
            await asyncio.sleep(0)  # the renewer starts
            asyncio.get_running_loop().call_soon(task.cancel)
            await lease.keep(ENTRY, "everyone")

    task = asyncio.create_task(generate())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shared.calls == ["release"]


class FailingCodec(EntryCodec[GenerateAnswer]):
    def to_value(self, entry: Entry[GenerateAnswer]) -> str | None:
        raise ValueError("not written")


async def test_an_entry_that_cannot_be_written_releases_the_lease(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    grant = Grant(store=shared, lookup=LOOKUP, reply=await shared.look_up(LOOKUP))
    with pytest.raises(ValueError, match="not written"):
        async with Lease(tiers, FailingCodec(GenerateAnswer), grant, record) as lease:
            await lease.keep(ENTRY, "everyone")
    assert shared.calls == ["release"]


async def test_a_client_that_is_always_charged_is_not_refunded(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async with await leading(tiers, record, shared, replace(LOOKUP, charge="always")):
        pass
    assert (await shared.status(LOOKUP.client)).used == 1


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        pytest.param(NoArticle(), 60, id="permanent"),
        pytest.param(ArticleTimeout(), 3, id="transient"),
        pytest.param(ModelError(), 3, id="model"),
        pytest.param(ContentRefused(), 60, id="refusal"),
        pytest.param(ArticleTimeout().unshared(), 0, id="the caller's own deadline"),
        pytest.param(BudgetSpent(), 0, id="budget"),
        pytest.param(StoreError(), 0, id="store"),
        pytest.param(NotFound(), 0, id="not found"),
    ],
)
async def test_a_failure_is_remembered_as_long_as_others_share_it(
    tiers: Tiers,
    record: RequestRecord,
    shared: BreakableStore,
    clock: Clock,
    error: ThreadrError,
    seconds: int,
) -> None:
    with pytest.raises(type(error)):
        async with await leading(tiers, record, shared):
            raise error
    kinds = []
    for after in (0, 2.9, 0.2, 56.8, 0.2):
        clock.now += after
        reply = await shared.look_up(replace(LOOKUP, mode="only_if_cached"))
        kinds.append(reply.kind)
        if reply.kind == "failed":
            assert failure_from_value(reply.failure).detail == error.detail
    failed = {0: 0, 3: 2, 60: 4}[seconds]
    assert kinds == ["failed"] * failed + ["not_stored"] * (5 - failed)


async def test_a_cancelled_leader_leaves_no_failure(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    with pytest.raises(asyncio.CancelledError):
        async with await leading(tiers, record, shared):
            raise asyncio.CancelledError
    assert (await shared.look_up(replace(LOOKUP, token="t2"))).kind == "lead"


async def test_a_failure_after_keep_is_neither_released_nor_remembered(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async def keep_and_fail() -> None:
        async with await leading(tiers, record, shared) as lease:
            await lease.keep(ENTRY, "everyone")
            raise NoArticle

    with pytest.raises(NoArticle):
        await keep_and_fail()
    assert shared.calls == ["keep"]
    assert (await shared.look_up(replace(LOOKUP, token="t2"))).kind == "hit"
    assert (await shared.status(LOOKUP.client)).used == 1


@pytest.mark.parametrize(
    ("audience", "where"),
    [
        pytest.param("everyone", {"shared": True, "shared thread": True}, id="everyone"),
        pytest.param("process+permalink", {"local": True, "shared thread": True}, id="process+permalink"),
        pytest.param("permalink", {"shared thread": True}, id="permalink"),
        pytest.param("nobody", {}, id="nobody"),
    ],
)
async def test_the_audience_decides_where_an_entry_is_kept(
    clock: Clock, record: RequestRecord, audience: Any, where: dict[str, bool]
) -> None:
    shared = BreakableStore(clock)
    tiers = Tiers(local=local_store(clock), shared=shared, settings=Settings(local_cache_seconds=0))
    async with await leading(tiers, record, shared) as lease:
        await lease.keep(ENTRY, audience)
    found = {
        "local": tiers.local.items.get(LOOKUP.key),
        "shared": shared.items.get(LOOKUP.key),
        "shared thread": shared.items.get(thread_key(ANSWER.id)),
    }
    assert {name: True for name, value in found.items() if value} == where
    assert shared.items.get(lease_key(LOOKUP.key)) is None


async def test_an_entry_for_nobody_is_not_sent_to_the_store(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async with await leading(tiers, record, shared) as lease:
        await lease.keep(ENTRY, "nobody")
    assert shared.calls == ["release"]


@pytest.mark.parametrize(("generator", "seconds"), [("openai", 24 * 3600), ("extractive", 60)])
async def test_an_answer_that_no_model_made_is_fresh_for_a_minute_whoever_reuses_it(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore, generator: str, seconds: int
) -> None:
    entry = replace(ENTRY, answer=ANSWER.model_copy(update={"generator": generator}))
    async with await leading(tiers, record, shared) as lease:
        await lease.keep(entry, "everyone", "same_content")
    fresh_ms, created_ms, _ = head_of(shared.items.get(LOOKUP.key) or "")
    assert fresh_ms - created_ms == seconds * 1000


async def test_the_answer_is_handed_on_before_others_can_ask_again(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    happened: list[str] = []

    async def generate() -> None:
        async with await leading(tiers, record, shared) as lease:
            await lease.keep(ENTRY, "everyone")
        happened.append("handed on")

    shared.on_keep = lambda: asyncio.get_running_loop().call_soon(happened.append, "others ran")
    await generate()
    await asyncio.sleep(0)
    assert happened == ["handed on", "others ran"]


async def test_an_entry_that_the_shared_store_refuses_is_kept_in_the_process(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    async with await leading(tiers, record, shared) as lease:
        shared.error = StoreError(reason="down")
        await lease.keep(ENTRY, "everyone")
    assert tiers.local.items.get(LOOKUP.key)
    (day,) = tiers.local.ledger.days.values()
    assert day["cost_micros"] == 2
    assert list(tiers.unsent.values()) == [record.usage.counters(generated=1) | {"composed": 1}]


@pytest.mark.parametrize(
    ("marks", "calls"),
    [("", []), ("aaaaaaaa", []), (f"aaaaaaaa{CONTENT[:CONTENT_MARK_LENGTH]}", ["content"])],
)
async def test_the_shared_store_is_read_only_for_the_texts_that_it_named(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore, marks: str, calls: list[str]
) -> None:
    async with await leading(tiers, record, shared) as lease:
        await lease.keep(ENTRY, "everyone")
    shared.calls.clear()
    other = replace(LOOKUP, key="threadr:cache:text:2")
    reply = Reply(kind="lead", known_contents=marks)
    lease = Lease(tiers, EntryCodec(GenerateAnswer), Grant(store=shared, lookup=other, reply=reply), record)
    found = await lease.same_text(CONTENT)
    assert shared.calls == calls
    assert (found.answer.id if found else None) == (ANSWER.id if calls else None)


async def test_a_stale_entry_of_the_same_text_is_not_given(
    tiers: Tiers, record: RequestRecord, clock: Clock
) -> None:
    async with await leading(tiers, record, tiers.local) as lease:
        await lease.keep(ENTRY, "everyone")
        assert await lease.same_text(CONTENT)
        clock.now += Settings().cache_ttl_seconds
        assert await lease.same_text(CONTENT) is None


async def test_a_store_that_fails_has_no_entry_of_the_same_text(
    tiers: Tiers, record: RequestRecord, shared: BreakableStore
) -> None:
    reply = Reply(kind="lead", known_contents=CONTENT[:CONTENT_MARK_LENGTH])
    lease = Lease(tiers, EntryCodec(GenerateAnswer), Grant(store=shared, lookup=LOOKUP, reply=reply), record)
    shared.error = StoreError(reason="down")
    assert await lease.same_text(CONTENT) is None
