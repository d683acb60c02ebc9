"""Under which key the answer to a request is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.cache.canonical import canonical_url
from core.store.keys import digest


def url_key(url: str, variant: Mapping[str, object] | None = None) -> str:
    """Where the answer for a URL is kept. `variant` holds what differs from the default options."""
    return f"threadr:cache:url:{canonical_url(url)}{_suffix(variant)}"


def text_key(text: str, variant: Mapping[str, object] | None = None) -> str:
    """Where the answer for a text is kept: by 16 hex digits, so the entry must hold the full digest."""
    return f"threadr:cache:text:{digest(text)[:16]}{_suffix(variant)}"


def content_name(text: str, variant: Mapping[str, object]) -> str:
    """The digest of a source text and of the options that its thread is made with."""
    return digest(f"{json.dumps(variant, sort_keys=True)}\n{text}")


def _suffix(variant: Mapping[str, object] | None) -> str:
    # A space cannot stand in a canonical URL, so no URL's key can look like another's with options.
    return f" {digest(json.dumps(variant, sort_keys=True))[:16]}" if variant else ""
