"""Silent names take up neither others' look-ups nor the process's exit."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.article.resolver import Resolver
from core.errors import ArticleTimeout
from core.request import current_client
from tests.support.paths import ROOT

PUBLIC = "93.184.215.14"
GOOD = "good.example.net"


class NameServer:
    """getaddrinfo that knows GOOD, and is silent about other names until `answers` is set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host != GOOD and not self.answers.wait(60):
            raise AssertionError("the test never ended")
        if host.startswith("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    server = NameServer()
    yield server
    server.answers.set()


def asked(resolve: Resolver, hosts: list[str]) -> list[asyncio.Task[Any]]:
    return [asyncio.create_task(resolve(host, 443)) for host in hosts]


async def test_a_good_name_is_found_beside_forty_silent_ones(names: NameServer) -> None:
    resolve = Resolver(look_up=names)
    silent = asked(resolve, [f"silent{n}.example" for n in range(40)])
    await asyncio.sleep(0)
    assert [str(address) for address in await resolve(GOOD, 443)] == [PUBLIC]
    assert not any(task.done() for task in silent)
    names.answers.set()
    assert len(await asyncio.gather(*silent)) == 40


async def test_callers_of_one_name_share_a_look_up_and_each_may_leave(names: NameServer) -> None:
    resolve = Resolver(look_up=names)
    first, second, third = asked(resolve, ["silent.example"] * 3)
    await asyncio.sleep(0)
    first.cancel()
    names.answers.set()
    assert [str(address) for found in await asyncio.gather(second, third) for address in found] == [
        PUBLIC
    ] * 2
    assert first.cancelled()
    assert names.asked == ["silent.example"]


@pytest.mark.parametrize("domain", ["", "a.silent.example"], ids=["many domains", "one"])
async def test_the_silent_names_of_one_client_leave_threads_for_others(
    names: NameServer, domain: str
) -> None:
    resolve = Resolver(look_up=names, max_names=20, max_names_of_client=5)
    current_client.set("attacker")
    asked(resolve, [f"n{n}.co{domain or n}.uk" for n in range(5)])
    await asyncio.sleep(0)
    with pytest.raises(ArticleTimeout) as failed:
        await resolve("n5.silent.example", 443)
    assert not failed.value.shared
    current_client.set("reader")
    assert await resolve(GOOD, 443)
    names.answers.set()


async def test_silent_names_under_a_suffix_do_not_close_it(names: NameServer) -> None:
    resolve = Resolver(look_up=names)
    current_client.set("attacker")
    asked(resolve, [f"silent{n}.net" for n in range(40)] + [f"n{n}.example.net" for n in range(40)])
    await asyncio.sleep(0)
    current_client.set("reader")
    assert await resolve(GOOD, 443)


async def test_threads_are_bounded_and_are_free_again_when_their_name_answers(names: NameServer) -> None:
    resolve = Resolver(look_up=names, max_names=3)
    silent = asked(resolve, [f"unknown{n}.example" for n in range(3)])
    await asyncio.sleep(0)
    with pytest.raises(ArticleTimeout):
        await resolve(GOOD, 443)
    names.answers.set()
    assert all(isinstance(e, OSError) for e in await asyncio.gather(*silent, return_exceptions=True))
    assert await resolve(GOOD, 443)


async def test_a_name_that_failed_is_looked_up_again(names: NameServer) -> None:
    names.answers.set()
    resolve = Resolver(look_up=names)
    for _ in range(2):
        with pytest.raises(OSError, match="not known"):
            await resolve("unknown.example", 443)
    assert names.asked == ["unknown.example"] * 2


async def test_a_name_that_got_no_thread_is_looked_up_again(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolve = Resolver(look_up=names)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            await resolve(GOOD, 443)
    assert [str(address) for address in await resolve(GOOD, 443)] == [PUBLIC]


def test_a_silent_name_does_not_delay_the_exit() -> None:
    program = """
import asyncio, threading
from core.article.resolver import Resolver

async def main():
    resolve = Resolver(look_up=lambda *_: threading.Event().wait(600))
    await asyncio.wait_for(resolve("silent.example", 443), 0.05)

try:
    asyncio.run(main())
except TimeoutError:
    print("gave up", flush=True)
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "gave up\n", "")
