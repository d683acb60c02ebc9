"""Log lines: JSON, one event each, without keys, tokens, full addresses or article text; metrics in them."""

import functools
import json
import logging
import os
import re
import sys
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO

from pydantic_core import to_json

logger = logging.getLogger("threadr")
# The ids of the request that a line belongs to.
current_ids: ContextVar[Mapping[str, str] | None] = ContextVar("current_ids", default=None)

NAMESPACE = "Threadr"
# Ten, which is what CloudWatch gives away; Lambda has durations of its own, and the rest is in the lines.
UNITS = {
    **dict.fromkeys(("hits", "misses", "collapsed", "stale_served", "degraded", "store_errors"), "Count"),
    "cost_usd": "None",  # no unit of the format is money
    **dict.fromkeys(("store_ms", "writing_ms"), "Milliseconds"),
    "unhealthy": "Count",  # of the scheduled check: 0 or 1
}


def _line(record: logging.LogRecord) -> dict[str, object]:
    """The members of a record's line."""
    content = {"message": record.getMessage()} if record.name == logger.name else _of_another(record)
    line = _members(record.created, record.levelname.lower(), content, getattr(record, "facts", {}))
    if record.exc_info and record.exc_info[1]:
        # Only type and place: the text may hold secrets.
        line["exception"] = type(record.exc_info[1]).__name__
        line["at"] = places(record.exc_info[1])
    return line


def _members(
    at: float, level: str, content: Mapping[str, object], facts: Mapping[str, object]
) -> dict[str, object]:
    timestamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return {"timestamp": timestamp, "level": level, **content, **(current_ids.get() or {}), **facts}


def _as_json(line: dict[str, object]) -> str:
    """ASCII: standard output may take nothing else, and lone surrogates never."""
    try:
        return to_json(line, ensure_ascii=True, fallback=str).decode("ascii")
    except ValueError:  # a lone surrogate
        return json.dumps(line, default=str)


_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # what a terminal would obey


def _for_people(line: dict[str, object]) -> str:
    """The time, a level that is not info, the message, and the facts that say something."""
    at, level, message = str(line.pop("timestamp"))[11:19], str(line.pop("level")), line.pop("message")
    facts = [f"{name}={fact}" for name, fact in line.items() if fact not in (None, 0, "")]
    text = " ".join([at, *([level.upper()] if level != "info" else []), str(message), *facts])
    return _NOT_SHOWN.sub("?", text)


@functools.lru_cache(1)  # it asks the system
def _is_terminal(stream: IO[str]) -> bool:
    return stream.isatty()


class _Output(logging.Handler):
    """Standard output, or standard error `on_command_line`, where the former is the result's."""

    on_command_line = False

    def emit(self, record: logging.LogRecord) -> None:
        self.write(_line(record))

    def write(self, line: dict[str, object]) -> None:
        stream = sys.stderr if self.on_command_line else sys.stdout
        if self.on_command_line or _is_terminal(stream):
            encoding = stream.encoding or "ascii"
            text = _for_people(line).encode(encoding, "replace").decode(encoding)
        else:
            text = _as_json(line)
        stream.write(f"{text}\n")
        stream.flush()


handler = _Output()


def set_up(*, on_command_line: bool = False) -> None:
    """Send all logs and Python's warnings to standard output, where Lambda and containers collect it.

    JSON, but for people on a terminal. On the command line only warnings, to standard error.
    """
    handler.on_command_line = on_command_line
    logging.getLogger().handlers = [handler]  # on Lambda the runtime's own one writes plain text
    logging.getLogger("uvicorn").handlers = []  # set before it imports the app
    logging.getLogger("uvicorn").propagate = True
    logging.captureWarnings(True)
    logger.handlers = [handler]
    logger.setLevel(logging.WARNING if on_command_line else logging.INFO)
    logger.propagate = False
    # These log every URL, which may hold a password, where the root says INFO.
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def event(message: str, **facts: object) -> None:
    """One line about something that happened; facts that are None are left out.

    It is written at once: each request has one, and a LogRecord with its caller and thread takes 20 calls.
    """
    if logger.isEnabledFor(logging.INFO):
        given = {name: fact for name, fact in facts.items() if fact is not None}
        handler.write(_members(time.time(), "info", {"message": message}, given))


def metrics(facts: Mapping[str, object], *, function: str, now: float) -> dict[str, object]:
    """The members that make CloudWatch metrics of a line's facts, at `now` (epoch seconds).

    The Embedded Metric Format, with the stack as the one dimension: each more value is a metric to pay for.
    Both templates name a function after its stack.
    docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    aws-lambda-powertools would write lines of its own, and takes some 40 ms to import (-X importtime).
    """
    given = [{"Name": name, "Unit": unit} for name, unit in UNITS.items() if facts.get(name) is not None]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["stack"]], "Metrics": given}
    stack = {"function": function, "stack": function.rpartition("-")[0] or function}
    return stack | {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}}


def _of_another(record: logging.LogRecord) -> dict[str, object]:
    """Who logs it and where; the text is the server's or Python's own, without values."""
    text = "A library logged this"
    if isinstance(record.msg, OSError):  # such as a port that is taken
        text = os.strerror(record.msg.errno or 0)
    elif record.name == "py.warnings":  # file:line: category: text
        text = ": ".join(record.getMessage().split(": ")[:2])
    elif record.name.partition(".")[0] in ("asyncio", "uvicorn"):
        text = re.split("[\n<{'\"]", str(record.msg), maxsplit=1)[0]
    return {"message": text, "logger": record.name, "at": [f"{record.filename}:{record.lineno}"]}


def places(error: BaseException) -> list[str]:
    """Where it was raised, innermost last; nothing of what it says."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        found.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{line} {frame.f_code.co_name}")
    return found[-8:]
