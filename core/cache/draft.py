"""What was written once of a source: every view of it is made of this, without the source."""

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """A part of the source, from `start` to before `end`, in Unicode code points."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the source says what a post says, and how far it supports it, 0 to 1; None for a mere link."""

    spans: tuple[Span, ...] = ()
    support: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """Texts before they were divided, linked and numbered, each with its proof; `warnings` are about them.

    `platform`, `max_posts` and `max_hooks` are what it was written for. `name` is its key in the
    store (Lookup.draft), set when it is kept. An entry without a draft has one without posts.
    """

    posts: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    warnings: tuple[str, ...] = ()
    platform: str = "x"
    max_posts: int = 0
    max_hooks: int = 0
    name: str = ""
