"""How each platform counts characters, by its own documents and the public conformance file."""

from __future__ import annotations

import functools
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import regex
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text import links
from core.text.links import twitter_pattern
from core.text.platforms import GRAPHEME, PLATFORMS, _count_graphemes, count, regex_of
from tests.support.paths import ROOT

CONFORMANCE = yaml.safe_load((ROOT / "tests/data/twitter-text/validate.yml").read_text("utf-8"))["tests"]
# The rules in force (v3) and the ones before them (v2), which weighed each part of an emoji.
IN_FORCE = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
BEFORE = "WeightedTweetsCounterTest"
# Valid as URLs, yet X makes no link of them, or of less than the whole.
UNLINKED = {
    f"Valid url: {what}" for what in ("port and userinfo", "ipv4", "ipv6", "sub delims and question marks")
}
FAMILY = "👨‍👩‍👧‍👦"
# Pieces that the fast path must distinguish: sentence ends, links, marks of one weight and of two.
PIECES = st.sampled_from(
    [
        *"word|Naïve|łódź| |\n|.|...|…|'|\"|’|”|“|)|]|–|—|,|/|1|co|e.g|1.5|@user|#tag|http://|。".split("|"),
        *"example.com|https://example.com/a?b=c.|t.co/x|日本語|中.cn|한국어|😀|1️⃣|🏳️‍🌈|é|ü|×".split("|"),
        *("e\u0301", "\u00ad", "\u200d", FAMILY),
    ]
)


def conformance(group: str) -> list[Any]:
    return [pytest.param(case, id=case["description"]) for case in CONFORMANCE[group]]


@pytest.mark.parametrize("case", [case for group in IN_FORCE for case in conformance(group)])
def test_x_weighs_as_the_conformance_file_says(case: dict[str, Any]) -> None:
    assert count(case["text"]) == case["expected"]["weightedLength"]


@pytest.mark.parametrize("case", [case for group in IN_FORCE for case in conformance(group)])
def test_a_text_is_valid_if_it_fits_once_it_is_clean(case: dict[str, Any]) -> None:
    fits = 0 < count(case["text"]) <= PLATFORMS["x"].limit
    forbidden = any(mark in case["text"] for mark in "\ufffe\uffff\ufeff")
    assert (fits and not forbidden) is case["expected"]["valid"]


@pytest.mark.parametrize("case", conformance(BEFORE))
def test_only_emoji_weigh_less_than_before_v3(case: dict[str, Any]) -> None:
    before = case["expected"]["weightedLength"]
    assert weighed_by("version2", case["text"]) == before
    if _twitter_text().extract_emojis_with_indices(case["text"]):
        assert count(case["text"]) <= before
    else:
        assert count(case["text"]) == before


@pytest.mark.parametrize("case", conformance("tweets"))
def test_a_tweet_valid_when_140_were_allowed_fits(case: dict[str, Any]) -> None:
    assert (0 < weighed_by("version1", case["text"]) <= 140) is case["expected"]
    assert count(case["text"]) <= PLATFORMS["x"].limit


def _twitter_text() -> ModuleType:
    twitter_pattern("emoji")  # which makes the library importable
    return importlib.import_module("twitter_text")


def weighed_by(version: str, text: str) -> int:
    _twitter_text()
    from twitter_text.config import config

    rules = {"emoji_parsing_enabled": False} | config[version]
    return int(_twitter_text().parse_tweet(text, rules).weightedLength)


@pytest.mark.parametrize("case", conformance("usernames") + conformance("lists") + conformance("hashtags"))
def test_mentions_lists_and_hashtags_weigh_what_their_letters_do(case: dict[str, Any]) -> None:
    assert count(case["text"]) == letters_of(case["text"])


def letters_of(text: str) -> int:
    return len(text) + sum(character >= "\u1100" for character in text)


@pytest.mark.parametrize("case", conformance("urls") + conformance("urls_without_protocol"))
def test_a_link_weighs_23_with_what_surrounds_it(case: dict[str, Any]) -> None:
    links = _twitter_text().extract_urls(case["text"])
    shortened = functools.reduce(lambda text, link: text.replace(link, "x" * 23), links, case["text"])
    assert count(case["text"]) == letters_of(shortened)
    if case["expected"] and case["description"] not in UNLINKED:
        assert count(case["text"]) == 23


