"""The store's keys, except the model's health note (health_note.py). All are `threadr:…`, with a TTL."""

import re
from datetime import UTC, datetime

URL_PREFIX = "threadr:cache:url:"
TEXT_PREFIX = "threadr:cache:text:"
THREAD_PREFIX = "threadr:thread:"
CACHE_INDEX = "threadr:index:cache"
CONTENT_INDEX = "threadr:index:content"
RATE_LIMIT_INDEX = "threadr:index:ratelimit"
LAST_HEALTH_CHECK = "threadr:health:last"
PROBE = "threadr:probe"
RESERVED = "threadr:reservations"
STATS = "threadr:stats"
CONTENT_MARK_LENGTH = 8
THREAD_ID = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits in urlsafe base64


def rate_limit_key(client: str) -> str:
    return f"threadr:ratelimit:{client}"


def lease_key(key: str) -> str:
    """The lease of the caller that makes the answer of `key`."""
    return f"threadr:lease:{key.removeprefix('threadr:cache:')}"


def failure_key(key: str) -> str:
    """Why the answer of `key` could not be made."""
    return f"threadr:failure:{key.removeprefix('threadr:cache:')}"


def thread_key(thread_id: str) -> str:
    """Where a thread is kept for its permalink."""
    return f"{THREAD_PREFIX}{thread_id}"


def content_key(name: str) -> str:
    """Holds the key of the answer for a source text; `name` is the text's digest."""
    return f"threadr:content:{name}"


def script_keys(key: str, client: str, token: str, *, content: str, thread_id: str) -> list[str]:
    """The keys of every script, in the order of scripts/head.lua."""
    own = [key, lease_key(key), failure_key(key), content_key(content), rate_limit_key(client)]
    all_share = [RATE_LIMIT_INDEX, CACHE_INDEX, CONTENT_INDEX, STATS, RESERVED]
    return [*own, *all_share, thread_key(thread_id), f"threadr:settled:{token}", f"{RESERVED}:{client}"]


def day_of(epoch_seconds: float) -> str:
    """The ISO date of that moment in UTC, by which counters are kept."""
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()
