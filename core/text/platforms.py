"""What a platform counts as a character, and how many it allows."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

PlatformName = Literal["x", "bluesky", "mastodon", "threads", "linkedin"]

# Text in which twitter-text can find neither a link (no dot) nor a weight other than 1: ASCII, Latin
# letters, typographic dashes and quotes. It skips a parser that costs 0.2 s to import.
_PLAIN = re.compile(
    r"[\n\x20-\x2d\x2f-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u2013\u2014\u2018-\u201d]*"
)
_DOT_BEFORE_NO_LETTER = re.compile(r"\.(?![^\W\d_])")  # such a dot ends no domain name
_TOKEN = re.compile(r"[^ \n\t]+")
_WEIGHING_TWO = re.compile(
    "[^\x00-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]"
)  # twitter-text's config v3
# What an emoji can be made of: looking for one elsewhere would take long.
_EMOJI_RUN = re.compile(
    "[#*0-9]\ufe0f?\u20e3|[\xa9\xae\u203c\u2049\u2122-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\u200d\ufe0f\u2122-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f]*"
)
_LINK_LENGTH = 23
_LONGEST_LINK = 4_096  # what is longer is no link to twitter-text, with its scheme
_DOTS = re.compile("[.。．｡]")  # to IDNA they are all the same
_LONGEST_LABEL = 63
_LONGEST_SHORT_NAME = 40  # in a link to t.co


def count(text: str, platform: str = "x") -> int:
    """How many characters `platform` counts in `text`.

    x: weighted by twitter-text v3 (docs.x.com/fundamentals/counting-characters). bluesky: grapheme clusters
    (app.bsky.feed.post). mastodon: grapheme clusters, links as 23, mentions without their server
    (status_length_validator.rb). threads: code points, emoji as their UTF-8 bytes
    (developers.facebook.com/docs/threads/posts). linkedin: UTF-16 units, the strictest reading of a limit
    whose unit LinkedIn does not name.
    """
    return PLATFORMS[platform].count(text)


def _count_x(text: str) -> int:
    if _is_plain(text):
        return len(text)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    links = links_in(text)
    rest = _without(text, ((link.start, link.stop, "\n") for link in links))
    bare, emoji = _without_emoji(rest)
    return len(bare) + len(_WEIGHING_TWO.findall(bare)) + 2 * emoji + (_LINK_LENGTH - 1) * len(links)


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(_DOT_BEFORE_NO_LETTER.sub("", text)))


def _without_emoji(text: str) -> tuple[str, int]:
    """The text without the emoji that twitter-text knows, and how many they were."""
    number = 0

    def taken_out(run: re.Match[str]) -> str:
        nonlocal number
        rest, found = _twitter_part("emoji").subn("", run[0])
        number += found
        return rest

    return _EMOJI_RUN.sub(taken_out, text), number


def _twitter_part(name: str) -> re.Pattern[str]:
    """One of the patterns that twitter-text is made of."""
    _twitter_text()
    pattern: re.Pattern[str] = getattr(importlib.import_module(f"twitter_text.regexp.{name}"), name)
    return pattern


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


def links_in(text: str) -> list[range]:
    """Where the links stand that X counts as 23, found by twitter-text's rule."""
    if _is_plain(text):
        return []
    found = []
    for link in _link_matches(text, mastodon=False):
        at = link.start("url")
        if link["scheme"]:
            found.append(range(at, _stop(link)))
        elif not link["before"].endswith(("-", "_", ".", "/")):
            # Without a scheme only the ASCII part of a name is a link.
            names = [
                range(at + name.start(), at + name.end())
                for name in _twitter_part("valid_ascii_domain").finditer(link["domain"])
            ]
            if names and link["path"]:
                # As long as with its path, even where letters that do not belong to it stand between.
                rest = link.end("url") - link.end("domain")
                names[-1] = range(names[-1].start, names[-1].stop + rest)
            found += names
    return found


def _link_matches(text: str, *, mastodon: bool) -> Iterator[re.Match[str]]:
    """What may be a link, token by token: none reaches over white space, or stands where no dot is."""
    pattern = _link_pattern(mastodon)
    for token in _TOKEN.finditer(text):
        if _ending().search(token[0]) and (not mastodon or "://" in token[0]):
            at = max(0, token.start() - 1)  # a link looks at the character before it
            while link := pattern.search(text, at, token.end()):
                at = link.end()
                length = at - link.start("url") + (0 if link["scheme"] else len("https://"))
                if (
                    length <= _LONGEST_LINK
                    and len(link["slug"] or "") <= _LONGEST_SHORT_NAME
                    and all(map(_may_be_label, _DOTS.split(link["domain"])))
                ):
                    yield link


def _stop(link: re.Match[str]) -> int:
    """Where a link with a scheme ends: behind the name of one to t.co stands no path."""
    return link.end("short" if link["short"] else "url")


def _may_be_label(label: str) -> bool:
    """Whether a part of a domain name is short enough for the DNS, in punycode."""
    return len(label if label.isascii() else "xn--" + label.encode("punycode").decode()) <= _LONGEST_LABEL


