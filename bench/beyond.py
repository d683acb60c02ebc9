"""On paper: what one region, one Upstash database and a CDN carry, and which limit comes first.

    python -m bench.beyond [--per-second 100] [--hits 0.6] [--cdn 0] [--model-rpm 500 …] [--new-seconds 6 …]

Computed from measured commands and times (bench/results/) for a given traffic: requests a second at the peak,
the part of them that need no new thread, and the part that a CDN answers. What is an account's own, or the
model's, is computed for several values.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.settings import Settings
from tools.costs import prices

RESULTS = Path(__file__).parent / "results"
# The pages were read in 2026-11.
# upstash.com/docs/redis/overall/billing, "Max commands / sec", of the free plan and of Pay-As-You-Go.
UPSTASH_COMMANDS = 10_000
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: of a region, by default (a new account has
# fewer); each answers one request at a time, and at most ten a second.
LAMBDA_INSTANCES, OF_AN_INSTANCE = 1_000, 10
# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, of a region (some have 2,500); the
# template has less.
GATEWAY, TEMPLATE = 10_000, 100
# A model's requests a minute are an account's own: platform.openai.com/settings/organization/limits. Each
# model's page has them by usage tier; of the default model's family, read was
# developers.openai.com/api/docs/models/gpt-5.4-pro: 500 in tier 1, 5,000 in 2 and 3, 10,000 in 4 and 5.
MODEL_RPM = (500, 5_000, 10_000)
RTT_MS = 1  # between a function and a database in the same region
_GIVEN = """\
Not measured, and so computed for several values: how long a new thread takes ({:g} s is what
`tools/costs.toml` reckons with, {:g} s is `GENERATE_DEADLINE_SECONDS`), and the model's requests a minute, an
account's own. OpenAI's page of gpt-5.4-pro, read 2026-11, has 500 in usage tier 1, 5,000 in tiers 2 and 3,
10,000 in tiers 4 and 5. Tokens a minute, divided by the tokens of a call, are such a limit too.
"""
_ALL_ON = ("all on", "all on (the service)")  # of bench/replay.py


def _new_seconds() -> tuple[float, ...]:
    """What a model is thought to take to write, and the longest that the service lets a new thread take."""
    return prices()["use"]["new_gb_seconds"], Settings().generate_deadline_seconds


@dataclass(frozen=True, slots=True)
class Traffic:
    """`per_second` at the peak; of these `cdn` end at a CDN, and `hits` of the rest need no new thread."""

    per_second: float = 100.0
    hits: float = 0.6
    cdn: float = 0.0
    model_rpm: tuple[float, ...] = MODEL_RPM
    new_seconds: tuple[float, ...] = field(default_factory=_new_seconds)

    def at_origin(self) -> float:
        return 1 - self.cdn


@dataclass(frozen=True, slots=True)
class Measured:
    """Store commands of a hit and of a new thread; seconds that a hit keeps an instance."""

    hit_commands: float
    new_commands: float
    hit_seconds: float

    @classmethod
    def read(cls, results: Path = RESULTS) -> Measured:
        """From the last results; from tools/costs.toml where there are none."""
        use = prices()["use"]
        cell = (
            _figures(results / "hit_path.json").get("cells", {}).get(f"Threadr, REST @ {RTT_MS} ms × 1", {})
        )
        hit, new = _replayed(results) or (use["hit_commands"], use["new_commands"])
        return cls(hit, new, cell.get("p50", use["hit_gb_seconds"] * 1000) / 1000)


def _replayed(results: Path) -> tuple[float, float] | None:
    """Commands of a request without and with a call of the model: the line through the replayed traces.

    A trace has other links to the same article, other platforms and new readers, which take more commands
    than the same request again.
    """
    tables = _figures(results / "replay.json").values()
    rows = [table["rows"][name] for table in tables for name in _ALL_ON if name in table.get("rows", {})]
    found = sorted((row["share"], row["commands_a_request"]) for row in rows)
    if not found or found[0][0] == found[-1][0]:
        return None
    (few, at_few), (many, at_many) = found[0], found[-1]
    slope = (at_many - at_few) / (many - few)
    return at_few - slope * few, at_few + slope * (1 - few)


@dataclass(frozen=True, slots=True)
class Limit:
    """`carries`: requests a second at the given mix until it is reached."""

    name: str
    carries: float
    then: str


def limits(traffic: Traffic, measured: Measured) -> list[Limit]:
    """The one that comes first, first."""
    origin, hits, new = traffic.at_origin(), traffic.hits, 1 - traffic.hits
    commands = origin * (hits * measured.hit_commands + new * measured.new_commands)
    models = [
        Limit(
            f"the model's {rpm:,.0f} requests a minute",
            _over(rpm / 60, origin * new),
            "OPENAI_FALLBACK_MODELS, each with its own; a higher tier; the built-in composer serves the rest",
        )
        for rpm in traffic.model_rpm
    ]
    instances = [
        Limit(
            f"{LAMBDA_INSTANCES:,} Lambda instances of a region, where a new thread takes {seconds:g} s",
            min(
                _over(LAMBDA_INSTANCES, origin * (hits * measured.hit_seconds + new * seconds)),
                _over(LAMBDA_INSTANCES * OF_AN_INSTANCE, origin),
            ),
            "a higher quota; RESERVED_CONCURRENCY so that generate leaves some to the others",
        )
        for seconds in traffic.new_seconds
    ]
    others = [
        Limit(
            f"the template's throttle, {TEMPLATE} requests a second",
            _over(TEMPLATE, origin),
            "a higher ThrottlingRateLimit, once the next limits are known",
        ),
        Limit(
            f"Upstash's {UPSTASH_COMMANDS:,} commands a second",
            _over(UPSTASH_COMMANDS, commands),
            "RATE_LIMIT_SCOPE=generations with LOCAL_CACHE_SECONDS: hits of a warm process ask nothing; "
            "GET /api/thread behind a CDN; then a database for each half of the keys",
        ),
        Limit(
            f"API Gateway's {GATEWAY:,} requests a second",
            _over(GATEWAY, origin),
            "Function URLs behind the CDN, which have Lambda's limits alone (FRONT_DOOR=function-url)",
        ),
    ]
    return sorted([*models, *instances, *others], key=lambda limit: limit.carries)


def main(traffic: Traffic | None = None, *, results: Path = RESULTS, quick: bool = False) -> dict[str, Any]:
    """Prints the limits for a traffic; for some where none is given."""
    del quick
    measured = Measured.read(results)
    print(
        f"A request that needs no new thread takes {measured.hit_commands:.1f} store commands and one that "
        f"does {measured.new_commands:.1f}, on the replayed traces; a hit takes "
        f"{measured.hit_seconds * 1000:.1f} ms of an instance.\n"
    )
    if not traffic:
        print(_GIVEN.format(*_new_seconds()))
    given = [traffic] if traffic else [Traffic(), Traffic(hits=0.95), Traffic(hits=0.95, cdn=0.9)]
    mixes = {f"{each.hits:.0%} hits, {each.cdn:.0%} at the CDN": each for each in given}
    found = {name: {limit.name: limit for limit in limits(mix, measured)} for name, mix in mixes.items()}
    print("Requests a second until a limit is reached; the one that comes first in the first mix, first.\n")
    print(f"| limit | {' | '.join(mixes)} | what to switch on then |\n|---|{'--:|' * len(mixes)}---|")
    for name, limit in next(iter(found.values())).items():
        carried = (_shown(rows[name].carries) for rows in found.values())
        print(f"| {name} | {' | '.join(carried)} | {limit.then} |")
    print()
    for name, mix in mixes.items():
        small = [limit.name for limit in found[name].values() if limit.carries < mix.per_second]
        print(f"{name}; at {mix.per_second:g} requests a second {_listed(small)}.\n")
    carries = {
        name: {limit.name: round(limit.carries, 1) for limit in rows.values()} for name, rows in found.items()
    }
    return {"carries": carries}


def _shown(carried: float) -> str:
    return "no end" if carried == float("inf") else f"{carried:,.0f}"


def _over(limit: float, use: float) -> float:
    return limit / use if use else float("inf")


def _listed(names: list[str]) -> str:
    return f"these are too small: {', '.join(names)}" if names else "all are wide enough"


def _figures(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))["figures"] if path.is_file() else {}
    return found


if __name__ == "__main__":
    parser, usual = argparse.ArgumentParser(description=__doc__), Traffic()
    parser.add_argument("--per-second", type=float, default=usual.per_second)
    parser.add_argument("--hits", type=float, default=usual.hits)
    parser.add_argument("--cdn", type=float, default=usual.cdn)
    parser.add_argument("--model-rpm", type=float, nargs="+", default=usual.model_rpm)
    parser.add_argument("--new-seconds", type=float, nargs="+", default=usual.new_seconds)
    main(Traffic(**vars(parser.parse_args())))
