"""What a platform counts as a character, and how many it allows."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

PlatformName = Literal["x", "bluesky", "mastodon", "threads", "linkedin"]

# Text in which twitter-text can find neither a link (no dot) nor a weight other than 1: ASCII, Latin
# letters, typographic dashes and quotes. It skips a parser that costs 0.2 s to import.
_PLAIN = re.compile(
    r"[\n\x20-\x2d\x2f-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u2013\u2014\u2018-\u201d]*"
)
_DOT_AT_WORD_END = re.compile(r"\.(?=[\s\"')\]\u2019\u201d]|$)")
_MASTODON_LINK_LENGTH = 23
_MASTODON_REMOTE_MENTION = re.compile(r"(?<!\w)(@\w+)@[\w.-]+\w")


def count(text: str, platform: str = "x") -> int:
    """How many characters `platform` counts in `text`.

    x: weighted by twitter-text v3 (docs.x.com/fundamentals/counting-characters); bluesky: grapheme
    clusters; mastodon: grapheme clusters with links as 23; threads and linkedin: code points.
    """
    return PLATFORMS[platform].count(text)


def _count_x(text: str) -> int:
    # A dot before white space or a closing quote ends a sentence; it never makes a domain name.
    if _PLAIN.fullmatch(_DOT_AT_WORD_END.sub("", text)):
        return len(text)
    return int(_twitter_text().parse_tweet(text).weightedLength)


@functools.cache
def _twitter_text() -> ModuleType:
    """twitter_text, which reads its one data file through pkg_resources: setuptools dropped that in v82.

    It gets a stand-in for the length of its import.
    """
    stand_in = ModuleType("pkg_resources")
    stand_in.__dict__["resource_string"] = pkgutil.get_data
    before = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = stand_in
    try:
        return importlib.import_module("twitter_text")
    finally:
        del sys.modules["pkg_resources"]
        if before:
            sys.modules["pkg_resources"] = before


def _count_graphemes(text: str) -> int:
    import regex

    return len(regex.findall(r"\X", text))


def _count_mastodon(text: str) -> int:
    counted, end = "", 0
    for link in links_in(text):
        if text.startswith(("http://", "https://"), link.start):
            counted += _without_servers(text[end : link.start]) + "x" * _MASTODON_LINK_LENGTH
            end = link.stop
    return _count_graphemes(counted + _without_servers(text[end:]))


def _without_servers(text: str) -> str:
    """Of a mention only the name counts, not its server."""
    return _MASTODON_REMOTE_MENTION.sub(r"\1", text)


def links_in(text: str) -> list[range]:
    """Where the links stand that X and Mastodon count as one length, found by twitter-text's rule."""
    if _PLAIN.fullmatch(_DOT_AT_WORD_END.sub("", text)):
        return []
    return [range(*found["indices"]) for found in _twitter_text().extract_urls_with_indices(text)]


@dataclass(frozen=True, slots=True)
class Platform:
    """`limit` is the most that `count` may give for one post."""

    name: str
    limit: int
    count: Callable[[str], int]
    most_posts: int = 25


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("x", 280, _count_x),
        Platform("bluesky", 300, _count_graphemes),
        Platform("mastodon", 500, _count_mastodon),
        Platform("threads", 500, len),
        Platform("linkedin", 3_000, len, most_posts=1),
    )
}
