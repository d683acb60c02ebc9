"""The path of a hit: how many files its calls pass through, and how often they return."""

from __future__ import annotations

from typing import Any

from core.store.clock import StoreClock
from tests.support.app import Instances
from tests.support.path_trace import trace_requests
from tests.support.site import Site
from tests.support.upstash_front import Front

MAX_FILES, MAX_RETURNS = 22, 12


async def test_a_hit_over_the_store_is_a_short_path(
    instance_of: Instances, upstash_settings: dict[str, Any], site: Site, front: Front
) -> None:
    limits: dict[str, Any] = {"local_cache_seconds": 0, "rate_limit_requests": 100}
    client = instance_of(clock=StoreClock(), **upstash_settings, **limits)
    hit = (await trace_requests(client, site))["hit"]
    assert "core/store/upstash.py" in hit.stops
    assert hit.files <= MAX_FILES, str(hit)
    assert hit.returns <= MAX_RETURNS, str(hit)
