"""`threadr doctor`: what is set and what answers, in plain words, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fake_openai import FakeOpenAI
from tests.support.installed import Installed
from tests.support.loopback import closed_port


def names(settings: dict[str, Any]) -> dict[str, str]:
    return {name.upper(): str(value) for name, value in settings.items()}


def test_nothing_set_is_fine_and_says_what_that_means(threadr: Installed) -> None:
    done = threadr("doctor")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok", "note", "note", "ok"]
    assert "No store is set" in done.stdout
    assert "the built-in composer writes all threads" in done.stdout


def test_a_store_and_a_model_that_answer_are_fine_and_no_secret_is_shown(
    threadr: Installed, model_settings: dict[str, Any], upstash_settings: dict[str, Any], openai: FakeOpenAI
) -> None:
    secret = {"ADMIN_TOKEN": "canary-admin", "API_KEYS": "canary-key", "OPENAI_MODEL": "gpt-5.4"}
    done = threadr("doctor", **names({**model_settings, **upstash_settings}), **secret)
    assert done.returncode == 0, done.stdout
    assert "ok     The store works, in " in done.stdout
    assert "ok     The model's server answers; no thread was asked of it." in done.stdout
    assert "OPENAI_MODEL is gpt-5.4 (default gpt-5.4-mini)." in done.stdout
    assert (openai.requests, openai.free_calls) == ([], ["Bearer sk-test"])
    for each in ("canary", "sk-test", str(upstash_settings["upstash_redis_rest_token"])):
        assert each not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("environ", "code", "said"),
    [
        pytest.param({"REDIS_URI": "canary"}, 0, "REDIS_URL is one", id="nearly-a-setting"),
        pytest.param({"CACHE_TTL_HOURS": "-1"}, 3, "CACHE_TTL_HOURS must be from 0 to 8760.", id="range"),
        pytest.param({"CORS_ORIGINS": "app.example"}, 3, "such as https://app.example", id="origin"),
        pytest.param({"UPSTASH_REDIS_REST_URL": "https://a.example"}, 3, "TOKEN is missing", id="half"),
        pytest.param({"REDIS_URL": f"redis://127.0.0.1:{closed_port()}"}, 17, "Nothing answers", id="store"),
        pytest.param({"OPENAI_BASE_URL": "http://me:canary@127.0.0.1:9"}, 0, "//…@127.0.0.1:9", id="login"),
    ],
)
def test_what_is_wrong_is_said_with_what_it_means(
    threadr: Installed, environ: dict[str, str], code: int, said: str
) -> None:
    done = threadr("doctor", **environ)
    (line,) = [each for each in done.stdout.splitlines() if said in each]
    assert (done.returncode, line.startswith("wrong")) == (code, code > 0)
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        pytest.param(401, 12, "refused the key", id="key"),
        pytest.param(500, 12, "an error of its own", id="broken"),
        pytest.param(404, 0, "The model's server answers", id="server-without-a-list"),
    ],
)
def test_a_model_that_would_not_write_is_found_for_free(
    threadr: Installed, model_settings: dict[str, Any], openai: FakeOpenAI, status: int, code: int, said: str
) -> None:
    openai.free_status = status
    done = threadr("doctor", **names(model_settings))
    assert (done.returncode, openai.requests) == (code, [])
    assert said in done.stdout


def test_a_model_that_its_server_does_not_list_is_named(
    threadr: Installed, model_settings: dict[str, Any], openai: FakeOpenAI
) -> None:
    openai.listed = ["gpt-5.5"]
    assert "no such model" in threadr("doctor", **names(model_settings)).stdout
    assert threadr("doctor", **names(model_settings), OPENAI_MODEL="gpt-5.5").returncode == 0
