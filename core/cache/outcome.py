"""What comes of a look-up: six classes, handled in one match."""

from dataclasses import dataclass
from typing import Generic, TypeAlias

from core.cache.entry import AnswerT, Entry
from core.cache.lease import Lease
from core.errors import ArticleError


@dataclass(frozen=True, slots=True)
class Hit(Generic[AnswerT]):
    """A fresh answer."""

    entry: Entry[AnswerT]


@dataclass(frozen=True, slots=True)
class Limited:
    """The client is over its limit."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The article failed permanently within the last 60 s."""

    error: ArticleError


@dataclass(frozen=True, slots=True)
class NotStored:
    """Nothing is kept, and nothing was to be made."""


@dataclass(frozen=True, slots=True)
class Follow(Generic[AnswerT]):
    """Another request makes the answer; `stale` is an old one that may still be served."""

    stale: Entry[AnswerT] | None


@dataclass(frozen=True, slots=True)
class Lead(Generic[AnswerT]):
    """This request makes the answer, for everybody."""

    lease: Lease[AnswerT]
    stale: Entry[AnswerT] | None


LookupOutcome: TypeAlias = Hit[AnswerT] | Limited | Failed | NotStored | Follow[AnswerT] | Lead[AnswerT]
