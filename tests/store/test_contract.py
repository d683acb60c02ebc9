"""One contract for the three stores: Upstash by REST, Redis over TCP, the dict in the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from upstash_ratelimit.asyncio import Ratelimit
from upstash_ratelimit.limiter import Limiter

from core.cache.request_key import digest
from core.net.breaker import Breaker
from core.rate_limit import Window
from core.request import counters_of, result_of
from core.services import Services
from core.settings import Settings
from core.store.counters import with_amounts
from core.store.keys import CONTENT_INDEX, content_key, failure_key, lease_key
from core.store.memory_limiter import LocalWindow
from core.store.protocol import Budget, Lookup, Store, StoredEntry
from core.store.redis_limiter import SlidingWindow
from core.store.sdk import SdkCommands
from core.store.tcp import TcpRedis
from core.usage import AMOUNT
from tests.support.clock import Clock
from tests.support.stores import named

HOUR = 3_600.0
KEY = "threadr:cache:url:https://example.com/"
LOOKUP = Lookup(key=KEY, digest=digest("source"), client=named("1.2.3.4", 3), token="t1")
OTHER = replace(LOOKUP, token="t2", client=named("1.2.3.5", 3))
LOOKING = replace(LOOKUP, charge="never", mode="only_if_cached")


def value_of(
    clock: Clock, *, fresh: float = HOUR, cost_usd: float = 0, payload: str = "naïve “text” 😀"
) -> str:
    times = f"{(clock.now + fresh) * 1000:.0f} {clock.now * 1000:.0f} {cost_usd * 1_000_000:.0f}"
    return f"{times} {LOOKUP.digest} {payload}"


@pytest.fixture
async def store(store_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Store]:
    services = Services(Settings(daily_budget_usd=0.1, **store_settings), clock=clock)
    yield services.store
    await services.close()


async def lead(store: Store, clock: Clock, *, ttl: float = 2 * HOUR, content: str = "", **value: Any) -> str:
    """Look up, lead and keep; returns the value."""
    assert (await store.look_up(replace(LOOKUP, charge="never"))).kind == "lead"
    kept = value_of(clock, **value)
    assert await store.keep(LOOKUP, StoredEntry(value=kept, ttl_seconds=ttl, content=content))
    return kept


async def test_an_entry_that_a_leader_keeps_is_a_hit_for_all(store: Store, clock: Clock) -> None:
    kept = await lead(store, clock)
    reply = await store.look_up(OTHER)
    assert (reply.kind, reply.value) == ("hit", kept)
    assert reply.decision is not None
    assert reply.decision.remaining == 2


async def test_an_answer_to_something_else_under_the_same_key_is_a_miss(store: Store, clock: Clock) -> None:
    await lead(store, clock)
    reply = await store.look_up(replace(OTHER, digest=digest("something else")))
    assert (reply.kind, reply.value) == ("lead", None)


@pytest.mark.parametrize("fresh", [-1.0, 0.0], ids=["past", "just over"])
async def test_past_freshness_one_leads_with_the_old_value(store: Store, clock: Clock, fresh: float) -> None:
    kept = await lead(store, clock, fresh=fresh)
    first, second = await store.look_up(LOOKUP), await store.look_up(OTHER)
    assert (first.kind, first.value, second.kind, second.value) == ("lead", kept, "follow", kept)


async def test_a_value_that_is_older_than_wanted_is_a_miss(store: Store, clock: Clock) -> None:
    await lead(store, clock)
    clock.now += 60
    assert (await store.look_up(replace(LOOKING, max_age_seconds=61))).kind == "hit"
    assert (await store.look_up(replace(LOOKING, max_age_seconds=59))).kind == "not_stored"


async def test_one_leads_and_the_others_follow(store: Store) -> None:
    lookups = [replace(LOOKUP, token=f"t{number}", charge="never") for number in range(20)]
    kinds = [reply.kind for reply in await asyncio.gather(*(store.look_up(lookup) for lookup in lookups))]
    assert (kinds.count("lead"), kinds.count("follow")) == (1, 19)


async def test_a_released_lease_goes_to_one_successor_at_once(store: Store) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    await store.release(LOOKUP)
    kinds = [
        (await store.look_up(replace(OTHER, token=token, charge="never"))).kind for token in ("t2", "t3")
    ]
    assert kinds == ["lead", "follow"]


async def test_only_the_holder_of_the_lease_may_keep_or_give_it_back(store: Store, clock: Clock) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    assert (await store.look_up(replace(OTHER, mode="refresh"))).kind == "lead"
    assert not await store.keep(LOOKUP, StoredEntry(value=value_of(clock), ttl_seconds=60), {"tokens_in": 5})
    await store.release(LOOKUP)
    assert (await store.look_up(replace(LOOKUP, token="t3", charge="never"))).kind == "follow"
    assert await store.keep(OTHER, StoredEntry(value=value_of(clock), ttl_seconds=60))
    assert [day["tokens_in"] for day in (await store.stats()).days.values()] == [5]  # it was spent anyway


async def test_a_thread_is_kept_under_its_id_even_if_the_lease_has_expired(
    store: Store, clock: Clock
) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    await store.look_up(replace(OTHER, mode="refresh"))
    kept = StoredEntry(value=value_of(clock), ttl_seconds=60, thread_id="an-id", thread_seconds=90)
    assert not await store.keep(LOOKUP, kept)
    assert await store.peek("threadr:thread:an-id") == kept.value
    assert await store.peek(KEY) is None


async def test_a_thread_that_is_not_a_shared_answer_is_kept_under_its_permalink_only(
    store: Store, clock: Clock
) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    assert not await store.keep(
        LOOKUP, StoredEntry(value=value_of(clock), thread_id="an-id", thread_seconds=90)
    )
    assert await store.peek("threadr:thread:an-id")
    assert (await store.look_up(OTHER)).kind == "lead"
    assert (await store.stats()).cache_entries == 0


async def test_nothing_to_keep_still_gives_the_lease_back(store: Store) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    assert not await store.keep(LOOKUP, StoredEntry(value=None))
    assert (await store.look_up(replace(OTHER, charge="never"))).kind == "lead"


async def test_only_if_cached_never_leads(store: Store) -> None:
    assert (await store.look_up(LOOKING)).kind == "not_stored"
    assert (await store.look_up(replace(LOOKUP, charge="never"))).kind == "lead"


async def test_a_failure_is_remembered_instead_of_led_again(store: Store) -> None:
    await store.look_up(replace(LOOKUP, charge="never"))
    await store.release(LOOKUP, failure='60 ["no-article", "…"]')
    reply = await store.look_up(OTHER)
    assert (reply.kind, reply.failure, reply.value) == ("failed", '["no-article", "…"]', None)
    assert (await store.look_up(replace(OTHER, mode="refresh"))).kind == "lead"


async def test_a_remembered_failure_comes_with_the_old_value(store: Store, clock: Clock) -> None:
    kept = await lead(store, clock, fresh=-1.0)
    await store.look_up(replace(LOOKUP, charge="never"))
    await store.release(LOOKUP, failure="60 []")
    for lookup in (LOOKING, OTHER):
        reply = await store.look_up(lookup)
        assert (reply.kind, reply.failure, reply.value) == ("failed", "[]", kept)


async def test_a_failure_is_forgotten_after_its_seconds(
    store: Store, clock: Clock, valkey: Redis, request: pytest.FixtureRequest
) -> None:
    await store.release(LOOKUP, failure="3 []")
    if "memory" in request.node.callspec.id:
        clock.now += 3
        assert (await store.look_up(OTHER)).kind == "lead"
    else:
        ttl_ms: Any = valkey.pttl(failure_key(KEY))
        assert 2_000 < ttl_ms <= 3_000


async def test_a_failure_that_is_older_than_wanted_is_tried_again(store: Store, clock: Clock) -> None:
    await store.release(LOOKUP, failure="60 []")
    clock.now += 30
    assert (await store.look_up(replace(OTHER, max_age_seconds=31))).kind == "failed"
    assert (await store.look_up(replace(OTHER, max_age_seconds=29))).kind == "lead"


async def test_the_same_content_is_found_under_its_name(store: Store, clock: Clock) -> None:
    name = digest("the text")
    await store.look_up(replace(LOOKUP, charge="never"))
    kept = value_of(clock)
    await store.keep(LOOKUP, StoredEntry(value=kept, ttl_seconds=60, content=name))
    assert await store.content(name) == kept
    assert await store.content(digest("another text")) is None
    reply = await store.look_up(replace(OTHER, key=f"{KEY}b"))
    assert reply.known_contents in (name[:8], "")  # a look-up in the dict needs no round trip
    await store.forget(KEY)
    assert await store.content(name) is None


async def test_only_the_newest_contents_are_named(
    tcp_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    valkey.zadd(CONTENT_INDEX, {f"{number:08x}": number for number in range(600)})
    services = Services(Settings(**tcp_settings), clock=clock)
    await lead(services.store, clock, content=digest("the text"))
    reply = await services.store.look_up(replace(OTHER, key=f"{KEY}b"))
    await services.close()
    assert len(reply.known_contents) == 500 * 8
    assert reply.known_contents.endswith(digest("the text")[:8])


async def test_forgetting_says_whether_there_was_a_value(store: Store, clock: Clock) -> None:
    await lead(store, clock)
    assert await store.forget(KEY) is True
    assert await store.forget(KEY) is False
    assert (await store.look_up(LOOKING)).kind == "not_stored"


async def test_calls_over_the_limit_are_refused_and_not_counted(store: Store) -> None:
    decisions = [(await store.look_up(replace(LOOKUP, mode="only_if_cached"))).decision for _ in range(5)]
    assert [decision.allowed for decision in decisions if decision] == [True, True, True, False, False]
    assert [decision.remaining for decision in decisions if decision] == [2, 1, 0, 0, 0]
    assert (await store.status(OTHER.client)).remaining == 3


async def test_waiting_for_retry_after_is_exactly_enough(store: Store, clock: Clock) -> None:
    for _ in range(4):
        reply = await store.look_up(replace(LOOKUP, mode="only_if_cached"))
    assert reply.decision is not None
    clock.now += reply.decision.retry_after_seconds - 0.001
    assert (await store.look_up(replace(LOOKUP, mode="only_if_cached"))).kind == "limited"
    clock.now += 0.001
    assert (await store.look_up(replace(LOOKUP, mode="only_if_cached"))).kind == "not_stored"


async def test_a_clock_that_is_set_back_over_the_edge_of_a_window_forgets_no_call(
    store: Store, clock: Clock
) -> None:
    clock.now = clock.now // HOUR * HOUR
    kinds = []
    for step in (-0.5, 0.5) * 5:
        kinds.append((await store.look_up(replace(LOOKUP, mode="count_only"))).kind)
        clock.now += step
    assert kinds.count("not_stored") == 3


async def test_parallel_calls_never_pass_the_limit(store: Store) -> None:
    replies = await asyncio.gather(
        *(store.look_up(replace(LOOKUP, mode="only_if_cached")) for _ in range(30))
    )
    assert sum(reply.kind != "limited" for reply in replies) == 3


async def test_a_charge_on_generation_leaves_hits_free_and_refunds_failures(
    store: Store, clock: Clock
) -> None:
    leading = replace(LOOKUP, charge="on_generation")
    assert (await store.look_up(leading)).kind == "lead"
    assert (await store.status(LOOKUP.client)).remaining == 2
    await store.release(leading, refund=True)
    assert (await store.status(LOOKUP.client)).remaining == 3
    await lead(store, clock)
    assert (await store.look_up(leading)).kind == "hit"
    assert (await store.status(LOOKUP.client)).remaining == 3


async def test_a_client_over_the_limit_takes_no_lease(store: Store) -> None:
    for number in range(3):
        await store.look_up(replace(LOOKUP, charge="on_generation", key=f"{KEY}{number}"))
    assert (await store.look_up(replace(LOOKUP, charge="on_generation"))).kind == "limited"
    assert (await store.look_up(replace(OTHER, charge="on_generation"))).kind == "lead"


async def test_a_client_over_the_limit_takes_over_no_lease(store: Store, clock: Clock) -> None:
    for number in range(3):
        await store.look_up(replace(OTHER, charge="on_generation", key=f"{KEY}{number}"))
    await store.look_up(LOOKUP)
    refused = replace(OTHER, charge="on_generation", mode="refresh")
    assert (await store.look_up(refused)).kind == "limited"
    assert (await store.look_up(replace(LOOKUP, token="t3", charge="never"))).kind == "follow"
    assert await store.keep(LOOKUP, StoredEntry(value=value_of(clock), ttl_seconds=60))


async def test_looking_at_the_limit_consumes_nothing(store: Store) -> None:
    await store.look_up(LOOKUP)
    looks = [await store.status(LOOKUP.client) for _ in range(9)]
    assert {look.remaining for look in looks} == {2}


async def test_the_budget_is_never_passed_by_parallel_leaders(store: Store) -> None:
    lookups = [
        replace(LOOKUP, key=f"{KEY}{number}", token=f"t{number}", charge="never", max_cost_usd=0.03)
        for number in range(50)
    ]
    replies = await asyncio.gather(*(store.look_up(lookup) for lookup in lookups))
    assert [reply.budget.state for reply in replies].count("covered") == 3
    assert {reply.kind for reply in replies} == {"lead"}


COSTLY = replace(LOOKUP, charge="never", max_cost_usd=0.06)


async def test_what_is_reserved_is_not_spent_and_the_unspent_part_of_it_is_freed(
    store: Store, clock: Clock
) -> None:
    other = replace(COSTLY, key=f"{KEY}b", token="t2")
    assert (await store.look_up(COSTLY)).budget == Budget("covered", 0)
    assert (await store.look_up(other)).budget == Budget("reserved", 0)
    await store.keep(COSTLY, StoredEntry(value=value_of(clock), ttl_seconds=60), {"cost_micros": 10_000})
    assert (await store.look_up(replace(other, key=f"{KEY}c"))).budget == Budget("covered", 10_000)
    await store.release(other, {"cost_micros": 60_000})
    spent = await store.look_up(replace(COSTLY, key=f"{KEY}d", token="t4"))
    assert spent.budget == Budget("spent", 70_000)


async def test_a_leader_may_reserve_when_it_knows_what_it_costs(store: Store) -> None:
    assert (await store.look_up(LOOKUP)).budget == Budget()
    states = [(await store.reserve(replace(COSTLY, token=token), 30)).state for token in ("t1", "t2")]
    await store.release(COSTLY)
    states += [(await store.reserve(replace(COSTLY, token=token), 30)).state for token in ("t1", "t1", "t2")]
    assert states == ["covered", "reserved", "covered", "reserved", "reserved"]
    assert (await store.reserve(replace(COSTLY, max_cost_usd=0), 30)).state == "covered"


async def test_a_reservation_of_a_dead_leader_expires(store: Store, clock: Clock) -> None:
    await store.look_up(COSTLY, seconds=30)
    clock.now += 30.001
    assert (await store.look_up(replace(COSTLY, key=f"{KEY}b", token="t2"))).budget.state == "covered"


async def test_stats_count_hits_misses_and_what_hits_saved(store: Store, clock: Clock) -> None:
    await lead(store, clock, fresh=30 * HOUR, ttl=40 * HOUR, cost_usd=0.0025)
    for lookup in (LOOKING, LOOKING, replace(LOOKING, waited=True)):
        await store.look_up(lookup)
    await store.release(OTHER, {"generated": 1, "cost_micros": 2_500})
    clock.now += 86_400
    await store.look_up(LOOKING, {"hits": 2 + 10 * AMOUNT, "first_tier": 1 + 5 * AMOUNT, "collapsed": 1})
    today, yesterday = (await store.stats()).days.values()
    assert today == {"hits": 3, "first_tier": 1, "hits_saved_micros": 2_515, "collapsed": 1}
    counted = {
        "hits": 2,
        "misses": 1,
        "collapsed": 1,
        "hits_saved_micros": 5_000,
        "collapsed_saved_micros": 2_500,
        "generated": 1,
        "cost_micros": 2_500,
    }
    assert yesterday == counted


async def test_stats_count_entries_and_clients_until_they_expire(store: Store, clock: Clock) -> None:
    await lead(store, clock, ttl=60)
    await store.look_up(replace(LOOKUP, mode="only_if_cached"))
    stats = await store.stats()
    assert (stats.cache_entries, stats.rate_limit_entries, stats.writable, stats.partial) == (
        1,
        1,
        True,
        False,
    )
    clock.now += 2 * HOUR
    stats = await store.stats()
    assert (stats.cache_entries, stats.rate_limit_entries) == (0, 0)


async def test_a_note_is_read_back_and_not_counted(store: Store) -> None:
    await store.remember("threadr:health:last", "{}", ttl_seconds=60)
    assert await store.peek("threadr:health:last") == "{}"
    assert await store.peek("threadr:health:none") is None
    assert (await store.stats()).days == {}


async def test_the_store_takes_writes(store: Store) -> None:
    assert await store.ping() is True


@pytest.mark.parametrize("spoil", ["junk", '{"tweets": 3', "list"])
async def test_a_foreign_value_under_a_key_is_absent(
    tcp_settings: dict[str, Any], valkey: Redis, spoil: str
) -> None:
    services = Services(Settings(**tcp_settings))
    for key in (KEY, lease_key(KEY), failure_key(KEY), "threadr:ratelimit:1.2.3.4", content_key("x")):
        if spoil == "list":
            valkey.lpush(key, "junk")
        elif key in (KEY, "threadr:ratelimit:1.2.3.4"):
            valkey.set(key, spoil)
    reply = await services.store.look_up(LOOKUP)
    await services.close()
    assert (reply.kind, reply.value) == ("lead", None)
    assert reply.decision is not None
    assert reply.decision.remaining == 2


@pytest.mark.parametrize("settings", ["upstash_settings", "tcp_settings"])
async def test_every_key_has_the_prefix_and_a_ttl(
    settings: str, request: pytest.FixtureRequest, valkey: Redis, clock: Clock
) -> None:
    services = Services(Settings(**request.getfixturevalue(settings)), clock=clock)
    for number in range(2):
        lookup = replace(LOOKUP, key=f"{KEY}{number}", max_cost_usd=0.1)
        await services.store.look_up(lookup)
    entry = StoredEntry(value=value_of(clock), ttl_seconds=60, content=digest("text"))
    await services.store.keep(lookup, entry, {"cost_micros": 1})
    await services.store.release(replace(LOOKUP, key=f"{KEY}9"), refund=True, failure="9 x")
    await services.store.remember("threadr:health:last", "{}", ttl_seconds=60)
    await services.store.ping()
    await services.close()
    keys: list[Any] = valkey.keys("*")
    assert "threadr:ratelimit:1.2.3.4" in keys
    assert len(keys) == 13
    assert all(key.startswith("threadr:") and valkey.pttl(key) > 0 for key in keys)


async def test_the_window_in_redis_is_a_limiter_of_upstash_ratelimit(redis_url: str, clock: Clock) -> None:
    limiter = SlidingWindow(Window(2, 1_000), clock)
    assert isinstance(limiter, Limiter)
    client = TcpRedis(redis_url, timeout_seconds=5, breaker=Breaker(clock))
    ratelimit = Ratelimit(redis=SdkCommands(client), limiter=limiter, prefix="threadr:ratelimit")
    answers = [await ratelimit.limit("client") for _ in range(3)]
    assert [(answer.allowed, answer.limit, answer.remaining) for answer in answers] == [
        (True, 2, 1),
        (True, 2, 0),
        (False, 2, 0),
    ]
    assert await ratelimit.get_remaining("client") == 0
    clock.now = answers[-1].reset
    assert (await ratelimit.limit("client")).allowed
    await client.close()


async def test_the_number_of_remembered_clients_is_bounded(clock: Clock) -> None:
    limiter = LocalWindow(clock)
    for number in range(30_000):
        limiter.limit(named(f"client-{number}"))
    assert limiter.clients() == 20_000


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        pytest.param({"mode": "only_if_cached"}, "hit", id="hit"),
        pytest.param({"mode": "only_if_cached", "waited": True}, "collapsed", id="collapsed"),
        pytest.param({"key": f"{KEY}b"}, "miss", id="miss"),
        pytest.param({"mode": "refresh"}, "forced", id="forced"),
        pytest.param({"key": f"{KEY}b", "mode": "only_if_cached"}, "absent", id="absent"),
        pytest.param({"mode": "count_only"}, "absent", id="count-only"),
        pytest.param({"key": f"{KEY}led"}, "follow", id="follow"),
        pytest.param({"key": f"{KEY}failed"}, "failed", id="failed"),
        pytest.param({"client": named("busy", 3), "charge": "always"}, "blocked", id="blocked"),
    ],
)
async def test_every_outcome_counts_what_core_request_says(
    store: Store, clock: Clock, changes: dict[str, Any], outcome: str
) -> None:
    lookup = replace(LOOKUP, charge="never", token="t9")
    await lead(store, clock, cost_usd=0.0025)
    await store.look_up(replace(lookup, key=f"{KEY}led"))
    await store.release(replace(lookup, key=f"{KEY}failed"), failure="9 []")
    for _ in range(3):
        await store.look_up(replace(lookup, client=named("busy", 3), charge="always", mode="count_only"))
    (before,) = (await store.stats()).days.values()
    lookup = replace(lookup, **changes)
    reply = await store.look_up(lookup)
    assert result_of(reply.kind, waited=lookup.waited, refresh=lookup.mode == "refresh") == outcome
    (after,) = (await store.stats()).days.values()
    counted = {name: after[name] - before.get(name, 0) for name in after}
    cost_micros = 2_500 if reply.kind == "hit" else 0
    expected = with_amounts(counters_of(outcome, cost_micros=cost_micros))
    assert {name: number for name, number in counted.items() if number} == expected
