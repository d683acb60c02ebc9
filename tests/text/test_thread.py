"""A thread is within limits, numbered, complete, and has its link where the request wants it."""

from __future__ import annotations

import re
import sys
from typing import cast

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text.platforms import PLATFORMS, PlatformName
from core.text.thread import Brief, Thread, first_fitting, thread_of
from tests.support.site import PARAGRAPHS

LINK = "https://source.example.com/article?id=7"
LONG_LINK = "https://source.example.com/" + "x" * 3_500
FAMILY = "👨‍👩‍👧‍👦"
TOKENS = st.sampled_from(
    [
        *("The river flooded the old town.", "Wait… what?", "He said “no.”", "Naïve – yes.", "word", "and,"),
        *("https://example.com/" + "a" * 90, "e\u0301", "中" * 90, "w" * 320, FAMILY * 40),
    ]
)
GAPS = st.sampled_from([" ", " ", "\n", "\n\n"])
DRAFTS = st.lists(
    st.lists(st.tuples(TOKENS, GAPS), min_size=1, max_size=15).map(
        lambda pairs: "".join(token + gap for token, gap in pairs).strip()
    ),
    min_size=1,
    max_size=4,
)
BRIEFS = st.builds(
    Brief,
    platform=st.sampled_from(sorted(PLATFORMS)),
    max_posts=st.integers(1, 25),
    numbering=st.sampled_from(["slash", "none"]),
    source_link=st.sampled_from(["last", "first", "none"]),
)
ANYTHING = st.text(
    st.characters() | st.sampled_from("\ud800\u0301\u200d\u202e\x00中😀 @#/.:\n"), max_size=900
)
SHORT = "The river flooded the old town after three days of rain."


def solid(text: str) -> str:
    return "".join(text.split())


def bodies(thread: Thread, brief: Brief) -> list[str]:
    """The contents without their numbers."""
    if brief.numbering == "none" or len(thread.posts) == 1:
        return [post.content for post in thread.posts]
    return [post.content.removesuffix(f"\n\n{post.number}/{post.total}") for post in thread.posts]


@settings(max_examples=50, deadline=None)
@given(DRAFTS, BRIEFS, st.sampled_from([None, LINK, LONG_LINK]))
def test_no_post_is_empty_or_over_its_platforms_limit(
    drafts: list[str], brief: Brief, link: str | None
) -> None:
    platform = PLATFORMS[brief.platform]
    thread = thread_of(drafts, brief, link=link)
    assert 1 <= len(thread.posts) <= min(brief.max_posts, platform.max_posts)
    for post in thread.posts:
        assert post.character_count == platform.count(post.content) <= platform.limit
        assert len(post.content.encode()) <= (platform.max_bytes or sys.maxsize)
        assert post.content.strip() == post.content != ""


def near_the_limit(platform: str, head: str, unit: str, distance: int) -> str:
    """`head`, and as many units as the platform counts to its limit and `distance` more."""
    count = PLATFORMS[platform].count
    size = (count(head + unit * 9) - count(head)) / 9 or 1  # a link that counts 23 does not grow
    return head + unit * int((PLATFORMS[platform].limit + distance - count(head)) / size)


@settings(max_examples=300, deadline=None)
@given(
    BRIEFS,
    st.sampled_from(["https://e.com/", "https://intranet/", "http://", "", "#", "@", "@a@", "ab "]),
    st.sampled_from(["x", "é", "中", FAMILY, "🇩🇪", "e\u0301", "/a"]),
    st.integers(-30, 5),
    st.sampled_from(["{}", "See {}", "{} and more.", f"{SHORT} {{}}\n\n{SHORT}", "{} {}", "{}。{}"]),
    st.lists(st.just(SHORT), max_size=2),
    st.none() | st.just(LINK) | st.integers(-30, 5),
)
@example(Brief(platform="bluesky"), "https://e.com/", "x", -4, f"{SHORT} {{}}", [SHORT], None)
def test_what_cannot_be_divided_leaves_space_for_what_stands_beside_it(
    brief: Brief, head: str, unit: str, distance: int, frame: str, others: list[str], link: str | int | None
) -> None:
    if isinstance(link, int):
        link = near_the_limit(brief.platform, "https://source.example/", "x", link)
    whole = near_the_limit(brief.platform, head, unit, distance)
    drafts = [*others, frame.format(whole, whole), *others]
    thread = thread_of(drafts, brief, link=link)
    kept = "".join(solid(body) for body in bodies(thread, brief))
    for post in thread.posts:
        assert brief.rule.count(post.content) <= brief.rule.limit
        assert len(post.content.encode()) <= (brief.rule.max_bytes or sys.maxsize)
    if not thread.warnings:
        expected = solid("".join(drafts))
        assert (kept.replace(link, "", 1) if link and brief.source_link != "none" else kept) == expected


