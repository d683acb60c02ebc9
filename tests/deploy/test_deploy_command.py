"""tools/deploy.py: values, what is missing, what `sam` is started with; test_tools.py has the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli.environment import dotenv
from tests.support.checkout import Checkout
from tests.support.paths import ROOT
from tools.deploy import parameters, release

VALUES = {"UPSTASH_REDIS_REST_URL": "https://a.upstash.io", "UPSTASH_REDIS_REST_TOKEN": "canary-token"}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({}, "UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN must be set", id="both"),
        pytest.param({**VALUES, "UPSTASH_REDIS_REST_TOKEN": ""}, "UPSTASH_REDIS_REST_TOKEN must", id="empty"),
    ],
)
def test_a_missing_store_stops_by_name(checkout: Checkout, given: dict[str, str], said: str) -> None:
    for arguments in ([], ["--check"]):
        done = checkout.deploy(*arguments, **given)
        assert done.returncode == 1
        assert done.stderr.startswith(said)
    assert checkout.arguments() == ""


def test_values_come_from_the_environment_and_else_from_the_file(checkout: Checkout) -> None:
    lines = ["# mine", "UPSTASH_REDIS_REST_URL=https://a.upstash.io", "CACHE_TTL_HOURS=48  # two days"]
    lines += ["export UPSTASH_REDIS_REST_TOKEN='canary-token'", "RATE_LIMIT_REQUESTS=20", "OTHER=1"]
    (checkout.folder / ".env").write_text("\n".join(lines))
    assert checkout.deploy(CACHE_TTL_HOURS="12", RATE_LIMIT_REQUESTS="").returncode == 0
    assert checkout.values().pop("Release")
    assert {name: value for name, value in checkout.values().items() if name != "Release"} == {
        "UpstashRedisRestUrl": "https://a.upstash.io",
        "UpstashRedisRestToken": "canary-token",
        "CacheTtlHours": "12",
        "RateLimitRequests": "20",
    }


def test_no_value_stands_on_a_command_line_and_the_end_is_a_curl(checkout: Checkout) -> None:
    done = checkout.deploy(**VALUES)
    assert "canary" not in checkout.arguments() + done.stdout + done.stderr
    assert "curl -s https://a1.execute-api.eu-west-1.amazonaws.com/api/generate" in done.stdout
    path = checkout.arguments().splitlines()[0].rpartition("file://")[2]
    assert not Path(path).exists()


def test_a_deployment_that_fails_is_not_announced(checkout: Checkout) -> None:
    done = checkout.deploy(SAM_FAILS="1", **VALUES)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(("missing", "said"), [("bundle", "run `make package` first"), ("sam", "SAM CLI")])
def test_what_is_missing_here_is_said(checkout: Checkout, missing: str, said: str) -> None:
    path = {"bundle": checkout.folder / "dist/bundle.zip", "sam": checkout.folder.parent / "bin/sam"}[missing]
    path.unlink()
    arguments = ["--check"] if missing == "sam" else []  # before anything is built
    done = checkout.deploy(*arguments, **VALUES)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_release_changes_with_code_and_with_every_value(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    values = {"UpstashRedisRestToken": "canary-token", "AdminToken": "a"}
    found = []
    for content, given in ((b"1", values), (b"2", values), (b"2", values | {"AdminToken": "b"})):
        bundle.write_bytes(content)
        found.append(release(given, bundle))
        assert found[-1] == release(given, bundle)
    assert len(set(found)) == 3
    assert "canary" not in "".join(found)


def test_every_parameter_has_a_variable() -> None:
    template = (ROOT / "template.yaml").read_text()
    names = parameters({"SNAP_START": "true", "OPENAI_API_KEY": "sk", "PATH": "/bin"}, template)
    assert names == {"SnapStart": "true", "OpenaiApiKey": "sk"}


def test_a_dotenv_file_is_read_as_shells_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\nexport B='2 # two'\nC=\"3\" # three\nD=a#b\n E = 5\nF=\n# G=7\nnonsense\n")
    expected = {"A": "1", "B": "2 # two", "C": "3", "D": "a#b", "E": "5", "F": ""}
    assert dotenv(file) == expected
    assert dotenv(tmp_path / "none") == {}
