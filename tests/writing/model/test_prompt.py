"""The prompt: rules, and the source as data between fences."""

from __future__ import annotations

import pytest

from core.article.article import Article
from core.text.thread import Brief
from tests.support.questions import ARTICLE, question_about, rewriting, shorter_question


def rules_and_data(brief: Brief, article: Article = ARTICLE) -> tuple[str, str]:
    system, user = question_about(brief, article).messages
    assert (system["role"], user["role"]) == ("system", "user")
    return system["content"], user["content"]


def test_the_source_is_alone_between_fences_and_never_among_the_rules() -> None:
    rules, source = rules_and_data(Brief())
    assert source == f"FENCE-7f3a\n{ARTICLE.title}\n\n{ARTICLE.text}\nFENCE-7f3a"
    assert "FENCE-7f3a" in rules
    assert "river" not in rules
    assert "flood" not in rules


def test_a_source_without_a_title_is_its_text() -> None:
    assert rules_and_data(Brief(), Article(text="Only text."))[1] == "FENCE-7f3a\nOnly text.\nFENCE-7f3a"


@pytest.mark.parametrize(
    ("brief", "phrase"),
    [
        pytest.param(Brief(platform="mastodon"), "threads for Mastodon", id="platform"),
        pytest.param(Brief(max_posts=7), "at most 7 posts", id="posts"),
        pytest.param(Brief(platform="linkedin"), "Write one post", id="one-post"),
        pytest.param(Brief(max_posts=5), f"at most {Brief(max_posts=5).max_length} characters", id="length"),
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
def test_the_rules_name_every_option(brief: Brief, phrase: str) -> None:
    assert phrase in rules_and_data(brief)[0]


def test_options_that_are_not_set_are_not_mentioned() -> None:
    rules, _ = rules_and_data(Brief(platform="mastodon"))
    assert not [word for word in ("Tone", "tone", "Readers", "count as two") if word in rules]


def test_a_rewrite_has_the_instruction_among_the_rules_and_the_thread_as_data() -> None:
    texts = ["One {x}.", "Two."]
    question = rewriting(texts, 2, Brief(language="fr"), instruction="with {wit},\nplease")
    assert "Write its post 2 anew, in at most 99 characters." in question.rules
    assert "\nThe author wishes: with {wit}, please\n" in question.rules
    assert question.data == '{"1": "One {x}.", "2": "Two."}'
    assert "with {wit}" not in question.rules_text  # the post may hold these words
    assert "wishes" not in rewriting(texts, 2).rules


def test_texts_to_shorten_are_data_too() -> None:
    question = shorter_question([(1, "Löng.")], question_about(), Brief(), max_length=99, fence="F2")
    assert "at most 99 characters" in question.rules
    assert question.messages[1]["content"] == 'F2\n["Löng."]\nF2'
    assert "FENCE-7f3a" in question.rules_text


def test_the_schema_has_exactly_the_fields_that_are_read() -> None:
    schema = question_about().schema["schema"]
    assert set(schema["properties"]) == set(schema["required"]) == {"posts", "hooks"}
    assert (question_about().schema["strict"], schema["additionalProperties"]) == (True, False)
