"""The whole service in a process of its own, and what a request costs it and everybody else meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from core.text.platforms import PLATFORMS, count
from tests.support.backstage import TOKEN
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.process_tree import MemoryWatch, cpu_seconds, kill_tree, thread_seconds
from tests.support.site import ARTICLE
from tests.support.worst_cases import SITE, Case

POLL_SECONDS = 0.01
KEPT = {"text": f"{ARTICLE}\nThis answer is kept."}
GIVE_UP_SECONDS = 40.0  # the deadline of a request is 25
_MOST_MEGABYTES = 3_000.0  # more endangers the machine: the service is killed
_MAX_CHARACTERS = 10_010  # of a post with its number; counting more could take long
_OWN_PROBLEMS = {200, 204, 304}
_JSON = {"content-type": "application/json"}


@dataclass(slots=True)
class Seen:
    """What a case did. `status` 0: no answer came. `health` and `hits`: seconds, of requests beside it.

    `held_seconds`: the most CPU that the service's own process used while one /health waited. It says how
    long the event loop was kept busy, whatever else the machine does.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    held_seconds: float = 0.0
    health: list[float] = field(default_factory=list)
    hits: list[float] = field(default_factory=list)
    bypassed: int = 0  # hits that the store was not asked for
    alive: bool = True


def quantile(seconds: list[float], part: float) -> float:
    """Of the requests, as if one had been sent every POLL_SECONDS, also while another one waited."""
    every = sorted(
        each - waited * POLL_SECONDS for each in seconds for waited in range(max(1, int(each / POLL_SECONDS)))
    )
    return every[min(len(every) - 1, int(len(every) * part))] if every else 0.0


def faults(case: Case, seen: Seen) -> list[str]:
    """What is wrong with the answer, whatever it cost."""
    if not seen.alive:
        return ["the process died or was killed"]
    if not seen.status:
        return ["no answer"]
    if seen.status not in _OWN_PROBLEMS:
        return _problem_faults(seen)
    if case.path != "/api/generate" or seen.status != 200:
        return []
    answer = json.loads(seen.body)
    platform = PLATFORMS[answer["platform"]]
    found = [f"{len(answer['thread'])} posts"] if len(answer["thread"]) > platform.max_posts else []
    for post in answer["thread"]:
        content = post["content"]
        if len(content) > _MAX_CHARACTERS or count(content, answer["platform"]) > platform.limit:
            found.append(f"a post of {len(content)} characters is over the limit")
        elif count(content, answer["platform"]) != post["character_count"]:
            found.append(f"character_count is {post['character_count']}")
    return found[:3]


def _problem_faults(seen: Seen) -> list[str]:
    if seen.status >= 500 and seen.status not in (503, 504):
        return [f"status {seen.status}"]
    kind = seen.headers.get("content-type", "")
    by_server = seen.status in (400, 431) and kind.startswith("text/plain")  # the server could not read it
    if not by_server and not kind.startswith("application/problem+json"):
        return [f"status {seen.status} as {kind}"]
    return [] if len(seen.body) <= 2_048 or by_server else [f"a problem of {len(seen.body)} bytes"]


