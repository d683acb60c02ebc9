"""What a composer is: something that turns an article into the texts of a thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.article import Article
from core.thread import Brief
from core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Unnumbered texts, in order; `hooks` are alternatives to the first."""

    posts: tuple[str, ...]
    hooks: tuple[str, ...] = ()
    generator: str
    model: str | None = None
    usage: Usage = field(default_factory=Usage)


class Composer(Protocol):
    def worst_usd(self, source_characters: int) -> float:
        """The most that a composition of so long a source can cost."""
        ...

    async def compose(self, article: Article, brief: Brief, *, seconds: float) -> Draft:
        """A draft of at least one text, within `seconds`. Raises ModelError when it cannot write."""
        ...
