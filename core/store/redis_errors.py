"""What the words of Redis and Upstash errors mean, and results of another type."""

from typing import Any

from core.errors import CommandFailed, StoreError, StoreRefused, WriteRejected

# From upstash.com/docs/redis/troubleshooting and redis.io.
_WRITE_REJECTED = ("capacity quota", "readonly", "read only", "read-only", "noperm", "oom command")
_QUOTA = ("max daily request", "max requests limit", "max request limit", "max monthly", "bandwidth limit")
_REFUSED = ("wrongpass", "noauth", "unauthorized", "invalid or missing auth token")
_TOO_LARGE = ("max request size", "max single record", "max key size")
_NOT_NOW = ("loading", "busy", "clusterdown", "masterdown", "tryagain", "internal", "concurrent connections")


def classify_error(error: str) -> StoreError:
    """What the text of a command's error means, over REST and TCP alike; the text itself may name keys."""
    text, reason = error.lower(), error.partition(" ")[0][:20]
    if any(phrase in text for phrase in _QUOTA):
        return StoreRefused(reason="quota", health="quota_exceeded")
    if any(phrase in text for phrase in _REFUSED):
        return StoreRefused(reason=reason, health="misconfigured")
    if any(phrase in text for phrase in _WRITE_REJECTED):
        return WriteRejected(reason=reason, health="read_only")
    if any(phrase in text for phrase in _NOT_NOW):
        return StoreError(reason=reason)
    too_large = any(phrase in text for phrase in _TOO_LARGE)
    return CommandFailed(reason=reason, health="too_large" if too_large else "bad_response")


def check_type(result: Any, kind: type) -> Any:
    """The result if it is of its command's type, or the failure of that command alone. Raises StoreError."""
    if isinstance(result, CommandFailed | kind):
        return result
    if isinstance(result, BaseException):
        raise result
    raise StoreError(reason="a result has another type", health="bad_response")
