"""`threadr serve`, which is `make run`: what it says, when, and what stops it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import httpx
import pytest
import yaml

from core.cli.environment import DEVELOPMENT_LIMIT
from core.settings import Settings
from tests.support.installed import Installed
from tests.support.paths import ROOT


@contextlib.contextmanager
def serving(threadr: Installed, **environ: str) -> Iterator[tuple[str, list[str]]]:
    """The address that the first line names, and the messages of the lines up to the first request's."""
    place = threadr.place(**environ)
    command = [str(threadr.script), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **place) as process:  # noqa: S603
        assert process.stdout
        try:
            said = [json.loads(process.stdout.readline())["message"]]
            (url,) = re.findall(r"http://localhost:\d+", said[0])
            httpx.get(f"{url}/health")  # at once: the port is bound before it is named
            while (line := json.loads(process.stdout.readline())["message"]) != "Answered":
                said.append(line)
            yield url, said
        finally:
            process.terminate()


def test_page_api_and_documents_are_served_from_the_wheel(threadr: Installed) -> None:
    with serving(threadr) as (url, _):
        for path in ("/", "/static/threadr.js", "/docs", "/problems/paywall"):
            assert httpx.get(f"{url}{path}").status_code == 200
        answer = httpx.post(f"{url}/api/generate", json={"text": "A short text."}, timeout=30)
        assert answer.json()["thread"][0]["content"] == "A short text."


@pytest.mark.parametrize(
    ("environ", "limit"),
    [
        pytest.param({}, DEVELOPMENT_LIMIT, id="development"),
        pytest.param({"RATE_LIMIT_REQUESTS": "7"}, 7, id="set"),
        pytest.param({"ENVIRONMENT": "production"}, 10, id="production"),
    ],
)
def test_who_tries_things_out_has_more_than_ten_calls_and_is_told(
    threadr: Installed, environ: dict[str, str], limit: int
) -> None:
    with serving(threadr, **environ) as (url, said):
        assert httpx.get(f"{url}/api/rate-limit-status").json()["total_limit"] == limit
    assert any("1,000 calls an hour" in line for line in said) == (not environ)


def test_the_file_is_read_and_the_environment_goes_before_it(threadr: Installed) -> None:
    (threadr.folder / ".env").write_text("RATE_LIMIT_REQUESTS=21\nCACHE_TTL_HOURS=12\n")
    with serving(threadr, CACHE_TTL_HOURS="24") as (url, _):
        assert httpx.get(f"{url}/api/rate-limit-status").json()["total_limit"] == 21
        given = httpx.get(f"{url}/debug/startup").json()["settings"]
    assert {name for name, is_set in given.items() if is_set} == {"RATE_LIMIT_REQUESTS"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        pytest.param({"RATE_LIMIT_REQUESTS": "ten"}, "RATE_LIMIT_REQUESTS must be a", id="number"),
        pytest.param({"CORS_ORIGINS": "app.example"}, "CORS_ORIGINS must be", id="origin"),
        pytest.param({"PORT": "99999"}, "PORT must be from 0 to 65535", id="port"),
        pytest.param({"PORT": "80a"}, "PORT must be from 0 to 65535", id="no-port"),
    ],
)
def test_a_start_that_fails_is_one_line_that_says_what_to_do(
    threadr: Installed, environ: dict[str, str], said: str
) -> None:
    done = threadr("serve", **environ)
    (line,) = (done.stdout + done.stderr).splitlines()
    assert json.loads(line)["message"].startswith(said)
    assert done.returncode == 3


def test_a_port_that_is_taken_is_named_with_a_way_out(threadr: Installed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = threadr("serve", PORT=str(port))
    (line,) = (done.stdout + done.stderr).splitlines()
    said = f"Port {port} is taken: stop what has it, or take another, as in PORT={port + 1} make run"
    assert (json.loads(line)["message"], done.returncode) == (said, 3)


def test_another_server_that_imports_the_app_stops_in_one_line_too(threadr: Installed) -> None:
    python = threadr.script.with_name("python")
    place = threadr.place(STORE_TIMEOUT_MS="1")
    command = [str(python), "-m", "uvicorn", "functions.local:app", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, **place)  # noqa: S603
    (line,) = (done.stdout + done.stderr).splitlines()
    assert json.loads(line)["message"].startswith("STORE_TIMEOUT_MS must be from 10 to 10000")


def test_on_a_terminal_lines_are_for_people(threadr: Installed) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as terminal:
        place = threadr.place(PORT="99999")
        subprocess.run([str(threadr.script), "serve"], stdout=theirs, stderr=theirs, check=False, **place)  # noqa: S603
        os.close(theirs)
        line = terminal.readline().decode()
    assert re.fullmatch(r"\d\d:\d\d:\d\d ERROR PORT must be from 0 to 65535.*\r\n", line)


def old_python(folder: Path) -> Path:
    """One that says of itself that it is not supported, and makes environments all the same."""
    path = folder / "python3.9"
    path.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 1\nmkdir -p "$3"\n')
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    command = ["make", "run", f"PYTHON={old_python(tmp_path)}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)  # noqa: S603
    assert done.returncode
    assert "Threadr needs Python 3.11 to 3.14" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_example_has_every_setting_with_its_default() -> None:
    found = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)", (ROOT / ".env.example").read_text(), re.MULTILINE))
    for each in fields(Settings):
        default = f"{each.default:g}" if isinstance(each.default, float) else str(each.default or "")
        assert found.pop(each.name.upper()) == ("" if each.default == () else default)
    deployment = {"AWS_DEFAULT_REGION", "ALERT_EMAIL", "RESERVED_CONCURRENCY", "SNAP_START"}
    assert found.keys() == {"PORT", "WEB_CONCURRENCY", *deployment}


def test_compose_passes_on_every_setting_and_git_ignores_the_file() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert {each.name.upper() for each in fields(Settings)} <= compose["services"]["app"][
        "environment"
    ].keys()
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_image_and_other_platforms_start_as_make_run_does() -> None:
    for file in ("Makefile", "Dockerfile", "Procfile"):
        assert "-m core.cli serve" in (ROOT / file).read_text()