@pytest.mark.parametrize(
    ("length", "contents"),
    [
        pytest.param(300, [SHORT], id="no-space-for-a-number"),
        pytest.param(296, [SHORT], id="one-too-long"),
        pytest.param(295, [f"{SHORT}\n\n1/2", "{}\n\n2/2"], id="beside-its-number"),
    ],
)
def test_a_link_in_the_text_is_kept_where_its_number_fits_beside_it(length: int, contents: list[str]) -> None:
    whole = LINK.ljust(length, "x")
    thread = thread_of([f"{SHORT} {whole}"], Brief(platform="bluesky"), link=None)
    assert [post.content for post in thread.posts] == [content.format(whole) for content in contents]
    assert ["link" in warning for warning in thread.warnings] == [True] * (length > 295)


@pytest.mark.parametrize(
    ("drafts", "length", "kept"),
    [
        pytest.param([], 300, True, id="the-only-post"),
        pytest.param(["A."], 296, True, id="beside-the-only-text"),
        pytest.param([SHORT], 295, True, id="with-a-number"),
        pytest.param([SHORT], 296, False, id="no-space-for-its-number"),
    ],
)
def test_a_source_link_is_kept_where_it_fits(drafts: list[str], length: int, kept: bool) -> None:
    link = LINK.ljust(length, "x")
    thread = thread_of(drafts, Brief(platform="bluesky"), link=link)
    assert [link in post.content for post in thread.posts][-1] is kept
    assert bool(thread.warnings) is not kept


@settings(max_examples=50, deadline=None)
@given(DRAFTS, BRIEFS, st.sampled_from([None, LINK]))
def test_posts_have_their_number_and_the_right_total(
    drafts: list[str], brief: Brief, link: str | None
) -> None:
    posts = thread_of(drafts, brief, link=link).posts
    assert [(post.number, post.total) for post in posts] == [
        (n, len(posts)) for n in range(1, len(posts) + 1)
    ]
    for post in posts:
        numbered = re.search(r"\n\n(\d+/\d+)$", post.content)
        wanted = f"{post.number}/{len(posts)}" if brief.numbering == "slash" and len(posts) > 1 else None
        assert (numbered[1] if numbered else None) == wanted


@settings(max_examples=50, deadline=None)
@given(DRAFTS, BRIEFS, st.sampled_from([None, LINK]))
def test_nothing_is_lost_unless_the_thread_says_that_it_was_cut(
    drafts: list[str], brief: Brief, link: str | None
) -> None:
    thread = thread_of(drafts, brief, link=link)
    kept = "".join(solid(body) for body in bodies(thread, brief)).replace(LINK, "")
    whole = solid("".join(drafts))
    assert (kept == whole) is not thread.cut
    assert whole.startswith(kept)
    assert any("cut" in warning for warning in thread.warnings) is thread.cut


@settings(max_examples=50, deadline=None)
@given(DRAFTS, BRIEFS)
def test_the_link_is_there_once_where_it_was_requested(drafts: list[str], brief: Brief) -> None:
    found = bodies(thread_of(drafts, brief, link=LINK), brief)
    holding = [number for number, body in enumerate(found, start=1) for _ in range(body.count(LINK))]
    if brief.source_link == "none":
        assert holding == []
    else:
        # Beside a first post that is full, the link gets the second post for itself.
        assert holding in {"last": [[len(found)]], "first": [[1], [2]]}[brief.source_link]


