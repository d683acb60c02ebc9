"""Proof that no secret leaves: every response of an app under test is searched, and every log line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from core import log
from core.settings import Settings

_SHORTEST = 6  # anything shorter is in ordinary text by chance


def forms(value: str) -> set[str]:
    """How a secret may be written: whole, as JSON has it, in its lines, as a URL's credentials."""
    parts = {value, json.dumps(value)[1:-1], *re.split(r"[\s\x00-\x1f]+", value)}
    if re.fullmatch(r"[\w-]+:[^:/]+(:.*)?", value):  # name:key:limit/window:usd/day
        parts.add(value.split(":")[1])
    if "://" in value:
        address = urlsplit(value)
        credentials = [part for part in (address.username, address.password) if part]
        parts |= {*credentials, *map(unquote, credentials)}
    return {part for part in parts if len(part) >= _SHORTEST}


def secrets_of(settings: Settings) -> dict[str, str]:
    """Everything that may never leave, with the name of its variable."""
    found: dict[str, str] = {}
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        values = value if isinstance(value, tuple) else (value,)
        for text in values:
            if setting.metadata["secret"] and isinstance(text, str):
                found |= dict.fromkeys(forms(text), setting.name.upper())
            elif isinstance(text, str) and "@" in text and "://" in text:  # an address with a password
                found |= dict.fromkeys(forms(text) - {text}, setting.name.upper())
    return found


class CanaryGuard:
    """Knows the secrets of every app that got a request; `leaks` says which one was seen where."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.leaks: list[str] = []

    def look(self, where: str, text: str) -> None:
        names = {name for secret, name in self.secrets.items() if secret in text}
        self.leaks += [f"{name} in {where}" for name in sorted(names)]

    def forgive(self) -> list[str]:
        """The leaks so far, which are forgotten: for tests of the guard itself."""
        leaks, self.leaks = self.leaks, []
        return leaks

    def read(self, line: dict[str, object]) -> None:
        """A line of the log, as it is written."""
        self.look(f"a log line of {line.get('logger', log.logger.name)}", json.dumps(line, default=str))

    async def watch(self, transport: httpx.ASGITransport, response: httpx.Response) -> None:
        body = b"".join([chunk async for chunk in response.stream])  # type: ignore[union-attr]
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.look("headers", headers)
        self.look("a body", body.decode(errors="replace"))

    def know(self, app: Any) -> None:
        services = getattr(getattr(app, "state", None), "services", None)
        self.secrets |= secrets_of(services.settings) if services else {}


_GUARD = CanaryGuard()


@pytest.fixture(scope="session", autouse=True)
def _watching() -> Iterator[None]:
    """httpx's transport carries every answer of an app in the tests."""
    send = httpx.ASGITransport.handle_async_request

    async def watched(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        _GUARD.know(transport.app)
        response = await send(transport, request)
        await _GUARD.watch(transport, response)
        return response

    write = log.handler.write

    def watched_write(line: dict[str, object]) -> None:
        _GUARD.read(line)
        write(line)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.ASGITransport, "handle_async_request", watched)
        patch.setattr(log.handler, "write", watched_write)
        yield


@pytest.fixture(autouse=True)
def canary_guard() -> Iterator[CanaryGuard]:
    """In every test: a leaked secret is reported by name."""
    yield _GUARD
    assert _GUARD.forgive() == [], "secrets were let out"
