"""What a purge names, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.store.keys import host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What to remove: all that was made of `source`, or of pages of `host` and the hosts below it, or by
    `prompt`: a version with or without its model, or another than the one behind a `!`. `keys` are removed
    anyway.
    """

    source: str = ""
    host: str = ""
    prompt: str = ""
    keys: tuple[str, ...] = ()

    def covers(self, sources: Iterable[str], prompt: str) -> bool:
        """Whether what was made of these sources is to be removed; scripts/purge.lua has the same rule."""
        if self.host:
            return any(f".{host_of(source)}".endswith(f".{self.host}") for source in sources)
        if self.prompt.startswith("!"):
            return prompt not in ("", self.prompt[1:])
        return self.source in sources if self.source else f"{prompt}/".startswith(f"{self.prompt}/")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many threads were removed, and whether that was all in the time given."""

    removed: int
    finished: bool = True
