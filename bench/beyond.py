"""On paper: what one region, one Upstash database and a CDN carry, and which limit comes first.

    python -m bench.beyond [--per-second 100] [--hits 0.6] [--cdn 0] [--model-rpm 500]

Computed from measured commands and times (bench/results/) for a given traffic: requests a second at the peak,
the part of them that are hits, and the part that a CDN answers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.costs import prices

RESULTS = Path(__file__).parent / "results"
# upstash.com/docs/redis/overall/billing, "Max commands / sec".
UPSTASH_COMMANDS = 10_000
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: of a region, by default; each answers one
# request at a time.
LAMBDA_INSTANCES = 1_000
# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, of a region; the template has less.
GATEWAY, TEMPLATE = 10_000, 100
# An assumption, of a small account: its own page says what it has, platform.openai.com/settings.
MODEL_RPM = 500
RTT_MS = 1  # between a function and a database in the same region


@dataclass(frozen=True, slots=True)
class Traffic:
    """`per_second` at the peak; of these `cdn` end at a CDN, and `hits` of the rest are kept."""

    per_second: float = 100.0
    hits: float = 0.6
    cdn: float = 0.0
    model_rpm: float = MODEL_RPM

    def at_origin(self) -> float:
        return 1 - self.cdn


@dataclass(frozen=True, slots=True)
class Measured:
    """Store commands of a hit and of a new thread; seconds that each keeps an instance."""

    hit_commands: float
    new_commands: float
    hit_seconds: float
    new_seconds: float

    @classmethod
    def read(cls, results: Path = RESULTS) -> Measured:
        """From the last results; from tools/costs.toml where there are none."""
        use = prices()["use"]
        commands = _figures(results / "growth.json").get("rows", {}).get("1000", {})
        cell = (
            _figures(results / "hit_path.json").get("cells", {}).get(f"Threadr, REST @ {RTT_MS} ms × 1", {})
        )
        return cls(
            hit_commands=commands.get("hit", {}).get("commands", use["hit_commands"]),
            new_commands=use["new_commands"],
            hit_seconds=cell.get("p50", use["hit_gb_seconds"] * 1000) / 1000,
            new_seconds=use["new_gb_seconds"],
        )


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
    seconds = origin * (hits * measured.hit_seconds + new * measured.new_seconds)
    found = [
        Limit(
            f"the model's {traffic.model_rpm:,.0f} requests a minute",
            _over(traffic.model_rpm / 60, origin * new),
            "OPENAI_FALLBACK_MODELS, each with its own; a higher tier; the built-in composer serves the rest",
        ),
        Limit(
            f"the template's throttle, {TEMPLATE} requests a second",
            _over(TEMPLATE, origin),
            "a higher ThrottlingRateLimit, once the next limits are known",
        ),
        Limit(
            f"{LAMBDA_INSTANCES:,} Lambda instances of a region",
            _over(LAMBDA_INSTANCES, seconds),
            "a higher quota; RESERVED_CONCURRENCY so that generate leaves some to the others",
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
            "Function URLs behind the CDN, which have no such limit (FRONT_DOOR=function-url)",
        ),
    ]
    return sorted(found, key=lambda limit: limit.carries)


def main(traffic: Traffic | None = None, *, results: Path = RESULTS, quick: bool = False) -> dict[str, Any]:
    """Prints the limits for a traffic; for some where none is given."""
    del quick
    measured = Measured.read(results)
    print(
        f"A hit takes {measured.hit_commands:g} store commands and {measured.hit_seconds * 1000:.1f} ms of "
        f"an instance; a new thread {measured.new_commands:g} commands and {measured.new_seconds:g} s.\n"
    )
    given = [traffic] if traffic else [Traffic(), Traffic(hits=0.95), Traffic(hits=0.95, cdn=0.9)]
    found = {}
    for each in given:
        rows = limits(each, measured)
        name = f"{each.hits:.0%} hits, {each.cdn:.0%} at the CDN"
        found[name] = {limit.name: round(limit.carries, 1) for limit in rows}
        reached = [limit.name for limit in rows if limit.carries < each.per_second]
        print(f"{name}; at {each.per_second:g} requests a second {_listed(reached)}.\n")
        print("| limit | carries, requests a second | what to switch on then |\n|---|--:|---|")
        for limit in rows:
            carried = "no end" if limit.carries == float("inf") else f"{limit.carries:,.0f}"
            print(f"| {limit.name} | {carried} | {limit.then} |")
        print()
    return {"carries": found}


def _over(limit: float, use: float) -> float:
    return limit / use if use else float("inf")


def _listed(names: list[str]) -> str:
    return f"these are too small: {', '.join(names)}" if names else "all are wide enough"


def _figures(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))["figures"] if path.is_file() else {}
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--hits", type=float, default=0.6)
    parser.add_argument("--cdn", type=float, default=0.0)
    parser.add_argument("--model-rpm", type=float, default=MODEL_RPM)
    main(Traffic(**vars(parser.parse_args())))
