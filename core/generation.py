"""The main path: identity → one store round trip → article → thread → keep → answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from core.api import GenerateRequest
from core.article import Article
from core.cache import Cache
from core.composer import Usage
from core.directives import Directives
from core.entry import Entry
from core.errors import NotCached, RateLimited
from core.exchange import Exchange
from core.extraction import extract_article, plain_article
from core.keys import digest, text_key, url_key
from core.limiter import Limiter
from core.prompt import VERSION
from core.settings import DEFAULT_MODEL
from core.splitting import split
from core.thread import thread_of
from core.web import Web
from core.writer import Writer, Written

HIT = "Returning cached thread response"
MADE_BY_MODEL = "Successfully generated thread using OpenAI"
MADE_BY_US = "Successfully generated thread using the built-in composer"

_DEGRADED_SECONDS = 60.0  # how long a makeshift answer may be given again
_SECONDS_FOR_FALLBACK = 1.0  # kept back from the model for the built-in composer and the answer
_DEFAULT = {"model": DEFAULT_MODEL, "prompt": 1}  # with these the key needs no suffix


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, by its key in the store and the digest that the kept entry must bear."""

    key: str
    digest: str

    @classmethod
    def of(cls, request: GenerateRequest, model: str) -> Wanted:
        """Raises ArticleBlocked when the URL is not one."""
        variant = request.brief.variant()
        if request.generator != "auto":
            variant["generator"] = request.generator
        made_with = {"model": model, "prompt": VERSION}
        variant |= {name: value for name, value in made_with.items() if value != _DEFAULT[name]}
        if request.url is not None:
            key = url_key(request.url, variant)
            return cls(key, digest(key))
        text = request.text or ""
        key = text_key(text, variant)
        return cls(key, digest(f"{key}\n{text}"))


class Generation:
    """`model` names the model in use, for the keys; `clock` gives epoch seconds."""

    def __init__(
        self,
        *,
        cache: Cache,
        limiter: Limiter,
        web: Web,
        writer: Writer,
        model: str,
        most_characters: int,
        clock: Callable[[], float],
    ) -> None:
        self._cache = cache
        self._limiter = limiter
        self._web = web
        self._writer = writer
        self._model = model
        self._most_characters = most_characters
        self._clock = clock

    async def answer(
        self, request: GenerateRequest, *, client: str, directives: Directives, exchange: Exchange
    ) -> dict[str, Any]:
        """The response body. Raises ThreadrError by cause; what was learned stands in `exchange`."""
        wanted = Wanted.of(request, self._model)
        looks = not (self._cache.turned_off or directives.no_cache or request.refresh)
        decision, entry = await asyncio.gather(
            self._limiter.take(client), self._look(wanted, exchange) if looks else _nothing()
        )
        exchange.decision = decision
        if not decision.allowed:
            raise RateLimited
        if entry and directives.accepts(self._clock() - entry.kept_at):
            return self._hit(entry, exchange)
        if directives.only_if_cached:
            raise NotCached
        if not looks:
            exchange.cache_status = "fwd=bypass" if self._cache.turned_off else "fwd=request"
        return await self._make(request, wanted, exchange, keeps=not directives.no_store)

    async def _look(self, wanted: Wanted, exchange: Exchange) -> Entry | None:
        found = await self._cache.lookup(wanted.key, wanted.digest)
        exchange.cache_status = "fwd=uri-miss" if found.reachable else "detail=bypass"
        return found.entry

    def _hit(self, entry: Entry, exchange: Exchange) -> dict[str, Any]:
        now = self._clock()
        exchange.cache_status = f"hit; ttl={int(entry.fresh_until - now)}"
        exchange.age_seconds = max(0, int(now - entry.kept_at))
        exchange.event = HIT
        return entry.answer | {"cached": True}

    async def _make(
        self, request: GenerateRequest, wanted: Wanted, exchange: Exchange, *, keeps: bool
    ) -> dict[str, Any]:
        article = await self._article(request, exchange)
        seconds = exchange.seconds_left - _SECONDS_FOR_FALLBACK
        written = await self._writer.write(article, request.brief, request.generator, seconds=seconds)
        answer = _answer(request, article, written)
        exchange.event = MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US
        exchange.facts |= {"generator": written.draft.generator, "fallback": written.reason}
        kept = self._keep(wanted, answer, exchange) if keeps and not self._cache.turned_off else _nothing()
        await asyncio.gather(kept, self._count(written.draft.usage))
        return answer

    async def _article(self, request: GenerateRequest, exchange: Exchange) -> Article:
        if request.url is None:
            return plain_article(request.text or "").cut_to(self._most_characters)
        page = await self._web.fetch(request.url, seconds=exchange.seconds_left)
        # Parsing takes up to seconds for a large page; other requests go on meanwhile.
        article = await asyncio.to_thread(
            extract_article, page.body, url=page.url, content_type=page.content_type
        )
        return article.cut_to(self._most_characters)

    async def _keep(self, wanted: Wanted, answer: dict[str, Any], exchange: Exchange) -> None:
        """Only what the model made is worth everybody's store; the rest is cheap to make again."""
        if answer["generator"] != "openai":
            await self._cache.keep_here(wanted.key, wanted.digest, answer, seconds=_DEGRADED_SECONDS)
        elif await self._cache.keep(wanted.key, wanted.digest, answer):
            exchange.cache_status = f"{exchange.cache_status}; stored"

    async def _count(self, usage: Usage) -> None:
        await self._cache.count(
            {
                "generated": 1,
                "tokens_in": usage.input_tokens,
                "tokens_out": usage.output_tokens,
                "cost_usd": usage.cost_usd,
            }
        )


async def _nothing() -> None:
    return None


def _answer(request: GenerateRequest, article: Article, written: Written) -> dict[str, Any]:
    draft = written.draft
    thread = thread_of(draft.posts, request.brief, link=article.url)
    warnings = [*written.warnings, *thread.warnings]
    if article.truncated:
        warnings.append(f"Only the first {len(article.text)} characters of the source were used.")
    return {
        "success": True,
        "thread": [asdict(post) for post in thread.posts],
        "source_type": "text" if request.url is None else "url",
        "title": article.title,
        "error": None,
        "id": secrets.token_urlsafe(16),
        "cached": False,
        "degraded": written.degraded,
        "platform": request.platform,
        "generator": draft.generator,
        "model": draft.model,
        "hooks": [
            next(split(hook, room=request.brief.room, count=request.brief.rule.count)) for hook in draft.hooks
        ],
        "source": {
            "url": article.url,
            "author": article.author,
            "published": article.published,
            "language": article.language,
            "characters": len(article.text),
            "truncated": article.truncated,
        },
        "usage": asdict(draft.usage),
        "warnings": warnings,
    }