@pytest.fixture(scope="module", autouse=True)
def names_as_twitter_text_reads_them() -> Iterator[None]:
    """The reference implementation writes names in punycode; the port uses IDNA 2003: no emoji."""
    _twitter_text()
    module = importlib.import_module("twitter_text.extract_urls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "idna_to_ascii", in_punycode)
        yield


def in_punycode(domain: str) -> str | None:
    labels = re.split("[.。．｡]", domain)
    coded = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels]
    return ".".join(coded) if max(map(len, coded)) <= 63 else None


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
@example("Wait… what?")
@example("He said “no.” Then 'yes.'")
def test_the_fast_path_agrees_with_twitter_text(text: str) -> None:
    assert count(text) == _twitter_text().parse_tweet(text).weightedLength


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", max_codepoint=0x2100), max_size=40))
def test_the_fast_path_agrees_for_any_letters(text: str) -> None:
    assert count(text) == _twitter_text().parse_tweet(text).weightedLength


@pytest.mark.parametrize("code", [*range(0x20, 0x180), *range(0x2010, 0x2040), 0x20AC, 0x2122])
def test_every_common_character_weighs_what_twitter_text_says(code: int) -> None:
    text = f"a{chr(code)}b"
    assert count(text) == _twitter_text().parse_tweet(text).weightedLength


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("plain words", 11, id="ascii"),
        pytest.param("wait…", 6, id="ellipsis-weighs-two"),
        pytest.param("e\u0301", 1, id="composed-before-counting"),
        pytest.param("日本語", 6, id="cjk-weighs-two"),
        pytest.param(FAMILY, 2, id="any-emoji-weighs-two"),
        pytest.param("https://example.com/" + "a" * 200, 23, id="long-link"),
        pytest.param("t.co", 23, id="bare-domain"),
        pytest.param("end.Then", 8, id="dot-inside-a-word-that-is-no-domain"),
        pytest.param("end.co", 23, id="dot-inside-a-word-that-is-one"),
        pytest.param("The end.", 8, id="full-stop"),
        pytest.param("👉example.com", 25, id="domain-after-an-emoji"),
        pytest.param("\ud800x", 3, id="lone-surrogate"),
    ],
)
def test_x_counts(text: str, counted: int) -> None:
    assert count(text, "x") == count(text) == counted


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        pytest.param(FAMILY * 3, 3, id="families"),
        pytest.param("e\u0301🏳️‍🌈", 2, id="combined"),
        pytest.param("https://example.com", 19, id="links-in-full"),
        pytest.param("नमस्ते", 3, id="devanagari-conjuncts"),
        pytest.param("🇩🇪🇫🇷", 2, id="flags"),
    ],
)
def test_bluesky_counts_grapheme_clusters(text: str, counted: int) -> None:
    assert count(text, "bluesky") == counted


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        pytest.param("see https://example.com/" + "a" * 300, 27, id="long-link"),
        pytest.param("see https://t.co/a now", 31, id="short-link-too"),
        pytest.param("https://a.example.com/b https://a.example.com/c", 47, id="two-links"),
        pytest.param("hi @user@social.example", 8, id="remote-mention-without-its-server"),
        pytest.param("mail a@b.example", 16, id="mail-address-in-full"),
        pytest.param("@first.last@social.example, hi", 15, id="dot-in-a-name"),
        pytest.param("=@a@social.example", 18, id="mention-after-an-equals-sign"),
        pytest.param("हि@a@social.example", 18, id="mention-after-a-vowel-sign"),
        pytest.param("@a@social.example://", 20, id="mention-before-a-scheme-end"),
        pytest.param("gemini://example.com/" + "a" * 90, 23, id="another-scheme"),
        pytest.param("https://ja.wikipedia.org/wiki/日本語", 23, id="any-letter-in-a-path"),
        pytest.param("https://example.com/a_(b)_(c", 25, id="open-bracket-after-a-link"),
        pytest.param("https://example.com?q=日本", 23, id="any-letter-in-a-query"),
        pytest.param("https://t.co/abc/def", 27, id="path-after-a-short-name"),
        pytest.param("https://t.co/" + "a" * 41, 54, id="short-name-too-long"),
        pytest.param("https://example.notatld/a", 25, id="no-known-domain"),
        pytest.param("https://example.com/" + "a" * 4_077, 4_097, id="longer-than-any-link"),
        pytest.param("example.com", 11, id="no-scheme-no-link"),
        pytest.param("https://mastodon.social/@user@example.com/1", 23, id="remote-mention-inside-a-link"),
        pytest.param(FAMILY, 1, id="grapheme"),
        # As Mastodon's own twitter-text rules: the end of a sentence is not part of the link before it.
        pytest.param("https://example.com/a).", 25, id="punctuation-after-a-link"),
        pytest.param("https://example.com/a" + "." * 600, 623, id="dots-after-a-link"),
        pytest.param("http://" + "a" * 600, 607, id="no-domain-no-link"),
    ],
)
def test_mastodon_counts_every_link_as_23(text: str, counted: int) -> None:
    assert count(text, "mastodon") == counted


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        pytest.param("https://example.com", 19, id="links-in-full"),
        pytest.param("naïve – 日本語…", 12, id="letters-and-typography"),
        pytest.param("e\u0301 #1*", 6, id="code-points"),
        pytest.param("😀", 4, id="emoji"),
        pytest.param(FAMILY, 25, id="joined-emoji"),
        pytest.param("🇩🇪", 8, id="flag"),
        pytest.param("1️⃣", 7, id="keycap"),
        pytest.param("👍🏽", 8, id="skin"),
        pytest.param("❤️", 6, id="emoji-by-selector"),
    ],
)
def test_threads_counts_code_points_and_the_bytes_of_emoji(text: str, counted: int) -> None:
    assert count(text, "threads") == counted


