"""One request on its way: what is asked, by which key it is known, what was learned of it so far."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.article.article import Article
from core.article.fetcher import Validators
from core.cache.cache_control import CacheControl
from core.cache.entry import Entry
from core.cache.request_key import content_name, text_key, url_key
from core.request import RequestRecord
from core.store.counters import NO_COUNTERS, Counters
from core.store.keys import digest
from core.store.protocol import Ask, Kept
from core.threads.schemas import GenerateRequest
from core.writing.model.prompt import prompt_version

DEGRADED_SECONDS = 60.0  # how long a makeshift answer may be given again
THREAD_SECONDS = 30 * 86_400.0  # how long a permalink leads somewhere, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the settings say about answers; 0 seconds turn off. `clock` gives epoch seconds."""

    ttl_seconds: float
    stale_seconds: float
    lease_seconds: float
    counts: Literal["coming", "leading"]
    budget_usd: float
    model: str
    max_characters: int
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    request: GenerateRequest
    cache_control: CacheControl
    record: RequestRecord
    policy: Policy
    variant: dict[str, Any]
    ask: Ask

    @classmethod
    def of(
        cls,
        request: GenerateRequest,
        *,
        client: str,
        cache_control: CacheControl,
        record: RequestRecord,
        policy: Policy,
        max_cost_usd: Callable[[int], float],
    ) -> Job:
        """`max_cost_usd` tells what writing about so many characters costs at most.

        Raises ArticleBlocked when the URL is not one.
        """
        text, variant = request.text or "", _variant(request, policy.model)
        key = text_key(text, variant) if request.url is None else url_key(request.url, variant)
        anew = cache_control.no_cache or request.refresh or policy.ttl_seconds == 0
        characters = policy.max_characters if request.url else min(len(text), policy.max_characters)
        max_age = cache_control.max_age_seconds
        ask = Ask(
            key=key,
            digest=digest(f"{key}\n{text}"),
            client=client,
            token=secrets.token_hex(8),
            seconds=record.seconds_left + 1,
            lease_seconds=policy.lease_seconds,
            counts=policy.counts,
            looks=not anew,
            forces=anew,
            only_looks=cache_control.only_if_cached,
            tells_contents=request.url is not None and not anew,
            oldest=0 if max_age is None else policy.clock() - max_age,
            max_cost_usd=max_cost_usd(characters),
            budget_usd=policy.budget_usd,
        )
        return cls(
            request=request,
            cache_control=cache_control,
            record=record,
            policy=policy,
            variant=variant,
            ask=ask,
        )

    def again(self, **changes: Any) -> Job:
        """The same job asking once more; a call that has been counted is not counted again."""
        counts: Literal["leading", "not"] = "leading" if self.ask.counts == "leading" else "not"
        return replace(self, ask=replace(self.ask, counts=counts, **changes))

    @property
    def forward(self) -> str:
        """Why the request went past the cache, in the words of RFC 9211."""
        if self.policy.ttl_seconds == 0:
            return "fwd=bypass"
        return "fwd=request" if self.ask.forces else "fwd=uri-miss"

    def content_name(self, article: Article) -> str:
        """What the answer is filed under beside its own key: the source text, made with these options."""
        return content_name(f"{article.title or ''}\n{article.text}", self.variant)

    def entry(
        self,
        article: Article,
        answer: dict[str, Any],
        drafts: tuple[str, ...],
        warnings: tuple[str, ...],
        validators: Validators,
    ) -> Entry:
        """The answer as it is kept; a makeshift one is fresh for a minute only."""
        now, ttl_seconds = self.policy.clock(), self.policy.ttl_seconds
        fresh_seconds = ttl_seconds if answer["generator"] == "openai" else min(ttl_seconds, DEGRADED_SECONDS)
        return Entry(
            digest=self.ask.digest,
            kept_at=now,
            fresh_until=now + fresh_seconds,
            answer=answer,
            drafts=drafts,
            warnings=warnings,
            content=self.content_name(article) if self.request.url else "",
            validators=(validators.etag, validators.last_modified),
        )

    def kept(self, entry: Entry, *, counters: Counters = NO_COUNTERS) -> Kept:
        """The entry for everybody who asks the same, if caching is on, and for its permalink."""
        policy = self.policy
        seconds = policy.ttl_seconds + policy.stale_seconds if policy.ttl_seconds else 0
        return Kept(
            value=None if self.cache_control.no_store else entry.to_value(),
            ttl_seconds=seconds,
            thread_id=entry.answer["id"],
            thread_seconds=max(seconds, THREAD_SECONDS),
            content=entry.content,
            counters=counters,
        )

    def renewed(self, stale: Entry) -> Entry:
        """The same entry, fresh again: its page has not changed."""
        now = self.policy.clock()
        return replace(stale, kept_at=now, fresh_until=now + self.policy.ttl_seconds)


def _variant(request: GenerateRequest, model: str) -> dict[str, Any]:
    """What of the request, the model and the prompt differs from the default."""
    variant = request.brief.variant() | prompt_version(model)
    return variant if request.generator == "auto" else variant | {"generator": request.generator}
