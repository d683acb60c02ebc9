"""Purges, the same for the three stores: by source, host and prompt, and what is under way meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from core.cache.request_key import digest
from core.services import Services
from core.settings import Settings
from core.store.keys import DRAFT_PREFIX, source_of
from core.store.protocol import Lookup, Store, StoredEntry
from core.store.purges import Purge
from tests.support.clock import Clock
from tests.support.stores import named

PAGE = "https://example.com/a"
KEY = f"threadr:cache:url:{PAGE}"
LOOKUP = Lookup(key=KEY, digest=digest("source"), client=named("1.2.3.4"), token="t1", charge="never")
LOOKING = replace(LOOKUP, mode="only_if_cached")
OF_PAGE = Purge(source=f"url:{PAGE}")


@pytest.fixture
async def store(store_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Store]:
    services = Services(Settings(**store_settings), clock=clock)
    yield services.store
    await services.close()


def entry(clock: Clock, thread_id: str, **given: Any) -> StoredEntry:
    times = f"{(clock.now + 3_600) * 1000:.0f} {clock.now * 1000:.0f} 0"
    kept: dict[str, Any] = {"ttl_seconds": 60, "thread_seconds": 90, "sources": (f"url:{PAGE}",)}
    value = f"{times} {LOOKUP.digest} of {thread_id}"
    return StoredEntry(value=value, thread_id=thread_id, **kept | given)


async def keep(store: Store, clock: Clock, thread_id: str, key: str = KEY, **given: Any) -> None:
    lookup = replace(LOOKUP, key=key)
    assert (await store.look_up(lookup)).kind == "lead"
    purged = (await store.look_up(replace(lookup, mode="count_only"))).purged
    sources = (source_of(key),)
    assert await store.keep(lookup, entry(clock, thread_id, **{"sources": sources, "purged": purged} | given))


async def kept(store: Store, *thread_ids: str) -> list[str]:
    return [each for each in thread_ids if await store.peek(f"threadr:thread:{each}")]


async def test_a_source_goes_with_all_its_options_permalinks_and_pointers(
    store: Store, clock: Clock, valkey: Redis
) -> None:
    content = digest("the text")
    await keep(store, clock, "one", content=content)
    await keep(store, clock, "two", f"{KEY} 0123456789abcdef")
    await keep(store, clock, "other", f"{KEY}b")
    await store.release(replace(LOOKUP, key=f"{KEY} fedcba9876543210"), failure="60 []")
    purged = await store.purge(OF_PAGE, seconds=5)
    assert (purged.removed, purged.finished) == (2, True)
    assert await kept(store, "one", "two", "other") == ["other"]
    assert await store.content(content) is None
    assert (await store.look_up(replace(LOOKING, key=f"{KEY} fedcba9876543210"))).kind == "not_stored"
    named = [key for key in valkey.scan_iter() if PAGE in f"{key} ".replace(f"{PAGE}b", "")]
    assert not [key for key in named if "failure" not in key]  # a failure in no index ends within a minute
    assert (await store.purge(OF_PAGE, seconds=5)).removed == 0


async def test_an_address_that_led_to_a_page_goes_with_it_and_the_page_with_the_address(
    store: Store, clock: Clock
) -> None:
    short = "https://s.example/x"
    for purge in (OF_PAGE, Purge(source=f"url:{short}")):
        await keep(store, clock, "led", f"threadr:cache:url:{short}", sources=(f"url:{PAGE}", f"url:{short}"))
        await keep(store, clock, "own")
        assert (await store.purge(purge, seconds=5)).removed == 2
        assert await kept(store, "led", "own") == []


async def test_a_host_goes_with_the_hosts_below_it_and_no_other(store: Store, clock: Clock) -> None:
    hosts = ["example.com", "www.example.com:8080", "notexample.com", "example.com.evil.test", "[::1]:81"]
    for host in hosts:
        await keep(store, clock, host, f"threadr:cache:url:https://{host}/a")
    await keep(store, clock, "text", "threadr:cache:text:0123456789abcdef")
    assert (await store.purge(Purge(host="example.com"), seconds=5)).removed == 2
    assert await kept(store, *hosts, "text") == [*hosts[2:], "text"]
    assert (await store.purge(Purge(host="[::1]"), seconds=5)).removed == 1


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        pytest.param("1", ["2/a", ""], id="a version"),
        pytest.param("1/a", ["1/ab", "2/a", ""], id="a version and a model"),
        pytest.param("!1/a", ["1/a", ""], id="all but the present one"),
    ],
)
async def test_a_prompt_goes_with_all_that_it_wrote(
    store: Store, clock: Clock, prompt: str, left: list[str]
) -> None:
    prompts = ["1/a", "1/ab", "2/a", ""]
    for number, each in enumerate(prompts):
        await keep(store, clock, f"of {each}", f"{KEY}{number}", prompt=each)
    assert (await store.purge(Purge(prompt=prompt), seconds=5)).removed == 4 - len(left)
    assert await kept(store, *(f"of {each}" for each in prompts)) == [f"of {each}" for each in left]


async def test_what_was_under_way_at_a_purge_is_not_kept(store: Store, clock: Clock) -> None:
    before = await store.look_up(LOOKUP)
    await store.purge(OF_PAGE, seconds=5)
    assert not await store.keep(LOOKUP, entry(clock, "old", purged=before.purged), {"tokens_in": 5})
    assert await kept(store, "old") == []
    assert [day["tokens_in"] for day in (await store.stats()).days.values()] == [5]  # it was spent anyway
    await keep(store, clock, "new")
    assert await kept(store, "new") == ["new"]


async def test_a_draft_goes_with_its_source_and_views_under_way_are_not_kept(
    store: Store, clock: Clock
) -> None:
    home = replace(LOOKUP, draft=f"{DRAFT_PREFIX}{digest('draft')}")
    view = replace(home, key=f"{KEY} 0123456789abcdef", digest=digest("view"), token="t2")
    assert (await store.look_up(home)).kind == "lead"
    assert await store.keep(home, entry(clock, "home"))
    found = await store.look_up(view)
    assert found.kind == "draft"
    assert (await store.purge(OF_PAGE, seconds=5)).removed == 1
    rendered = entry(clock, "view", is_view=True, purged=found.purged)
    assert not await store.keep(view, rendered)
    assert await kept(store, "home", "view") == []
    assert await store.peek(home.draft) is None
    assert (await store.look_up(replace(view, mode="only_if_cached"))).kind == "not_stored"


async def test_a_purge_ends_the_lease_of_what_is_made_again(store: Store, clock: Clock) -> None:
    await keep(store, clock, "one")
    refreshing = replace(LOOKUP, token="t2", mode="refresh")
    assert (await store.look_up(refreshing)).kind == "lead"
    await store.purge(OF_PAGE, seconds=5)
    assert (await store.look_up(replace(LOOKUP, token="t3"))).kind == "lead"


async def test_failures_are_remembered_again_after_a_purge(store: Store, clock: Clock) -> None:
    await store.purge(OF_PAGE, seconds=5)
    clock.now += 1
    await store.release(LOOKUP, failure="60 []")
    assert (await store.look_up(LOOKING)).kind == "failed"


async def test_a_purge_without_time_says_that_it_is_not_finished(
    tcp_settings: dict[str, Any], clock: Clock
) -> None:
    services = Services(Settings(**tcp_settings), clock=clock)
    await keep(services.store, clock, "one")
    assert not (await services.store.purge(OF_PAGE, seconds=0)).finished
    await services.close()


@pytest.mark.parametrize("purge", [OF_PAGE, Purge(host="example.com")], ids=["source", "host"])
async def test_many_threads_go_in_steps(
    tcp_settings: dict[str, Any], clock: Clock, valkey: Redis, purge: Purge
) -> None:
    services, ends_ms = Services(Settings(**tcp_settings), clock=clock), clock.now * 1000 + 90_000
    names = [f"threadr:thread:{number}" for number in range(2_500)]
    valkey.mset(dict.fromkeys(names, "value"))
    valkey.zadd(f"threadr:made:url:{PAGE}", {f"{name}\n": ends_ms for name in names})
    valkey.zadd(
        "threadr:index:sources", {f"url:{PAGE}": ends_ms, **{f"url:h{n}": ends_ms for n in range(300)}}
    )
    purged = await services.store.purge(purge, seconds=30)
    await services.close()
    assert (purged.removed, purged.finished) == (2_500, True)
    assert not valkey.exists(*names, f"threadr:made:url:{PAGE}")


async def test_an_index_names_only_what_is_kept_and_lasts_as_long(
    tcp_settings: dict[str, Any], clock: Clock, valkey: Redis
) -> None:
    services, index = Services(Settings(**tcp_settings), clock=clock), f"threadr:made:url:{PAGE}"
    await keep(services.store, clock, "long", thread_seconds=900)
    clock.now += 100  # the entry has ended, the thread has not
    valkey.delete(KEY)
    await keep(services.store, clock, "short", thread_seconds=90)
    await services.close()
    names: Any = valkey.zrange(index, 0, -1)
    assert sorted(names) == sorted([f"{KEY}\n", "threadr:thread:long\n", "threadr:thread:short\n"])
    ttl: Any = valkey.ttl(index)
    assert 800 < ttl <= 900
