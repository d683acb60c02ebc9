"""What `core.writing.extractive.ranking.select` promises about the sentences it chooses."""

from hypothesis import given
from hypothesis import strategies as st

from core.writing.extractive.ranking import rank, select

ARTICLE = [
    "The river flooded the old town after three days of rain.",
    "Rescue teams brought the people of the old town across the river in boats.",
    "My aunt collects porcelain elephants.",
    "The rain that flooded the town came in from the sea, and the river rose by four metres.",
    "Engineers say that the river will leave the old town when the rain stops.",
]
SENTENCES = st.lists(st.text(max_size=60) | st.sampled_from(ARTICLE), max_size=30)
BUDGETS = st.integers(min_value=0, max_value=4_000)


@given(SENTENCES, BUDGETS, st.sampled_from(["en", "de", "ja", ""]))
def test_indices_ascend_without_repetition_and_fit_the_budget(
    sentences: list[str], budget: int, language: str
) -> None:
    chosen = select(sentences, max_characters=budget, language=language)
    assert chosen == sorted(set(chosen))
    assert all(0 <= i < len(sentences) for i in chosen)
    assert sum(len(sentences[i]) for i in chosen) <= budget


@given(SENTENCES, BUDGETS)
def test_the_same_text_gives_the_same_choice(sentences: list[str], budget: int) -> None:
    first = select(sentences, max_characters=budget)
    assert first == select(list(sentences), max_characters=budget)


def test_no_sentences_give_no_choice() -> None:
    assert select([], max_characters=280) == []


def test_nothing_fits_a_max_length_of_zero() -> None:
    assert select(ARTICLE, max_characters=0) == []
    assert select(ARTICLE, max_characters=-1) == []


def test_a_sentence_longer_than_the_budget_is_left_out() -> None:
    assert select(["A single sentence that is too long."], max_characters=20) == []


def test_a_single_sentence_that_fits_is_chosen() -> None:
    assert select(["It is."], max_characters=6) == [0]


def test_everything_is_chosen_when_everything_fits() -> None:
    assert select(ARTICLE, max_characters=10_000) == [0, 1, 2, 3, 4]


def test_long_texts_fill_a_large_budget() -> None:
    sentences = [
        f"Sentence {i * 7919} of town {i * 104729} tells of river {i * 1299709}." for i in range(300)
    ]
    chosen = select(sentences, max_characters=6_000)
    assert 5_900 < sum(len(sentences[i]) for i in chosen) <= 6_000


def test_repeated_sentences_are_chosen_once() -> None:
    repeated = [*ARTICLE, ARTICLE[0], ARTICLE[1].upper(), ARTICLE[4].replace("Engineers", "Officials")]
    chosen = select(repeated, max_characters=10_000)
    assert len(chosen) == len(ARTICLE)
    assert [repeated[i].lower() for i in chosen].count(ARTICLE[1].lower()) == 1


def test_the_central_sentence_beats_the_one_off_topic() -> None:
    chosen = select(ARTICLE, max_characters=sum(map(len, ARTICLE)) - 1)
    assert chosen == [0, 1, 3, 4]


def test_of_two_equals_the_earlier_is_chosen() -> None:
    twins = ["The river rose over the town.", "My aunt likes tea.", "The town rose over the river!"]
    assert select(twins, max_characters=29) == [0]
    assert rank(twins, longest=60).scores[0] > rank(twins, longest=60).scores[2]


@given(SENTENCES, BUDGETS)
def test_one_ranking_serves_every_budget(sentences: list[str], budget: int) -> None:
    ranking = rank(sentences, longest=budget)
    assert ranking.within(budget) == select(sentences, max_characters=budget)
    half = ranking.within(budget // 2)
    assert sum(ranking.lengths[i] for i in half) <= budget // 2


def test_headings_are_not_taken_for_sentences() -> None:
    assert 0 not in select(["Old town flooded by the river", *ARTICLE], max_characters=10_000)


def test_lines_without_full_stops_are_sentences_when_all_have_none() -> None:
    bare = [sentence.rstrip(".") for sentence in ARTICLE]
    assert select(bare, max_characters=10_000) == [0, 1, 2, 3, 4]


def test_symbols_alone_are_never_chosen() -> None:
    assert select(["* * *", ARTICLE[0], "—"], max_characters=1_000) == [1]


def test_chinese_and_japanese_and_thai_are_compared_without_spaces() -> None:
    chinese = ["大雨使河水淹没了老城。", "我姨妈收藏瓷器大象。", "河水淹没老城后，居民乘船离开。"]
    assert select(chinese, max_characters=26, language="zh") == [0, 2]
    japanese = [
        "大雨で川が町に流れ込んだ。",
        "叔母は象の置物を集める。",
        "川の水が町から引くのは大雨の後だ。",
    ]
    assert select(japanese, max_characters=31, language="ja") == [0, 2]
    thai = ["น้ำท่วมเมืองเก่าหลังฝนตกหนัก", "ป้าของฉันสะสมตุ๊กตาช้าง", "ฝนตกหนักทำให้น้ำท่วมเมืองเก่า"]
    assert select(thai, max_characters=58, language="th") == [0, 2]


def test_arabic_and_hindi_words_are_compared_whole() -> None:
    arabic = [
        "غمر النهر المدينة القديمة بعد المطر.",
        "تجمع خالتي تماثيل الفيلة.",
        "المطر رفع النهر في المدينة.",
    ]
    assert select(arabic, max_characters=len(arabic[0]) + len(arabic[2]), language="ar") == [0, 2]
    hindi = ["बारिश से नदी का पानी शहर में आया।", "मेरी मौसी हाथी जमा करती है।", "शहर से नदी का पानी उतर गया।"]
    assert select(hindi, max_characters=len(hindi[0]) + len(hindi[2]), language="hi") == [0, 2]