@settings(max_examples=50, deadline=None)
@given(DRAFTS, BRIEFS, st.sampled_from([None, LINK, LONG_LINK]))
def test_a_post_is_its_text_and_then_its_link_and_number(
    drafts: list[str], brief: Brief, link: str | None
) -> None:
    whole = solid("".join(drafts))
    for post in thread_of(drafts, brief, link=link).posts:
        number = f"{post.number}/{post.total}" if brief.numbering == "slash" and post.total > 1 else ""
        assert post.content == post.text + post.suffix
        assert post.suffix.split() in ([*filter(None, [number])], [*filter(None, [link, number])])
        assert post.suffix.startswith("\n\n") or not (post.text and post.suffix)
        assert whole.startswith(solid(post.text))
        whole = whole.removeprefix(solid(post.text))


def test_a_post_that_is_only_the_link_has_no_text() -> None:
    brief = Brief(source_link="first")
    parts = [(post.text, post.suffix) for post in thread_of(["w" * 270, SHORT], brief, link=LINK).posts]
    assert parts == [("w" * 270, "\n\n1/3"), ("", f"{LINK}\n\n2/3"), (SHORT, "\n\n3/3")]


@settings(max_examples=60, deadline=None)
@given(st.lists(ANYTHING, max_size=3), BRIEFS, st.sampled_from([None, LINK]))
def test_any_text_becomes_posts_that_can_be_sent(drafts: list[str], brief: Brief, link: str | None) -> None:
    for post in thread_of(drafts, brief, link=link).posts:
        assert post.character_count == PLATFORMS[brief.platform].count(post.content)
        assert post.character_count <= PLATFORMS[brief.platform].limit
        assert post.content.encode().strip()


ACCENTED = "e\u0301" * 90
MIXED = (
    f"See https://example.com/{'a' * 60}?b=c. {FAMILY * 20} 古い橋は三日間の雨のあと閉じられた。 {ACCENTED}"
)


@pytest.mark.parametrize("platform", ["x", "bluesky", "mastodon", "threads"])
def test_a_long_text_loses_nothing_by_an_independent_count(platform: str) -> None:
    text = "\n".join([*PARAGRAPHS, MIXED, *PARAGRAPHS])
    brief = Brief(platform=cast("PlatformName", platform), max_posts=25)
    thread = thread_of([text], brief, link=None)
    assert "".join(solid(body) for body in bodies(thread, brief)) == solid(text)
    assert {post.total for post in thread.posts} == {len(thread.posts)}
    for post in thread.posts:
        assert lower_bound(post.content, platform) <= post.character_count <= PLATFORMS[brief.platform].limit


def lower_bound(text: str, platform: str) -> int:
    """A lower bound of the platform's count, by other means; only a link may count less."""
    links = re.findall(r"\S+\.\S+", text) if platform in ("x", "mastodon") else []
    return len(regex.findall(r"\X", text)) - sum(max(0, len(link) - 23) for link in links)


def test_a_link_in_the_text_that_no_post_can_hold_is_left_out_entirely() -> None:
    thread = thread_of([f"Before it. {LONG_LINK} After it."], Brief(platform="bluesky"), link=None)
    assert [post.content for post in thread.posts] == ["Before it.\n\n1/2", "After it.\n\n2/2"]
    assert ["link" in warning for warning in thread.warnings] == [True]
    assert not thread.cut


def test_bluesky_gets_no_post_of_more_bytes_than_it_takes() -> None:
    thread = thread_of([FAMILY * 280], Brief(platform="bluesky", max_posts=25), link=None)
    assert len(thread.posts) == 3
    assert all(len(post.content.encode()) <= 3_000 for post in thread.posts)
    assert thread.posts[0].character_count == 117 + 5


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        pytest.param(SHORT, SHORT, id="it-fits"),
        pytest.param(" ".join([SHORT] * 10), " ".join([SHORT] * 5), id="its-first-sentences"),
        pytest.param(f"{LONG_LINK} {SHORT}", SHORT, id="after-a-link-that-no-post-can-hold"),
        pytest.param(" ", "", id="nothing"),
    ],
)
def test_an_opening_fits_in_one_post(text: str, opened: str) -> None:
    assert first_fitting(text, 295, PLATFORMS["bluesky"]).strip() == opened