class Service:
    """A running service: `url`, `process`. Each case is another client's."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], backstage: str) -> None:
        self.url = url
        self.process = process
        self.behind = backstage
        self._clients = (f"198.18.{n // 250 % 250}.{n % 250}" for n in itertools.count())
        self.port = int(url.rpartition(":")[2])
        self.poll_cost = 0.0  # CPU seconds of a request beside a case

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def next_client(self) -> dict[str, str]:
        return {"x-forwarded-for": next(self._clients)}

    async def set(self, **wanted: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"{self.behind}/set", json=wanted, timeout=60)

    async def counts(self) -> dict[str, int]:
        async with httpx.AsyncClient(trust_env=False) as client:
            counts: dict[str, int] = (await client.get(f"{self.behind}/counts")).json()
            return counts

    async def warm_up(self) -> None:
        """Everything is imported, a hit is kept, and what polling costs is known."""
        await self.set(flush=True)
        sources = [KEPT, {"url": f"{self.behind}/warm"}, {"url": f"{self.behind}/warm.pdf"}]
        async with self._client() as client:
            for source in [{"text": f"{ARTICLE} Two.", "generator": "extractive"}, *sources]:
                answer = await client.post("/api/generate", json=source)
                assert answer.status_code == 200, answer.text
            await client.post("/api/validate", json={"thread": ["One.", "Two."]})
        idle = Seen()
        before = cpu_seconds(self.process.pid)
        await self._beside(idle, lambda: asyncio.sleep(1.0))
        self.poll_cost = (cpu_seconds(self.process.pid) - before) / max(1, len(idle.health) + len(idle.hits))

    async def run(self, case: Case, *, give_up: float = GIVE_UP_SECONDS) -> Seen:
        """Send it with requests of others beside it, and wait until the service is quiet again."""
        seen, path = Seen(), case.path
        if case.before:
            await self.set(case=case.name, before=True)
            path = path.replace("{id}", await self._made(case.before))
        await self.set(case=case.name)
        memory, before = MemoryWatch(self.process.pid), cpu_seconds(self.process.pid)
        await self._beside(seen, lambda: self.send(case, path, seen, give_up), memory)
        beside = (len(seen.health) + len(seen.hits)) * self.poll_cost
        await self._quiet(memory)
        seen.cpu_seconds = max(0.0, cpu_seconds(self.process.pid) - before - beside)
        seen.megabytes = memory.megabytes
        seen.alive = self.alive
        return seen

    async def send(self, case: Case, path: str, seen: Seen, give_up: float = GIVE_UP_SECONDS) -> None:
        """One request over a connection of its own, its bytes as the case has them."""
        body = case.body.replace(SITE.encode(), self.behind.encode())
        lines = [f"{case.method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.next_client().items()]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in case.headers)])
        length = f"\r\ncontent-length: {len(body)}" if body else ""
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(give_up):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(f"{head}{length}\r\n\r\n".encode("latin-1") + body)
                    answer = await reader.read(-1)
                finally:
                    writer.close()
            _read(answer, seen)

    async def _made(self, body: bytes) -> str:
        async with self._client() as client:
            headers = _JSON | {"cache-control": "no-cache"} | self.next_client()
            answer = await client.post("/api/generate", content=body, headers=headers)
            return str(answer.json().get("id", "none"))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=GIVE_UP_SECONDS, trust_env=False)

    async def _beside(
        self, seen: Seen, send: Callable[[], Awaitable[None]], memory: MemoryWatch | None = None
    ) -> None:
        """Others ask for /health and for a kept answer until `send` has ended; memory is looked at."""
        async with self._client() as one, self._client() as other:
            await asyncio.gather(self._health(one), self._hit(other, seen))  # connects
            started = time.perf_counter()
            until = asyncio.ensure_future(send())
            polls = [
                _polling(lambda: self._held(one, seen), seen.health, until, POLL_SECONDS),
                _polling(lambda: self._hit(other, seen), seen.hits, until, 4 * POLL_SECONDS),
            ]
            watch = [self._watching(until, memory)] if memory else []
            until.add_done_callback(lambda _: setattr(seen, "seconds", time.perf_counter() - started))
            await asyncio.gather(until, *polls, *watch)

    async def _health(self, client: httpx.AsyncClient) -> None:
        with contextlib.suppress(httpx.HTTPError):
            await client.get("/health", headers=self.next_client())

    async def _held(self, client: httpx.AsyncClient, seen: Seen) -> None:
        before = thread_seconds(self.process.pid)
        await self._health(client)
        seen.held_seconds = max(seen.held_seconds, thread_seconds(self.process.pid) - before)

    async def _hit(self, client: httpx.AsyncClient, seen: Seen) -> None:
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.post("/api/generate", json=KEPT, headers=self.next_client())
            seen.bypassed += "bypass" in answer.headers.get("cache-status", "")

    async def _watching(self, until: asyncio.Future[None], memory: MemoryWatch) -> None:
        while not until.done():
            if memory.sample() > _MOST_MEGABYTES:
                kill_tree(self.process.pid)
            await asyncio.wait([until], timeout=POLL_SECONDS)

    async def _quiet(self, memory: MemoryWatch) -> None:
        """What was abandoned may go on working: it counts, too."""
        before = cpu_seconds(self.process.pid)
        for _ in range(int(GIVE_UP_SECONDS / 0.05)):
            await asyncio.sleep(0.05)
            if memory.sample() > _MOST_MEGABYTES:
                kill_tree(self.process.pid)
            now = cpu_seconds(self.process.pid)
            if now - before <= 0.02:
                return
            before = now


async def _polling(
    ask: Callable[[], Coroutine[Any, Any, None]],
    taken: list[float],
    until: asyncio.Future[None],
    pause: float,
) -> None:
    """Ask again and again; one that waits when the case has ended is waited for."""
    while not until.done():
        started = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - started)
        await asyncio.wait([until], timeout=pause)


def _read(answer: bytes, seen: Seen) -> None:
    head, _, seen.body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if first.startswith("HTTP/1."):
        seen.status = int(first.split()[1])
        seen.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }


@contextlib.contextmanager
def backstage() -> Iterator[str]:
    """The address of a store, a model and a site."""
    command = [sys.executable, "-m", "tests.support.backstage"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout
        assert process.stdin
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.stdin.close()


@contextlib.contextmanager
def service(behind: str, **settings: str) -> Iterator[Service]:
    """A fresh process of all routes, before the given backstage; not warm."""
    defaults = {
        "UPSTASH_REDIS_REST_URL": f"{behind}/store",
        "UPSTASH_REDIS_REST_TOKEN": TOKEN,
        "OPENAI_API_KEY": "sk-worst",
        "OPENAI_BASE_URL": f"{behind}/model/v1",
        "OPENAI_PRICE_INPUT": "0.75",
        "OPENAI_PRICE_OUTPUT": "4.5",
        "FETCH_ALLOW_HOSTS": behind.removeprefix("http://"),
        "FRONT_DOOR": "proxy:1",
        "RATE_LIMIT_REQUESTS": "1000000",
        "DAILY_BUDGET_USD": "0",
    }
    port = closed_port()
    command = [sys.executable, "-m", "uvicorn", "functions.local:app", "--port", str(port)]
    command += ["--log-level", "critical", "--no-access-log", "--no-proxy-headers"]
    command += ["--timeout-graceful-shutdown", "30"]
    log = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=os.environ | defaults | settings, stdout=log, stderr=log
    ) as process:
        try:
            started = Service(f"http://127.0.0.1:{port}", process, behind)
            _wait_for(started)
            yield started
        finally:
            kill_tree(process.pid)


def _wait_for(started: Service) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{started.url}/health", trust_env=False)
            return
        time.sleep(0.05)
    raise TimeoutError("the service did not start")
