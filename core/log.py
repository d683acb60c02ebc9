"""Log lines: JSON, one event each, without keys, tokens, full addresses or article text; metrics in them."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

logger = logging.getLogger("threadr")
# The ids of the request that a line belongs to.
current_ids: ContextVar[Mapping[str, str] | None] = ContextVar("current_ids", default=None)

NAMESPACE = "Threadr"
UNITS = {
    **dict.fromkeys(("hits", "misses", "collapsed", "stale_served", "degraded", "store_errors"), "Count"),
    **dict.fromkeys(("tokens_in", "tokens_out"), "Count"),
    "cost_usd": "None",  # no unit of the format is money
    **dict.fromkeys(("milliseconds", "store_ms", "article_ms", "writing_ms"), "Milliseconds"),
}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= current_ids.get() or {}
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            # Only type and place: the text may hold secrets.
            line["exception"] = type(record.exc_info[1]).__name__
            line["at"] = places(record.exc_info[1])
        # ASCII: standard output may take nothing else, and lone surrogates never.
        return json.dumps(line, default=str)


class _StandardOutput(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")
        sys.stdout.flush()


def set_up() -> None:
    """Send the log to standard output, where Lambda and containers collect it."""
    handler = _StandardOutput()
    handler.setFormatter(_Json())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # These log every URL, which may hold a password, where the root says INFO.
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def event(message: str, **facts: object) -> None:
    """One line about something that happened; facts that are None are left out."""
    logger.info(message, extra={"facts": {name: fact for name, fact in facts.items() if fact is not None}})


def metrics(facts: Mapping[str, object], *, function: str, now: float) -> dict[str, object]:
    """The members that make CloudWatch metrics of a line's facts, at `now` (epoch seconds).

    The Embedded Metric Format, with one dimension of few values:
    docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    aws-lambda-powertools would write lines of its own, and takes some 40 ms to import (-X importtime).
    """
    given = [{"Name": name, "Unit": unit} for name, unit in UNITS.items() if facts.get(name) is not None]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": given}
    return {"function": function, "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}}


def places(error: BaseException) -> list[str]:
    """Where it was raised, innermost last; nothing of what it says."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        found.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{line} {frame.f_code.co_name}")
    return found[-8:]
