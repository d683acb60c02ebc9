"""What each platform counts, after its own documents and the public conformance file."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.counting import PLATFORMS, _twitter_text, count

ROOT = Path(__file__).parent.parent
CONFORMANCE = ROOT.parent / "shared" / "twitter-text" / "validate.yml"
# The rules in force (v3) and the ones before them (v2), which weighed each part of an emoji.
IN_FORCE = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
BEFORE = "WeightedTweetsCounterTest"
# Valid as URLs, yet X makes no link of them, or of less than the whole.
UNLINKED = {
    f"Valid url: {what}" for what in ("port and userinfo", "ipv4", "ipv6", "sub delims and question marks")
}
FAMILY = "👨‍👩‍👧‍👦"
# Pieces that the fast path must tell apart: sentence ends, links, marks of one weight and of two.
PIECES = st.sampled_from(
    [
        *"word|Naïve|łódź| |\n|.|...|…|'|\"|’|”|“|)|]|–|—|,|/|1|co|e.g|1.5|@user|#tag|http://|。".split("|"),
        *"example.com|https://example.com/a?b=c.|t.co/x|日本語|中.cn|한국어|😀|1️⃣|🏳️‍🌈|é|ü|×".split("|"),
        *("e\u0301", "\u00ad", "\u200d", FAMILY),
    ]
)


def conformance(group: str) -> list[Any]:
    if not CONFORMANCE.exists():
        reason = "the public conformance file is not there"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    cases = yaml.safe_load(CONFORMANCE.read_text(encoding="utf-8"))["tests"][group]
    return [pytest.param(case, id=case["description"]) for case in cases]


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
        pytest.param("example.com", 11, id="no-scheme-no-link"),
        pytest.param("https://mastodon.social/@user@example.com/1", 23, id="remote-mention-inside-a-link"),
        pytest.param(FAMILY, 1, id="grapheme"),
        # As Mastodon's own twitter-text rules: what ends a sentence does not belong to the link before it.
        pytest.param("https://example.com/a).", 25, id="punctuation-after-a-link"),
        pytest.param("https://example.com/a" + "." * 600, 623, id="dots-after-a-link"),
        pytest.param("http://" + "a" * 600, 607, id="no-domain-no-link"),
    ],
)
def test_mastodon_counts_every_link_as_23(text: str, counted: int) -> None:
    assert count(text, "mastodon") == counted


@pytest.mark.parametrize("platform", ["threads", "linkedin"])
def test_threads_and_linkedin_count_code_points(platform: str) -> None:
    assert count(f"https://example.com {FAMILY}", platform) == 20 + len(FAMILY)


def test_limits_are_the_platforms_own() -> None:
    limits = {name: platform.limit for name, platform in PLATFORMS.items()}
    assert limits == {"x": 280, "bluesky": 300, "mastodon": 500, "threads": 500, "linkedin": 3_000}
    assert [name for name, platform in PLATFORMS.items() if platform.most_posts == 1] == ["linkedin"]


WITHOUT_PKG_RESOURCES = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pkg_resources":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from core.counting import count
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
    code = 'import sys; from core.counting import count; count("It is. Plain “text”."); print(*sys.modules)'
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "core.counting" in ran.stdout.split()
    assert "twitter_text" not in ran.stdout.split()
