"""What a request's Cache-Control asks of us (RFC 9111, section 5.2.1), and who sent it."""

import functools
from dataclasses import dataclass
from typing import Self

from core.rate_limit import Client
from core.values import value_class


@dataclass(frozen=True, slots=True)
class CacheControl:
    """`max_age_seconds` is None where any age will do."""

    no_cache: bool = False
    no_store: bool = False
    only_if_cached: bool = False
    max_age_seconds: int | None = None

    @classmethod
    @functools.lru_cache(maxsize=128)  # most callers send none, or one of few
    def parse(cls, header: str) -> Self:
        """Read the header's value; what is not understood is ignored, as the RFC asks."""
        names = {}
        for part in header.lower().split(","):
            name, _, value = part.strip().partition("=")
            names[name.strip()] = value.strip().strip('"')
        max_age = names.get("max-age", "")
        return cls(
            no_cache="no-cache" in names,
            no_store="no-store" in names,
            only_if_cached="only-if-cached" in names,
            max_age_seconds=int(max_age) if max_age.isdecimal() and len(max_age) < 12 else None,
        )


@value_class(frozen=True, slots=True)
class Caller:
    """`client` is whose limit and budget hold; `is_charged`: whether the call counts against the limit."""

    client: Client
    cache_control: CacheControl
    is_charged: bool = True
