"""What comes of a look-up: seven classes, handled in one match."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeAlias

from core.cache.entry import AnswerT, Entry
from core.cache.lease import Lease
from core.errors import ArticleError, ModelError, NotCached, RateLimited
from core.values import value_class


@value_class(frozen=True, slots=True)
class Hit(Generic[AnswerT]):
    """A fresh answer."""

    entry: Entry[AnswerT]


@dataclass(frozen=True, slots=True)
class SameDraft(Generic[AnswerT]):
    """A fresh draft, in the entry of another view; `lease` has no lease, and keeps what is rendered of it."""

    entry: Entry[AnswerT]
    lease: Lease[AnswerT]


@dataclass(frozen=True, slots=True)
class Limited:
    """The client is over its limit."""

    error: ClassVar = RateLimited


@dataclass(frozen=True, slots=True)
class Failed(Generic[AnswerT]):
    """The same request failed a short time ago; `stale` is an old answer that may still be served."""

    error: ArticleError | ModelError
    stale: Entry[AnswerT] | None


@dataclass(frozen=True, slots=True)
class NotStored:
    """Nothing is kept, and nothing was to be made."""

    error: ClassVar = NotCached


@dataclass(frozen=True, slots=True)
class Follow(Generic[AnswerT]):
    """Another request makes the answer; `stale` is an old one that may still be served."""

    stale: Entry[AnswerT] | None


@dataclass(frozen=True, slots=True)
class Lead(Generic[AnswerT]):
    """This request makes the answer, for everybody."""

    lease: Lease[AnswerT]
    stale: Entry[AnswerT] | None


LookupOutcome: TypeAlias = (
    Hit[AnswerT]
    | SameDraft[AnswerT]
    | Limited
    | Failed[AnswerT]
    | NotStored
    | Follow[AnswerT]
    | Lead[AnswerT]
)
