"""What a composer is: something that turns an article into the texts of a thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.article.article import Article
from core.errors import ModelError
from core.text.thread import Brief
from core.usage import UsageMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Unnumbered texts, in order; `hooks` are alternatives to the first. `warnings` are for the caller.

    `evidence`: for each post what its model cites of the source; empty where nothing is cited.
    """

    posts: tuple[str, ...]
    evidence: tuple[tuple[str, ...], ...] = ()
    hooks: tuple[str, ...] = ()
    generator: Literal["openai", "extractive"]
    model: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingContext:
    """`seconds_left` is the time to write in, and the meter is what is spent added to."""

    seconds_left: Callable[[], float]
    meter: UsageMeter
    model_unavailable: ModelError | None = None  # why the model may not be asked
    allow_fallback: bool = True  # whether the extractive composer may write in the model's place


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteTask:
    """Text `number` (from 1) of a thread's `texts`, to rewrite as one post of at most `max_length`.

    `evidence`: what the thread's source says, as far as it is kept. `language`: the source's.
    """

    texts: Sequence[str]
    number: int
    brief: Brief
    max_length: int
    instruction: str | None  # the author's
    evidence: Sequence[str] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MaxCost:
    """What writing can cost at most: a part that is fixed and one by the source's bytes in UTF-8."""

    fixed_usd: float
    usd_per_byte: float

    def of(self, source_bytes: int) -> float:
        """In USD."""
        return self.fixed_usd + self.usd_per_byte * source_bytes


class Composer(Protocol):
    async def compose(self, article: Article, brief: Brief, *, seconds: float, meter: UsageMeter) -> Draft:
        """A draft of at least one text, within `seconds`. Raises ModelError when it cannot write."""


class Model(Composer, Protocol):
    max_cost: MaxCost

    async def rewrite(self, task: RewriteTask, *, seconds: float, meter: UsageMeter) -> Draft:
        """A draft of one post; `max_cost` of all the texts covers it. Raises ModelError."""
