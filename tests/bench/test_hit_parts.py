"""The table of a hit's parts knows every file of ours that a hit passes."""

from __future__ import annotations

from typing import Any

from bench.hit_parts import SERVER, part_of
from core.store.clock import StoreClock
from tests.support.app import Instances
from tests.support.path_trace import trace_requests
from tests.support.paths import ROOT
from tests.support.site import Site


async def test_no_file_of_a_hit_counts_as_the_servers(
    instance_of: Instances, upstash_settings: dict[str, Any], site: Site
) -> None:
    client = instance_of(clock=StoreClock(), **upstash_settings, local_cache_seconds=0)
    files = (await trace_requests(client, site))["hit"].stops
    assert "core/store/upstash.py" in files
    assert not [file for file in files if part_of(f"{ROOT}/{file}") in ("", SERVER)]
