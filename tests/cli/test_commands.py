"""The installed console script: make, stats, clear, savings, completion, and what each exits with."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from core import errors
from core.errors import ThreadrError
from tests.support.fake_openai import POSTS, FakeOpenAI
from tests.support.installed import FOLDERS, Installed
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site, page

COMMANDS = ("make", "stats", "clear", "savings", "serve", "doctor", "completion")
CODES = tomllib.loads((ROOT / "core/cli/main.toml").read_text())["exit_codes"]


@pytest.fixture
def environ(site: Site, model_settings: dict[str, Any], redis_url: str) -> dict[str, str]:
    """A store, a model and a site."""
    given = {**model_settings, "redis_url": redis_url, "store_timeout_ms": 5_000}
    given |= {"fetch_allow_hosts": site.authority}
    return {name.upper(): str(value) for name, value in given.items()}


def test_the_wheel_holds_code_page_and_data_files(wheel: Path) -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    own = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert {Path(name).suffix for name in own} >= {".lua", ".toml", ".json", ".txt", ".html", ".css", ".js"}
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == own


def test_posts_go_to_stdout_and_what_happens_to_stderr(threadr: Installed) -> None:
    done = threadr("make", "-", given=ARTICLE)
    assert done.returncode == 0
    first, *others = done.stdout.removesuffix("\n").split("\n\n\n\n")
    assert first.startswith("The city council voted on Tuesday")
    assert first.endswith(f"1/{len(others) + 1}")
    assert done.stderr.splitlines() == [
        "Looking up …",
        "Writing …",
        "Note: No model is configured: the built-in composer made this thread.",
    ]


def test_a_page_is_made_once_counted_and_cleared(
    threadr: Installed, environ: dict[str, str], site: Site, openai: FakeOpenAI
) -> None:
    address = f"{site.url}/bridge"
    made, again = (threadr("make", address, "--json", **environ) for _ in range(2))
    assert json.loads(made.stdout)["thread"][0]["content"].startswith(POSTS[0])
    assert made.stderr.splitlines() == ["Looking up …", "Fetching the page …", "Writing …"]
    assert (json.loads(again.stdout)["cached"], len(openai.requests)) == (True, 1)
    assert "Kept from before" in again.stderr
    stats = json.loads(threadr("stats", "--json", **environ).stdout)
    assert (stats["hits"], stats["misses"], stats["cache_entries"]) == (1, 1, 1)
    assert re.search(r"^hit rate +0\.5$", threadr("stats", **environ).stdout, re.MULTILINE)
    cleared = [threadr("clear", address, **environ) for _ in range(2)]
    assert [done.returncode for done in cleared] == [0, CODES["not-found"]]


def test_what_the_command_keeps_the_server_finds(
    threadr: Installed, environ: dict[str, str], openai: FakeOpenAI, tmp_path: Path
) -> None:
    (tmp_path / "story.txt").write_text(ARTICLE)
    assert threadr("make", "story.txt", **environ).returncode == 0
    assert threadr("make", "-", "--generator", "openai", given=ARTICLE, **environ).returncode == 0
    assert threadr("clear", "story.txt", **environ).returncode == 0


def test_options_reach_the_thread(threadr: Installed) -> None:
    options = "--platform bluesky --max-posts 2 --numbering none --no-model --hooks 1".split()
    done = threadr("make", "-", "--json", *options, given=ARTICLE)
    answer = json.loads(done.stdout)
    assert (answer["platform"], answer["generator"], answer["degraded"]) == ("bluesky", "extractive", False)
    assert len(answer["thread"]) <= 2
    assert f"Another first post (1): {answer['hooks'][0]}" in done.stderr


def test_markdown_is_under_its_title(threadr: Installed, site: Site, environ: dict[str, str]) -> None:
    done = threadr("make", f"{site.url}/bridge", "--md", "--no-model", **environ)
    assert done.stdout.startswith("# Harbour bridge closes\n\n")
    assert "\n\n---\n\n" in done.stdout


@pytest.mark.parametrize("name", ["wl-copy", "pbcopy", "xclip"])
def test_a_clipboard_gets_what_stdout_gets(threadr: Installed, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('#!/bin/sh\n/bin/cat > "$0.copied"\n')
    (tmp_path / name).chmod(0o755)
    done = threadr("make", "-", "--copy", given=ARTICLE, PATH=str(tmp_path))
    assert (tmp_path / f"{name}.copied").read_text() == done.stdout
    assert done.stderr.endswith("Copied.\n")


def test_without_a_clipboard_the_thread_is_still_printed(threadr: Installed, tmp_path: Path) -> None:
    done = threadr("make", "-", "--copy", given="A short text.", PATH=str(tmp_path))
    assert (done.stdout, done.returncode) == ("A short text.\n", 1)
    assert "install wl-clipboard" in done.stderr


@pytest.mark.parametrize(
    ("path", "answer", "kind"),
    [
        pytest.param("/gone", Response(status_code=404), "article-unreachable", id="gone"),
        pytest.param("/app", Response(page("<p>Hi.</p>"), media_type="text/html"), "no-article", id="empty"),
        pytest.param(
            "/song", Response(b"\x00\x01", media_type="audio/mpeg"), "unsupported-content", id="song"
        ),
        pytest.param(
            "/big", Response(b"a" * 3_000_000, media_type="text/html"), "article-too-large", id="big"
        ),
    ],
)
def test_a_page_that_gives_no_thread_is_said_by_the_exit_code(
    threadr: Installed, site: Site, environ: dict[str, str], path: str, answer: Response, kind: str
) -> None:
    site.pages = {path: lambda: answer}
    done = threadr("make", f"{site.url}{path}", **environ)
    assert (done.returncode, done.stdout) == (CODES[kind], "")
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "given", "environ", "code", "said"),
    [
        pytest.param(["make", "http://10.0.0.1/x"], b"", {}, 20, "private network", id="private"),
        pytest.param(["make", "missing.txt"], b"", {}, 2, "no such file", id="no-file"),
        pytest.param(["make", "just words"], b"", {}, 2, "standard input with -", id="words"),
        pytest.param(["make", "-"], b"", {}, 2, "must not be empty", id="nothing"),
        pytest.param(["make", "-"], b"\xff\xfa", {}, 24, "not text in UTF-8", id="bytes"),
        pytest.param(["make", "-"], b"a" * 2_000_000, {}, 2, "more than 1 MB", id="long"),
        pytest.param(["make", "-", "--language", "english!"], b"A", {}, 2, "--language", id="language"),
        pytest.param(["make", "-", "--platform", "y"], b"A", {}, 2, "'bluesky'", id="platform"),
        pytest.param(["make", "-", "--generator", "openai"], b"A", {}, 12, "OPENAI_API_KEY", id="no-key"),
        pytest.param(["stats"], b"", {}, 17, "No store is set", id="no-store"),
        pytest.param(["clear", "-"], b"A", {}, 17, "No store is set", id="nothing-to-clear"),
        pytest.param(
            ["stats"], b"", {"REDIS_URL": "redis://127.0.0.1:9"}, 17, "unreachable", id="store-away"
        ),
        pytest.param(["stats"], b"", {"CACHE_TTL_HOURS": "x"}, 3, "CACHE_TTL_HOURS must be", id="setting"),
        pytest.param(["nothing"], b"", {}, 2, "No such command", id="no-command"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    threadr: Installed, arguments: list[str], given: bytes, environ: dict[str, str], code: int, said: str
) -> None:
    done = threadr(*arguments, given=given, **environ)
    (line,) = [each for each in done.stderr.splitlines() if not each.endswith("…")][-1:]
    assert (done.returncode, done.stdout) == (code, "")
    assert said in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        pytest.param(401, "invalid_api_key", "refused the key", id="lasting"),
        pytest.param(500, "server_error", "an error of its own", id="passing"),
    ],
)
def test_a_fault_of_the_model_is_a_sentence(  # of each: tests/functions/test_monitor.py
    threadr: Installed, openai: FakeOpenAI, environ: dict[str, str], status: int, code: str, said: str
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"message": "no", "code": code}}, status)
    required = threadr("make", "-", "--generator", "openai", given=ARTICLE, **environ)
    assert (required.returncode, required.stdout) == (CODES["model-unavailable"], "")
    assert said in required.stderr
    instead = threadr("make", "-", given=f"{ARTICLE} Else.", **environ)
    assert instead.returncode == 0
    assert f"{said}" in instead.stderr
    assert "The built-in composer made this thread." in instead.stderr


def test_every_kind_of_problem_has_a_code_of_its_own_that_the_documentation_lists() -> None:
    types = [each for each in vars(errors).values() if isinstance(each, type)]
    assert set(CODES) == {each.kind for each in types if issubclass(each, ThreadrError)}
    assert len(set(CODES.values())) == len(CODES)
    (listed,) = re.findall(
        r"(?<=Exit codes: ).*?(?=\n\n|\Z)", (ROOT / "docs/command-line.md").read_text(), re.DOTALL
    )
    assert {kind: int(code) for code, kind in re.findall(r"(\d+)\s+`([\w-]+)`", listed)} == CODES


def test_savings_are_those_of_the_first_version(threadr: Installed) -> None:
    done = threadr("savings", "--requests", "1000", "--repeat", "0.4", "--price", "0.002")
    assert re.findall(r"= (\S+)|(\$\d+)/month", done.stdout) == [("$60", ""), ("$36", ""), ("", "$24")]
    assert "Savings: $1.50/month (5%)" in threadr("savings", "--repeat", "0.05", "--price", "0.001").stdout


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen(threadr: Installed, command: str) -> None:
    done = threadr(*filter(None, [command]), "--help")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_options_and_values(threadr: Installed, shell: str) -> None:
    assert "_THREADR_COMPLETE" in threadr("completion", shell).stdout
    asked = {"_THREADR_COMPLETE": f"{shell}_complete"}
    cases = {"threadr sav": "savings", "threadr make --pla": "--platform", "threadr make -p blu": "bluesky"}
    for words, found in cases.items():
        last = words.split()[-1] if shell == "fish" else str(len(words.split()) - 1)
        assert found in threadr(COMP_WORDS=words, COMP_CWORD=last, **asked).stdout


def test_a_store_that_is_away_costs_no_thread(threadr: Installed) -> None:
    done = threadr("make", "-", given="A short text.", REDIS_URL=f"redis://127.0.0.1:{closed_port()}")
    assert (done.returncode, done.stdout) == (0, "A short text.\n")
    assert "WARNING Store failed" in done.stderr
