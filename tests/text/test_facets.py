"""Bluesky's facets: what its own apps would make a link or a tag, by bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from atproto_client.models.app.bsky.richtext.facet import Main as Facet
from atproto_client.utils import detect_facets
from hypothesis import given
from hypothesis import strategies as st

from core.text.facets import facets_in

WORDS = """https://e.com https://e.com/a?b=c#d http://é.fr/ü https://e.com/(a) (https://e.com). HTTPS://E.COM
e.com (b.org/x) my-site.com node.js x.Com A.io 3.5 a.notatld #tag #1 #a1! #été, #日本。 ＃wide ##x #a-b_c
#\ufe0f\u20e3 $aapl ($TSLA). $toolong $5 @a.bsky.social 😀 日本語 “é” – …""".split()
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(" \n\u3000"))).map(
    lambda words: "".join(word + space for word, space in words)
)


def facets(text: str, link: str | None = None) -> list[Any]:
    """Bluesky's own model of each facet."""
    return [Facet.model_validate(facet) for facet in facets_in(text, link)]


def shown(text: str, facet: Any) -> str:
    return text.encode()[facet.index.byte_start : facet.index.byte_end].decode()


def value(facet: Any) -> str:
    (feature,) = facet.features
    return str(feature.uri if hasattr(feature, "uri") else feature.tag)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("😀 see https://e.com/a.", {"https://e.com/a": "https://e.com/a"}, id="link"),
        pytest.param("é (b.org/x)", {"b.org/x": "https://b.org/x"}, id="without-scheme"),
        pytest.param("日本 #été, $aapl", {"#été": "été", "$aapl": "$AAPL"}, id="tags"),
        pytest.param("see a.com/($X) now", {"a.com/($X)": "https://a.com/($X)"}, id="one-over-another"),
        pytest.param("https://. http:///x @a.bsky.social #" + "x" * 65, {}, id="none"),
    ],
)
def test_the_bytes_of_a_facet_spell_its_link_or_tag(text: str, found: dict[str, str]) -> None:
    assert {shown(text, facet): value(facet) for facet in facets(text)} == found


def test_the_source_is_linked_as_a_whole() -> None:
    text, link = "Read it.\n\nhttps://e.com/a.", "https://e.com/a."
    assert [(shown(text, facet), value(facet)) for facet in facets(text, link)] == [(link, link)]


@given(st.text() | TEXTS)
def test_facets_are_in_order_apart_and_what_the_text_says(text: str) -> None:
    found = facets(text)
    for facet in found:
        assert shown(text, facet).upper().endswith(value(facet).removeprefix("https://").upper())
    assert all(one.index.byte_end <= other.index.byte_start for one, other in pairwise(found))


@given(TEXTS)
def test_facets_are_those_that_blueskys_sdk_finds(text: str) -> None:
    assert facets(text) == detect_facets(text)
