"""One post of a kept thread written anew: the rest stays, and the result is a thread of its own."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from core.cache.cache_control import CacheControl
from core.cache.entry import Entry
from core.cache.tiered import Cache
from core.errors import BudgetSpent, InvalidRequest, ModelError, NotFound, RateLimited
from core.request import RequestRecord
from core.store.keys import digest, new_thread_id, thread_key
from core.store.protocol import Ask, Kept
from core.text.platforms import PLATFORMS, Platform
from core.text.thread import Brief, first_fitting
from core.threads.job import THREAD_SECONDS, Policy
from core.threads.permalink import stored_answer
from core.usage import Usage
from core.writing.draft import Draft, RewriteTask, WritingContext
from core.writing.writer import Writer

REWRITTEN = "Successfully rewrote a post using OpenAI"

_MAX_CHARACTERS = 15_000  # no thread has more


@dataclass(frozen=True, slots=True)
class _Place:
    """A post in its thread. What follows its text, a link and its number, is not the model's to write."""

    answer: dict[str, Any]
    number: int

    @property
    def platform(self) -> Platform:
        return PLATFORMS[self.answer["platform"]]

    @property
    def texts(self) -> list[str]:
        return [self._without_tail(post) for post in self.answer["thread"]]

    @property
    def tail(self) -> str:
        return str(self._post["content"])[len(self.texts[self.number - 1]) :]

    @property
    def max_length(self) -> int:
        return self.platform.limit - self.platform.length_of(self.tail)

    def opened(self, text: str) -> str:
        """As much of the text's beginning as fits."""
        return first_fitting(text, self.max_length, self.platform).strip()

    def with_text(self, text: str) -> list[dict[str, Any]]:
        """The posts with another text in this one's place, or as much of its beginning as fits."""
        content = self.opened(text) + self.tail
        anew = self._post | {"content": content, "character_count": self.platform.count(content)}
        return [anew if post is self._post else post for post in self.answer["thread"]]

    @property
    def _post(self) -> dict[str, Any]:
        post: dict[str, Any] = self.answer["thread"][self.number - 1]
        return post

    def _without_tail(self, post: dict[str, Any]) -> str:
        content, link = post["content"], self.answer["source"]["url"]
        content = str(content.removesuffix(f"\n\n{post['number']}/{post['total']}"))
        return "" if content == link else content.removesuffix(f"\n\n{link}")


class Rewriting:
    def __init__(self, *, cache: Cache, writer: Writer, policy: Policy) -> None:
        self._cache = cache
        self._writer = writer
        self._policy = policy

    async def rewrite(
        self,
        thread_id: str,
        number: int,
        wish: str | None,
        *,
        client: str,
        cache_control: CacheControl,
        record: RequestRecord,
    ) -> dict[str, Any]:
        """The body of the new thread.

        Raises RateLimited, NotFound, InvalidRequest, ModelError and StoreError by cause.
        """
        new_id = new_thread_id()
        ask = self._ask(new_id, client, record)
        turn = await self._cache.enter(ask)
        record.entered(ask, turn, bypassed=self._cache.is_bypassed(turn))
        record.cache_status = "fwd=method"
        if turn.kind == "blocked":
            raise RateLimited
        try:
            place = await self._place(thread_id, number)
            draft = await self._draft(place, wish, record, None if turn.paid else BudgetSpent())
        except BaseException as error:  # what was reserved is given back, whoever gave up
            await self._cache.give_up(
                ask, turn, error, refund=self._policy.counts == "leading", usage=record.usage
            )
            raise
        answer = _answer(place, draft, new_id, record.usage)
        await self._cache.keep(ask, turn, self._kept(ask, answer, record.usage, cache_control))
        record.answers(REWRITTEN, answer)
        return answer | {"post": answer["thread"][number - 1]}

    def _ask(self, new_id: str, client: str, record: RequestRecord) -> Ask:
        return Ask(
            key=thread_key(new_id),
            digest=digest(new_id),
            client=client,
            token=secrets.token_hex(8),
            seconds=record.seconds_left + 1,
            lease_seconds=self._policy.lease_seconds,
            counts=self._policy.counts,
            looks=False,
            forces=True,
            max_cost_usd=self._writer.max_cost_usd("openai", _MAX_CHARACTERS),
            budget_usd=self._policy.budget_usd,
        )

    async def _place(self, thread_id: str, number: int) -> _Place:
        answer = stored_answer(await self._cache.thread(thread_id))
        if not 1 <= number <= len(answer["thread"]):
            raise NotFound(f"The thread has no post {number}.")
        place = _Place(answer, number)
        if not place.texts[number - 1]:
            raise InvalidRequest("The post holds only the link: there is nothing to rewrite.")
        return place

    async def _draft(
        self, place: _Place, wish: str | None, record: RequestRecord, without: BudgetSpent | None
    ) -> Draft:
        with record.timed("writing"):
            draft = await self._writer.rewrite(
                RewriteTask(
                    texts=place.texts,
                    number=place.number,
                    brief=Brief(
                        platform=place.answer["platform"], language=place.answer["source"]["language"]
                    ),
                    max_length=place.max_length,
                    instruction=wish,
                ),
                WritingContext(seconds=record.seconds_left, meter=record.meter, model_unavailable=without),
            )
        if not place.opened(draft.posts[0]):
            raise ModelError(reason="nothing of the answer fits")
        return draft

    def _kept(self, ask: Ask, answer: dict[str, Any], usage: Usage, cache_control: CacheControl) -> Kept:
        now = self._policy.clock()
        entry = Entry(digest=ask.digest, kept_at=now, fresh_until=now + THREAD_SECONDS, answer=answer)
        return Kept(
            value=None if cache_control.no_store else entry.to_value(),
            thread_id=answer["id"],
            thread_seconds=THREAD_SECONDS,
            counters={"generated": 1, **usage.counters()},
        )


def _answer(place: _Place, draft: Draft, new_id: str, usage: Usage) -> dict[str, Any]:
    return place.answer | {
        "thread": place.with_text(draft.posts[0]),
        "id": new_id,
        "degraded": False,
        "generator": draft.generator,
        "model": draft.model,
        "usage": asdict(usage),
        # What was marked in the thread before is not proven by standing there.
        "warnings": list(dict.fromkeys([*place.answer["warnings"], *draft.warnings])),
    }
