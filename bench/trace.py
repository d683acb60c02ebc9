"""A declared trace of requests: who asks when for which article, by which link, for which platform.

Everything is drawn from the seed. Articles are drawn by Zipf's law from so many that the wished part of the
requests repeats an article; the tables below are the rest of the declaration.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

SEED = 17
EXPONENT = 0.9  # of Zipf's law: what web caches see (Breslau et al., INFOCOM 1999: 0.64 to 0.83; news more)
BURSTS = 0.012  # of the moments: a link that was posted just now, which several open at once
BURST_SIZES = range(4, 13)
EDITED = 0.1  # of the articles, once, at some time after the first request for it
SITES = 7
PLATFORMS = {"x": 40, "linkedin": 20, "bluesky": 15, "threads": 15, "mastodon": 10}
# How people share a link: by {form: weight}; `link` has what they do to it.
FORMS = {
    "as it is": 35,
    "utm parameters": 22,
    "click id": 8,
    "fragment": 5,
    "trailing slash": 6,
    "without www": 7,
    "http": 6,
    "AMP": 6,
    "mobile": 5,
}
OPTIONS: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 78),
    ({"numbering": "none"}, 8),
    ({"source_link": "first"}, 4),
    ({"source_link": "none"}, 4),
    ({"max_posts": 8}, 3),
    ({"tone": "cheerful"}, 3),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `at` in seconds from the start. Those of a burst share it."""

    at: float
    article: int
    form: str
    platform: str
    options: dict[str, Any]
    client: int

    @property
    def view(self) -> tuple[Any, ...]:
        return (self.platform, *sorted(self.options.items()))


@dataclass(frozen=True, slots=True)
class Trace:
    """`moments` are in order, each what is asked at once; `edits` holds when an article changes."""

    moments: list[list[Ask]]
    articles: int
    days: float
    edits: dict[int, float] = field(default_factory=dict)

    @property
    def asks(self) -> list[Ask]:
        return [*itertools.chain.from_iterable(self.moments)]

    @property
    def distinct(self) -> int:
        return len({ask.article for ask in self.asks})

    def version(self, article: int, at: float) -> int:
        return int(at >= self.edits.get(article, float("inf")))


def trace_of(requests: int = 1_000, repeat: float = 0.4, *, days: float = 2.0, seed: int = SEED) -> Trace:
    """The part `repeat` of the requests is for an article that was asked for before."""
    rng = Random(seed)
    sizes: list[int] = []
    while sum(sizes) < requests:
        wished = rng.choice(BURST_SIZES) if rng.random() < BURSTS else 1
        sizes.append(min(wished, requests - sum(sizes)))
    times = sorted(rng.uniform(0, days * 86_400) for _ in sizes)
    draws = [rng.random() for _ in sizes]
    articles = _articles(draws, round(requests * (1 - repeat)))
    chosen = _zipf(draws, articles)
    moments = [
        [_ask(rng, at, article) for _ in range(size)]
        for at, article, size in zip(times, chosen, sizes, strict=True)
    ]
    first = {article: at for at, article in reversed([*zip(times, chosen, strict=True)])}
    edits = {a: at + rng.uniform(0, days * 86_400) for a, at in first.items() if rng.random() < EDITED}
    return Trace(moments, articles, days, edits)


def _ask(rng: Random, at: float, article: int) -> Ask:
    (form,) = rng.choices([*FORMS], [*FORMS.values()])
    (platform,) = rng.choices([*PLATFORMS], [*PLATFORMS.values()])
    (options,) = rng.choices([each for each, _ in OPTIONS], [weight for _, weight in OPTIONS])
    return Ask(at, article, form, platform, options, rng.randrange(50_000))


def _zipf(draws: Sequence[float], articles: int) -> list[int]:
    """The article of each draw: 0 is the most popular one."""
    sums = [*itertools.accumulate((rank + 1) ** -EXPONENT for rank in range(articles))]
    return [bisect.bisect(sums, draw * sums[-1]) for draw in draws]


def _articles(draws: Sequence[float], distinct: int) -> int:
    """How many articles there must be for so many of them to be drawn."""
    most = 200 * len(draws)
    return bisect.bisect_left(range(1, most), distinct, key=lambda n: len(set(_zipf(draws, n)))) + 1


def link(ask: Ask, *, http: int, https: int) -> str:
    """The link as it is shared; the ports are those of the sites."""
    host, path = f"site{ask.article % SITES}.test", f"/2026/11/story-{ask.article + 1000}"
    base = f"https://www.{host}:{https}{path}"
    match ask.form:
        case "utm parameters":
            return f"{base}?utm_source={ask.platform}&utm_medium=social&utm_campaign=c{ask.client % 90}"
        case "click id":
            return f"{base}?fbclid=IwAR{ask.client:08x}"
        case "fragment":
            return f"{base}#comments"
        case "trailing slash":
            return f"{base}/"
        case "without www":
            return f"https://{host}:{https}{path}"
        case "http":
            return f"http://www.{host}:{http}{path}"
        case "AMP":
            return f"https://www.{host}:{https}/amp{path}"
        case "mobile":
            return f"https://m.{host}:{https}{path}"
        case _:
            return base
