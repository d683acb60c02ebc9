"""The limits of a deployment, from what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.beyond import TEMPLATE, Limit, Measured, Traffic, limits, main
from tests.deploy.test_templates import SAM
from tools.costs import prices

MEASURED = Measured(hit_commands=5, new_commands=45, hit_seconds=0.005)


def named(part: str, traffic: Traffic) -> list[Limit]:
    return [limit for limit in limits(traffic, MEASURED) if part in limit.name]


def test_the_first_limit_is_the_models_and_with_more_hits_it_comes_later() -> None:
    some, more = (limits(Traffic(hits=hits), MEASURED) for hits in (0.5, 0.9))
    assert some[0].name == "the model's 500 requests a minute"
    assert more[0].carries > some[0].carries == pytest.approx(500 / 60 / 0.5)


def test_commands_carry_what_hits_and_new_threads_take() -> None:
    (upstash,) = named("Upstash", Traffic(hits=0.9))
    assert upstash.carries == pytest.approx(10_000 / (0.9 * 5 + 0.1 * 45))


def test_what_a_cdn_answers_reaches_no_limit() -> None:
    assert {each.carries for each in limits(Traffic(cdn=1.0), MEASURED)} == {float("inf")}


def test_what_is_not_measured_is_computed_for_each_value_given() -> None:
    traffic = Traffic(hits=0.5, model_rpm=(600, 1_200), new_seconds=(2, 4))
    assert [limit.carries for limit in named("the model's", traffic)] == [20, 40]
    slow, fast = named("Lambda instances", traffic)
    assert (slow.carries, fast.carries) == pytest.approx((1_000 / 2.0025, 1_000 / 1.0025))


def test_an_instance_answers_no_more_than_ten_requests_a_second_however_short_they_are() -> None:
    assert {limit.carries for limit in named("Lambda instances", Traffic(hits=1.0))} == {10_000}


def test_the_throttle_is_the_templates() -> None:
    settings = SAM["Globals"]["HttpApi"]["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == TEMPLATE


def test_commands_come_from_the_replayed_traces_and_seconds_from_the_measured_hit(tmp_path: Path) -> None:
    tables = {
        "0.4": {"rows": {"all on (the service)": {"share": 0.6, "commands_a_request": 32}}},
        "switched": {"rows": {"all on": {"share": 0.1, "commands_a_request": 22}, "no cache": {"share": 1}}},
        "ratios": {"calls": {"median": 1}},
    }
    cells = {"cells": {"Threadr, REST @ 1 ms × 1": {"p50": 2.5}}}
    for name, figures in {"replay": tables, "hit_path": cells}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"figures": figures}))
    found = Measured.read(tmp_path)
    assert (found.hit_commands, found.new_commands, found.hit_seconds) == pytest.approx((20, 40, 0.0025))


def test_without_results_they_are_those_of_the_costs(tmp_path: Path) -> None:
    use = prices()["use"]
    found = Measured.read(tmp_path)
    assert (found.hit_commands, found.new_commands) == (use["hit_commands"], use["new_commands"])


def test_the_table_has_each_mix_beside_the_others_and_says_what_is_an_accounts_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mixes = main(results=tmp_path)["carries"]
    printed = capsys.readouterr().out
    assert "| the model's 500 requests a minute | 21 | 167 | 1,667 |" in printed
    assert "an\naccount's own" in printed
    assert len(mixes) == 3
