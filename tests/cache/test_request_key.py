"""The key of a request: its URL or text, in one form, and its options."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.request_key import digest, text_key, url_key

OPTIONS = st.dictionaries(
    st.sampled_from(["platform", "max_posts", "tone", "model"]), st.text(max_size=5) | st.integers(0, 25)
)


def test_default_options_give_the_contracts_plain_keys() -> None:
    assert url_key("HTTP://Example.com:80?utm_source=a#b") == "threadr:cache:url:http://example.com/"
    sixteen = hashlib.sha256("Grüße".encode()).hexdigest()[:16]
    assert text_key("Grüße") == text_key("Grüße", {}) == f"threadr:cache:text:{sixteen}"


def test_a_digest_is_sha_256_in_hex() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@settings(max_examples=150, deadline=None)
@given(OPTIONS, OPTIONS)
def test_different_options_have_different_keys_and_equal_ones_the_same(
    one: dict[str, object], other: dict[str, object]
) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (url_key("http://e.com/", one) == url_key("http://e.com/", other)) is same
    assert (text_key("text", one) == text_key("text", other)) is same


def test_the_order_of_options_does_not_matter() -> None:
    assert url_key("http://e.com/", {"a": 1, "b": 2}) == url_key("http://e.com/", {"b": 2, "a": 1})


def test_no_url_has_the_key_of_another_url_with_options() -> None:
    with_options = url_key("http://e.com/", {"tone": "dry"})
    suffix = with_options.removeprefix("threadr:cache:url:http://e.com/")
    assert url_key(f"http://e.com/{suffix.replace(' ', '%20')}") != with_options
    assert url_key(f"http://e.com/{suffix}") != with_options
