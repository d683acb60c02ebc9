"""LiteLLM's proxy as a peer: its configuration, and why it is not measured where it is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
import pytest

from bench.peers.litellm import Absent, proxy, reason

ENVIRON = {"REDIS_URL": "redis://127.0.0.1:6390", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
SERVER = """
import http.server, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open(given["--config"], "rb").read()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer((given["--host"], int(given["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is the proxy's command."""
    path = tmp_path / "litellm"
    monkeypatch.setenv("LITELLM", str(path))
    return path


def written(path: Path, script: str) -> None:
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o700)


def test_where_it_is_not_installed_the_reason_names_the_command_that_installs_it(command: Path) -> None:
    with pytest.raises(Absent, match=r"`python -m bench.peers.litellm` installs it"), proxy(ENVIRON):
        pass


def test_where_it_does_not_start_the_reason_is_what_it_said(command: Path) -> None:
    written(command, "raise SystemExit('no such option')")
    with pytest.raises(Absent, match=r"its proxy did not start: no such option$"), proxy(ENVIRON):
        pass


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        pytest.param("", "it said nothing", id="silent"),
        pytest.param("one\ntwo.\n\n", "two", id="last-line"),
        pytest.param(
            "  raise E\nlib.KeyError: no key\nERROR: Exiting.\n", "lib.KeyError: no key", id="exception"
        ),
    ],
)
def test_the_reason_is_the_last_exception_or_else_the_last_line(printed: str, found: str) -> None:
    assert reason(printed) == found


def test_it_keeps_answers_in_the_store_alone_and_asks_callers_for_no_key(command: Path) -> None:
    written(command, SERVER)
    with proxy(ENVIRON) as (target, process):
        config = httpx.get(f"http://127.0.0.1:{target.port}/", trust_env=False).json()
        environ = Path(f"/proc/{process}/environ").read_text().split("\0")
    settings = config["litellm_settings"]
    store = {name: settings["cache_params"][name] for name in ("type", "host", "port")}
    assert store == {"type": "redis", "host": "127.0.0.1", "port": 6390}
    assert settings["default_in_memory_ttl"] == 0
    assert [*settings].index("default_redis_ttl") < [*settings].index("cache")
    assert "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=True" in environ
    assert json.loads(target.request("A b", 0).partition(b"\r\n\r\n")[2])["model"] == "m"
