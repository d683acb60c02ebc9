"""What comes in and goes out over HTTP, as the contract words it."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from core.article.article import Card
from core.text.platforms import PlatformName
from core.text.thread import Brief, Numbering, SourceLink
from core.writing.model.prompt import made_by
from core.writing.writer import Generator

MAX_TEXT_BYTES = 1_000_000

_NOT_BLANK = r"[^\s\x1c-\x1f\x85\ufeff]"  # white for Python or for ECMA-262, which clients read it by


_search_filled = re.compile(_NOT_BLANK).search


def _filled(value: str) -> str:
    if not _search_filled(value):
        raise ValueError("must not be empty")
    return value


def _stripped(value: str) -> str:  # of str.strip, pydantic would look up the signature with a tokenizer
    return _filled(value).strip()


STRIPPED = AfterValidator(_stripped)
PATTERN: dict[str, Any] = {"pattern": _NOT_BLANK}
# As the published schema says, the bound holds for what was sent, not for what is left of it.
_Phrase = Annotated[str, Field(max_length=100, json_schema_extra=PATTERN), STRIPPED]
_Text = Annotated[str, Field(max_length=MAX_TEXT_BYTES, json_schema_extra=PATTERN), AfterValidator(_filled)]


def encodable(value: str | None) -> str | None:
    """The value. Raises ValueError when it holds lone surrogates, which JSON can spell and UTF-8 cannot."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise ValueError("must not hold lone surrogates") from None
    return value


def _distinct(names: list[PlatformName]) -> list[PlatformName]:
    if len(set(names)) < len(names):
        raise ValueError("must not name a platform twice")
    return names


_Platforms = Annotated[
    list[PlatformName],
    Field(min_length=1, max_length=5, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_distinct),
]


class LateModel(BaseModel, defer_build=True):
    """Built when it is first used: a hit does without. Not for requests, of which FastAPI makes fields."""


class GenerateRequest(BaseModel):
    """Exactly one of url and text, and how the thread shall be; what is not given has its default."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str | None = Field(None, max_length=2_048)
    text: _Text | None = None
    platform: PlatformName = "x"
    platforms: _Platforms | None = None
    max_posts: int = Field(12, ge=1, le=25)
    tone: _Phrase | None = None
    audience: _Phrase | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})?$")] | None = None
    numbering: Numbering = "slash"
    hooks: int = Field(0, ge=0, le=3)
    source_link: SourceLink = "last"
    generator: Generator = "auto"
    refresh: bool = False

    # The fields are not checked, since KeptRequest lacks some.
    _surrogates = field_validator("url", "text", "tone", "audience", check_fields=False)(encodable)

    @field_validator("text", check_fields=False)
    @classmethod
    def _bounded(cls, text: str | None) -> str | None:
        if len((text or "").encode()) > MAX_TEXT_BYTES:
            raise ValueError("must be at most 1 MB")
        return text

    @model_validator(mode="after")
    def _one_source(self) -> GenerateRequest:
        if (self.url is None) == (self.text is None):
            state = "missing" if self.url is None else "given"
            raise ValueError(f"Give exactly one of url and text: both are {state}")
        return self

    @property
    def shown(self) -> PlatformName:
        """Whose thread is the answer's `thread`."""
        named = "platform" in self.model_fields_set
        return self.platforms[0] if self.platforms and not named else self.platform

    @property
    def brief(self) -> Brief:
        return Brief(**{option.name: getattr(self, option.name) for option in fields(Brief)})


class KeptRequest(GenerateRequest):
    """A page and how the thread shall be, as texts of a query."""

    model_config = ConfigDict(strict=False)

    url: str = Field(max_length=2_048)
    text: ClassVar[None] = None  # type: ignore[misc]  # no field of this one
    refresh: ClassVar[bool] = False  # type: ignore[misc]


class CountedPost(LateModel):
    number: int
    total: int
    content: str
    character_count: int


class EvidenceOut(LateModel):
    """A part of the text of the source, from `start` to before `end`, in Unicode code points."""

    model_config = ConfigDict(strict=True)

    start: int
    end: int
    quote: str


class PostOut(CountedPost):
    """`evidence`: where the source says it. `support`: how far that bears it out, 0 to 1; null for a link."""

    evidence: list[EvidenceOut] = []
    support: float | None = None


class SourceOut(LateModel):
    """`card` is what the page names to be shown under a link to it; null for a text."""

    url: str | None
    author: str | None
    published: str | None
    language: str | None
    characters: int
    truncated: bool
    card: Card | None = None


class UsageOut(LateModel):
    input_tokens: int
    output_tokens: int
    cost_usd: float


class GenerateAnswer(BaseModel):
    """The first six fields are those of version 0.1.0. `delete_token` is the maker's alone."""

    model_config = ConfigDict(strict=True)

    success: bool
    thread: list[PostOut] = Field(min_length=1)
    source_type: Literal["url", "text"]
    title: str | None
    error: str | None
    id: str
    cached: bool
    degraded: bool
    platform: PlatformName
    generator: Literal["openai", "extractive"]
    model: str | None
    hooks: list[str]
    source: SourceOut
    usage: UsageOut
    warnings: list[str]
    delete_token: str | None = Field(default=None, exclude=True)  # a header: bodies are passed on

    @property
    def cost_usd(self) -> float:
        return self.usage.cost_usd

    @property
    def source_url(self) -> str | None:
        return self.source.url

    @property
    def made_by(self) -> str:
        return made_by(self.model)


class ThreadsAnswer(GenerateAnswer, defer_build=True):
    """The answer to `platforms`: `threads` and the `ids` of their permalinks by platform."""

    threads: dict[PlatformName, list[PostOut]]
    ids: dict[PlatformName, str]
