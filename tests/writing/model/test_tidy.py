"""What models add to posts of their own goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.writing.model.tidy import tidied


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("Here is your thread: The river rose.", "The river rose.", id="announcement"),
        pytest.param("Sure! Here's a thread about it:\n\nThe river rose.", "The river rose.", id="consent"),
        pytest.param("Hier ist dein Thread: Der Fluss stieg.", "Der Fluss stieg.", id="de"),
        pytest.param("The river rose. A thread 🧵👇", "The river rose.", id="thread"),
        pytest.param("🧵 The river rose.", "The river rose.", id="spool"),
        pytest.param("The river rose.\n\nThread below 👇", "The river rose.", id="own-line"),
        pytest.param("It fell. Follow me for more flood news!", "It fell.", id="follow"),
        pytest.param("It fell. Like and share this thread.", "It fell.", id="share"),
        pytest.param("It fell. Folgt mir für mehr.", "It fell.", id="follow-de"),
        pytest.param("It fell. Thanks for reading!", "It fell.", id="thanks"),
        pytest.param("Let's dive in.", "", id="nothing-else"),
        pytest.param("A thread 🧵👇The river rose.", "The river rose.", id="signs-in-a-line"),
        pytest.param("[THREAD] The river rose.", "The river rose.", id="label-in-brackets"),
        pytest.param("Hook: The river rose.", "The river rose.", id="label"),
        pytest.param("Okay, let's dive in: The river rose.", "The river rose.", id="colon"),
        pytest.param("It fell. What do you think?", "It fell.", id="question"),
        pytest.param("It fell. Was denkt ihr?", "It fell.", id="question-de"),
        pytest.param("It fell. Qu'en pensez-vous ?", "It fell.", id="question-fr"),
        pytest.param("It fell. ¿Qué opinas?", "It fell.", id="question-es"),
        pytest.param("It fell. Подписывайтесь!", "It fell.", id="follow-ru"),
        pytest.param("川が増水。フォローしてね。", "川が増水。", id="follow-ja"),
        pytest.param("It fell. Link in bio.", "It fell.", id="bio"),
        pytest.param("It fell [1]. It rose【2†source】.", "It fell. It rose.", id="citations"),
        pytest.param("<b>It</b> fell.\n\n---\n\nIt rose.", "It fell.\n\nIt rose.", id="html-and-rule"),
        pytest.param("The **river** *rose* `fast`.", "The river rose fast.", id="markdown"),
        pytest.param("## The river\n> rose\n* fast", "The river\nrose\n• fast", id="markdown-lines"),
        pytest.param("__It__ _rose_ ~~fell~~", "It rose fell", id="more-markdown"),
    ],
)
def test_what_nobody_asked_for_goes(text: str, left: str) -> None:
    assert tidied([text], "The river rose.") == [left]


@pytest.mark.parametrize(
    "text",
    [
        "He lost the thread of his speech.",
        "They follow me, she said.",
        "Here is the river that rose in May.",
        "Share prices fell. The snake_case name and 2 * 3 * 4.",
        "Like and share buttons are going away.",
        "#1 in the charts, and C# too.",
        "Keep reading rooms open, councils were told.",
        "“Follow me,” said the fox.",
        "Here is the post that the court saw: a joke.",
        "Hier ist die Fassung des Gesetzes.",
        "Keep reading aloud to children, says a study.",
        "Stay tuned to local radio, the police warned.",
        "Un fil de 40 km relie les deux îles.",
        "Teile der Stadt sind ohne Strom.",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert tidied(
        [text], "Like and share buttons are going away. Keep reading rooms open, councils were told."
    ) == [text]


def test_what_the_source_says_itself_stays() -> None:
    said = "Follow me, said the fox. Use **kwargs** here."
    assert tidied([said], said) == [said]


def test_a_post_that_says_the_same_again_is_empty() -> None:
    posts = ["The old bridge closed on Monday at noon.", "The old bridge closed on Monday, at noon!", "Next."]
    assert tidied(posts, "") == [posts[0], "", "Next."]
    near = [
        "The old town bridge closed on Monday at noon today.",
        "The old town bridge closed Monday at noon today.",
    ]
    assert tidied(near, "") == [near[0], ""]
    figures = [f"The old town bridge closed on Monday at {hour} o'clock today." for hour in (7, 8)]
    assert tidied(figures, "") == figures


@given(st.lists(st.text("ab *_#>`\n🧵👇.thread", max_size=40), max_size=4))
def test_tidying_twice_changes_nothing_more(texts: list[str]) -> None:
    once = tidied(texts, "")
    assert len(once) == len(texts)
    assert all(
        len(after) <= len(before) + before.count("*") for before, after in zip(texts, once, strict=True)
    )
