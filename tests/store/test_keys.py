"""The names of keys in the store."""

from __future__ import annotations

import pytest

from core.cache.request_key import text_key, url_key
from core.store import keys


@pytest.mark.parametrize(
    "key",
    [
        url_key("http://e.com/", {"tone": "ü"}),
        text_key("text"),
        keys.STATS,
        keys.rate_limit_key("1.2.3.4"),
        keys.lease_key(text_key("text")),
        keys.failure_key(text_key("text")),
        keys.content_key("d"),
        keys.CONTENT_INDEX,
        keys.RESERVED,
        keys.PROBE,
        keys.RATE_LIMIT_INDEX,
        keys.CACHE_INDEX,
        keys.LAST_HEALTH_CHECK,
    ],
)
def test_every_key_has_the_prefix(key: str) -> None:
    assert key.startswith("threadr:")


def test_indexes_and_counters_lie_outside_of_cache_and_clients() -> None:
    inside = ("threadr:cache:", "threadr:ratelimit:")
    names = [keys.RATE_LIMIT_INDEX, keys.CACHE_INDEX, keys.LAST_HEALTH_CHECK, keys.STATS]
    assert not [name for name in names if name.startswith(inside)]
    assert len(set(names)) == len(names)
