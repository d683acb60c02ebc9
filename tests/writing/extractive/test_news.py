"""A thread of a page begins with the news, introduces before it uses, says nothing twice, in any language."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.article import Article
from core.text.platforms import PlatformName
from core.text.thread import Brief, thread_of
from core.writing.extractive.composer import extract_draft
from tests.support.news import LINK, NEWS, news

TITLE = "Harbour bridge closes"
LEAD = "The council closed the harbour bridge on Monday for eighteen months of repairs."
PLAIN = [
    f"Crane {n * 37} lifted {word} out of the water near pier {n * 101} before the tide of day {n * 7}."
    for n, word in enumerate(
        "anchors boats cables doors engines frames gates hooks irons jacks keels".split(), 1
    )
]


def page(*paragraphs: str, title: str = TITLE, language: str = "en") -> Article:
    return Article(text="\n".join(paragraphs), title=title, url=LINK, language=language)


def posts_of(article: Article, brief: Brief | None = None) -> list[str]:
    brief = brief or Brief()
    return [post.content for post in thread_of(extract_draft(article, brief).posts, brief, link=LINK).posts]


def text_of(article: Article, brief: Brief | None = None) -> str:
    return "\n".join(extract_draft(article, brief or Brief()).posts)


@pytest.mark.parametrize("language", NEWS)
@pytest.mark.parametrize("platform", ["x", "mastodon", "linkedin"])
def test_the_rules_hold_in_every_language(language: str, platform: PlatformName) -> None:
    article, brief = news(language), Brief(platform=platform)
    posts = posts_of(article, brief)
    assert posts[0].startswith(f"{article.title}\n\n{NEWS[language][1]}")
    assert len(posts) <= 8
    assert LINK in posts[-1]
    assert not posts[-1].startswith(LINK)
    whole = re.sub(r"\s", "", "".join(extract_draft(article, brief).posts))
    _, _, fact, back, quotation = (re.sub(r"\s", "", each) for each in NEWS[language])
    for n in range(1, 25):
        chain = [each.format(n=n * 37, m=n * 101, k=n * 7919) for each in (fact, back, quotation)]
        if chain[1] in whole:
            assert chain[0] + chain[1] in whole
        if chain[2] in whole:
            assert "".join(chain) in whole


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 24).map(lambda n: f"Harbour bridge closes {'for long repairs ' * n}".strip()),
    st.integers(0, 12).map(lambda n: LEAD.removesuffix(".") + " after storms" * n + "."),
    st.lists(st.sampled_from(["It rained.", "Smart people!", *PLAIN]), unique=True, max_size=12),
    st.sampled_from(["last", "first"]),
)
def test_the_lead_is_in_the_first_post_or_whole_after_the_title(
    title: str, lead: str, rest: list[str], link: str
) -> None:
    article = page(lead, *rest, title=title)
    first, *others = extract_draft(article, Brief(source_link=link)).posts  # type: ignore[arg-type]
    assert lead in first or (first == title and others[0].startswith(lead))


@settings(max_examples=60, deadline=None)
@given(st.permutations(PLAIN), st.integers(1, 9))
def test_what_is_posted_keeps_the_order_of_the_article(paragraphs: Sequence[str], count: int) -> None:
    text = text_of(page(LEAD, *paragraphs[:count]))
    places = [text.index(each) for each in (LEAD, *paragraphs[:count]) if each in text]
    assert places == sorted(places)


NAMES = ["Ann Singh", "Bob Keller", "Carla Rossi", "Dan Okafor"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(PLAIN)), min_size=4, max_size=16),
    st.integers(2, 6),
)
def test_a_surname_stands_only_after_the_full_name(pairs: list[tuple[str, str]], most: int) -> None:
    seen: set[str] = set()
    paragraphs = []
    for number, (name, fact) in enumerate(pairs):
        surname = name.split()[1] if name in seen else f"{name}, a mason,"
        paragraphs.append(f"{surname} said on day {number} that {fact[0].lower()}{fact[1:]}")
        seen.add(name)
    text = text_of(page(LEAD, *paragraphs), Brief(max_posts=most))
    for name in NAMES:
        surname = name.split()[1]
        assert surname not in text or text.index(name) <= text.index(surname)


@pytest.mark.parametrize(
    ("introduction", "use"),
    [
        pytest.param(
            "The Harbour Safety Board (HSB) has looked at {} girders since it was founded in the spring.",
            "Inspectors of the HSB found rust on every girder that they looked at this year.",
            id="acronym",
        ),
        pytest.param(
            "A diver from the north found a chest of silver under the old pier in the early evening.",
            "The diver then swam with it to the shore, where a crowd waited until midnight.",
            id="the-diver",
        ),
        pytest.param(
            "At noon a customs officer and two colleagues stopped a lorry whose driver was quite lost.",
            "A search of the lorry found girders of the harbour bridge that the council closed.",
            id="search-of-the-lorry",
        ),
    ],
)
def test_what_is_taken_for_known_comes_after_what_introduces_it(introduction: str, use: str) -> None:
    for most in range(2, 9):
        text = text_of(page(LEAD, introduction, *PLAIN, use), Brief(max_posts=most))
        assert use not in text or introduction in text


QUOTED = st.sampled_from(
    [
        "“We saw the old bridge shake in the wind,” Ann Singh said.",
        "“The bridge shook. It shook again. Nobody knew for how long it would stand,” Bob Keller said.",
        "“Nobody closes what others never opened.",
        "A mason called it “a bad day for the harbour and for all who live from it.",
        'Carla Rossi spoke of "a wall of water" that came over the pier.',
        "“We swam, and we swam, until the boats came,” he said.",
        "“We had been afraid of that since the spring, when the first of the stones came down.”",
        "“Is that not the end of the harbour?” Eva Lund asked.",
        "“What a wonderful day for the harbour!” Carla Rossi wrote before the storm.",
        "That, Dan Okafor said, “is the end of it: "
        + "stone upon stone will fall into the water, " * 7
        + "and no more.”",
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(QUOTED, st.sampled_from(PLAIN)), min_size=1, max_size=14), st.sampled_from([" ", "\n"])
)
def test_every_quotation_is_closed_in_its_post(parts: list[str], joint: str) -> None:
    for post in posts_of(page(LEAD, joint.join(parts))):
        assert post.count("“") == post.count("”")
        assert post.count('"') % 2 == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *PLAIN,
                "“Is that not the end of it?” Eva Lund asked.",
                "“What a day for the harbour!” Carla Rossi wrote.",
            ]
        ),
        min_size=4,
        max_size=14,
    )
)
def test_a_quotation_says_whose_it_is(parts: list[str]) -> None:
    text = text_of(page(LEAD, *parts))
    assert text.count("the end of it?”") == text.count("Eva Lund asked.")
    assert text.count("for the harbour!”") == text.count("Carla Rossi wrote.")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PLAIN, "Who pays for the repairs of the bridge?", "What comes next?", "A heading"])
    )
)
def test_a_question_comes_with_what_follows_it(parts: list[str]) -> None:
    paragraphs = "\n\n".join(extract_draft(page(LEAD, *parts), Brief()).posts).split("\n\n")
    follows = {*itertools.pairwise(parts)}
    assert all(pair in follows for pair in itertools.pairwise(paragraphs) if pair[0].endswith("?"))
    assert not paragraphs[-1].endswith("?")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=12))
def test_nothing_is_said_twice(parts: list[str]) -> None:
    text = text_of(page(LEAD, *parts, LEAD.replace("closed", "has closed")))
    assert "has closed" not in text
    assert all(text.count(part) == 1 for part in parts if part in text)


def test_a_line_of_the_text_above_it_is_no_lead() -> None:
    deck = "Girders under the northern road have more cracks than anybody thought."
    body = "Girders under the northern road have more cracks than anybody thought, the engineers found."
    assert extract_draft(page(deck, LEAD, *PLAIN, body), Brief()).posts[0].startswith(f"{TITLE}\n\n{LEAD}")


@pytest.mark.parametrize(("facts", "expected"), [(0, (1, 1)), (3, (2, 3)), (11, (3, 5)), (90, (8, 8))])
def test_a_thread_has_as_many_posts_as_it_has_to_say(facts: int, expected: tuple[int, int]) -> None:
    lines = PLAIN[:facts] if facts <= len(PLAIN) else news("en", facts).text.split("\n")
    assert expected[0] <= len(posts_of(page(LEAD, *lines))) <= expected[1]


def test_whoever_asks_for_more_posts_gets_more() -> None:
    assert len(posts_of(news("en", 60), Brief(max_posts=20))) > 12


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=11, unique=True), st.integers(0, 60))
def test_the_last_post_says_something_beside_the_link(parts: list[str], length: int) -> None:
    url = f"{LINK}/{'a' * length}"
    article = Article(text="\n".join([LEAD, *parts]), title=TITLE, url=url, language="en")
    brief = Brief(platform="bluesky")  # which counts every character of a link
    last = thread_of(extract_draft(article, brief).posts, brief, link=url).posts[-1]
    assert url in last.content
    assert last.text


def test_one_post_is_short_paragraphs_that_begin_with_the_news() -> None:
    post = posts_of(
        page(LEAD, " ".join(PLAIN), *news("en").text.split("\n")[1:]), Brief(platform="linkedin")
    )[0]
    assert 900 <= len(post) <= 1_300
    assert post.startswith(f"{TITLE}\n\n{LEAD}\n\n")
    assert max(map(len, post.split("\n\n"))) < 300


def test_the_only_post_tells_the_lead_rather_than_the_title() -> None:
    lead = f"{LEAD.removesuffix('.')}, {'after the storms of the long winter, ' * 4}it said."
    brief = Brief(max_posts=1)
    assert posts_of(page(LEAD, *PLAIN), brief)[0].startswith(f"{TITLE}\n\n{LEAD}\n\n")
    assert posts_of(page(lead, *PLAIN, title="Cars must go round by the north"), brief) == [
        f"{lead}\n\n{LINK}"
    ]


def test_hooks_stand_alone() -> None:
    made = extract_draft(news("en"), Brief(hooks=3))
    assert len(made.hooks) == 3
    assert all(re.fullmatch(r"Engineer number [^.]*\.", hook) for hook in made.hooks)


def test_a_claim_that_is_checked_is_marked_as_a_claim() -> None:
    claim = "The harbour bridge was built in a single night by the devil himself."
    first = extract_draft(page("Claim", claim, "Rating", *PLAIN, title="Who built it?"), Brief()).posts[0]
    assert first.startswith(f"Who built it?\n\nClaim: {claim}")
