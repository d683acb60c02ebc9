"""Parsing of Cache-Control in requests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.cache_control import CacheControl


@pytest.mark.parametrize(
    ("header", "cache_control"),
    [
        pytest.param("", CacheControl(), id="nothing"),
        pytest.param("no-cache", CacheControl(no_cache=True), id="no-cache"),
        pytest.param("No-Store", CacheControl(no_store=True), id="case"),
        pytest.param("only-if-cached", CacheControl(only_if_cached=True), id="only-if-cached"),
        pytest.param("max-age=60", CacheControl(max_age_seconds=60), id="max-age"),
        pytest.param("max-age=0", CacheControl(max_age_seconds=0), id="max-age-zero"),
        pytest.param('max-age="60"', CacheControl(max_age_seconds=60), id="quoted"),
        pytest.param(" no-cache ,  max-age=5 ", CacheControl(no_cache=True, max_age_seconds=5), id="spaces"),
        pytest.param("max-age=-1", CacheControl(), id="negative"),
        pytest.param("max-age=1.5", CacheControl(), id="fraction"),
        pytest.param("max-age", CacheControl(), id="no-value"),
        pytest.param("max-age=²", CacheControl(), id="superscript"),
        pytest.param("max-age=" + "9" * 5_000, CacheControl(), id="endless-number"),
        pytest.param("no-cached, x-no-store, max-ages=1", CacheControl(), id="names-that-are-only-alike"),
        pytest.param("max-stale=60, no-transform,,;=", CacheControl(), id="unknown"),
    ],
)
def test_a_header_is_read_and_what_is_unknown_ignored(header: str, cache_control: CacheControl) -> None:
    assert CacheControl.parse(header) == cache_control


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(codec="latin-1"), max_size=40) | st.from_regex(r"[a-z=,\" 0-9-]*", fullmatch=True)
)
def test_any_header_is_read(header: str) -> None:
    parsed = CacheControl.parse(header)
    assert parsed.max_age_seconds is None or "max-age" in header.lower()
    assert parsed.no_cache <= ("no-cache" in header.lower())
