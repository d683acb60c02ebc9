"""The names under which things stand in the store. All begin with `threadr:`, all have a TTL."""

from __future__ import annotations

import hashlib
import secrets

CACHE_INDEX = "threadr:index:cache"
CONTENT_INDEX = "threadr:index:content"
RATE_LIMIT_INDEX = "threadr:index:ratelimit"
LAST_HEALTH_CHECK = "threadr:health:last"
PROBE = "threadr:probe"
RESERVED = "threadr:reserved"
STATS = "threadr:stats"
CONTENT_MARK_LENGTH = 8
THREAD_ID_LENGTH = 22


def rate_limit_key(client: str) -> str:
    return f"threadr:ratelimit:{client}"


def lease_key(key: str) -> str:
    """Who makes the answer of `key`."""
    return f"threadr:lease:{key.removeprefix('threadr:cache:')}"


def failure_key(key: str) -> str:
    """Why the answer of `key` could not be made."""
    return f"threadr:failure:{key.removeprefix('threadr:cache:')}"


def new_thread_id() -> str:
    """128 random bits in 22 characters that a URL takes: nobody can guess one."""
    return secrets.token_urlsafe(16)


def thread_key(thread_id: str) -> str:
    """Where a thread is kept for its permalink."""
    return f"threadr:thread:{thread_id}"


def content_key(name: str) -> str:
    """Under which key the answer for a source text is kept; `name` is a digest."""
    return f"threadr:content:{name}"


def digest(content: str) -> str:
    """SHA-256 in 64 hex digits."""
    return hashlib.sha256(content.encode()).hexdigest()
