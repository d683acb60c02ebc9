"""The image, compose and the files of other platforms start the app as `make run` does."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from core.cli.serve import serve_command
from core.settings import Settings
from tests.support.paths import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_a_stop_waits_for_requests_under_way() -> None:
    (grace,) = [each.default for each in serve_command.params if each.name == "grace"]
    stop = int(COMPOSE["services"]["app"]["stop_grace_period"].removesuffix("s"))
    assert Settings().generate_deadline_seconds < int(str(grace)) < stop


@pytest.mark.parametrize(
    ("environment", "front_door"),
    [
        ({}, ""),
        ({"RAILWAY_PROJECT_ID": "a"}, "proxy:1"),
        ({"RAILWAY_PROJECT_ID": "a", "FRONT_DOOR": "alb"}, "alb"),
    ],
    ids=["directly", "on-railway", "as-set"],
)
def test_the_image_trusts_a_proxy_only_where_one_is_in_front(
    environment: dict[str, str], front_door: str
) -> None:
    (line,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    *shell, command = json.loads(line)
    shown = [*shell, command.partition("exec ")[0] + 'printf %s "$FRONT_DOOR"']
    done = subprocess.run(shown, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == front_door


def test_compose_trusts_none() -> None:
    assert COMPOSE["services"]["app"]["environment"]["FRONT_DOOR"] == "gateway"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_without_rights_and_watched(name: str) -> None:
    service = COMPOSE["services"][name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_store_and_the_app_have_their_known_ports() -> None:
    ports = {name: service["ports"] for name, service in COMPOSE["services"].items()}
    assert (ports["redis"], ports["app"]) == (["127.0.0.1:6379:6379"], ["127.0.0.1:8001:8001"])
    assert COMPOSE["services"]["rest"]["profiles"] == ["rest"]


def test_the_image_runs_as_a_numbered_user() -> None:
    assert re.search(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_all_that_the_image_copies_is_sent_to_the_builder() -> None:
    copied = re.findall(r"^COPY (.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    kept = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {name for line in copied for name in line.split()} == set(kept)


def test_railway_asks_for_health_and_waits_for_requests() -> None:
    railway = json.loads((ROOT / "railway.json").read_text())
    assert railway["build"]["builder"] == "DOCKERFILE"
    assert railway["deploy"]["healthcheckPath"] == "/health"
    assert railway["deploy"]["drainingSeconds"] > 30
