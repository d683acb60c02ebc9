"""The names under which things stand in the store. All begin with `threadr:`, all have a TTL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from core.canonical import canonical_url

RATE_LIMIT_PREFIX = "threadr:ratelimit"
RATE_LIMIT_INDEX = "threadr:index:ratelimit"
LAST_HEALTH_CHECK = "threadr:health:last"
CACHE_INDEX = "threadr:index:cache"


def stats_key(day: str) -> str:
    """The counters of one day (ISO date)."""
    return f"threadr:stats:{day}"


def url_key(url: str, variant: Mapping[str, object] | None = None) -> str:
    """Where the answer for a URL is kept. `variant` holds what differs from the default options."""
    return f"threadr:cache:url:{canonical_url(url)}{_suffix(variant)}"


def text_key(text: str, variant: Mapping[str, object] | None = None) -> str:
    """Where the answer for a text is kept: by 16 hex digits, so the entry must hold the full digest."""
    return f"threadr:cache:text:{digest(text)[:16]}{_suffix(variant)}"


def digest(content: str) -> str:
    """SHA-256 in 64 hex digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def _suffix(variant: Mapping[str, object] | None) -> str:
    # A space cannot stand in a canonical URL, so no URL's key can look like another's with options.
    return f" {digest(json.dumps(variant, sort_keys=True))[:16]}" if variant else ""
