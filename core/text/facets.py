"""Bluesky's facets: which bytes of a post are a link or a tag."""

import re
from collections.abc import Iterator
from dataclasses import replace

from core.text.links import twitter_pattern
from core.text.platforms import PLATFORMS, regex_of
from core.text.word_lists import word_lists

_MAX_TAG = replace(PLATFORMS["bluesky"], limit=64, max_bytes=640)  # app.bsky.richtext.facet#tag
_Found = tuple[int, int, dict[str, str]]  # where it begins and ends, and its feature


def facets_in(text: str, link: str | None = None) -> list[dict[str, object]]:
    """An app.bsky.richtext.facet for each link, hashtag and cashtag that Bluesky's apps would find.

    They are in order, none over another, by bytes of UTF-8. `link` is one as a whole even where its end looks
    like punctuation. A mention needs an account's DID, which only Bluesky knows, so it stays text.
    """
    facets: list[dict[str, object]] = []
    end = 0
    for start, stop, feature in sorted([*_links(text, link), *_tags(text)], key=lambda found: found[0]):
        if start >= end:
            at = {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:stop].encode())}
            facets.append({"index": at, "features": [feature]})
            end = stop
    return facets


def _links(text: str, whole: str | None) -> Iterator[_Found]:
    for match in _pattern("link").finditer(text):
        shown, at = match["link"], match.start("link")
        if shown != whole:
            shown = re.sub(r"[.,;:!?]\Z", "", shown)
            shown = shown[:-1] if shown.endswith(")") and "(" not in shown else shown
        uri = f"https://{shown}" if match["domain"] else shown
        if re.match("https?://[^/?#]", uri) and (match["domain"] is None or _is_domain(match["domain"])):
            yield at, at + len(shown), {"$type": "app.bsky.richtext.facet#link", "uri": uri}


def _is_domain(name: str) -> bool:
    ending = name.rpartition(".")[2]
    kinds = (twitter_pattern(f"valid_{kind}") for kind in ("gtld", "cctld"))
    return ending.islower() and any(kind.fullmatch(ending) for kind in kinds)


def _tags(text: str) -> Iterator[_Found]:
    for match in _pattern("tag").finditer(text):
        tag, at = _pattern("ends_tag").sub("", match["tag"][1:]), match.start("tag")
        if tag and _MAX_TAG.length_of(tag) <= _MAX_TAG.limit:
            yield at, at + 1 + len(tag), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
    for match in _pattern("cashtag").finditer(text):
        tag = match["cashtag"].upper()
        yield *match.span("cashtag"), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


def _pattern(name: str) -> re.Pattern[str]:
    patterns = word_lists(__file__)["patterns"]
    found: re.Pattern[str] = regex_of(patterns[name].replace("SPACE", patterns["space"]))
    return found