def test_a_link_that_no_post_can_hold_is_left_out_with_a_warning() -> None:
    thread = thread_of([SHORT], Brief(platform="bluesky"), link=LONG_LINK)
    assert [post.content for post in thread.posts] == [SHORT]
    assert ["link" in warning for warning in thread.warnings] == [True]
    assert not thread.cut


def test_a_link_that_counts_23_is_never_too_long_for_x() -> None:
    (post,) = thread_of([SHORT], Brief(), link=LONG_LINK).posts
    assert post.content == f"{SHORT}\n\n{LONG_LINK}"
    assert post.character_count == len(SHORT) + 2 + 23


def test_a_full_first_post_is_followed_by_the_link_alone() -> None:
    brief = Brief(source_link="first", numbering="none")
    first = "w" * 275
    contents = [post.content for post in thread_of([first, SHORT], brief, link=LINK).posts]
    assert contents == [first, LINK, SHORT]


def test_text_is_cut_for_the_link_where_no_post_is_left() -> None:
    brief = Brief(max_posts=1, numbering="none")
    four = " ".join([SHORT] * 4)
    whole = thread_of([four], brief, link=LINK)
    assert ([post.content for post in whole.posts], whole.cut) == ([f"{four}\n\n{LINK}"], False)
    fuller = thread_of([f"{four} And so on for days and for weeks to come."], brief, link=LINK)
    assert ([post.content for post in fuller.posts], fuller.cut) == ([f"{four}\n\n{LINK}"], True)


def test_linkedin_gets_one_post_without_a_number() -> None:
    thread = thread_of([SHORT * 20, SHORT * 20, SHORT * 20], Brief(platform="linkedin"), link=LINK)
    (post,) = thread.posts
    assert (post.number, post.total) == (1, 1)
    assert "1/1" not in post.content
    assert thread.cut


@pytest.mark.parametrize(
    ("brief", "most"),
    [
        pytest.param(Brief(platform="linkedin"), 3_000, id="linkedin"),
        pytest.param(Brief(max_posts=1), 280, id="one-post-wanted"),
    ],
)
def test_a_single_post_reserves_no_length_for_a_number(brief: Brief, most: int) -> None:
    thread = thread_of(["w" * most], brief, link=None)
    assert [post.character_count for post in thread.posts] == [most]
    assert not thread.cut


def test_numbers_never_push_a_post_over_the_limit_with_two_digits() -> None:
    thread = thread_of(["w " * 4_000], Brief(max_posts=25), link=None)
    assert len(thread.posts) == 25
    assert thread.posts[-1].content.endswith("\n\n25/25")
    assert max(post.character_count for post in thread.posts) <= 280


def test_without_numbers_their_length_is_free_for_text() -> None:
    thread = thread_of(["w" * 280, "v" * 280], Brief(numbering="none"), link=None)
    assert [post.content for post in thread.posts] == ["w" * 280, "v" * 280]


def test_drafts_keep_their_order_and_are_never_merged() -> None:
    posts = thread_of(["One.", "Two.", "Three."], Brief(), link=None).posts
    assert [post.content for post in posts] == ["One.\n\n1/3", "Two.\n\n2/3", "Three.\n\n3/3"]


@pytest.mark.parametrize(
    "drafts",
    [
        pytest.param(["", "One."], id="empty"),
        pytest.param([" \n", "One."], id="white-space"),
        pytest.param(["One.", " " * 400], id="long-white-space"),
    ],
)
def test_blank_drafts_make_no_post(drafts: list[str]) -> None:
    assert [post.content for post in thread_of(drafts, Brief(), link=None).posts] == ["One."]


@pytest.mark.parametrize(("link", "contents"), [(None, []), (LINK, [LINK])])
def test_no_drafts_make_a_post_of_the_link_or_none(link: str | None, contents: list[str]) -> None:
    assert [post.content for post in thread_of([], Brief(), link=link).posts] == contents
