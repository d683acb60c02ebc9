"""The two tiers: what a failure of the shared store changes, and what travels with a lease."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from core.cache.entry import Entry, EntryCodec
from core.cache.outcome import Lead
from core.cache.tiered import TieredCache
from core.cache.tiers import Tiers
from core.errors import CommandFailed, NotFound, StoreError, WriteRejected
from core.request import RequestRecord
from core.settings import Settings
from core.store.keys import thread_key
from core.store.memory import MemoryStore
from core.store.protocol import Budget, Lookup
from core.threads.schemas import GenerateAnswer
from core.usage import StoreUsage, current_store_usage
from tests.support.clock import Clock
from tests.support.paths import ROOT
from tests.support.stores import BreakableStore, local_store, named

ID = "A" * 22
ANSWER = GenerateAnswer.model_validate(
    json.loads((ROOT / "core/http/openapi_examples.json").read_text())["GenerateAnswer"]
)
LOOKUP = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t")


@pytest.fixture
def shared(clock: Clock) -> BreakableStore:
    return BreakableStore(clock)


def tiers_over(shared: MemoryStore, clock: Clock, *, local_cache_seconds: float = 5) -> Tiers:
    return Tiers(
        local=local_store(clock, budget_usd=1),
        shared=shared,
        settings=Settings(local_cache_seconds=local_cache_seconds),
        model_health=lambda: {"threadr:note": "healthy"},
    )


@pytest.mark.parametrize(
    ("error", "seconds"), [(WriteRejected(), 60), (CommandFailed(), 0), (StoreError(), 0)], ids=repr
)
def test_only_a_refused_write_makes_the_store_read_only_for_a_minute(
    shared: BreakableStore, clock: Clock, error: StoreError, seconds: float
) -> None:
    tiers = tiers_over(shared, clock)
    usage = StoreUsage()
    token = current_store_usage.set(usage)
    tiers.record_failure(error)
    current_store_usage.reset(token)
    assert tiers.read_only_until == (clock.now + seconds if seconds else 0)
    assert usage.errors == 1


@pytest.mark.parametrize(("local_seconds", "min_seconds", "kept_seconds"), [(5, 0, 5), (0, 0, 0), (0, 1, 1)])
def test_a_local_copy_lasts_for_the_longer_of_both_times(
    shared: BreakableStore, clock: Clock, local_seconds: float, min_seconds: float, kept_seconds: float
) -> None:
    tiers = tiers_over(shared, clock, local_cache_seconds=local_seconds)
    tiers.put_local("key", "value", min_seconds=min_seconds)
    assert (tiers.local.items.get("key") is not None) == bool(kept_seconds)
    clock.now += kept_seconds
    assert tiers.local.items.get("key") is None


async def test_a_shared_lease_brings_the_models_health_and_the_cost_counts_here_too(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    assert await tiers.settle(shared, shared.ping(), LOOKUP, {"cost_micros": 7, "generated": 1}) is True
    assert await shared.peek("threadr:note") == "healthy"
    (day,) = tiers.local.ledger.days.values()
    assert dict(day) == {"cost_micros": 7}


async def test_a_refused_note_is_no_failure_of_the_call(shared: BreakableStore, clock: Clock) -> None:
    shared.error = StoreError(reason="down")
    assert await tiers_over(shared, clock).settle(shared, shared.ping(), LOOKUP, {}) is True
    assert shared.calls == ["remember"]


async def test_what_a_call_that_fails_was_to_count_is_counted_here_and_sent_later_and_once(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    shared.error = StoreError(reason="down")
    with pytest.raises(StoreError):
        await tiers.settle(shared, shared.content("c"), LOOKUP, {"cost_micros": 7})
    (day,) = tiers.local.ledger.days.values()
    await tiers.send_unsent(shared)
    assert (dict(day), tiers.unsent) == ({"cost_micros": 7}, {LOOKUP: {"cost_micros": 7}})
    shared.error = None
    for _ in range(2):
        await tiers.send_unsent(shared)
    (day,) = shared.ledger.days.values()
    assert (dict(day), tiers.unsent) == ({"cost_micros": 7}, {})


async def test_what_is_spent_is_not_lost_when_sending_it_is_ended(
    shared: BreakableStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "release", lambda *_: asyncio.Event().wait())
    tiers = tiers_over(shared, clock)
    tiers.unsent[LOOKUP] = {"cost_micros": 7}
    sending = asyncio.create_task(tiers.send_unsent(shared))
    await asyncio.sleep(0)
    assert tiers.unsent == {}
    sending.cancel()  # as a Lambda function's loop does with what is left at its end
    await asyncio.wait([sending])
    assert tiers.unsent == {LOOKUP: {"cost_micros": 7}}


async def test_what_waits_for_the_store_is_bounded_and_loses_no_money(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    for number in range(10_050):
        lookup = replace(LOOKUP, token=str(number))
        await tiers.settle(tiers.local, tiers.local.ping(), lookup, {"cost_micros": 2})
    assert len(tiers.unsent) == 10_000
    assert sum(spent["cost_micros"] for spent in tiers.unsent.values()) == 2 * 10_050


async def test_what_the_shared_store_says_is_spent_is_the_least_that_is_spent_here(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    tiers.unsent[LOOKUP] = {"cost_micros": 7}
    for spent in (100, 90):
        tiers.learn(shared, Budget("covered", spent), LOOKUP.client)
    tiers.learn(tiers.local, Budget("covered", 500), LOOKUP.client)
    (day,) = tiers.local.ledger.days.values()
    assert dict(day) == {"cost_micros": 107}


async def test_what_waits_and_cost_nothing_adds_nothing_to_what_is_spent(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    client = named("a", has_key=True, budget_micros=1_000)
    tiers.unsent[replace(LOOKUP, client=client)] = {"same_draft": 1, "@hits": 1}
    tiers.learn(shared, Budget("covered", 100, 50), client)
    (day,) = tiers.local.ledger.days.values()
    assert dict(day) == {"cost_micros": 100}


async def test_what_waits_to_be_counted_is_less_what_was_taken_back(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    shared.error = StoreError(reason="down")
    tiers.count(LOOKUP.client, {"generated": 1})
    tiers.uncount(LOOKUP.client, {"generated": 2})
    for number, spent in enumerate([{"cost_micros": 7}, {"generated": 1}]):
        tiers.unsent[replace(LOOKUP, token=str(number))] = spent
    assert (await tiers.waiting())["generated"] == 0


async def test_while_the_shared_store_fails_this_process_reserves(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    shared.error = StoreError(reason="down")
    await tiers.reserve(shared, replace(LOOKUP, max_cost_usd=0.6), 9)
    assert tiers.local.ledger.reserved == {"t": (600_000, clock.now + 9)}


async def test_a_local_lease_brings_no_note_and_its_cost_is_sent_later(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    assert await tiers.settle(tiers.local, tiers.local.ping(), LOOKUP, {"cost_micros": 7}) is True
    assert (shared.calls, tiers.unsent) == ([], {LOOKUP: {"cost_micros": 7}})


async def test_an_absent_thread_is_asked_for_once_in_some_seconds(
    shared: BreakableStore, clock: Clock
) -> None:
    tiers = tiers_over(shared, clock)
    assert [await tiers.kept(thread_key(ID)) for _ in range(3)] == [None] * 3
    assert shared.calls == ["peek"]
    shared.items.put(thread_key(ID), "made elsewhere", 60)
    clock.now += 5
    assert await tiers.kept(thread_key(ID)) == "made elsewhere"


@pytest.mark.parametrize("local_seconds", [0, 30])
async def test_an_absent_thread_that_is_made_here_is_found_at_once(
    shared: BreakableStore, clock: Clock, local_seconds: float
) -> None:
    tiers, record = (
        tiers_over(shared, clock, local_cache_seconds=local_seconds),
        RequestRecord(request_id="", seconds=9),
    )
    cache = TieredCache(tiers, EntryCodec(GenerateAnswer))
    with pytest.raises(NotFound):
        await cache.kept.thread(ID)
    outcome = await cache.look_up(Lookup(key="k", digest="d", client=named("c"), token="t"), record)
    assert isinstance(outcome, Lead)
    async with outcome.lease as lease:
        await lease.keep(Entry(answer=ANSWER.model_copy(update={"id": ID})), "permalink")
    assert (await cache.kept.thread(ID)).answer.id == ID


@pytest.mark.parametrize(
    "thread_id",
    ["", "A" * 21, "A" * 23, "A" * 21 + "é", "A" * 21 + "/", "A" * 21 + "\n", "A" * 22 + "\n", "*" * 22],
)
async def test_what_no_thread_is_called_never_reaches_the_store(
    shared: BreakableStore, clock: Clock, thread_id: str
) -> None:
    with pytest.raises(NotFound):
        await TieredCache(tiers_over(shared, clock), EntryCodec(GenerateAnswer)).kept.thread(thread_id)
    assert shared.calls == []


async def test_a_store_that_fails_leaves_no_thread_absent(shared: BreakableStore, clock: Clock) -> None:
    tiers = tiers_over(shared, clock)
    shared.error = StoreError(reason="down")
    with pytest.raises(StoreError):
        await tiers.kept(thread_key(ID))
    shared.error = None
    shared.items.put(thread_key(ID), "kept", 60)
    assert await tiers.kept(thread_key(ID)) == "kept"
