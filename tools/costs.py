"""What a month of requests costs, and what the cache saves; `python -m tools.costs` prints the table."""

import tomllib
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from core.ops.savings import DAYS

_CHECKS = DAYS * 288  # one every five minutes
_SIZES = (1_000, 100_000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Month:
    """USD of one month, by who is paid; what AWS and Upstash give away is not counted."""

    model: float
    aws_lambda: float
    gateway: float
    logs: float
    store: float

    @property
    def total(self) -> float:
        return self.model + self.aws_lambda + self.gateway + self.logs + self.store


def prices() -> dict[str, Any]:
    """The data file costs.toml."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def month(requests: int, *, repeated: float = 0.4, call_usd: float = 0.002) -> Month:
    """The costs of so many requests, of which the part `repeated` is answered from the cache."""
    table, hits = prices(), requests * repeated
    use, free, usd = table["use"], table["free"], table["usd"]

    def paid(name: str, amount: float) -> float:
        given = free.get(name, 0)
        if name == "store_commands" and amount > given:
            given = 0  # the free plan is another plan
        return float(max(0, amount - given) * usd[name])

    def used(unit: str) -> float:
        new = (requests - hits) * use[f"new_{unit}"]
        return float(hits * use[f"hit_{unit}"] + new + _CHECKS * use[f"check_{unit}"])

    return Month(
        model=(requests - hits) * call_usd,
        aws_lambda=paid("lambda_gb_second", used("gb_seconds")) + paid("lambda_requests", requests + _CHECKS),
        gateway=paid("gateway_requests", requests),
        logs=paid("logs_gb", (requests + _CHECKS) * use["log_gb"]),
        store=paid("store_commands", used("commands")),
    )


def threads_for_free() -> tuple[int, int]:
    """New threads, or hits, that Upstash's free plan holds a month beside the scheduled check."""
    table = prices()
    use = table["use"]
    left = table["free"]["store_commands"] - _CHECKS * use["check_commands"]
    return left // use["new_commands"], left // use["hit_commands"]


def cost_table() -> str:
    """A Markdown table: a row for each number of requests a month."""
    names = [field.name.removeprefix("aws_") for field in fields(Month)]
    rows = [("requests a month", *names, "total"), ("--:",) * (len(names) + 2)]
    for size in _SIZES:
        costs = month(size)
        rows.append((f"{size:,}", *(f"{usd:,.2f}" for usd in (*astuple(costs), costs.total))))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(cost_table())
