"""What the model is told, and what is read out of its answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.article import Article
from core.errors import ModelError
from core.text.thread import Brief
from core.writing.draft import RewriteTask
from core.writing.model.prompt import Question, rewrite_question, shorter_question, thread_question
from core.writing.model.response import parse_response

ARTICLE = Article(text="The river rose. “We were warned,” he said.\nPrint {room}.", title="A {flood}")
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["posts", "hooks", "x"]), inner)
    ),
    max_leaves=8,
)


def asked(brief: Brief = Brief(), article: Article = ARTICLE) -> Question:  # noqa: B008
    return thread_question(article, brief, fence="FENCE-7f3a")


def rewriting(
    texts: list[str],
    number: int,
    brief: Brief = Brief(),  # noqa: B008
    instruction: str | None = None,
) -> Question:
    task = RewriteTask(texts=texts, number=number, brief=brief, max_length=99, instruction=instruction)
    return rewrite_question(task, fence="F2-99")


def told(brief: Brief, article: Article = ARTICLE) -> tuple[str, str]:
    system, user = asked(brief, article).messages
    assert (system["role"], user["role"]) == ("system", "user")
    return system["content"], user["content"]


def test_the_source_stands_alone_between_fences_and_never_among_the_rules() -> None:
    rules, source = told(Brief())
    assert source == f"FENCE-7f3a\n{ARTICLE.title}\n\n{ARTICLE.text}\nFENCE-7f3a"
    assert "FENCE-7f3a" in rules
    assert "river" not in rules
    assert "flood" not in rules


def test_a_source_without_a_title_is_its_text() -> None:
    assert told(Brief(), Article(text="Only text."))[1] == "FENCE-7f3a\nOnly text.\nFENCE-7f3a"


@pytest.mark.parametrize(
    ("brief", "phrase"),
    [
        pytest.param(Brief(platform="mastodon"), "threads for Mastodon", id="platform"),
        pytest.param(Brief(max_posts=7), "at most 7 posts", id="posts"),
        pytest.param(Brief(platform="linkedin"), "Write one post", id="one-post"),
        pytest.param(Brief(max_posts=5), f"at most {Brief(max_posts=5).max_length} characters", id="room"),
        pytest.param(Brief(), "characters count as two", id="weights"),
        pytest.param(Brief(), "the language of the source", id="own-language"),
        pytest.param(Brief(language="pt-BR"), "Write in Portuguese (pt-BR).", id="language"),
        pytest.param(Brief(language="DE"), "Write in German (DE).", id="language-in-capitals"),
        pytest.param(Brief(language="tlh"), "Write in tlh.", id="language-without-a-name"),
        pytest.param(Brief(tone="dry {wit}"), "Tone: dry {wit}.", id="tone-with-braces"),
        pytest.param(Brief(tone="dry\n\n\u202ewit"), "Tone: dry wit.", id="tone-in-one-line"),
        pytest.param(Brief(tone="merry"), "no emoji unless the tone asks for it", id="emoji"),
        pytest.param(Brief(audience="nurses"), "Readers: nurses.", id="audience"),
        pytest.param(Brief(hooks=3), "holds 3 other first posts", id="hooks"),
        pytest.param(Brief(), 'Leave "hooks" empty', id="no-hooks"),
    ],
)
def test_the_rules_say_what_was_asked_for(brief: Brief, phrase: str) -> None:
    assert phrase in told(brief)[0]


def test_what_was_not_asked_for_is_not_mentioned() -> None:
    rules, _ = told(Brief(platform="mastodon"))
    assert not [word for word in ("Tone", "tone", "Readers", "count as two") if word in rules]


def test_a_rewrite_tells_the_wish_among_the_rules_and_the_thread_as_data() -> None:
    texts = ["One {x}.", "Two."]
    question = rewriting(texts, 2, Brief(language="fr"), instruction="with {wit},\nplease")
    assert "Write its post 2 anew, in at most 99 characters." in question.rules
    assert "\nThe author wishes: with {wit}, please\n" in question.rules
    assert question.data == '{"1": "One {x}.", "2": "Two."}'
    assert "with {wit}" not in question.rules_text  # the post may hold these words
    assert "wishes" not in rewriting(texts, 2).rules


def test_texts_to_shorten_are_data_too() -> None:
    question = shorter_question([(1, "Löng.")], asked(), Brief(), max_length=99, fence="F2")
    assert "at most 99 characters" in question.rules
    assert question.messages[1]["content"] == 'F2\n["Löng."]\nF2'
    assert "FENCE-7f3a" in question.rules_text


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
def test_texts_are_read_out_of_the_answer(answer: str) -> None:
    posts, hooks = parse_response(answer, asked())
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
def test_the_models_own_numbers_go(texts: list[str]) -> None:
    assert parse_response(json.dumps({"posts": texts}), asked())[0] == ["A", "B", "C"]


@pytest.mark.parametrize("hooks", [["Hook 1: A", "Hook 2: B", "C"], ["1/3 A", "1/3 B", "1/3 C"]])
def test_the_numbers_of_hooks_go(hooks: list[str]) -> None:
    assert parse_response(json.dumps({"posts": ["One."], "hooks": hooks}), asked())[1] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("post", "left"),
    [
        *((text, "New B") for text in ("New B\n\n2/3", "2/3 New B", "Post 2: New B", "**2/3** New B")),
        *((text, text) for text in ("2/3 of voters", "1/3 New B", "2. Liga", "2/4 time")),
    ],
)
def test_a_rewrite_loses_the_number_of_its_place_alone(post: str, left: str) -> None:
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
        pytest.param(["🧵 1 thing nobody told", "B", "C"], id="spool-before-a-count"),
        pytest.param(["2024/25 was dry", "B", "C"], id="season"),
        pytest.param(["A", '"We were warned!"', "C"], id="quotation-of-the-source"),
        pytest.param(['"A" is not "B"', "B", "C"], id="two-quotations"),
    ],
)
def test_numbers_and_quotations_that_are_content_stay(texts: list[str]) -> None:
    assert parse_response(json.dumps({"posts": texts}), asked())[0] == texts


RULES = asked().rules


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
def test_an_answer_that_repeats_the_rules_is_none(posts: list[str]) -> None:
    for content in ({"posts": posts}, {"posts": ["One."], "hooks": posts}):
        with pytest.raises(ModelError) as caught:
            parse_response(json.dumps(content), asked())
        assert caught.value.reason == "answer repeats the rules"


def test_what_the_caller_asked_for_is_no_leak() -> None:
    words = "people who own small restaurants in Berlin"
    briefs = Brief(audience=words), Brief(tone=words)
    first = [asked(brief) for brief in briefs]
    shorter = [shorter_question([(1, "L")], first[0], brief, max_length=9, fence="F2-99") for brief in briefs]
    rewrites = [rewriting(["L"], 1, brief, instruction=words) for brief in briefs]
    assert all(words in question.rules for question in (*first, *rewrites))
    for question in (*first, *shorter, *rewrites):
        assert parse_response(json.dumps({"posts": [f"For {words}, it matters."]}), question)[0]


def test_what_the_source_says_too_is_no_leak() -> None:
    article = Article(text=f"A prompt that works: {RULES[200:260]}")
    assert parse_response(json.dumps({"posts": [RULES[200:260]]}), asked(article=article))[0]


def test_endless_lists_and_texts_are_bounded() -> None:
    posts, _ = parse_response(json.dumps({"posts": ["x" * 9_000] * 500}), asked())
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
        pytest.param('{"post": "One."}', id="one-post-that-nobody-asked-for"),
        pytest.param('{"posts": []}', id="empty-posts"),
        pytest.param('{"posts": "One."}', id="posts-that-are-text"),
        pytest.param('{"posts": ["", "\\u200b", "3/3"]}', id="blank-posts"),
        pytest.param("{" * 100_000 + "}", id="deep-nesting"),
        pytest.param('{"posts": ' + "[" * 100_000 + "}", id="deep-list"),
        pytest.param('{"posts": [' + "9" * 5_000 + "]}", id="endless-number"),
        pytest.param("```", id="lone-code-fence"),
    ],
)
def test_an_answer_without_posts_is_the_models_failure(answer: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_response(answer, asked())
    assert (caught.value.reason or "").startswith("answer ")


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_any_json_is_texts_or_the_models_failure(content: object) -> None:
    try:
        posts, hooks = parse_response(json.dumps(content), asked())
    except ModelError:
        return
    assert any(posts)
    assert all(text == text.strip() for text in (*posts, *hooks))


def test_the_schema_asks_for_exactly_what_is_read() -> None:
    schema = asked().schema["schema"]
    assert set(schema["properties"]) == set(schema["required"]) == {"posts", "hooks"}
    assert (asked().schema["strict"], schema["additionalProperties"]) == (True, False)
