"""Cached answers and their stored form: a header that the scripts read, then the answer as JSON."""

import base64
import functools
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, Self, TypeVar

from pydantic import TypeAdapter

from core.cache.draft import KeptDraft
from core.errors import ArticleError, ArticleUnreachable, ContentRefused, ModelError, ThreadrError
from core.store.keys import source_of

MAX_BYTES = 256 * 1024
_MAX_UNPACKED_BYTES = 4 * 1024 * 1024
_MIN_PACKED_BYTES = 2_048
_PERMANENT_SECONDS, _TRANSIENT_SECONDS = 60, 3  # the latter is enough for all that waited
_NOT_IN_PAYLOAD = {"digest", "created_at", "fresh_until", "delete_token", "body"}
_KEPT_HITS = 64
_IN_LIST = ("answer", "drafts", "warnings", "content", "validators")


class KeptAnswer(Protocol):
    """What the cache must know of an answer: its id, what made it, what that cost, which page it is of, with
    which prompt and model it was made ("" without one). It is a pydantic model with a field `cached`.
    """

    @property
    def id(self) -> str: ...
    @property
    def generator(self) -> str: ...
    @property
    def cost_usd(self) -> float: ...
    @property
    def source_url(self) -> str | None: ...
    @property
    def made_by(self) -> str: ...
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self: ...
    def model_dump_json(self) -> str: ...


AnswerT = TypeVar("AnswerT", bound=KeptAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Generic[AnswerT]):
    """`answer` is the response, `draft` what it was made of, `posts` the text of each of its posts and the
    suffix that follows it.

    `voice` is the language, tone and audience asked for, `content` is the digest of the source text,
    `validators` are the page's ETag and Last-Modified. `digest`, the SHA-256 of what was asked, and the
    times, in epoch seconds, are set when it is kept. `key` is where the answer to its source is kept, which a
    rewrite keeps. `delete_token` is its maker's, and never stored: the id is its digest. `body` is a hit's
    alone: the answer's JSON. An entry that is made of this one has none.
    """

    answer: AnswerT
    digest: str = ""
    created_at: float = 0
    fresh_until: float = 0
    draft: KeptDraft = field(default_factory=KeptDraft)
    content: str = ""
    validators: tuple[str | None, str | None] = (None, None)
    posts: tuple[tuple[str, str], ...] = ()
    voice: tuple[str | None, str | None, str | None] = (None, None, None)
    key: str = ""
    delete_token: str = ""
    body: bytes = field(default=b"", init=False, compare=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """What it is made of, as purges name it: the page that was read, then what was asked for."""
        read = f"url:{self.answer.source_url}" if self.answer.source_url else ""
        return tuple(dict.fromkeys(filter(None, (read, source_of(self.key)))))


class EntryCodec(Generic[AnswerT]):
    """Entries as values of a store, and back. `answer_type` is the pydantic model of an answer."""

    def __init__(self, answer_type: type[AnswerT]) -> None:
        self._payload: TypeAdapter[Entry[AnswerT]] = TypeAdapter(Entry[answer_type])  # type: ignore[valid-type]
        # What many ask for is read once: the same value gives the same entry, which nobody changes.
        self.hit_from_value = functools.lru_cache(_KEPT_HITS)(self._hit_from_value)

    def to_value(self, entry: Entry[AnswerT]) -> str | None:
        """`fresh-until created-at cost digest payload` (scripts/look_up.lua); None if it is over 256 KB."""
        payload = self._payload.dump_json(entry, exclude=_NOT_IN_PAYLOAD).decode()
        if len(payload) > _MIN_PACKED_BYTES:
            # A fifteenth longer than base85, which Python decodes in 40 times the time.
            compressed = "Z" + base64.b64encode(zlib.compress(payload.encode(), 6)).decode()
            payload = min(compressed, payload, key=lambda text: len(text.encode()))
        head = (entry.fresh_until * 1000, entry.created_at * 1000, entry.answer.cost_usd * 1_000_000)
        value = f"{' '.join(f'{number:.0f}' for number in head)} {entry.digest} {payload}"
        return value if len(value.encode()) <= MAX_BYTES else None

    def from_value(self, value: str) -> Entry[AnswerT] | None:
        """The entry, or None when the value is damaged, of another shape, or too large."""
        try:
            fresh, created, _, digest, payload = value.split(" ", 4)
            entry = self._payload.validate_json(_unpack(payload))
            created_at, fresh_until = int(created) / 1000, int(fresh) / 1000
            if len(entry.draft.posts) != len(entry.draft.proofs):
                return None
        except (ValueError, ArithmeticError, TypeError, RecursionError, zlib.error):
            return None
        return replace(entry, digest=digest, created_at=created_at, fresh_until=fresh_until)

    def _hit_from_value(self, value: str) -> Entry[AnswerT] | None:
        """The entry with its answer as a hit has it, and that one's JSON; None as above."""
        if (entry := self.from_value(value)) is None:
            return None
        hit = replace(entry, answer=entry.answer.model_copy(update={"cached": True}))
        object.__setattr__(hit, "body", hit.answer.model_dump_json().encode())
        return hit


def _unpack(payload: str) -> str | bytes:
    """The payload as JSON; version 0.1.0 wrote a list, and base85 behind a `z`."""
    content: str | bytes = payload
    if payload[:1] in ("z", "Z"):
        packed = base64.b64decode(payload[1:]) if payload[0] == "Z" else base64.b85decode(payload[1:])
        # A truncated payload is not valid JSON.
        content = zlib.decompressobj().decompress(packed, _MAX_UNPACKED_BYTES)
    if content[:1] in ("[", b"["):
        return json.dumps(dict(zip(_IN_LIST, json.loads(content), strict=True)))
    return content


def failure_to_value(error: ThreadrError) -> str:
    """`seconds payload`: for how long others get the failure, and what; its kind implies its status."""
    seconds = _PERMANENT_SECONDS if error.permanent else _TRANSIENT_SECONDS
    return f"{seconds} {json.dumps([error.kind, error.detail])}"


def failure_from_value(value: str) -> ArticleError | ModelError:
    """The failure of the payload; ArticleUnreachable when it is damaged."""
    try:
        kind, detail = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        kind, detail = None, None
    leaves: tuple[type[ArticleError | ModelError], ...]
    leaves = (*ArticleError.__subclasses__(), ModelError, ContentRefused)
    leaf = next((leaf for leaf in leaves if leaf.kind == kind), ArticleUnreachable)
    return leaf(detail if isinstance(detail, str) else None, reason="remembered")
