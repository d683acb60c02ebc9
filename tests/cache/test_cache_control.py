"""What a request's Cache-Control asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.cache_control import Directives


@pytest.mark.parametrize(
    ("header", "directives"),
    [
        pytest.param("", Directives(), id="nothing"),
        pytest.param("no-cache", Directives(no_cache=True), id="no-cache"),
        pytest.param("No-Store", Directives(no_store=True), id="case"),
        pytest.param("only-if-cached", Directives(only_if_cached=True), id="only-if-cached"),
        pytest.param("max-age=60", Directives(max_age_seconds=60), id="max-age"),
        pytest.param("max-age=0", Directives(max_age_seconds=0), id="max-age-zero"),
        pytest.param('max-age="60"', Directives(max_age_seconds=60), id="quoted"),
        pytest.param(" no-cache ,  max-age=5 ", Directives(no_cache=True, max_age_seconds=5), id="spaces"),
        pytest.param("max-age=-1", Directives(), id="negative"),
        pytest.param("max-age=1.5", Directives(), id="fraction"),
        pytest.param("max-age", Directives(), id="no-value"),
        pytest.param("max-age=²", Directives(), id="superscript"),
        pytest.param("max-age=" + "9" * 5_000, Directives(), id="endless-number"),
        pytest.param("no-cached, x-no-store, max-ages=1", Directives(), id="names-that-are-only-alike"),
        pytest.param("max-stale=60, no-transform,,;=", Directives(), id="unknown"),
    ],
)
def test_a_header_is_read_and_what_is_unknown_ignored(header: str, directives: Directives) -> None:
    assert Directives.parse(header) == directives


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(codec="latin-1"), max_size=40) | st.from_regex(r"[a-z=,\" 0-9-]*", fullmatch=True)
)
def test_any_header_is_read(header: str) -> None:
    parsed = Directives.parse(header)
    assert parsed.max_age_seconds is None or "max-age" in header.lower()
    assert parsed.no_cache <= ("no-cache" in header.lower())
