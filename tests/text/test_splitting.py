"""Text is split into posts: where it may be divided, and where not."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text import splitting
from core.text.cleaning import without_surrogates
from core.text.platforms import PLATFORMS
from core.text.sentences import Sentence

Count = Callable[[str], int]


def split(text: str, *, max_length: int, count: splitting.Count) -> list[str]:
    return list(splitting.split(text, max_length=max_length, count=count))


def pack(parts: list[Sentence], *, max_length: int, count: splitting.Count) -> list[str]:
    return list(splitting.pack(parts, max_length=max_length, count=count))


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
MAX_LENGTHS = st.integers(60, 300)


# Realistic paragraphs, long enough for several posts.
REAL = {
    "english": "The ferry that links the two halves of the harbour stopped on Monday, and nobody "
    "had been told why. By noon a queue of bicycles, prams and delivery vans (some of "
    "them full of fish) reached the cathedral; “I have waited two hours,” said Mrs. "
    "O'Neill, 71, who lives at No. 3.5 Quay Lane. The timetable at ferry.example.com was "
    "last changed in May.",
    "german": "Die Gemeinde hat beschlossen, das alte Freibad nicht zu schließen, obwohl die "
    "Reparatur der Umwälzpumpenanlage rund 1,2 Millionen Euro kostet. „Wir schwimmen "
    "hier seit 60 Jahren“, sagte Jürgen Groß.",
    "chinese": "昨天夜里下了一场大雨，河水漫过老城的石桥，附近的居民只好搬到学校里过夜；消防员划着小"
    "船，把老人和孩子一个一个接出来。市长说：“我们早就提醒过大家，可是水来得太快了。”据统"
    "计，共有1,250人离开了家，损失约为3.5亿元。",
    "japanese": "きのうの夜、台風のために電車が止まり、駅には三百人以上の人が残されました。「もう十年"
    "もこの町に住んでいますが、こんな雨は初めてです」と、コンビニエンスストアの店長は話し"
    "ています。インターネットの予約サイトも、朝の六時まで使えませんでした。",
    "korean": "어젯밤 내린 큰비로 강물이 옛 시가지까지 넘쳐서 주민들이 학교로 몸을 피했다. "
    "소방대원들은 작은 배를 타고 노인과 아이들을 먼저 데리고 나왔으며, 시장은 “물이 너무 "
    "빨리 들어왔다”고 말했다. 피해액은 35억 원쯤이다.",
    "arabic": "توقفت العبّارة التي تصل بين ضفتي الميناء يوم الاثنين، ولم يعرف أحد السبب؛ وقف الناس "
    "ساعتين تحت الشمس، ثم عادوا إلى بيوتهم. قالت السيدة مريم: «لم نسمع شيئًا من الشركة». "
    "هل تعود الرحلات غدًا؟",
    "thai": "เมื่อคืนฝนตกหนักมากจนน้ำในแม่น้ำล้นเข้ามาในเมืองเก่าชาวบ้านต้องย้ายไปนอนที่โรงเรียนเ"
    "จ้าหน้าที่พายเรือเล็กๆไปรับผู้สูงอายุกับเด็กก่อน นายกเทศมนตรีบอกว่าน้ำมาเร็วเกินไปแล"
    "ะทำให้บ้านเสียหาย 1,250 หลัง",
    "hindi": "कल रात की तेज़ बारिश से नदी का पानी पुराने शहर में घुस आया, और लोगों को स्कूल में "
    "रात बितानी पड़ी। दमकल के जवान छोटी नावों में बूढ़ों और बच्चों को बाहर लाए। महापौर "
    "ने कहा कि पानी बहुत तेज़ी से आया।",
    "emoji": "What a day 🎉🎉! We (👩‍🔬, 👨‍🚀 and 🧑🏽‍🎨) crossed 🇩🇪→🇫🇷 by 🚲 in 1️⃣2️⃣ hours "
    "❤️‍🔥, saw 🏴󠁧󠁢󠁳󠁣󠁴󠁿 flags, ate 🍕🍕🍕 and slept 😴😴. Thanks @rider_one and "
    "#TourDeNowhere, see https://rides.example.com/2024/day-3?map=1!",
}
MARKS = "@mona_lisa #Überschwemmung2024 https://example.com/a/b-c?d=e#f"


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
@given(TEXTS, MAX_LENGTHS, COUNTS)
@example(f"{'中' * 100}{LINK}{'中' * 100}", 270, PLATFORMS["x"].count)
@example(f"{LONG_LINK}{'中' * 200}", 120, PLATFORMS["x"].count)
def test_pieces_fit_and_nothing_is_lost(text: str, max_length: int, count: Count) -> None:
    pieces = split(text, max_length=max_length, count=count)
    assert all(piece.strip() and (count(piece) <= max_length or LINKS.fullmatch(piece)) for piece in pieces)
    assert solid("".join(pieces)) == solid(text)


@settings(max_examples=40, deadline=None)
@given(TEXTS, MAX_LENGTHS, COUNTS)
def test_only_a_word_longer_than_a_post_is_cut(text: str, max_length: int, count: Count) -> None:
    cut = cut_spans(r"\S+", text, split(text, max_length=max_length, count=count))
    assert all(count(word) > max_length for word in cut)


@settings(max_examples=40, deadline=None)
@given(TEXTS, MAX_LENGTHS, COUNTS)
@example(f"{'中' * 100}{LINK}{'中' * 100}", 270, PLATFORMS["x"].count)
@example(f"{LONG_LINK}{'中' * 200}", 120, PLATFORMS["x"].count)
def test_no_link_is_cut(text: str, max_length: int, count: Count) -> None:
    assert cut_spans(LINKS.pattern, text, split(text, max_length=max_length, count=count)) == []


@settings(max_examples=40, deadline=None)
@given(TEXTS, MAX_LENGTHS, COUNTS)
@example(f"{FAMILY * 30}{LINK}", 60, len)
def test_no_grapheme_is_cut(text: str, max_length: int, count: Count) -> None:
    assert cut_spans(r"\X", text, split(text, max_length=max_length, count=count)) == []


@settings(max_examples=40, deadline=None)
@given(TEXTS, MAX_LENGTHS, COUNTS)
@example("What?!Aaaa bbbbb cccc", 9, len)
def test_white_space_is_neither_moved_nor_added(text: str, max_length: int, count: Count) -> None:
    pieces = split(text, max_length=max_length, count=count)
    before, after, ends = gaps(text), gaps("".join(pieces)), borders(pieces)
    assert after <= before  # none came between letters
    assert before <= after | ends  # no two words were run together


def gaps(text: str) -> set[int]:
    """The positions of white space: how many other characters are before each."""
    place = list(accumulate((not character.isspace() for character in text), initial=0))
    return {place[at] for at, character in enumerate(text) if character.isspace()}


@pytest.mark.parametrize("platform", ["x", "threads", "mastodon", "bluesky"])
def test_even_a_grapheme_longer_than_a_post_is_kept_within_max_length(platform: str) -> None:
    text, count = "a" + "\u0301\u0302" * 300, PLATFORMS[platform].count
    pieces = split(text, max_length=270, count=count)
    assert all(count(piece) <= 270 for piece in pieces)
    assert "".join(pieces) == text


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=40), MAX_LENGTHS)
def test_sentences_that_fit_are_never_divided(texts: list[str], max_length: int) -> None:
    parts = [Sentence(text, number // 3) for number, text in enumerate(texts)]
    pieces = pack(parts, max_length=max_length, count=len)
    whole = borders(texts)
    assert borders(pieces) <= whole
    assert all(len(piece) <= max_length for piece in pieces)


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=40), MAX_LENGTHS)
def test_a_post_ends_only_where_the_next_sentence_does_not_fit(texts: list[str], max_length: int) -> None:
    pieces = pack([Sentence(text, 0) for text in texts], max_length=max_length, count=len)
    for piece, following in pairwise(pieces):
        first = next(text for text in sorted(set(texts), key=len, reverse=True) if following.startswith(text))
        assert len(f"{piece} {first}") > max_length


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_a_text_that_fits_stays_as_it_stands(text: str) -> None:
    assert split(text, max_length=len(text), count=len) == [text]


def test_paragraphs_are_separated_by_a_blank_line_and_sentences_by_a_space() -> None:
    parts = [Sentence("One.", 0), Sentence("Two.", 0), Sentence("Three.", 1)]
    assert pack(parts, max_length=50, count=len) == ["One. Two.\n\nThree."]


@pytest.mark.parametrize("max_length", [pytest.param(50, id="fits"), pytest.param(16, id="divided")])
def test_a_sentence_goes_on_with_the_line_in_which_the_one_before_ends(max_length: int) -> None:
    parts = [Sentence("Who pays?\n\nUtrecht.", 0, last=1), Sentence("Ann.", 1), Sentence("Bob.", 2)]
    assert "\n\n".join(pack(parts, max_length=max_length, count=len)) == "Who pays?\n\nUtrecht. Ann.\n\nBob."


@pytest.mark.parametrize(("max_length", "pieces"), [(9, ["One. Two."]), (8, ["One.", "Two."])])
def test_a_post_may_be_full_to_the_last_character(max_length: int, pieces: list[str]) -> None:
    assert pack([Sentence("One.", 0), Sentence("Two.", 0)], max_length=max_length, count=len) == pieces


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("大雨使河水淹没了老城。" * 20, id="chinese"),
        pytest.param("大雨で川が町に流れ込んだ。人々は船で逃げた。" * 10, id="japanese"),
    ],
)
def test_no_space_comes_between_sentences_that_had_none(text: str) -> None:
    assert "".join(split(text, max_length=100, count=len)) == text


@pytest.mark.parametrize(
    ("text", "max_length", "pieces"),
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
            f"aaaa bbbb, cc {'d' * 14}",
            13,
            ["aaaa bbbb,", f"cc {'d' * 10}", "dddd"],
            id="a-rest-before-a-long-word",
        ),
        pytest.param(FAMILY * 3, 14, [FAMILY * 2, FAMILY], id="between-graphemes"),
    ],
)
def test_a_sentence_longer_than_a_post_is_divided(text: str, max_length: int, pieces: list[str]) -> None:
    assert split(text, max_length=max_length, count=len) == pieces


@pytest.mark.parametrize("language", REAL)
@settings(max_examples=5, deadline=None)
@given(st.data(), st.sampled_from(sorted(PLATFORMS)), st.integers(60, 290))
def test_real_text_loses_nothing_and_stays_in_one_piece_inside(
    language: str, data: st.DataObject, platform: str, max_length: int
) -> None:
    length_of = PLATFORMS[platform].length_of
    paragraphs = data.draw(st.lists(st.sampled_from([REAL[language], MARKS]), min_size=3, max_size=6))
    text = data.draw(st.sampled_from(["", " ", "\n\n"])).join(paragraphs)
    pieces = split(text, max_length=max_length, count=length_of)
    assert all(length_of(piece) <= max_length for piece in pieces)
    assert solid("".join(pieces)) == solid(text)
    assert cut_spans(r"\X|https?://[!-~]+|[@#]\w+|[\p{Katakana}ー]+|\d[\d.,]*\d", text, pieces) == []
    assert cut_spans(r"[\p{Latin}\p{Cyrillic}\p{Arabic}\p{Hangul}\p{Devanagari}\p{M}]+", text, pieces) == []


@pytest.mark.parametrize(
    "mark", ["@mona_lisa", "#洪水2024年", "コンピューター", "1,250.75", "example.com/a-b", "naïve-word"]
)
def test_text_without_spaces_is_divided_beside_this(mark: str) -> None:
    text = f"大雨{mark}来了" * 60
    for max_length in range(50, 70):
        pieces = split(text, max_length=max_length, count=len)
        assert sum(piece.count(mark) for piece in pieces) == 60


def test_text_without_spaces_is_divided_after_clauses() -> None:
    text = "昨天夜里下了一场大雨，河水漫过老城的石桥，附近的居民只好搬到学校里过夜，消防员划着小船接人，" * 5
    pieces = split(text, max_length=60, count=len)
    assert len(pieces) > 3
    assert all(piece.endswith("，") for piece in pieces)


def test_no_closing_mark_begins_a_piece_and_no_opening_one_ends_it() -> None:
    pieces = split("「" + "水来得太快「了」" * 200, max_length=61, count=len)
    assert not {piece[0] for piece in pieces} & set("」，")
    assert not {piece[-1] for piece in pieces} & {"「"}


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters() | st.sampled_from("\ud800 \u0301\u200d\u202e\x00中😀@#/.:"), max_size=300), COUNTS
)
@example("\ud83d\ude00" * 200, PLATFORMS["x"].count)
def test_any_text_is_divided_into_what_fits(text: str, count: Count) -> None:
    pieces = split(text, max_length=60, count=count)
    assert all(count(piece) <= 60 or "://" in piece for piece in pieces)
    assert solid("".join(pieces)) == solid(without_surrogates(text))


def test_white_space_makes_no_piece() -> None:
    assert split(" \n " * 100, max_length=60, count=len) == []


@pytest.mark.parametrize("unit", ["a\n", "a.", "🇩🇪", "中文。", "a ", "“", "e\u0301", "https://a.com/b "])
def test_what_is_counted_grows_no_faster_than_the_text(unit: str) -> None:
    def counted(size: int) -> int:
        lengths: list[int] = []

        def counting(text: str) -> int:
            lengths.append(len(text))
            return PLATFORMS["mastodon"].count(text)

        split(unit * (size // len(unit)), max_length=500, count=counting)
        return sum(lengths)

    half = counted(20_000)
    assert counted(40_000) < 2.5 * half
    assert half < 100 * 20_000


WRITTEN = st.lists(
    st.sampled_from(
        ["It rained.", "- a towel", "    return 1", "Two  blanks.", "中文。也有。", "Roses are red"]
    ),
    min_size=1,
    max_size=40,
).flatmap(
    lambda lines: st.lists(
        st.sampled_from([" ", "\n", "\n\n", "\n\n\n", "\n\t"]), min_size=len(lines), max_size=len(lines)
    ).map(lambda joints: "".join(line + joint for line, joint in zip(lines, joints, strict=True)).strip())
)


@settings(max_examples=80, deadline=None)
@given(WRITTEN, st.integers(20, 90))
def test_each_piece_is_a_stretch_of_the_text_as_it_was_written(text: str, max_length: int) -> None:
    pieces = split(text, max_length=max_length, count=len)
    assert [piece for piece in pieces if piece not in text] == []
    assert solid("".join(pieces)) == solid(text)
