"""The bodies that platforms' APIs take: Bluesky's models accept them, LinkedIn's rules read the text back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from atproto_client import models
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.text.platforms import PLATFORMS, PlatformName
from core.text.thread import Brief, thread_of
from core.threads.payloads import PayloadFormat, payload
from core.threads.schemas import GenerateAnswer, PostOut, SourceOut

LINK = "https://e.com/a_(b)"
CARD = {"title": "Bridge", "description": "It closes.", "image": "https://e.com/i.jpg", "alt": "A bridge"}
POSTS = (
    "The harbour bridge closes on Tuesday for repairs. 😀 #bridge\n\n1/2",
    f"Ferries are free.\n\n{LINK}\n\n2/2",
)
MADE = 1_790_000_000.25


def answer(*contents: str, platform: PlatformName = "x", **source: Any) -> GenerateAnswer:
    posts = [PostOut(number=1, total=1, content=content, character_count=1) for content in contents]
    facts = {"url": LINK, "author": None, "published": None, "language": "en", "characters": 9}
    return GenerateAnswer.model_construct(
        title="A title",
        thread=posts,
        platform=platform,
        source=SourceOut.model_validate({**facts, "truncated": False, "card": CARD, **source}),
    )


def bodies(form: PayloadFormat, *contents: str, **source: Any) -> Any:
    return json.loads(payload(answer(*contents or POSTS, **source), form, MADE))


def test_bluesky_takes_the_records_and_the_link_has_a_card() -> None:
    found = bodies("bluesky")
    first, last = found["posts"]
    assert first == {
        "$type": "app.bsky.feed.post",
        "text": POSTS[0],
        "createdAt": "2026-09-21T14:13:20.250Z",
        "langs": ["en"],
        "facets": [
            {
                "index": {"byteStart": 55, "byteEnd": 62},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "bridge"}],
            }
        ],
    }
    assert last["createdAt"] == "2026-09-21T14:13:20.251Z"
    assert last["reply"]["root"] == last["reply"]["parent"]
    card = {"uri": LINK, "title": "Bridge", "description": "It closes."}
    assert last["embed"] == {"$type": "app.bsky.embed.external", "external": card}
    place = {"image": CARD["image"], "alt": CARD["alt"], "at": "/posts/1/embed/external/thumb"}
    assert found["uploads"] == [place]


def test_a_reply_names_the_first_post_and_the_one_before_it() -> None:
    reply = bodies("bluesky", "One.", "Two.", "Three.")["posts"][2]["reply"]
    assert reply["root"] == {"uri": "at://fillInUriOfPost1.invalid", "cid": "fillInCidOfPost1"}
    assert reply["parent"] == {"uri": "at://fillInUriOfPost2.invalid", "cid": "fillInCidOfPost2"}


@pytest.mark.parametrize(
    ("form", "text", "also", "reply"),
    [
        ("x", "text", {}, {"reply": {"in_reply_to_tweet_id": "fillInIdOfPost1"}}),
        (
            "mastodon",
            "status",
            {"visibility": "public", "language": "en"},
            {"in_reply_to_id": "fillInIdOfPost1"},
        ),
        ("threads", "text", {"media_type": "TEXT"}, {"reply_to_id": "fillInIdOfPost1"}),
    ],
)
def test_a_post_replies_to_the_one_before_it(
    form: PayloadFormat, text: str, also: dict[str, str], reply: dict[str, Any]
) -> None:
    first, last = ({text: post, **also} for post in POSTS)
    assert bodies(form) == {"posts": [first, {**last, **reply}], "uploads": []}


def test_linkedin_gets_an_article_and_an_escaped_text() -> None:
    text = f"C# (is) @home: #2024 #Été {{a|b}} [c] <d> *e* _f_ ~g~ \\\n\n{LINK}"
    (post,), uploads = bodies("linkedin", text).values()
    assert post == {
        "author": "fillInAuthor",
        "commentary": r"C\# \(is\) \@home: \#2024 {hashtag|\#|Été} \{a\|b\} \[c\] \<d\> \*e\* \_f\_ \~g\~ \\"
        "\n\n" + r"https://e.com/a\_\(b\)",
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        "content": {"article": {"source": LINK, "title": "Bridge", "description": "It closes."}},
    }
    assert [upload["at"] for upload in uploads] == ["/posts/0/content/article/thumbnail"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("#(_\\{} a")))
def test_linkedin_reads_the_text_as_it_was(text: str) -> None:
    commentary = bodies("linkedin", text, platform="linkedin")["posts"][0]["commentary"]
    plain = re.sub(r"\{hashtag\|\\(#)\|(\w+)\}|\\(.)", r"\1\2\3", commentary)
    assert plain == text
    assert not re.search(r"[|{}@\[\]()<>#*_~]", re.sub(r"\{hashtag\|\\#\|\w+\}|\\.", "", commentary))


def test_typefully_takes_a_draft_for_the_threads_own_platform() -> None:
    posts = {"enabled": True, "posts": [{"text": post} for post in POSTS]}
    found = bodies("typefully", platform="threads")
    assert found == {"platforms": {"threads": posts}, "draft_title": "A title"}


@pytest.mark.parametrize(
    ("source", "external"),
    [
        pytest.param(
            {"card": None}, {"uri": LINK, "title": "A title", "description": ""}, id="earlier-entry"
        ),
        pytest.param({"card": {}}, {"uri": LINK, "title": "A title", "description": ""}, id="none-named"),
        pytest.param({"url": None, "card": None}, None, id="text"),
        pytest.param({"url": "https://e.com/other"}, None, id="link-not-in-the-thread"),
    ],
)
def test_the_post_with_the_source_has_a_card_of_what_is_known(
    source: dict[str, Any], external: dict[str, str] | None
) -> None:
    found = bodies("bluesky", **source)
    assert [post["embed"]["external"] for post in found["posts"] if "embed" in post] == [external] * bool(
        external
    )
    assert found["uploads"] == []


@pytest.mark.parametrize(
    ("form", "contents", "fault"),
    [
        pytest.param("linkedin", POSTS, "For linkedin, 2 posts are too many.", id="too-many"),
        pytest.param("bluesky", ["One.", "w" * 301], "For bluesky, post 2 is too long.", id="too-long"),
        pytest.param("bluesky", ["w" + "\u0301" * 1_500], "For bluesky, post 1 is too long.", id="bytes"),
    ],
)
def test_a_thread_that_does_not_fit_elsewhere_says_what_to_do(
    form: PayloadFormat, contents: list[str], fault: str
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        bodies(form, *contents, platform="mastodon")
    assert raised.value.detail == f"{fault} Make the thread again with platform: {form}."


TEXTS = st.text() | st.lists(
    st.sampled_from(["#tag", "e.com", "https://é.fr/ü", "日本語。", "😀", "word"])
).map(" ".join)


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(["first", "last", "none"]))
def test_blueskys_models_accept_every_post(drafts: list[str], place: Any) -> None:
    brief = Brief(platform="bluesky", source_link=place)
    contents = [post.content for post in thread_of(drafts, brief, link=LINK).posts]
    for post in bodies("bluesky", *contents, platform="bluesky")["posts"] if contents else ():
        record = models.AppBskyFeedPost.Record.model_validate(post, context={"strict_string_format": True})
        for facet in record.facets:
            part = post["text"].encode()[facet.index.byte_start : facet.index.byte_end].decode()
            assert part in post["text"]
        assert PLATFORMS["bluesky"].count(record.text) <= 300
