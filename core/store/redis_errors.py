"""Classifies error texts of Redis and Upstash, and checks result types."""

import re
from typing import Any

from core.errors import CommandFailed, StoreError, StoreRefused, WriteRejected

# By the first pattern that the text matches (upstash.com/docs/redis/troubleshooting, redis.io).
_MEANINGS: tuple[tuple[type[StoreError], str, str], ...] = (
    (StoreRefused, "quota_exceeded", "max daily request|max requests? limit|max monthly|bandwidth limit"),
    (StoreRefused, "misconfigured", "wrongpass|noauth|unauthorized|invalid or missing auth token"),
    (WriteRejected, "read_only", "capacity quota|read[ -]?only|noperm|oom command"),
    (StoreError, "unreachable", "loading|busy|(cluster|master)down|tryagain|internal|concurrent connections"),
    (CommandFailed, "too_large", "max request size|max single record|max key size"),
    (CommandFailed, "no_script", "noscript|no matching script"),
    (CommandFailed, "bad_response", ""),
)


def classify_error(error: str) -> StoreError:
    """What the text of a command's error means, over REST and TCP alike; the text itself may name keys."""
    kind, health, _ = next(row for row in _MEANINGS if re.search(row[2], error.lower()))
    return kind(reason="quota" if health == "quota_exceeded" else error.partition(" ")[0][:20], health=health)


def of_command(failure: StoreError) -> CommandFailed:
    """The failure as the result of one command; raised if it is the whole store's."""
    if not isinstance(failure, CommandFailed):
        raise failure
    return failure


def check_type(result: Any, kind: type) -> Any:
    """The result if it is of its command's type, or the failure of that command alone. Raises StoreError."""
    if isinstance(result, CommandFailed | kind):
        return result
    if isinstance(result, BaseException):
        raise result
    raise StoreError(reason="a result has another type", health="bad_response")
