"""The thread is found in whatever a model answers around it, and a part of one is none."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.article.article import Article
from core.errors import ModelError
from core.writing.model.response import parse_response
from tests.support.questions import question_about, rewriting

QUESTION = question_about(article=Article(text="The ferry to the island runs again from May. " * 20))
POSTS = ["The ferry to the island runs again.", "It takes cars from May on."]
ANSWER = json.dumps({"posts": POSTS, "hooks": []})
DRAFT = '{"posts": ["A draft that nobody may ever read, long as it is."], "hooks": []}'
FORM = '{"posts": ["…"], "hooks": ["…"]}'


def posts_in(answer: str) -> list[str]:
    return parse_response(answer, QUESTION)[0]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"<think>\nAsked for: {FORM}\n{DRAFT}\n</think>\n\n{ANSWER}", id="think"),
        pytest.param(f"<thinking>{DRAFT}</thinking>{ANSWER}", id="thinking"),
        pytest.param(f'<seed:think budget="9">{DRAFT}</seed:think>{ANSWER}', id="namespace-and-attribute"),
        pytest.param(f"<think>a <think> b {DRAFT}</think> c {DRAFT}</think>{ANSWER}", id="nested"),
        pytest.param(f"Well, {DRAFT} will do.\n</think>\n{ANSWER}", id="only-closed"),
        pytest.param(f'It begins {{"posts": ["A,\n</think>\n{ANSWER}', id="broken-form-in-reasoning"),
        pytest.param(f"◁think▷{DRAFT}◁/think▷{ANSWER}", id="kimi"),
        pytest.param(f"[THINK]{DRAFT}[/THINK]{ANSWER}", id="magistral"),
        pytest.param(f"Here is my thought process: {DRAFT} Here is my response: {ANSWER}", id="granite"),
        pytest.param(
            f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
            id="channels",
        ),
        pytest.param(f"analysisLet us see. {DRAFT}assistantfinal{ANSWER}", id="channels-without-signs"),
        pytest.param(f"{ANSWER}\n<reflection>Was {DRAFT} better?</reflection>", id="reasoning-after-it"),
        pytest.param(f'Here is "the" JSON [1]:\n```json\n{ANSWER}\n```\nHope {{it}} helps!', id="preamble"),
        pytest.param(f"Draft 1:\n{DRAFT}\nDraft 2:\n{ANSWER}", id="drafts"),
        pytest.param(f"{ANSWER}\nas {FORM} asks", id="form-after-it"),
        pytest.param(f'{ANSWER}\nForm: {{"posts": ["Post 1", "Post 2"]}}', id="placeholders-after-it"),
        pytest.param(f"\ufeff{ANSWER}", id="byte-order-mark"),
        pytest.param(f"{ANSWER} {{}} []", id="empty-after-it"),
        pytest.param(
            json.dumps({"posts": POSTS, "why": "</think> and <think> are text"}), id="tags-in-a-string"
        ),
    ],
)
def test_reasoning_drafts_and_examples_are_not_the_thread(answer: str) -> None:
    assert posts_in(answer) == POSTS


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"<think>\n{DRAFT}\n{ANSWER}", id="never-closed"),
        pytest.param(f"<|channel|>analysis<|message|>{DRAFT}", id="no-final-channel"),
        pytest.param(f"{DRAFT}</think>", id="nothing-after-it"),
        pytest.param(FORM, id="form"),
        pytest.param('{"posts": ["…", "🧵", "—"]}', id="no-letters"),
        pytest.param('{"posts": ["Post 1", "Post 2"]}', id="placeholders"),
        pytest.param('{"posts": ["Sure!"]}', id="far-too-short"),
        pytest.param('{"properties": {"posts": {"type": "array"}}, "type": "object"}', id="schema"),
        pytest.param("[" * 400 + '"It runs again from May, at last."' + "]" * 400, id="too-deep"),
        pytest.param(
            '{"posts": [' + '{"post": ' * 900 + '"It runs again."' + "}" * 900 + "]}", id="too-deep-a-post"
        ),
        pytest.param('{"hooks": ["It runs again from May, at last, with cars."]}', id="only-hooks"),
        pytest.param('{"error": {"message": "The model of the ferry is overloaded."}}', id="error"),
        pytest.param(ANSWER[: len(ANSWER) // 2], id="cut-in-a-text"),
        pytest.param(ANSWER[: ANSWER.index(POSTS[1]) - 3], id="cut-after-a-text"),
        pytest.param('{"posts": ["It runs [again] from May, and {cars', id="cut-after-brackets-in-a-text"),
        pytest.param('{"posts": [{"text": "It runs again from May, at last."}', id="cut-after-an-object"),
        pytest.param('{"posts": [{"text": "It runs again from May."}, {"te', id="cut-in-an-object"),
        pytest.param("{'posts': ['It runs again from May, at last.', 'It", id="cut-single-quotes"),
        pytest.param('["It runs again from May, at last, with cars.", "It', id="cut-array"),
    ],
)
def test_reasoning_forms_and_parts_are_no_answer(answer: str) -> None:
    with pytest.raises(ModelError) as caught:
        posts_in(answer)
    assert (caught.value.reason or "").startswith("answer ")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ANSWER.replace("], ", ",], ").replace("[]}", "[],}"), id="trailing-commas"),
        pytest.param(str(json.loads(ANSWER) | {"hooks": None}), id="python"),
        pytest.param(ANSWER.replace('"posts"', "posts").replace('"hooks"', "hooks"), id="bare-names"),
        pytest.param(f"{{“posts”: [“{POSTS[0]}”, “{POSTS[1]}”]}}", id="curly-marks"),
        pytest.param(
            f'{{"posts": [\n// first\n"{POSTS[0]}", # second\n"{POSTS[1]}" /* end */]}}', id="comments"
        ),
        pytest.param(f'{{"posts": ["{POSTS[0]}"\n"{POSTS[1]}"]}}', id="no-comma"),
        pytest.param(f'{{"posts": ["{POSTS[0]}", "{POSTS[1]}"]', id="no-last-brace"),
        pytest.param(f'{{"posts": ["{POSTS[0]}", "{POSTS[1]}"}}', id="wrong-bracket"),
        pytest.param(f'"posts": ["{POSTS[0]}", "{POSTS[1]}"], "hooks": ["Hook."]}}', id="no-first-brace"),
        pytest.param("{" + ANSWER + "}", id="template-braces"),
        pytest.param(json.dumps(POSTS), id="array"),
        pytest.param(json.dumps([{"n": 1, "Text": POSTS[0]}, {"content": POSTS[1]}]), id="array-of-objects"),
        pytest.param(json.dumps({"posts": [{"tweet": post} for post in POSTS]}), id="objects"),
        pytest.param(json.dumps({"Thread": POSTS}), id="another-name"),
        pytest.param(json.dumps({"data": {"thread": {"tweets": POSTS}}}), id="wrapped"),
        pytest.param(json.dumps({"name": "thread", "parameters": json.loads(ANSWER)}), id="as-a-call"),
        pytest.param(json.dumps(ANSWER), id="doubly-encoded"),
        pytest.param(json.dumps({"posts": json.dumps(POSTS)}), id="doubly-encoded-within"),
        pytest.param(json.dumps({"2": POSTS[1], "1": POSTS[0]}), id="numbered"),
        pytest.param(json.dumps({"post_1": POSTS[0], "post_2": {"text": POSTS[1]}}), id="numbered-names"),
        pytest.param("\n".join(json.dumps({"post": post}) for post in POSTS), id="lines-of-objects"),
        pytest.param(json.dumps({"posts": [[post] for post in POSTS]}), id="lists-of-one"),
        pytest.param(json.dumps({"posts": [{"content": [{"text": post}]} for post in POSTS]}), id="parts"),
        pytest.param(
            json.dumps({"posts": [{"post": {"text": post}} for post in POSTS]}), id="objects-within"
        ),
        pytest.param(
            json.dumps([{"tweet_number": 1, "tweet_text": post, "tags": []} for post in POSTS]),
            id="another-field",
        ),
        pytest.param(
            json.dumps([{f"tweet_{n}": post} for n, post in enumerate(POSTS)]), id="numbered-objects"
        ),
        pytest.param(json.dumps([json.dumps({"post": post}) for post in POSTS]), id="objects-as-texts"),
        pytest.param(json.dumps({"bluesky_thread": POSTS}), id="name-that-says-it"),
        pytest.param(json.dumps({"type": "function", "function": {"arguments": ANSWER}}), id="whole-call"),
        pytest.param(json.dumps({"draft": {"posts": ["No."]}, "last": {"posts": POSTS}}), id="last-object"),
        pytest.param(json.dumps({" posts ": POSTS}), id="name-with-spaces"),
        pytest.param(ANSWER.replace('"', '\\"'), id="escaped"),
        pytest.param(f'{{"posts"：["{POSTS[0]}"，"{POSTS[1]}"]}}', id="wide-marks"),
        pytest.param(f'{{"posts": ["""{POSTS[0]}""", """{POSTS[1]}"""]}}', id="three-marks"),
        pytest.param(f"<|channel|>commentary json<|message|>{ANSWER}", id="commentary"),
    ],
)
def test_json_is_read_leniently(answer: str) -> None:
    assert posts_in(answer) == POSTS


@pytest.mark.parametrize(
    ("written", "post"),
    [
        pytest.param(
            '"It runs\n\nagain from May, with\tmany cars."',
            "It runs\n\nagain from May, with many cars.",
            id="raw",
        ),
        pytest.param(
            '"He said "never" to a 5" pipe again."', 'He said "never" to a 5" pipe again.', id="marks"
        ),
        pytest.param(
            "'It's Ann's ferry that runs again.'", "It's Ann's ferry that runs again.", id="apostrophes"
        ),
        pytest.param(
            '"It\\\'s the \\#ferry that runs again."', "It's the #ferry that runs again.", id="escapes"
        ),
    ],
)
def test_a_text_stays_whole(written: str, post: str) -> None:
    for comma in ("", ","):
        assert posts_in(f'{{"posts": [{written}{comma}]}}') == [post]


@pytest.mark.parametrize(
    ("written", "read"),
    [(r"It runs\n\nagain.", "It runs\n\nagain."), (r"The \"old\" \ud83d\ude80 \u2014", 'The "old" 🚀 —')],
)
def test_escapes_of_json_are_what_they_stand_for_unless_the_source_has_backslashes(
    written: str, read: str
) -> None:
    for source, post in (("It runs.", read), (r"C:\new runs.", written)):
        question = question_about(article=Article(text=source))
        assert parse_response(json.dumps({"posts": [written]}), question)[0] == [post]


@pytest.mark.parametrize(
    "answer", ['{"post": "Short."}', '{"text": "Short."}', '["Short."]', "<think>x</think>{'post': 'Short.'}"]
)
def test_a_rewrite_may_be_short(answer: str) -> None:
    assert parse_response(answer, rewriting(["A.", "B."], 1))[0] == ["Short."]


def test_a_short_source_makes_a_short_thread() -> None:
    question = question_about(article=Article(text="The shop is closed today. Sorry!"))
    assert parse_response('{"posts": ["Closed today!"]}', question)[0] == ["Closed today!"]


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4), st.integers(0, 400))
def test_a_cut_answer_never_gives_a_part_of_a_thread(texts: list[str], at: int) -> None:
    posts = [f"The ferry runs again, as was said: {text}" for text in texts]
    whole = json.dumps({"hooks": [], "posts": posts}, ensure_ascii=False)
    complete = parse_response(whole, QUESTION)[0]
    try:
        read = posts_in(whole[:at])
    except ModelError:
        return
    assert read == complete


@pytest.mark.parametrize(
    "unit",
    [
        '"a": ',
        'a" b',
        "a' b",
        '{"a',
        '{"a"} ',
        "<think>",
        '</think>{"a',
        '",x',
        '\\"',
        "“",
        "[[",
        '"]}',
        "'a', ",
    ],
)
def test_hostile_answers_are_read_within_the_work_of_a_job(unit: str) -> None:
    for start in ('{"posts": ["', "{'posts': ['", "", "["):
        for end in ("", '"]}'):
            with contextlib.suppress(ModelError):
                posts_in(start + unit * (38_000 // len(unit)) + end)
