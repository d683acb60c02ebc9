"""From a thousand to a million entries and clients: latency, commands, bytes and memory. Flat, or explained.

    python -m bench.growth [--quick]

Valkey is filled by a script of its own with copies of what the service keeps, each with a short value.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis import Redis

from bench.hit_path import OURS, REST
from bench.load import Connection, Target, quantile
from bench.stage import Stage, commands, server, stage
from tests.support.paths import ROOT
from tests.support.process_tree import MemoryWatch
from tests.support.site import ARTICLE

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, 1_000_000), (1_000, 20_000)
REQUESTS = {"hit": 60, "miss": 12, "stats": 30, "limiter": 30}
_CHUNK = 20_000
# Copies of an entry and of a client under other names, and in the indexes; not in that of known texts, which
# the service bounds.
_FILL = """
for _, name in ipairs(KEYS) do
  local kind = redis.call('TYPE', name).ok
  if kind == 'zset' then
    local first = redis.call('ZRANGE', name, 0, 0, 'WITHSCORES')
    for n = ARGV[1], ARGV[2] do redis.call('ZADD', name, first[2], first[1] .. ':x' .. n) end
  else
    local text, ttl = kind == 'string' and redis.call('GET', name), redis.call('PTTL', name)
    text = text and string.sub(text, 1, 160)
    local value = redis.call('DUMP', name)
    for n = ARGV[1], ARGV[2] do
      if text then redis.call('SET', name .. ':x' .. n, text, 'PX', ttl)
      else redis.call('RESTORE', name .. ':x' .. n, ttl, value) end
    end
  end
end
"""
_COPIED = ("threadr:cache:", "threadr:ratelimit:", "threadr:index:")
_IN_PROCESS = """
import json, os, sys, time
from core.rate_limit import Client, Window
from core.store.memory import MemoryStore
from core.store.memory_limiter import LocalWindow
def megabytes():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
store, limiter, found = MemoryStore(time.time, 0), LocalWindow(time.time), []
before, filled = megabytes(), 0
for size in json.loads(sys.argv[1]):
    for n in range(filled, size):
        store.items.put(f"threadr:cache:url:https://example.com/{n}", chr(97 + n % 26) * 2_200, 3_600)
    entries = megabytes() - before
    for n in range(filled, size):
        limiter.limit(Client(f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::/64", Window(10, 3_600_000)))
    filled = size
    found.append([round(entries, 1), round(megabytes() - before, 1)])
print(json.dumps(found))
"""


def main(*, quick: bool = False) -> dict[str, Any]:
    """Prints the tables; by size and kind of request p50 in ms, commands and bytes."""
    sizes = QUICK_SIZES if quick else SIZES
    rows: dict[str, dict[str, Any]] = {}
    environ = OURS | REST | {"RATE_LIMIT_REQUESTS": "1000000"}
    with stage() as around, server("functions.local:app", around.environ | environ, path="/health") as at:
        port, process = at
        with Redis.from_url(around.redis_url, socket_timeout=60) as redis:
            asyncio.run(_measure(around, redis, port, 0, warm=True))
            memory = MemoryWatch(process)
            filled, names = 0, _to_copy(redis)
            for size in sizes:
                started = time.perf_counter()
                filled = _fill(redis, names, filled, size)
                seconds = time.perf_counter() - started
                row = asyncio.run(_measure(around, redis, port, size))
                used = redis.info("memory")["used_memory"]
                memory.sample()
                rows[f"{size}"] = row | {
                    "fill_seconds": round(seconds, 1),
                    "valkey_mb": round(used / 1e6),
                    "server_mb_more": round(memory.megabytes, 1),
                }
    in_process = _in_process(sizes)
    _print(rows, in_process)
    counts = {
        f"commands of a {kind} at {size} entries": row[kind]["commands"]
        for size, row in rows.items()
        for kind in REQUESTS
    }
    return {"rows": rows, "in_process": in_process, "counts": counts}


def _to_copy(redis: Redis) -> list[str]:
    names: list[str] = sorted(bytes(name).decode() for name in redis.scan_iter("threadr:*"))
    found = {prefix: [name for name in names if name.startswith(prefix)] for prefix in _COPIED}
    entries, clients, indexes = found.values()
    return [*entries[:1], *clients[:1], *(name for name in indexes if not name.endswith(":content"))]


def _fill(redis: Redis, names: list[str], filled: int, size: int) -> int:
    script = redis.register_script(_FILL)
    for start in range(filled + 1, size + 1, _CHUNK):
        script(keys=names, args=[start, min(size, start + _CHUNK - 1)])
    return size


async def _measure(
    around: Stage, redis: Redis, port: int, size: int, *, warm: bool = False
) -> dict[str, dict[str, float]]:
    connection = await Connection.to(port)
    post = Target(port)

    async def ask(path: str) -> None:
        target = Target(port, method="GET", path=path)
        status, _ = await connection.ask(target.request("", 0))
        assert status == 200, (path, status)

    async def make(text: str) -> None:
        status, _ = await connection.ask(post.request(text, 0))
        assert status == 200, status

    kinds: dict[str, Callable[[int], Awaitable[None]]] = {
        "hit": lambda _: make(ARTICLE),
        "miss": lambda n: make(f"{ARTICLE}\nNumber {n} of {size}."),
        "stats": lambda _: ask("/api/cache/stats"),
        "limiter": lambda _: ask("/api/rate-limit-status"),
    }
    found = {}
    for kind, send in kinds.items():
        await send(-1)
        around.store_bytes()
        before, times = commands(redis), []
        requests = 1 if warm else REQUESTS[kind]
        for n in range(requests):
            started = time.perf_counter()
            await send(n)
            times.append((time.perf_counter() - started) * 1000)
        taken = (commands(redis) - before) / requests
        up, down = around.store_bytes()
        found[kind] = {
            "p50": round(quantile(times, 0.5), 2),
            "commands": round(taken, 1),
            "bytes_up": round(up / requests),
            "bytes_down": round(down / requests),
        }
    connection.close()
    return found


def _in_process(sizes: tuple[int, ...]) -> dict[str, list[float]]:
    """MB of the store in the process: its entries, and these with the clients of its limiter."""
    if sys.platform != "linux":
        return {}
    command = [sys.executable, "-c", _IN_PROCESS, json.dumps(sizes)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return dict(zip(map(str, sizes), json.loads(printed), strict=True))


def _print(rows: dict[str, dict[str, Any]], in_process: dict[str, list[float]]) -> None:
    print("p50 in ms; store commands; bytes to and from the store.\n")
    print(f"| entries and clients | {' | '.join(REQUESTS)} | Valkey, MB | server, MB more |")
    print(f"|--:|{'--:|' * (len(REQUESTS) + 2)}")
    for size, row in rows.items():
        cells = [
            f"{each['p50']:.1f}; {each['commands']:g}; {each['bytes_up']:,}, {each['bytes_down']:,}"
            for each in (row[kind] for kind in REQUESTS)
        ]
        print(f"| {int(size):,} | {' | '.join(cells)} | {row['valkey_mb']:,} | {row['server_mb_more']:g} |")
    print("\n| in the process | entries of 2.2 kB, MB | and as many clients, MB |\n|--:|--:|--:|")
    for size, (entries, clients) in in_process.items():
        print(f"| {int(size):,} | {entries:g} | {clients:g} |")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
