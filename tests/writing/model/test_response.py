"""Posts and hooks are parsed out of the model's reply."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.article import Article
from core.errors import ModelError
from core.text.thread import Brief
from core.writing.model import checking
from core.writing.model.failure import ModelCallFailed
from core.writing.model.response import parse_response
from tests.support.questions import question_about, rewriting, shorter_question

ANSWERS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["posts", "hooks", "x"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param('{"posts": ["One.", "Two."], "hooks": ["H"]}', id="json"),
        pytest.param('\n{"posts": ["One.", "Two."], "hooks": ["H"]} ', id="white-space"),
        pytest.param('```json\n{"posts": ["One.", "Two."], "hooks": ["H"]}\n```', id="code-block"),
        pytest.param('Sure: {"posts": ["One.", "Two."], "hooks": ["H"]} Enjoy!', id="in-a-sentence"),
        pytest.param(
            'A {x}:\n```json\n{"posts": ["One.", "Two."], "hooks": ["H"]}\n```\nHope {that} helps',
            id="braces",
        ),
        pytest.param('{"posts": ["One.", 7, null, " ", "Two."], "hooks": [[], "H"]}', id="junk-among-posts"),
        pytest.param('{"posts": ["\\u202eOne.\\u0000", "Two.\\ud800"], "hooks": ["H"]}', id="unclean"),
        pytest.param('{"posts": ["```\\nOne.\\n```", "```text\\nTwo.```"], "hooks": ["H"]}', id="fences"),
        pytest.param('{"posts": ["\\"One.\\"", "“Two.”"], "hooks": ["«H»"]}', id="quotes"),
        pytest.param('{"posts": ["1/2 One.", "2/2 Two."], "hooks": ["1/5\\nH"]}', id="numbers"),
    ],
)
def test_texts_are_read_out_of_the_reply(answer: str) -> None:
    posts, hooks, _ = parse_response(answer, question_about())
    assert ([*filter(None, posts)], [*filter(None, hooks)]) == (["One.", "Two."], ["H"])


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["1/3 A", "2/3 B", "3/3 C"], id="slash"),
        pytest.param(["1/ A", "2/ B", "3/ C"], id="open-slash"),
        pytest.param(["1. A", "2. B", "3. C"], id="dot"),
        pytest.param(["1) A", "2) B", "3) C"], id="bracket"),
        pytest.param(["A", "2/3 B", "3/3 C"], id="all-but-the-hook"),
        pytest.param(["(1/3) A", "(2/3) B", "(3/3) C"], id="brackets"),
        pytest.param(["A (1/3)", "B [2/3]", "C (3/3)"], id="brackets-at-end"),
        pytest.param(["A 1/3", "B 2/3", "C 3/3"], id="slash-at-end"),
        pytest.param(["A\n\n1/3", "B", "C"], id="own-line-at-end"),
        pytest.param(["🧵 1/7 A", "B", "C"], id="spool"),
        pytest.param(["A 🧵 1/7", "B 2/7 🧵", "C"], id="spool-at-end"),
        pytest.param(["Tweet 1: A", "TWEET 2 - B", "Post 3/3: C"], id="words"),
        pytest.param(["1️⃣ A", "2️⃣ B", "3️⃣ C"], id="keycaps"),
        pytest.param(["1 of 3: A", "2 of 3: B", "3 of 3: C"], id="of"),
        pytest.param(["(1) A", "(2) B", "[3] C"], id="number-in-brackets"),
        pytest.param(["#1 A", "#2 B", "#3 C"], id="hash"),
        pytest.param(["A 1/", "B 2/", "C 3/"], id="open-slash-at-end"),
        pytest.param(["1/n A", "2/n B", "3/n C"], id="of-n"),
        pytest.param(["A\n\n1 / 3", "B", "C"], id="spaced-slash"),
        pytest.param(["**1/3** A", "**2/3** B", "**Post 3:** C"], id="bold"),
        pytest.param(["01/03 A", "02/03 B", "03/03 C"], id="leading-zeros"),
        pytest.param(["１/３ A", "２/３ B", "３/３ C"], id="full-width"),
        pytest.param(["1/3：A", "2/3：B", "3、C"], id="chinese"),
        pytest.param(["A", "1/ B", "2/ C"], id="one-off-after-a-hook"),
    ],
)
def test_the_models_own_numbers_are_removed(texts: list[str]) -> None:
    assert parse_response(json.dumps({"posts": texts}), question_about())[0] == ["A", "B", "C"]


@pytest.mark.parametrize("hooks", [["Hook 1: A", "Hook 2: B", "C"], ["1/3 A", "1/3 B", "1/3 C"]])
def test_the_numbers_of_hooks_are_removed(hooks: list[str]) -> None:
    _, read, _ = parse_response(json.dumps({"posts": ["One."], "hooks": hooks}), question_about())
    assert read == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("post", "left"),
    [
        *((text, "New B") for text in ("New B\n\n2/3", "2/3 New B", "Post 2: New B", "**2/3** New B")),
        *((text, text) for text in ("2/3 of voters", "1/3 New B", "2. Liga", "2/4 time")),
    ],
)
def test_a_rewrite_loses_only_the_number_of_its_position(post: str, left: str) -> None:
    question = rewriting(["A", "Waltzes in 2/4 time", "C"], 2)
    assert parse_response(json.dumps({"post": post}), question)[0] == [left]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["1. FC Köln wins", "B", "C"], id="club"),
        pytest.param(["(1) is the law", "B", "C"], id="number-in-brackets"),
        pytest.param(["A", "B", "3/4 of voters agree"], id="share"),
        pytest.param(["A", "B", "Turnout rose to 3/4"], id="share-at-end"),
        pytest.param(["3/4 of voters", "1. FC Köln", "2 of us"], id="not-their-own-position"),
        pytest.param(["1 thing nobody told", "B", "C"], id="count"),
        pytest.param(["2024/25 was dry", "B", "C"], id="season"),
        pytest.param(["A", '"We were warned!"', "C"], id="quotation-of-the-source"),
        pytest.param(['"A" is not "B"', "B", "C"], id="two-quotations"),
    ],
)
def test_numbers_and_quotations_that_are_content_stay(texts: list[str]) -> None:
    assert parse_response(json.dumps({"posts": texts}), question_about())[0] == texts


RULES = question_about().rules


@pytest.mark.parametrize(
    "posts",
    [
        pytest.param([RULES], id="whole"),
        pytest.param([RULES[200:240]], id="a-part"),
        pytest.param([RULES[at : at + 15] for at in range(0, 200, 15)], id="in-pieces"),
        pytest.param([RULES[:60].upper().replace(" ", " * ")], id="disguised"),
        pytest.param([RULES[:60].replace(" ", "%20")], id="escaped"),
        pytest.param(["See fence 7F3A."], id="fence"),
    ],
)
def test_a_reply_that_repeats_the_rules_is_a_model_error(posts: list[str]) -> None:
    for content in ({"posts": posts}, {"posts": ["One."], "hooks": posts}):
        with pytest.raises(ModelError) as caught:
            parse_response(json.dumps(content), question_about())
        assert caught.value.reason == "answer repeats the rules"


def test_words_of_the_caller_are_not_taken_for_the_rules() -> None:
    words = "people who own small restaurants in Berlin"
    briefs = Brief(audience=words), Brief(tone=words)
    first = [question_about(brief) for brief in briefs]
    shorter = [shorter_question([(1, "L")], first[0], brief, max_length=9, fence="F2-99") for brief in briefs]
    rewrites = [rewriting(["L"], 1, brief, instruction=words) for brief in briefs]
    assert all(words in question.rules for question in (*first, *rewrites))
    for question in (*first, *shorter, *rewrites):
        assert parse_response(json.dumps({"posts": [f"For {words}, it matters."]}), question)[0]


def test_words_of_the_source_are_not_taken_for_the_rules() -> None:
    article = Article(text=f"A prompt that works: {RULES[200:260]}")
    assert parse_response(json.dumps({"posts": [RULES[200:260]]}), question_about(article=article))[0]


def test_endless_lists_and_texts_are_bounded() -> None:
    texts = [f"{n}" + "x" * 9_000 for n in range(500, 1_000)]
    posts, *_ = parse_response(json.dumps({"posts": texts}), question_about())
    assert (len(posts), len(posts[0])) == (100, 6_000)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("", id="empty"),
        pytest.param("Here is your thread: 1/5 …", id="prose"),
        pytest.param('{"posts": ["One."', id="cut-short"),
        pytest.param("[]", id="list"),
        pytest.param("null", id="null"),
        pytest.param('{"hooks": ["H"]}', id="no-posts"),
        pytest.param('{"post": "One."}', id="one-post-instead-of-posts"),
        pytest.param('{"posts": []}', id="empty-posts"),
        pytest.param('{"posts": "One."}', id="posts-that-are-text"),
        pytest.param('{"posts": ["", "\\u200b", "3/3"]}', id="blank-posts"),
        pytest.param("{" * 100_000 + "}", id="deep-nesting"),
        pytest.param('{"posts": ' + "[" * 100_000 + "}", id="deep-list"),
        pytest.param('{"posts": [' + "9" * 5_000 + "]}", id="endless-number"),
        pytest.param("```", id="lone-code-fence"),
    ],
)
def test_a_reply_without_posts_is_a_model_error(answer: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_response(answer, question_about())
    assert (caught.value.reason or "").startswith("answer ")


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_any_json_is_texts_or_a_model_error(content: object) -> None:
    try:
        posts, hooks, _ = parse_response(json.dumps(content), question_about())
    except ModelError:
        return
    assert any(posts)
    assert all(text == text.strip() for text in (*posts, *hooks))


def test_the_texts_of_an_answer_are_bounded_together() -> None:
    texts = [chr(ord("a") + n) * 6_000 for n in range(20)]
    posts, *_ = parse_response(json.dumps({"posts": texts}), question_about())
    assert [len(post) for post in posts] == [6_000] * 10 + [0] * 10


def test_a_source_that_holds_the_rules_may_be_quoted() -> None:
    words = "Short sentences, plain words, the concrete before the general."
    question = question_about()
    quoting = replace(question, rules_text=words, source=f"{'x' * 500_000} {words}")
    assert parse_response(json.dumps({"posts": [words]}), quoting)[0] == [words]
    with pytest.raises(ModelError):
        parse_response(json.dumps({"posts": [words]}), replace(quoting, source="Nothing."))


async def test_an_answer_that_no_worker_checks_in_time_is_the_models_failure_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checking, "_SECONDS", 0)
    with pytest.raises(ModelCallFailed) as failed:
        await checking.check(time.sleep, 60)
    assert not failed.value.shared