@pytest.mark.parametrize(("text", "counted"), [("naïve 日本語", 9), ("😀", 2), ("𝗯𝗼𝗹𝗱", 8), ("\ud800", 1)])
def test_linkedin_counts_utf16_units(text: str, counted: int) -> None:
    assert count(text, "linkedin") == counted


def test_bluesky_weighs_bytes_too() -> None:
    bluesky = PLATFORMS["bluesky"]
    assert (bluesky.count(FAMILY * 100), bluesky.length_of(FAMILY * 100)) == (100, 250)
    assert (bluesky.length_of("e" * 300), bluesky.length_of("é" * 300)) == (300, 300)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters()), st.text(st.characters()), st.sampled_from(sorted(PLATFORMS)))
def test_anything_can_be_counted_and_joins_without_growing(text: str, other: str, platform: str) -> None:
    length_of = PLATFORMS[platform].length_of
    assert 0 <= count(text, platform) <= length_of(text)
    assert length_of(f"{text}\n\n12/12") <= length_of(text) + length_of("\n\n12/12")
    if platform == "threads":
        assert count(text + other, platform) >= len(text + other)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab1 .,\n-") | st.characters(max_codepoint=0x2000)))
def test_plain_text_has_as_many_graphemes_as_regex_finds(text: str) -> None:
    assert _count_graphemes(text) == len(regex.findall(r"\X", text))


@pytest.mark.parametrize("platform", ["x", "mastodon"])
@pytest.mark.parametrize(
    "text", ["a." * 5_000, "中.w" * 3_000, "中" * 9_996 + ".com", "a.co(" + "a.b" * 3_000]
)
def test_hostile_names_are_counted_before_the_clock_runs_out(text: str, platform: str) -> None:
    code = "import sys; from core.text.platforms import count; print(count(sys.stdin.read(), sys.argv[1]))"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, platform], cwd=ROOT, input=text.encode(), capture_output=True, timeout=20
    )
    assert int(ran.stdout) >= len(text)


def test_limits_are_the_platforms_own() -> None:
    limits = {name: platform.limit for name, platform in PLATFORMS.items()}
    assert limits == {"x": 280, "bluesky": 300, "mastodon": 500, "threads": 500, "linkedin": 3_000}
    assert [name for name, platform in PLATFORMS.items() if platform.max_posts == 1] == ["linkedin"]


WITHOUT_PKG_RESOURCES = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pkg_resources":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from core.text.platforms import count
assert count("日本語 example.com 😷") == 6 + 1 + 23 + 1 + 2
assert "pkg_resources" not in sys.modules
try:
    import pkg_resources
except ModuleNotFoundError:
    print("counted")
"""


def test_links_are_counted_where_setuptools_has_no_pkg_resources() -> None:
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", WITHOUT_PKG_RESOURCES], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout.strip(), ran.stderr) == ("counted", "")


def test_plain_text_is_counted_without_loading_the_parser() -> None:
    code = (
        'import sys; from core.text.platforms import count;count("It is. Plain “text”."); print(*sys.modules)'
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "core.text.platforms" in ran.stdout.split()
    assert "twitter_text" not in ran.stdout.split()


@given(st.text(st.sampled_from("🇩🇪🇦a \u0600\u0301\u200d\u0903👩👍🏽"), max_size=12))
def test_flags_are_clusters_as_regex_finds_them(text: str) -> None:
    assert regex_of(GRAPHEME).findall(text) == regex.findall(r"\X", text)


def test_in_a_long_word_a_link_is_looked_for_only_where_one_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    class Pattern:
        def search(self, _: str, start: int, stop: int) -> None:
            looked_at.append(stop - start)

    monkeypatch.setattr(links, "_link_pattern", lambda _: Pattern())
    assert links.links_in("a-a.com" * 1_000) == []
    assert sum(looked_at) < 1_000
