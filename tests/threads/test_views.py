"""Views of a draft: whatever platform it was written for, each can be posted and tells all of it in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache.draft import KeptDraft, Proof, Span
from core.text.platforms import PLATFORMS
from core.text.thread import Brief
from core.threads.edit_schemas import ValidateRequest
from core.threads.laying_out import Origin
from core.threads.validate import validate_thread
from core.threads.views import view_of

NOW = 1_790_000_000.0
LINK = "https://example.com/news/the-bridge"
WORDS = st.sampled_from(
    "The bridge closes on Tuesday; 40 girders cracked, ß 桥梁 👩‍👩‍👧 café e.g. (so) “quoted” 1/2 it".split()
)
SENTENCES = st.lists(WORDS, min_size=3, max_size=40).map(lambda words: " ".join(words).capitalize() + ".")
TEXTS = st.lists(SENTENCES, min_size=1, max_size=5).map(" ".join)


def draft_of(*posts: str, **made_for: Any) -> KeptDraft:
    proofs = tuple(Proof((Span(at, at + 1, "q"),), at / 10) for at, _ in enumerate(posts))
    fixed: dict[str, Any] = {"hooks": ("A hook.", "Another."), "max_posts": 12, "max_hooks": 2}
    return KeptDraft(posts=posts, proofs=proofs, **(fixed | made_for))


BRIEFS = st.builds(
    Brief,
    platform=st.sampled_from(list(PLATFORMS)),
    max_posts=st.integers(1, 25),
    numbering=st.sampled_from(["slash", "none"]),
    source_link=st.sampled_from(["last", "first", "none"]),
    hooks=st.integers(0, 3),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=14), BRIEFS, st.sampled_from(list(PLATFORMS)), st.integers(1, 25))
def test_a_view_is_valid_within_its_limits_and_tells_all_in_order(
    posts: list[str], brief: Brief, platform: str, max_posts: int
) -> None:
    draft = draft_of(*posts, platform=platform, max_posts=max_posts)
    made = view_of(draft, brief, Origin(LINK, None), NOW)
    if made is None:
        return
    found = made.thread.posts
    thread = [post.content for post in found]
    assert validate_thread(
        ValidateRequest.model_validate({"thread": thread, "platform": brief.platform})
    ).valid
    assert len(found) <= brief.allowed_posts
    assert all(post.character_count <= brief.rule.limit for post in found)
    assert len(made.hooks) <= brief.hooks <= 2
    told, words = " ".join(post.text for post in found).split(), " ".join(posts).split()
    assert told == words[: len(told)]
    assert told == words or any("cut to" in warning for warning in made.thread.warnings)


LONG = (
    "The council closes the old bridge over the harbour for eighteen months of repairs, it said on Tuesday. "
    * 4
)


@pytest.mark.parametrize(
    ("draft", "brief", "parts"),
    [
        pytest.param(draft_of(LONG, platform="mastodon"), {}, [[0], [0]], id="divided between sentences"),
        pytest.param(
            draft_of("One is.", "Two is.", platform="x"), {"platform": "linkedin"}, [[0, 1]], id="joined"
        ),
        pytest.param(
            draft_of("One.", LONG * 3, platform="linkedin"), {}, None, id="a LinkedIn post as a thread"
        ),
        pytest.param(
            draft_of("word " * 90, platform="mastodon"), {}, None, id="a sentence that no post holds"
        ),
        pytest.param(draft_of("word " * 53 + "ends. So it goes."), {}, None, id="a scrap would be left"),
        pytest.param(draft_of(*[LONG] * 7, platform="threads"), {}, None, id="more posts than are allowed"),
        pytest.param(draft_of(*[LONG] * 9), {"platform": "linkedin"}, None, id="longer than LinkedIn takes"),
        pytest.param(
            draft_of("Same.", "Same."), {"numbering": "none"}, None, id="a post that repeats another"
        ),
        pytest.param(draft_of("One."), {"hooks": 3}, None, id="more hooks"),
        pytest.param(KeptDraft(), {}, None, id="no draft"),
    ],
)
def test_a_draft_is_rendered_with_its_evidence_or_not_at_all(
    draft: KeptDraft, brief: dict[str, Any], parts: list[list[int]] | None
) -> None:
    made = view_of(draft, Brief(**{"source_link": "none", **brief}), Origin(None, None), NOW)
    assert (made and [[span.start for span in proof.spans] for proof in made.proofs]) == parts


def test_parts_of_a_post_are_much_the_same_length() -> None:
    made = view_of(
        draft_of(LONG * 2, platform="linkedin"), Brief(platform="linkedin"), Origin(None, None), NOW
    )
    assert made is not None
    made = view_of(draft_of(LONG), Brief(numbering="none"), Origin(LINK, None), NOW)
    assert made is not None
    assert [len(post.text.split(".")) for post in made.thread.posts] == [3, 3]


def test_joined_posts_are_supported_as_far_as_they_are_long() -> None:
    draft = replace(draft_of("a" * 30, "b" * 10), proofs=(Proof((), 1.0), Proof((), 0.5)))
    made = view_of(draft, Brief(platform="linkedin"), Origin(LINK, "2020-01-01"), NOW)
    assert made is not None
    assert made.proofs[0].support == 0.88
    assert made.thread.posts[0].content == f"{'a' * 30}\n\n{'b' * 10}\n\n{LINK}"


def test_an_old_article_s_today_is_warned_of_in_every_view() -> None:
    made = view_of(draft_of("The bridge closes today."), Brief(), Origin(LINK, "2020-01-01"), NOW)
    assert made is not None
    assert len(made.warnings) == 1
