"""Links as X and Mastodon find them in a text: twitter-text's patterns, bounded."""

import functools
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import ModuleType

from core.text.word_lists import word_lists

# Text in which twitter-text can find neither a link (no dot before a letter) nor a weight other than 1:
# ASCII, Latin letters, typographic dashes and quotes. It skips a parser that costs 0.2 s to import.
_PLAIN = re.compile(
    r"(?:[\n\x20-\x2d\x2f-\x7e\xc0-\xd6\xd8-\xf6\xf8-\u017f\u2013\u2014\u2018-\u201d]++|\.(?![^\W\d_]))*+"
)
_MAX_LINK = 4_096  # characters with the scheme; twitter-text finds no longer link
_DOTS = re.compile("[.。．｡]")  # to IDNA they are all the same
_ESCAPED = len(r"\U0001F469")
_LETTER = r"(?:\\U[0-9A-F]{8}|[^\\|()\[\]?:])"
_LIST = re.compile(rf"{_LETTER}+(?:\|{_LETTER}+){{50,}}")  # of names or emoji, in a pattern
_MAX_LABEL = 63  # in punycode
_MAX_NAME = 800  # of the labels that the pattern of a link takes, with a scheme
_MAX_SHORT_NAME = 40  # in a link to t.co


def is_plain(text: str) -> bool:
    """Whether there is certainly no link in the text, and nothing that X counts as more than 1."""
    return _PLAIN.fullmatch(text) is not None


def links_in(text: str) -> list[range]:
    """The indices of each link that X counts as 23, found by twitter-text's rule."""
    if is_plain(text):
        return []
    found = []
    for link in _matches(text, mastodon=False):
        at = link.start("url")
        if link["scheme"]:
            found.append(range(at, _stop(link)))
        elif not link["before"].endswith(("-", "_", ".", "/")):
            # Without a scheme only the ASCII part of a name is a link.
            domains = twitter_pattern("valid_ascii_domain").finditer(link["domain"])
            names = [range(at + domain.start(), at + domain.end()) for domain in domains]
            if names and link["path"]:
                # As long as with its path, even with letters between them that do not belong to it.
                rest = link.end("url") - link.end("domain")
                names[-1] = range(names[-1].start, names[-1].stop + rest)
            found += names
    return found


def mastodon_links_in(text: str) -> list[range]:
    """The indices of each link that Mastodon counts as 23: those with a scheme."""
    if "://" not in text:
        return []
    links = _matches(text, mastodon=True)
    return [range(link.start("url"), _stop(link)) for link in links if link["scheme"]]


@functools.cache
def twitter_pattern(name: str) -> re.Pattern[str]:
    """One of the patterns that twitter-text is made of."""
    # Its import needs pkg_resources, which setuptools dropped in v82.
    substitute = ModuleType("pkg_resources")
    substitute.__dict__["resource_string"] = pkgutil.get_data
    present = sys.modules.setdefault("pkg_resources", substitute)
    try:
        module = importlib.import_module(f"twitter_text.regexp.{name}")
    finally:
        if present is substitute:
            del sys.modules["pkg_resources"]
    pattern: str | re.Pattern[str] = getattr(module, name)
    text, flags = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
    return re.compile(_LIST.sub(_by_first_letter, text), flags)


def _by_first_letter(names: re.Match[str]) -> str:
    """The alternatives in groups: trying 1,500 of them wherever a link may end or an emoji is takes long."""
    groups: dict[str, list[str]] = {}
    for name in names[0].split("|"):
        size = _ESCAPED if name[0] == "\\" else 1
        groups.setdefault(name[:size], []).append(name[size:])
    return "|".join(f"{first}(?:{'|'.join(rests)})" for first, rests in groups.items())


def _matches(text: str, *, mastodon: bool) -> Iterator[re.Match[str]]:
    """What may be a link, token by token: a link has no white space in it, and has a dot."""
    pattern = _link_pattern(mastodon)
    for token in re.finditer(r"[^ \n\t]+", text):
        at = max(0, token.start() - 1)  # a link looks at the character before it
        while ending := _ending().search(text, at, token.end()):
            # Where no name can begin that ends there, looking for one would take long.
            link = pattern.search(text, max(at, ending.start() - _MAX_NAME), token.end())
            if link is None or (mastodon and "://" not in token[0]):
                break
            at = link.end()
            if _is_in_bounds(link):
                yield link


def _is_in_bounds(link: re.Match[str]) -> bool:
    labels = (
        label if label.isascii() else "xn--" + label.encode("punycode").decode()
        for label in _DOTS.split(link["domain"])
    )
    length = link.end() - link.start("url") + (0 if link["scheme"] else len("https://"))
    short_name = len(link["slug"] or "") <= _MAX_SHORT_NAME
    return length <= _MAX_LINK and short_name and all(len(label) <= _MAX_LABEL for label in labels)


def _stop(link: re.Match[str]) -> int:
    """The end of a link with a scheme; of one to t.co, without what follows its short name."""
    return link.end("short" if link["short"] else "url")


@functools.cache
def _ending() -> re.Pattern[str]:
    """A dot and a top-level domain."""
    kinds = (twitter_pattern(f"valid_{kind}").pattern for kind in ("gtld", "cctld", "punycode"))
    return re.compile(rf"\.(?:{'|'.join(kinds)})", re.IGNORECASE)


@functools.cache
def _link_pattern(mastodon: bool) -> re.Pattern[str]:
    """twitter-text's pattern of a link; with names unbounded (RFC 1035, 2.3.4) hostile text takes minutes."""
    parts = "domain_chars url_path url_query_chars url_query_ending_chars url_preceding_chars".split()
    letter, path, query, query_end, before = (twitter_pattern(f"valid_{part}").pattern for part in parts)
    labels = rf"(?:(?:{letter}(?:[_-]|{letter}){{0,61}})?{letter}\.){{0,10}}"
    name = rf"(?:{letter}(?:-|{letter}){{0,61}})?{letter}"
    scheme, path = "https?", f"{path}*"
    short = rf"t\.co/(?P<slug>[a-z0-9]+)(?:\?{query}*{query_end})?"
    if mastodon:
        scheme, path, query, query_end = word_lists(__file__)["mastodon"].values()
    return re.compile(
        rf"(?P<before>{before})"
        rf"(?P<url>(?P<scheme>(?:{scheme})://)?(?:(?<=://)(?=(?P<short>{short})))?"
        rf"(?P<domain>{labels}{name}{_ending().pattern})(?::[0-9]+)?(?P<path>/{path})?(?:\?{query}*{query_end})?)",
        re.IGNORECASE,
    )
