"""Problems that would keep an edited thread from being posted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.platforms import PLATFORMS
from core.threads.edit_schemas import ValidateAnswer, ValidateRequest
from core.threads.validate import validate_thread

ENCODABLE = st.text(st.characters(codec="utf-8"), max_size=40)


def reviewed(*contents: str, platform: Any = "x") -> ValidateAnswer:
    request = ValidateRequest.model_validate({"thread": list(contents), "platform": platform})
    return validate_thread(request)


def problems(*contents: str, platform: Any = "x") -> list[list[str]]:
    return [post.problems for post in reviewed(*contents, platform=platform).thread]


def test_a_thread_as_it_came_is_valid() -> None:
    answer = reviewed("The bridge closes.\n\n1/2", "A ferry helps.\n\n2/2")
    assert (answer.valid, answer.problems, answer.limit) == (True, [], 280)
    assert [(post.number, post.total, post.character_count, post.remaining) for post in answer.thread] == [
        (1, 2, 23, 257),
        (2, 2, 19, 261),
    ]


@pytest.mark.parametrize(
    ("platform", "content", "over"),
    [
        pytest.param("x", "w" * 281, 1, id="x"),
        pytest.param("x", "中" * 150, 20, id="x-weighs-chinese-twice"),
        pytest.param("bluesky", "w" * 302, 2, id="bluesky"),
        pytest.param("mastodon", "w" * 510, 10, id="mastodon"),
        pytest.param("linkedin", "w" * 3_001, 1, id="linkedin"),
    ],
)
def test_a_post_over_its_limit_is_reported_by_how_much(platform: str, content: str, over: int) -> None:
    limit = PLATFORMS[platform].limit
    answer = reviewed(content, platform=platform)
    assert answer.thread[0].problems == [f"It is {over} over the limit of {limit}."]
    assert (answer.thread[0].remaining, answer.valid) == (-over, False)


@pytest.mark.parametrize(
    ("contents", "wrong", "words"),
    [
        pytest.param(["One.", " \n "], 2, "empty", id="empty"),
        pytest.param(["One\u202e.", "Two."], 1, "invisible", id="bidi"),
        pytest.param(["Hallen\u00adbad.", "Two."], 1, "invisible", id="soft-hyphen"),
        pytest.param(["One.\x07", "Two."], 1, "control", id="control"),
        pytest.param(["One.\n\n1/2", "Two.\n\n3/3"], 2, "says 3/3, and is post 2 of 2", id="number"),
        pytest.param(["One.\n1/2", "Two.\n(2/3)"], 2, "says 2/3, and is post 2 of 2", id="total"),
        pytest.param(["One.", "One."], 2, "same as post 1", id="repeated"),
    ],
)
def test_each_problem_of_a_post_is_reported(contents: list[str], wrong: int, words: str) -> None:
    found = problems(*contents)
    assert [bool(problem) for problem in found] == [number == wrong for number in (1, 2)]
    assert words in " ".join(found[wrong - 1])


def test_a_soft_hyphen_counts_as_long_as_it_is_there() -> None:
    assert reviewed("Hallen\u00adbad").thread[0].character_count == len("Hallenbad") + 1


@pytest.mark.parametrize("content", ["Half of them, 1/3", "24/7 service", "Open 24/7", "A\ttab.\nA line."])
def test_a_post_that_only_looks_wrong_is_valid(content: str) -> None:
    found = problems(content, "Another one.")
    assert found == [[], []]


@pytest.mark.parametrize(("platform", "most"), [("x", "25 posts"), ("linkedin", "one post")])
def test_too_many_posts_are_a_problem_of_the_whole(platform: str, most: str) -> None:
    contents = [f"Post {number}." for number in range(26)]
    answer = reviewed(*contents, platform=platform)
    assert answer.problems == [f"A thread has at most {most} here, and this one has 26."]
    assert not answer.valid


@settings(max_examples=40, deadline=None)
@given(st.lists(ENCODABLE, min_size=1, max_size=5), st.sampled_from(sorted(PLATFORMS)))
def test_every_thread_is_counted_and_valid_only_without_problems(contents: list[str], platform: str) -> None:
    answer = reviewed(*contents, platform=platform)
    rule = PLATFORMS[platform]
    assert [post.character_count for post in answer.thread] == [rule.count(content) for content in contents]
    assert answer.valid is not any([answer.problems, *(post.problems for post in answer.thread)])
