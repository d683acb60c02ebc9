"""The ledger adds up: what was answered is what was written and what was avoided, by cause, exactly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse, Response

from core.usage import micros
from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI, completion, thread_answer
from tests.support.site import ARTICLE, PARAGRAPHS, Site

COST_USD = 0.00165  # of an answer by the model server of the tests
CAUSES = ("hits", "collapsed", "same_content", "same_draft", "stale_served")
REFUSED: dict[str, Any] = {"content": None, "refusal": "I cannot help with that."}
PAGES = ["bridge", "bridge?utm_source=a", "amp/bridge", "broken", "one", "two"]
PLATFORMS = ["x", "bluesky", "mastodon", "threads", "linkedin"]
ASKS = ["", "", "", "no-cache", "no-store", "only-if-cached", "max-age=0"]
UNKNOWN = {"text": "Nobody asked for this."}
Failing = Callable[[bool], Any]


@pytest.fixture
def store_fails(request: pytest.FixtureRequest, store_settings: dict[str, Any]) -> Iterator[Failing]:
    """Makes the store refuse all scripts, or take them again; a process alone has none that could."""
    valkey: Redis | None = request.getfixturevalue("valkey") if store_settings else None

    def set_to(fails: bool) -> None:
        if valkey:
            run: Any = valkey.execute_command
            sign = "-" if fails else "+"
            run("ACL", "SETUSER", "default", f"{sign}eval", f"{sign}evalsha")

    yield set_to
    set_to(False)


async def ledger_of(*clients: httpx.AsyncClient) -> dict[str, Any]:
    """The statistics of all, after each has sent what it still had to."""
    for client in clients:
        await client.post("/api/generate", json=UNKNOWN, headers={"Cache-Control": "only-if-cached"})
    stats: dict[str, Any] = (await clients[0].get("/api/cache/stats")).json()
    assert stats["answered"] == stats["generated"] + stats["avoided"]
    assert stats["avoided"] == sum(stats[name] for name in CAUSES)
    assert stats["hit_rate"] == (
        round(stats["avoided"] / stats["answered"], 4) if stats["answered"] else None
    )
    assert all(sum(day[name] for day in stats["days"]) == stats[name] for name in ("answered", "avoided"))
    assert all(
        sum(map(micros, of["saved_by"].values())) == micros(of["saved_usd"]) for of in (stats, *stats["days"])
    )
    return stats


def two(instance_of: Instances, settings: dict[str, Any], **others: Any) -> list[httpx.AsyncClient]:
    """Two instances; a process alone is one."""
    chosen = {**settings, "rate_limit_requests": 10_000, **others}
    first = instance_of(**chosen)
    return [first, instance_of(**chosen) if settings else first]


async def test_twenty_at_once_are_one_call_and_nineteen_that_were_avoided(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    clients = two(instance_of, store_settings)
    openai.delay_seconds = 0.1
    asked = [clients[number % 2].post("/api/generate", json={"text": ARTICLE}) for number in range(20)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    stats = await ledger_of(*clients)
    assert (stats["answered"], stats["generated"], stats["model_calls"], stats["avoided"]) == (20, 1, 1, 19)
    assert (stats["collapsed"], stats["hit_rate"]) == (stats["avoided"], 0.95)
    assert stats["saved_usd"] == stats["saved_by"]["collapsed"] == pytest.approx(19 * COST_USD)


async def test_each_cause_is_counted_under_its_name_with_what_it_saved(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], site: Site, clock: Clock
) -> None:
    clients = two(instance_of, store_settings, cache_ttl_hours=1)
    one, other = clients
    openai.answer = lambda _: thread_answer(PARAGRAPHS[:5])
    bridge = {"url": f"{site.url}/bridge"}
    for client, body in (
        (one, bridge),
        (other, bridge),
        (one, bridge),  # in its own process
        (one, {"url": f"{site.url}/amp/bridge"}),  # the same text
        (one, bridge | {"platform": "mastodon"}),
    ):
        assert (await client.post("/api/generate", json=body)).status_code == 200
    clock.now += 3_700
    openai.answer = lambda _: JSONResponse({}, 500)
    site.pages["/bridge"] = lambda: Response("oops", 500)
    assert (await one.post("/api/generate", json=bridge)).headers["cache-status"].endswith("stale-if-error")
    stats = await ledger_of(*clients)
    assert {
        name: stats[name] for name in (*CAUSES, "first_tier", "generated", "composed", "model_calls")
    } == {
        "hits": 2,
        "first_tier": 1 if store_settings else 0,
        "collapsed": 0,
        "same_content": 1,
        "same_draft": 1,
        "stale_served": 1,
        "generated": 1,
        "composed": 0,
        "model_calls": 1,
    }
    saved = {name: pytest.approx(stats[name] * COST_USD) for name in CAUSES}
    assert stats["saved_by"] == stats["days"][0]["saved_by"] == saved


async def test_what_was_saved_by_hand_is_no_answer(
    instance_of: Instances, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings)
    thread = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    posts = [post["content"].replace(" ", "  ", 1) for post in thread["thread"]]
    assert (await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": posts})).status_code == 200
    stats = await ledger_of(client)
    assert (stats["answered"], stats["generated"], stats["avoided"]) == (1, 1, 0)


def answers_of(rng: random.Random) -> Callable[[dict[str, Any]], Response | dict[str, Any]]:
    """A model that writes, writes what must be asked for again, refuses, or fails."""

    def answer(_: dict[str, Any]) -> Response | dict[str, Any]:
        luck = rng.random()
        if luck < 0.1:
            return JSONResponse({}, 500)
        if luck < 0.15:
            return completion(**REFUSED)
        if luck < 0.3:
            return thread_answer([*PARAGRAPHS[:3], "All 77 girders cracked in 1812, the council said."])
        return thread_answer(PARAGRAPHS[:5], ["Another beginning."])

    return answer


def question(rng: random.Random, site: Site) -> dict[str, Any]:
    """A request with its headers, as a caller may send it."""
    texts = [{"text": f"{ARTICLE} {number}"} for number in range(3)]
    body: dict[str, Any] = rng.choice([{"url": f"{site.url}/{name}"} for name in PAGES] + texts)
    if rng.random() < 0.2:
        body |= {"platforms": rng.sample(PLATFORMS, rng.randint(1, 3))}
    elif rng.random() < 0.5:
        body |= {"platform": rng.choice(PLATFORMS)}
    chances: list[dict[str, Any]] = [{}] * 6 + [{"refresh": True}, {"hooks": 1}, {"generator": "extractive"}]
    return {"json": body | rng.choice(chances), "headers": {"Cache-Control": rng.choice(ASKS)}}


def threads_in(answer: httpx.Response) -> int:
    """How many answers it is: one for each thread."""
    if answer.status_code != 200:
        return 0
    found = answer.json()
    return len({*(found.get("threads") or ()), found["platform"]})


@pytest.mark.parametrize("scope", ["requests", "generations"])
@pytest.mark.parametrize("seed", range(2))
async def test_what_was_answered_is_what_was_written_and_what_was_avoided(
    instance_of: Instances,
    openai: FakeOpenAI,
    store_settings: dict[str, Any],
    store_fails: Failing,
    site: Site,
    clock: Clock,
    seed: int,
    scope: str,
) -> None:
    # Mixed, another for each case, and the same each time.
    rng = random.Random(f"{[*store_settings]} {scope} {seed}")  # noqa: S311
    clients = two(instance_of, store_settings, cache_ttl_hours=1, rate_limit_scope=scope)
    openai.answer, openai.delay_seconds = answers_of(rng), 0.01
    site.pages["/broken"] = lambda: Response("oops", 500)
    answered = 0
    for burst in range(6):
        store_fails(burst == 2)
        asked = [(rng.choice(clients), question(rng, site)) for _ in range(15)]
        answers = await asyncio.gather(*(client.post("/api/generate", **each) for client, each in asked))
        assert {answer.status_code for answer in answers} <= {200, 422, 503, 504}
        answered += sum(map(threads_in, answers))
        clock.now += rng.choice([1, 60, 4_000])
    stats = await ledger_of(*clients)
    assert stats["answered"] == answered
    assert stats["model_calls"] == len(openai.requests)
