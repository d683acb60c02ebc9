"""A key's limit, budget and figures: the script and the dict in the process do the same, step for step."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from core.services import Services
from core.settings import Settings
from core.store.protocol import Budget, ClientUse, Lookup, StoredEntry
from tests.support.clock import Clock
from tests.support.stores import local_store, named

CLIENTS = [named("key-a", 4, has_key=True, budget_micros=90_000), named("key-b", 9, has_key=True), named("c")]


def used_by(use: ClientUse) -> dict[str, dict[str, int]]:
    return {day: {name: number for name, number in row.items() if number} for day, row in use.days.items()}


@pytest.mark.parametrize("budget_usd", [0, 0.15])
@pytest.mark.parametrize("seed", range(6))
async def test_random_sequences_end_alike_in_both_stores(
    seed: int, budget_usd: float, tcp_settings: dict[str, Any], clock: Clock
) -> None:
    chance = random.Random(seed)  # noqa: S311
    services = Services(Settings(**tcp_settings, daily_budget_usd=budget_usd), clock=clock)
    stores, led = (services.store, local_store(clock, budget_usd)), []
    for number in range(120):
        clock.now += chance.choice([0, 0, 0.5, 300, 5_000])
        lookup = Lookup(
            key=f"threadr:cache:text:{chance.randrange(9)}",
            digest="d",
            client=chance.choice(CLIENTS),
            token=f"{number}",
            mode=chance.choice(["refresh", "count_only"]),
            charge=chance.choice(["always", "on_generation", "never"]),
            max_cost_usd=chance.choice([0, 0.02, 0.05]),
        )
        counters = {"@requests": 1, "collapsed": chance.randrange(2)}
        first, second = [await store.look_up(lookup, counters, 60) for store in stores]
        assert (first.kind, first.budget) == (second.kind, second.budget)
        assert first.decision == (second.decision and replace(second.decision, shared=True))
        led += [lookup] if first.kind == "lead" else []
        if led and chance.random() < 0.6:
            ended, cost = led.pop(chance.randrange(len(led))), chance.randrange(30_000)
            spent = {"cost_micros": cost, "tokens_in": 5, "generated": 1}
            refund = chance.random() < 0.5
            for store in stores:
                await store.release(ended, spent, refund=refund)
    for client in CLIENTS[:2]:
        uses: list[ClientUse] = [await store.use(client, {"@blocked": 2}) for store in stores]
        assert [used_by(use) for use in uses] == [used_by(uses[1])] * 2
        assert replace(uses[1].decision, shared=True) == uses[0].decision
    assert (await stores[0].stats()).days == (await stores[1].stats()).days
    await services.close()


RICH = named("key-rich", 99, has_key=True)
POOR = named("key-poor", 99, has_key=True, budget_micros=60_000)


async def test_both_budgets_must_cover_and_what_is_unspent_of_both_is_freed(
    store_settings: dict[str, Any], clock: Clock
) -> None:
    services = Services(Settings(**store_settings, daily_budget_usd=0.1), clock=clock)
    store, states = services.store, []
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=POOR, token="t1", max_cost_usd=0.05)
    for client, token in ((POOR, "t1"), (POOR, "t2"), (RICH, "t3"), (RICH, "t4"), (POOR, "t5")):
        states.append((await store.reserve(replace(lookup, client=client, token=token), 60)).state)
    assert states == ["covered", "own_reserved", "covered", "reserved", "reserved"]
    await store.keep(lookup, StoredEntry(value=None), {"cost_micros": 20_000})
    await store.release(replace(lookup, client=RICH, token="t3"))
    again = await store.reserve(replace(lookup, token="t6"), 60)
    assert again == Budget("own_spent", 20_000, 20_000)
    assert (await store.reserve(replace(lookup, token="t7", max_cost_usd=0.04), 60)).state == "covered"
    clock.now += 86_400
    assert (await store.reserve(lookup, 60)) == Budget("covered", 0, 0)
    await services.close()
