"""Text into posts: what may be divided, and where."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import splitting
from core.counting import PLATFORMS
from core.sentences import Sentence

Count = Callable[[str], int]


def split(text: str, *, room: int, count: splitting.Count) -> list[str]:
    return list(splitting.split(text, room=room, count=count))


def pack(parts: list[Sentence], *, room: int, count: splitting.Count) -> list[str]:
    return list(splitting.pack(parts, room=room, count=count))


FAMILY = "👨‍👩‍👧‍👦"
LINK = "https://example.com/a/b-c"
LONG_LINK = "https://example.com/" + "path/" * 40
LINKS = re.compile(r"https?://[!-~]+")
WORDS = st.sampled_from(
    ["a", "word", "Naïve", "e\u0301te\u0301", "wait…", "and,", "so;", "then:", "–", "1.5", FAMILY]
)
SENTENCES = st.sampled_from(["It rained.", "Did it?!", "The river flooded the old town.", "He said “no.”"])
RUNS = st.builds(
    lambda text, times: text * times,
    st.sampled_from(["w", "中", FAMILY, "e\u0301", "né"]),
    st.integers(1, 320),
)
GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "  "])
TEXTS = (
    st.lists(
        st.tuples(WORDS | SENTENCES | RUNS | st.sampled_from([LINK, LONG_LINK]), GAPS),
        min_size=1,
        max_size=20,
    )
    .map(lambda pairs: "".join(token + gap for token, gap in pairs))
    .map(str.strip)
)
COUNTS = st.sampled_from([platform.count for platform in PLATFORMS.values()])
ROOMS = st.integers(60, 300)


def solid(text: str) -> str:
    return "".join(text.split())


def borders(parts: list[str]) -> set[int]:
    """Where the parts end, in the text without white space."""
    return set(accumulate(len(solid(part)) for part in parts))


def spans(pattern: str, text: str) -> list[tuple[int, str]]:
    """What the pattern finds, each with its place in the text without white space."""
    place = list(accumulate((not character.isspace() for character in text), initial=0))
    return [(place[found.start()], found[0]) for found in regex.finditer(pattern, text)]


def cut_spans(pattern: str, text: str, pieces: list[str]) -> list[str]:
    cuts = borders(pieces)
    return [found for at, found in spans(pattern, text) if any(at < cut < at + len(found) for cut in cuts)]


@settings(max_examples=40, deadline=None)
@given(TEXTS, ROOMS, COUNTS)
@example(f"{'中' * 100}{LINK}{'中' * 100}", 270, PLATFORMS["x"].count)
@example(f"{LONG_LINK}{'中' * 200}", 120, PLATFORMS["x"].count)
def test_pieces_fit_and_nothing_is_lost(text: str, room: int, count: Count) -> None:
    pieces = split(text, room=room, count=count)
    assert all(piece.strip() and count(piece) <= room for piece in pieces)
    assert solid("".join(pieces)) == solid(text)


@settings(max_examples=40, deadline=None)
@given(TEXTS, ROOMS, COUNTS)
def test_only_a_word_longer_than_a_post_is_cut(text: str, room: int, count: Count) -> None:
    cut = cut_spans(r"\S+", text, split(text, room=room, count=count))
    assert all(count(word) > room for word in cut)


@settings(max_examples=40, deadline=None)
@given(TEXTS, ROOMS, COUNTS)
@example(f"{'中' * 100}{LINK}{'中' * 100}", 270, PLATFORMS["x"].count)
@example(f"{LONG_LINK}{'中' * 200}", 120, PLATFORMS["x"].count)
def test_only_a_link_longer_than_a_post_is_cut(text: str, room: int, count: Count) -> None:
    cut = cut_spans(LINKS.pattern, text, split(text, room=room, count=count))
    assert all(count(link) > room for link in cut)


@settings(max_examples=40, deadline=None)
@given(TEXTS, ROOMS, COUNTS)
@example(f"{FAMILY * 30}{LINK}", 60, len)
def test_no_grapheme_is_cut(text: str, room: int, count: Count) -> None:
    assert cut_spans(r"\X", text, split(text, room=room, count=count)) == []


@settings(max_examples=40, deadline=None)
@given(TEXTS, ROOMS, COUNTS)
@example("What?!Aaaa bbbbb cccc", 9, len)
def test_white_space_stays_where_it_was_and_comes_nowhere_else(text: str, room: int, count: Count) -> None:
    pieces = split(text, room=room, count=count)
    before, after, ends = gaps(text), gaps("".join(pieces)), borders(pieces)
    assert after <= before  # none came between letters
    assert before <= after | ends  # no two words were run together


def gaps(text: str) -> set[int]:
    """Before which characters, counted without white space, white space stands."""
    place = list(accumulate((not character.isspace() for character in text), initial=0))
    return {place[at] for at, character in enumerate(text) if character.isspace()}


@pytest.mark.parametrize("platform", ["x", "threads", "mastodon", "bluesky"])
def test_even_a_grapheme_longer_than_a_post_is_kept_within_the_room(platform: str) -> None:
    text, count = "a" + "\u0301\u0302" * 300, PLATFORMS[platform].count
    pieces = split(text, room=270, count=count)
    assert all(count(piece) <= 270 for piece in pieces)
    assert "".join(pieces) == text


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=40), ROOMS)
def test_sentences_that_fit_are_never_divided(texts: list[str], room: int) -> None:
    parts = [Sentence(text, number // 3) for number, text in enumerate(texts)]
    pieces = pack(parts, room=room, count=len)
    whole = borders(texts)
    assert borders(pieces) <= whole
    assert all(len(piece) <= room for piece in pieces)


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=40), ROOMS)
def test_a_post_ends_only_where_the_next_sentence_does_not_fit(texts: list[str], room: int) -> None:
    pieces = pack([Sentence(text, 0) for text in texts], room=room, count=len)
    for piece, following in pairwise(pieces):
        first = next(text for text in sorted(set(texts), key=len, reverse=True) if following.startswith(text))
        assert len(f"{piece} {first}") > room


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_a_text_that_fits_stays_as_it_stands(text: str) -> None:
    assert split(text, room=len(text), count=len) == [text]


def test_paragraphs_are_divided_by_a_blank_line_and_sentences_by_a_space() -> None:
    parts = [Sentence("One.", 0), Sentence("Two.", 0), Sentence("Three.", 1)]
    assert pack(parts, room=50, count=len) == ["One. Two.\n\nThree."]


@pytest.mark.parametrize(("room", "pieces"), [(9, ["One. Two."]), (8, ["One.", "Two."])])
def test_a_post_may_be_full_to_the_last_character(room: int, pieces: list[str]) -> None:
    assert pack([Sentence("One.", 0), Sentence("Two.", 0)], room=room, count=len) == pieces


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("大雨使河水淹没了老城。" * 20, id="chinese"),
        pytest.param("大雨で川が町に流れ込んだ。人々は船で逃げた。" * 10, id="japanese"),
    ],
)
def test_no_space_comes_between_sentences_that_had_none(text: str) -> None:
    assert "".join(split(text, room=100, count=len)) == text


@pytest.mark.parametrize(
    ("text", "room", "pieces"),
    [
        pytest.param("one two three four", 9, ["one two", "three", "four"], id="at-spaces"),
        pytest.param(
            "the rivers rose high, towns drowned",
            27,
            ["the rivers rose high,", "towns drowned"],
            id="after-a-comma-near-the-end",
        ),
        pytest.param(
            "ab cd, rivers rose high", 18, ["ab cd, rivers rose", "high"], id="not-after-an-early-comma"
        ),
        pytest.param("abcdefgh", 3, ["abc", "def", "gh"], id="a-word-longer-than-a-post"),
        pytest.param("ab cdefgh ij", 3, ["ab", "cde", "fgh", "ij"], id="a-long-word-among-short-ones"),
        pytest.param(
            f"aaaa bbbb, cc {'d' * 14}", 13, ["aaaa bbbb, cc", "d" * 13, "d"], id="a-rest-before-a-long-word"
        ),
        pytest.param(FAMILY * 3, 14, [FAMILY * 2, FAMILY], id="between-graphemes"),
    ],
)
def test_a_sentence_longer_than_a_post_is_divided(text: str, room: int, pieces: list[str]) -> None:
    assert split(text, room=room, count=len) == pieces


def test_white_space_makes_no_piece() -> None:
    assert split(" \n " * 100, room=60, count=len) == []
