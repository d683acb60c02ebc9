"""Threads that are made without a model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.article import Article
from core.text.platforms import PLATFORMS, Platform
from core.text.sentences import sentences
from core.text.thread import Brief, thread_of
from core.writing.draft import Draft
from core.writing.extractive.composer import extract_draft
from tests.support.referring import referring_back, squeezed

TITLE = "Harbour bridge closes"
LINK = "https://example.com/bridge"
LEDE = "The council closed the harbour bridge for eighteen months of repairs."
FACTS = [
    f"Engineer number {n * 37} of the harbour council counted {n * 101} cracks in girder {n * 7919} of the"
    " bridge."
    for n in range(1, 60)
]


def draft(article: Article, brief: Brief | None = None) -> Draft:
    return extract_draft(article, brief or Brief())


def article(*paragraphs: str, title: str | None = TITLE, language: str = "en") -> Article:
    return Article(text="\n".join(paragraphs), title=title, url=LINK if title else None, language=language)


PARTS = st.sampled_from(
    [
        *FACTS[:6],
        *(f"She told the council that {fact.replace('Engineer', 'mason')}" for fact in FACTS[6:10]),
        "He ran.",
        "However, the rain went on for the whole of that night and for most of the next day.",
        "They said so.",
        "“The bridge stands,” she said.",
        "These are closed:",
        "- Quay Street",
        "- Dock Road",
        "“Rain fell.",
        "Boats came,” the mayor said.",
        "What the mayor says",
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PARTS, min_size=1, max_size=60),
    st.sampled_from([" ", "\n"]),
    st.sampled_from([None, TITLE]),
    st.integers(2, 6),
)
def test_no_post_refers_back_to_a_missing_sentence(
    parts: list[str], joint: str, title: str | None, most: int
) -> None:
    source = article(LEDE + joint + joint.join(parts), title=title)
    assert not referring_back(source, draft(source, Brief(max_posts=most)).posts)


def test_a_short_article_is_kept_whole_and_in_order() -> None:
    assert draft(article(LEDE, *FACTS[:3])).posts == (
        f"{TITLE}\n\n{LEDE}\n\n{FACTS[0]}",
        f"{FACTS[1]}\n\n{FACTS[2]}",
    )


def test_a_long_article_fits_and_ends_with_its_source() -> None:
    source = article(LEDE, *FACTS)
    thread = thread_of(draft(source).posts, Brief(), link=LINK)
    assert not thread.cut
    assert len(thread.posts) == 8
    last = thread.posts[-1].content
    assert last.endswith(f"\n\n{LINK}\n\n{len(thread.posts)}/{len(thread.posts)}")
    assert last.startswith("Engineer")


def test_one_post_holds_the_title_the_text_and_the_link() -> None:
    brief = Brief(platform="linkedin")
    thread = thread_of(draft(article(LEDE, *FACTS), brief).posts, brief, link=LINK)
    assert not thread.cut
    assert thread.posts[0].content.startswith(f"{TITLE}\n\n{LEDE}\n\nEngineer")
    assert 1_000 < thread.posts[0].character_count <= 1_300


def test_a_text_without_a_title_keeps_its_first_sentence() -> None:
    assert draft(article("It rained.", LEDE, *FACTS, title=None)).posts[0].startswith("It rained.")


@pytest.mark.parametrize("mark", ["「", "“", "("])
def test_a_run_of_opening_marks_is_kept(mark: str) -> None:
    posts = thread_of(draft(article(mark * 300, title=None)).posts, Brief(), link=None).posts
    assert sum(post.content.count(mark) for post in posts) == 300


def test_a_text_that_fits_loses_no_sentence() -> None:
    text = " ".join(FACTS[:30])
    least = len(thread_of([text], Brief(max_posts=25), link=None).posts)
    for most in (least, 25):
        posts = draft(article(text, title=None), Brief(max_posts=most)).posts
        thread = thread_of(posts, Brief(max_posts=most), link=None)
        kept = squeezed("".join(post.content.rpartition("\n\n")[0] for post in thread.posts))
        assert (kept, thread.cut) == (squeezed(text), False)


def test_a_short_text_loses_nothing() -> None:
    text = "This is my note. It is short. But he, too, liked it."
    assert draft(article(text, title=None)).posts == (text,)


@pytest.mark.parametrize("count", range(2, 12))
def test_the_link_shares_the_last_post(count: int) -> None:
    facts = [
        fact.replace("of the bridge", "of the old bridge that crosses the harbour in the north")
        for fact in FACTS[:count]
    ]
    source = article(LEDE, *facts)
    thread = thread_of(draft(source).posts, Brief(), link=LINK)
    assert thread.posts[-1].content.startswith("Engineer")
    assert LINK in thread.posts[-1].content


def test_a_chosen_sentence_brings_those_that_it_refers_back_to() -> None:
    chain = [FACTS[0], *(f"He said on day {n}: {fact}" for n, fact in enumerate(FACTS[1:30]))]
    source = article("Lorem ipsum dolor sit amet.", *chain)
    assert not referring_back(source, draft(source).posts)


def test_quotations_and_lists_stay_whole() -> None:
    quoted = [(f"“{fact}", f"“{fact.replace('Engineer', 'Mason')}” a member said.") for fact in FACTS[:25]]
    listed = [
        ("The council closes:", f"- Quay {n}, Dock {n * 31} and Harbour Road {n * 7}") for n in range(25)
    ]
    pairs = [pair for both in zip(quoted, listed, strict=True) for pair in both]
    posts = draft(article(LEDE, *(part for pair in pairs for part in pair)), Brief(max_posts=25)).posts
    kept = [pair for pair in pairs if any(pair[1] in post for post in posts)]
    assert len(kept) > 5
    assert all(any(one in post and other in post for post in posts) for one, other in kept)


def test_a_sentence_longer_than_a_post_is_divided_where_it_quotes() -> None:
    long = "The mayor said: “" + " ".join(FACTS[:4]) + "”"
    assert draft(article(long, title=None)).posts == (
        f"The mayor said: “{FACTS[0]} {FACTS[1]}",
        f"{FACTS[2]} {FACTS[3]}”",
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hooks_are_alternative_first_posts(count: int) -> None:
    made = draft(article(LEDE, *FACTS), Brief(hooks=count))
    assert len(set(made.hooks) - {made.posts[0]}) == count
    assert all(hook in FACTS and hook not in made.posts[0] for hook in made.hooks)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param(
            "zh", "市议会关闭了港口大桥。工程师发现了裂缝。他们很担心。每天有九千辆汽车通过。", id="chinese"
        ),
        pytest.param("ja", "市議会は港の橋を閉鎖した。技師は亀裂を見つけた。車は毎日通る。", id="japanese"),
        pytest.param(
            "ar", "أغلق المجلس جسر الميناء. وجد المهندسون شقوقا. تمر تسعة آلاف سيارة كل يوم.", id="arabic"
        ),
        pytest.param("hi", "परिषद ने पुल बंद किया। इंजीनियरों को दरारें मिलीं। हर दिन कारें गुजरती हैं।", id="hindi"),
        pytest.param("ru", "Совет закрыл мост. Инженеры нашли трещины. Он стоит с 1931 года.", id="russian"),
        pytest.param("am", "ምክር ቤቱ ድልድዩን ዘጋ። መሐንዲሶች ስንጥቅ አገኙ። መኪናዎች ያልፋሉ።", id="amharic"),
        pytest.param("my", "ကောင်စီသည် တံတားကို ပိတ်ခဲ့သည်။ အက်ကြောင်းများ တွေ့ရှိခဲ့သည်။", id="burmese"),
        pytest.param("th", "สภาปิดสะพาน วิศวกรพบรอยร้าว", id="thai"),
    ],
)
def test_every_script_is_divided_at_sentence_ends(language: str, text: str) -> None:
    assert draft(article(text, title=None, language=language)).posts == (text,)
    posts = draft(article(text * 60, title=None, language=language), Brief(max_posts=3)).posts
    parts = {part.text for part in sentences(text * 60, language)}
    assert {part.text for post in posts for part in sentences(post, language)} <= parts or language == "th"


@pytest.mark.parametrize("unit", ["a\n", "A b. ", "中文。", "🇩🇪", "- a\n"])
def test_what_is_counted_grows_no_faster_than_the_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(size: int) -> int:
        lengths: list[int] = []

        def counting(text: str) -> int:
            lengths.append(len(text))
            return len(text)

        monkeypatch.setitem(PLATFORMS, "x", Platform(280, counting))
        draft(Article(text=unit * (size // len(unit))))
        return sum(lengths)

    assert counted(40_000) < 2.5 * counted(20_000)


def test_a_book_is_read_up_to_a_length_and_the_draft_says_so() -> None:
    book = "".join(f"The river number {n} flooded a town. " for n in range(4_000))
    made = draft(Article(text=book))
    assert made.warnings == ("The built-in composer read the first 80,000 characters.",)
    assert made.posts == draft(Article(text=book[:80_000].rpartition(" ")[0])).posts