@functools.cache
def _ending() -> re.Pattern[str]:
    """A dot and a top-level domain."""
    kinds = (_twitter_part(f"valid_{kind}").pattern for kind in ("gtld", "cctld", "punycode"))
    return re.compile(rf"\.(?:{'|'.join(kinds)})", re.IGNORECASE)


@functools.cache
def _link_pattern(mastodon: bool) -> re.Pattern[str]:
    """twitter-text's pattern of a link, with names of a length that the DNS allows (RFC 1035, 2.3.4).

    Without that bound it takes minutes to search what an attacker may send. Mastodon has its own schemes and
    lets any letter stand in a path (config/initializers/twitter_regex.rb).
    """
    letter = _twitter_part("valid_domain_chars").pattern
    labels = rf"(?:(?:{letter}(?:[_-]|{letter}){{0,61}})?{letter}\.){{0,10}}"
    name = rf"(?:{letter}(?:-|{letter}){{0,61}})?{letter}"
    scheme, path = "https?", f"{_twitter_part('valid_url_path').pattern}*"
    query, query_end = (
        _twitter_part(f"valid_url_query_{part}").pattern for part in ("chars", "ending_chars")
    )
    short = rf"t\.co/(?P<slug>[a-z0-9]+)(?:\?{query}*{query_end})?"
    if mastodon:
        scheme += "|dat|dweb|ipfs|ipns|ssb|gopher|gemini"
        any_ = r"[^\s<>()?]"
        path = (
            rf"(?:{any_}|\((?:{any_}+|{any_}*\({any_}+\){any_}*)\))*"
            r"(?<=[^\s(?!*\"'「」<>;:=,.$%\[\]~&|@])"
        )
        letters = "\xa0-\ud7ff\ue000-\U000dffff\U000e1000-\U0010fffd"
        query, query_end = rf"[a-z0-9!?*'();:&=+$/%#\[\]_.,~|@^{letters}-]", rf"[a-z0-9_&=#/{letters}-]"
    return re.compile(
        rf"(?P<before>{_twitter_part('valid_url_preceding_chars').pattern})"
        rf"(?P<url>(?P<scheme>(?:{scheme})://)?(?:(?<=://)(?=(?P<short>{short})))?"
        rf"(?P<domain>{labels}{name}{_ending().pattern})(?::[0-9]+)?(?P<path>/{path})?(?:\?{query}*{query_end})?)",
        re.IGNORECASE,
    )


def _without(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with something else for each span, in order; one that begins inside another stays."""
    kept, end = [], 0
    for start, stop, stand_in in spans:
        if start >= end:
            kept += [text[end:start], stand_in]
            end = stop
    return "".join(kept) + text[end:]


def _count_graphemes(text: str) -> int:
    if text.isascii() and "\r" not in text:
        return len(text)
    import regex

    return len(regex.findall(r"\X", text))


def _count_mastodon(text: str) -> int:
    links = _link_matches(text, mastodon=True) if "://" in text else ()
    spans = [(link.start("url"), _stop(link), "x" * _LINK_LENGTH) for link in links if link["scheme"]]
    if "@" in text:
        spans += _remote_mentions(text)
    return _count_graphemes(_without(text, sorted(spans)))


def _remote_mentions(text: str) -> list[tuple[int, int, str]]:
    """Where a mention names its server, and what counts of it (Account::MENTION_RE, extractor.rb)."""
    import regex

    word = r"[\p{L}\p{M}\p{Nd}\p{Pc}]"
    found = regex.finditer(
        rf"(?<![=/]|{word})(@[A-Za-z0-9_]++(?:[.-]++[A-Za-z0-9_]++)*+)@{word}++(?:[.-]++{word}++)*+"
        r"(?![@＠\xc0-\u024f]|://)",
        text,
    )
    return [(*mention.span(), mention[1]) for mention in found]


def _count_threads(text: str) -> int:
    if text.isascii():
        return len(text)
    import regex

    emoji = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u20e3]")
    if not emoji.search(text):
        return len(text)
    clusters = regex.findall(r"\X", text)
    return sum(
        len(each.encode(errors="surrogatepass")) if emoji.search(each) else len(each) for each in clusters
    )


def _count_utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Platform:
    """`limit` is the most that `count` may give for one post, and `max_bytes` the most UTF-8."""

    name: str
    limit: int
    count: Callable[[str], int]
    max_posts: int = 25
    max_bytes: int | None = None

    def length_of(self, text: str) -> int:
        """What a text is divided by: `count`, or more where it holds too many bytes."""
        if self.max_bytes is None or text.isascii():
            return self.count(text)
        octets = len(text.encode(errors="surrogatepass"))
        return max(self.count(text), -(-octets * self.limit // self.max_bytes))


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("x", 280, _count_x),
        Platform("bluesky", 300, _count_graphemes, max_bytes=3_000),
        Platform("mastodon", 500, _count_mastodon),
        Platform("threads", 500, _count_threads),
        Platform("linkedin", 3_000, _count_utf16, max_posts=1),
    )
}
