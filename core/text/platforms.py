"""What a platform counts as a character, and how many it allows."""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from core.text.links import is_plain, links_in, mastodon_links_in, twitter_pattern
from core.text.word_lists import word_lists

PlatformName = Literal["x", "bluesky", "mastodon", "threads", "linkedin"]

_WIDE = re.compile("[^\x00-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")  # twitter-text's config v3
# What an emoji can be made of: looking for one elsewhere would take long.
_EMOJI_RUN = re.compile(
    "[#*0-9]\ufe0f?\u20e3|[\xa9\xae\u203c\u2049\u2122-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\u200d\ufe0f\u2122-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f]*"
)
# A cluster as \X finds it; in a run of flags \X alone counts back to its beginning each time (GB12 and 13).
GRAPHEME = r"\p{RI}{2}[\p{GCB=EX}\p{GCB=ZWJ}\p{GCB=SM}]*+|\X"
_EMOJI = r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u20e3]"


@functools.cache
def regex_of(pattern: str) -> Any:
    """The pattern of the regex package, compiled; its own cache costs more than a short search."""
    import regex

    return regex.compile(pattern)


def count(text: str, platform: str = "x") -> int:
    """How many characters `platform` counts in `text`.

    x: weighted by twitter-text v3 (docs.x.com/fundamentals/counting-characters). bluesky: grapheme clusters
    (app.bsky.feed.post). mastodon: grapheme clusters, links as 23, mentions without their server
    (status_length_validator.rb). threads: code points, emoji as their UTF-8 bytes
    (developers.facebook.com/docs/threads/posts). linkedin: UTF-16 units, the strictest reading of a limit
    whose unit LinkedIn does not name.
    """
    return PLATFORMS[platform].count(text)


@dataclass(frozen=True, slots=True)
class Platform:
    """`limit` is the most that `count` may give for one post, and `max_bytes` the most UTF-8."""

    limit: int
    count: Callable[[str], int]
    max_posts: int = 25
    max_bytes: int | None = None

    def length_of(self, text: str) -> int:
        """The length that splitting limits: `count`, or more when the bytes are the tighter limit."""
        if self.max_bytes is None or text.isascii():
            return self.count(text)
        octets = len(text.encode(errors="surrogatepass"))
        by_bytes = -(-octets * self.limit // self.max_bytes)
        return by_bytes if by_bytes > self.limit else max(self.count(text), by_bytes)


def _count_x(text: str) -> int:
    if is_plain(text):
        return len(text)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    text = _with_replaced(text, links_in(text))
    text = _EMOJI_RUN.sub(lambda run: twitter_pattern("emoji").sub("xx", run[0]), text)
    return len(text) + len(_WIDE.findall(text))


def _with_replaced(text: str, links: Iterable[range], mentions: Iterable[tuple[int, int, str]] = ()) -> str:
    """The text with 23 characters for a link, and a name for a mention; overlapping ones after it stay."""
    kept, end = [], 0
    for start, stop, replacement in sorted([*((x.start, x.stop, "x" * 23) for x in links), *mentions]):
        if start >= end:
            kept += [text[end:start], replacement]
            end = stop
    return "".join(kept) + text[end:]


def _count_graphemes(text: str) -> int:
    if text.isascii() and "\r" not in text:
        return len(text)
    return len(regex_of(GRAPHEME).findall(text))


def _count_mastodon(text: str) -> int:
    pattern = regex_of(word_lists(__file__)["mastodon"]["mention"])  # of a mention that names its server
    mentions = [(*found.span(), found[1]) for found in pattern.finditer(text)] if "@" in text else ()
    return _count_graphemes(_with_replaced(text, mastodon_links_in(text), mentions))


def _count_threads(text: str) -> int:
    if text.isascii():
        return len(text)
    emoji = regex_of(_EMOJI)
    if not emoji.search(text):
        return len(text)
    clusters = regex_of(GRAPHEME).findall(text)
    return sum(len(each.encode(errors="surrogatepass") if emoji.search(each) else each) for each in clusters)


def prepare() -> None:
    """Import the patterns that counting needs."""
    for platform in PLATFORMS.values():
        platform.count("@a@example.com https://example.com é")


PLATFORMS = {
    "x": Platform(280, _count_x),
    "bluesky": Platform(300, _count_graphemes, max_bytes=3_000),
    "mastodon": Platform(500, _count_mastodon),
    "threads": Platform(500, _count_threads),
    "linkedin": Platform(3_000, lambda text: len(text.encode("utf-16le", "surrogatepass")) // 2, max_posts=1),
}
