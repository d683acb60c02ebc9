"""How the three stores hold the newest draft of a source, and the views of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from core.cache.request_key import digest
from core.services import Services
from core.settings import Settings
from core.store.keys import DRAFT_PREFIX
from core.store.protocol import Lookup, Store, StoredEntry
from core.usage import AMOUNT
from tests.support.clock import Clock
from tests.support.stores import named

X = Lookup(
    key="threadr:cache:url:https://example.com/",
    digest=digest("x"),
    client=named("1.2.3.4"),
    token="t1",
    charge="never",
    draft=f"{DRAFT_PREFIX}{digest('source')}",
)
BLUESKY = replace(X, key=f"{X.key} b", digest=digest("bluesky"), token="t2")
MASTODON = replace(X, key=f"{X.key} m", digest=digest("mastodon"), token="t3")


@pytest.fixture
async def store(store_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Store]:
    services = Services(Settings(**store_settings), clock=clock)
    yield services.store
    await services.close()


def entry_of(lookup: Lookup, clock: Clock, text: str = "text", *, is_view: bool = False) -> StoredEntry:
    value = f"{(clock.now + 3_600) * 1000:.0f} {clock.now * 1000:.0f} 7 {lookup.digest} {text}"
    return StoredEntry(value=value, ttl_seconds=7_200, is_view=is_view)


async def write(store: Store, clock: Clock, lookup: Lookup = X, text: str = "text") -> str | None:
    assert (await store.look_up(lookup)).kind == "lead"
    entry = entry_of(lookup, clock, text)
    assert await store.keep(lookup, entry)
    return entry.value


async def test_who_wants_another_view_gets_the_draft_and_keeps_the_view(store: Store, clock: Clock) -> None:
    draft = await write(store, clock)
    for mode in ("normal", "only_if_cached"):
        reply = await store.look_up(replace(BLUESKY, mode=mode))
        assert (reply.kind, reply.value) == ("draft", draft)
    view = entry_of(BLUESKY, clock, is_view=True)
    assert await store.keep(BLUESKY, view, {"same_draft": 1 + 7 * AMOUNT})
    assert (await store.look_up(BLUESKY)).value == view.value
    assert (await store.look_up(MASTODON)).value == draft
    (day,) = (await store.stats()).days.values()
    assert day == {
        "misses": 1,
        "hits": 1,
        "same_draft": 1,
        "hits_saved_micros": 7,
        "same_draft_saved_micros": 7,
    }


async def test_a_draft_is_led_once_whichever_views_are_wanted(store: Store, clock: Clock) -> None:
    assert [(await store.look_up(each)).kind for each in (X, BLUESKY, MASTODON)] == [
        "lead",
        "follow",
        "follow",
    ]
    await store.release(X, failure="60 []")
    assert [(await store.look_up(each)).kind for each in (X, BLUESKY)] == ["failed", "failed"]


async def test_a_draft_that_cannot_serve_is_no_draft_until_there_is_another(
    store: Store, clock: Clock
) -> None:
    await write(store, clock)
    wants = BLUESKY.without_draft(clock.now)
    clock.now += 1
    newest = await write(store, clock, wants)
    assert (await store.look_up(MASTODON.without_draft(clock.now - 1))).value == newest
    assert (await store.look_up(X)).kind == "hit"


@pytest.mark.parametrize("seconds", [3_600, 7_201], ids=["not fresh", "gone"])
async def test_a_draft_serves_while_it_is_fresh_and_young_enough(
    store: Store, clock: Clock, seconds: float
) -> None:
    await write(store, clock)
    clock.now += 60
    assert (
        await store.look_up(replace(BLUESKY, mode="only_if_cached", max_age_seconds=60))
    ).kind == "not_stored"
    clock.now += seconds - 60
    assert (await store.look_up(BLUESKY)).kind == "lead"


async def test_a_refresh_ends_all_earlier_views(store: Store, clock: Clock) -> None:
    await write(store, clock)
    old = entry_of(MASTODON, clock, is_view=True)
    await store.keep(MASTODON, old)
    clock.now += 1
    newest = await write(store, clock, replace(BLUESKY, mode="refresh"), "new")
    assert {(await store.look_up(each)).value for each in (X, MASTODON, BLUESKY)} == {newest}
    assert not await store.keep(MASTODON, old)
    clock.now += 1
    await write(store, clock, MASTODON.without_draft(clock.now - 1))
    assert (await store.look_up(X)).kind == "draft"


async def test_a_view_of_what_was_forgotten_is_not_kept(store: Store, clock: Clock) -> None:
    await write(store, clock)
    await store.forget(X.key, X.draft)
    assert not await store.keep(BLUESKY, entry_of(BLUESKY, clock, is_view=True))
    assert (await store.look_up(BLUESKY)).kind == "lead"


async def test_a_view_does_not_take_the_place_of_the_draft(store: Store, clock: Clock) -> None:
    await write(store, clock)
    assert not await store.keep(X, entry_of(X, clock, "view", is_view=True))
