"""What people send and get who work with a thread that they have: rewrite and validate, over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from core.text.platforms import PlatformName
from core.threads.schemas import PATTERN, STRIPPED, CountedPost, GenerateAnswer, LateModel, PostOut, encodable

_MAX_POSTS = 100
_MAX_POST_CHARACTERS = 10_000
_MAX_CHARACTERS = 30_000  # of all posts together: counting them takes well under a second

_Instruction = Annotated[str, Field(max_length=300, json_schema_extra=PATTERN), STRIPPED]
_Content = Annotated[str, StringConstraints(max_length=_MAX_POST_CHARACTERS)]


class RewriteRequest(BaseModel):
    """How the post should be instead, in the caller's words."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    wish: _Instruction | None = None

    _surrogates = field_validator("wish")(encodable)


class RewriteAnswer(GenerateAnswer, defer_build=True):
    """A thread of its own, with its own id, in which one post is new: `post`."""

    post: PostOut


class ScheduledPost(LateModel):
    text: str


class ScheduledThread(LateModel):
    """A thread as `?format=json` gives it, for schedulers."""

    posts: list[ScheduledPost]


class Upload(LateModel):
    """An image to upload to the platform first; what it answers belongs `at` that place (RFC 6901)."""

    image: str
    alt: str | None
    at: str


class PlatformPosts(LateModel):
    """A thread as `?format=` and a platform's name gives it: each post as that platform's API takes it.

    A string that holds `fillIn` is to be replaced as a whole: `fillIn<Member>OfPost<n>` by that member of
    what the platform answered to post n, `fillInAuthor` by the URN of the account.
    """

    posts: list[dict[str, object]]
    uploads: list[Upload]


class TypefullyDraft(LateModel):
    """A thread as `?format=typefully` gives it: the body of POST /v2/social-sets/{id}/drafts."""

    platforms: dict[PlatformName, dict[str, object]]
    draft_title: str | None = None


ThreadForm = ScheduledThread | PlatformPosts | TypefullyDraft


class EditedPost(BaseModel):
    """A post as an answer has it, or as somebody changed it: only its content counts."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    content: _Content
    number: int | None = None
    total: int | None = None
    character_count: int | None = None
    evidence: list[Any] = []  # as an answer has it: not read
    support: float | None = None

    _surrogates = field_validator("content")(encodable)


_Thread = Annotated[list[EditedPost | _Content], Field(min_length=1, max_length=_MAX_POSTS)]


class EditRequest(BaseModel):
    """A thread as somebody edited it; a post may be its content alone."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    thread: list[EditedPost] = Field(min_length=1, max_length=_MAX_POSTS)

    @field_validator("thread", mode="before", json_schema_input_type=_Thread)
    @classmethod
    def _contents(cls, posts: object) -> object:
        if not isinstance(posts, list):
            return posts
        return [{"content": post} if isinstance(post, str) else post for post in posts]

    @field_validator("thread")
    @classmethod
    def _bounded(cls, posts: list[EditedPost]) -> list[EditedPost]:
        if sum(len(post.content) for post in posts) > _MAX_CHARACTERS:
            raise ValueError(f"may have {_MAX_CHARACTERS} characters in all")
        return posts


class ValidateRequest(EditRequest):
    """For a platform."""

    platform: PlatformName = "x"


class ReviewedPost(CountedPost):
    """`remaining` is what the platform still allows, negative when the post is over its limit."""

    remaining: int
    problems: list[str]


class ValidateAnswer(BaseModel):
    """`valid` when no post and not the thread as a whole has a problem."""

    success: bool
    valid: bool
    platform: PlatformName
    limit: int
    thread: list[ReviewedPost]
    problems: list[str]
