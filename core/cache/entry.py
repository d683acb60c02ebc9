"""A kept answer, as it stands in a store: a few words that scripts read, then the answer."""

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from core.errors import ArticleError, ArticleUnreachable

MAX_BYTES = 256 * 1024
_MAX_UNPACKED_BYTES = 4 * 1024 * 1024
_MIN_PACKED_BYTES = 1_024


class KeptAnswer(Protocol):
    """What the cache must know of an answer: its id, and what making it cost."""

    @property
    def id(self) -> str: ...
    @property
    def cost_usd(self) -> float: ...


AnswerT = TypeVar("AnswerT", bound=KeptAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Generic[AnswerT]):
    """`answer` is the response, `drafts` its texts before they were divided, linked and numbered, `posts` the
    text of each of its posts and the suffix that follows it.

    `warnings` are the drafts' own, `content` is the digest of the source text, `validators` are the page's
    ETag and Last-Modified. `digest`, the SHA-256 of what was asked, and the times, in epoch seconds, are set
    when it is kept.
    """

    answer: AnswerT
    digest: str = ""
    created_at: float = 0
    fresh_until: float = 0
    drafts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    content: str = ""
    validators: tuple[str | None, str | None] = (None, None)
    posts: tuple[tuple[str, str], ...] = ()


class EntryCodec(Generic[AnswerT]):
    """Entries as values of a store, and back. `answer_type` is the pydantic model of an answer."""

    def __init__(self, answer_type: type[AnswerT]) -> None:
        texts, validators = tuple[str, ...], tuple[str | None, str | None]
        before: Any = tuple[answer_type, texts, texts, str, validators]  # type: ignore[valid-type]
        now: Any = tuple[*before.__args__, tuple[tuple[str, str], ...]]
        self._payload: TypeAdapter[Any] = TypeAdapter(now)
        self._payload_before: TypeAdapter[Any] = TypeAdapter(before)  # entries of version 0.1.0 have no posts

    def to_value(self, entry: Entry[AnswerT]) -> str | None:
        """`fresh-until created-at cost digest payload` (scripts/look_up.lua); None if it is over 256 KB."""
        parts = (entry.answer, entry.drafts, entry.warnings, entry.content, entry.validators, entry.posts)
        payload = self._payload.dump_json(parts).decode()
        if len(payload) > _MIN_PACKED_BYTES:
            packed = "z" + base64.b85encode(zlib.compress(payload.encode(), 6)).decode()
            payload = min(packed, payload, key=lambda text: len(text.encode()))
        head = (entry.fresh_until * 1000, entry.created_at * 1000, entry.answer.cost_usd * 1_000_000)
        value = f"{' '.join(f'{number:.0f}' for number in head)} {entry.digest} {payload}"
        return value if len(value.encode()) <= MAX_BYTES else None

    def from_value(self, value: str) -> Entry[AnswerT] | None:
        """The entry, or None when the value is damaged, of another shape, or too large."""
        try:
            fresh, created, _, digest, payload = value.split(" ", 4)
            answer, drafts, warnings, content, validators, posts = self._parts(_unpack(payload))
            return Entry(
                digest=digest,
                created_at=int(created) / 1000,
                fresh_until=int(fresh) / 1000,
                answer=answer,
                drafts=drafts,
                warnings=warnings,
                content=content,
                validators=validators,
                posts=posts,
            )
        except (ValueError, TypeError, zlib.error, binascii.Error):
            return None

    def _parts(self, payload: bytes) -> tuple[Any, ...]:
        try:
            return tuple(self._payload.validate_json(payload))
        except ValidationError:
            return (*self._payload_before.validate_json(payload), ())


def _unpack(payload: str) -> bytes:
    if not payload.startswith("z"):
        return payload.encode()
    # What is cut off here, or was before, is no JSON any more.
    return zlib.decompressobj().decompress(base64.b85decode(payload[1:]), _MAX_UNPACKED_BYTES)


def failure_to_value(error: ArticleError) -> str:
    """A failure as it is kept in a store."""
    return json.dumps([error.kind, error.detail])


def failure_from_value(value: str) -> ArticleError:
    """The failure that was remembered; a general one when the value is not ours."""
    try:
        kind, detail = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        kind, detail = None, None
    leaf = next((leaf for leaf in ArticleError.__subclasses__() if leaf.kind == kind), ArticleUnreachable)
    return leaf(detail if isinstance(detail, str) else None, reason="remembered")
