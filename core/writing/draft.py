"""What a composer is: something that turns an article into the texts of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.article.article import Article
from core.text.thread import Brief
from core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Unnumbered texts, in order; `hooks` are alternatives to the first. `warnings` are for the caller."""

    posts: tuple[str, ...]
    hooks: tuple[str, ...] = ()
    generator: str
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()


class Composer(Protocol):
    def max_cost_usd(self, source_characters: int) -> float:
        """The most that a composition of so long a source can cost."""
        ...

    async def compose(self, article: Article, brief: Brief, *, seconds: float) -> Draft:
        """A draft of at least one text, within `seconds`. Raises ModelError when it cannot write."""
        ...


class Model(Composer, Protocol):
    async def rewrite(
        self,
        texts: Sequence[str],
        number: int,
        *,
        brief: Brief,
        max_length: int,
        instruction: str | None,
        seconds: float,
    ) -> Draft:
        """Text `number` (from 1) of a thread's texts written anew: one post of at most `max_length`.

        `instruction` is the author's; `max_cost_usd` of all the texts covers it. Raises ModelError.
        """
        ...
