"""Removes what is kept, in all tiers, and says when it is gone from everywhere."""

import contextlib
import hmac
import math
from typing import Generic

from core.cache.canonical import canonical_url
from core.cache.entry import AnswerT
from core.cache.kept import Kept
from core.cache.request_key import Variant, text_key, thread_id_of, url_key
from core.cache.tiers import Tiers
from core.errors import NotKept, StoreError
from core.store.keys import host_of, source_of, thread_key
from core.store.purges import Purge, Purged

_SHARED_SECONDS, _STALE_SECONDS = 30, 10
_MAX_TOKENS = 10  # there are as many as platforms


def cache_control(fresh_seconds: float = _SHARED_SECONDS) -> str:
    """Cache-Control (RFC 9111, RFC 5861) of what a CDN may serve, for as long as it is fresh. Browsers ask
    each time: they cannot be purged.
    """
    shared_seconds = max(0, min(int(fresh_seconds), _SHARED_SECONDS))
    return f"public, max-age=0, s-maxage={shared_seconds}, stale-while-revalidate={_STALE_SECONDS}"


def of_source(url: str | None, text: str, version: Variant) -> Purge:
    """All that was made of a URL or a text. Entries of earlier versions are in no index: those for default
    options go by their key, of the prompt and the model by default or of `version`. Raises ArticleBlocked.
    """
    keys = [text_key(text, each) if url is None else url_key(url, each) for each in (None, version)]
    return Purge(source=source_of(keys[0]), keys=tuple(dict.fromkeys(keys)))


def of_host(host: str) -> Purge:
    """All that was made of the pages of a host and of the hosts below it. Raises ArticleBlocked."""
    return Purge(host=host_of(f"url:{canonical_url(f'http://{host}/')}"))


def may_delete(token: str, thread_id: str) -> bool:
    """Whether the token, or one of several with commas between them, is that of the thread's maker."""
    named = [thread_id_of(each.strip()).encode() for each in token.split(",")[:_MAX_TOKENS]]
    return any(hmac.compare_digest(each, thread_id.encode()) for each in named)


class Purging(Generic[AnswerT]):
    """`gone_everywhere_in_seconds`: a request sent so long after a removal gets nothing that was removed.

    Until then a process may give what it read before from the shared store, a CDN what it got from that
    process, also while it revalidates, and a browser what it got from the CDN.
    """

    def __init__(self, tiers: Tiers, kept: Kept[AnswerT]) -> None:
        self._tiers = tiers
        self._kept = kept
        local_seconds = tiers.settings.local_cache_seconds if tiers.shared else 0
        self.gone_everywhere_in_seconds = math.ceil(local_seconds) + _SHARED_SECONDS + 2 * _STALE_SECONDS

    async def purge(self, purge: Purge, *, seconds: float) -> Purged:
        """Remove it here, even when StoreError is raised, and in the shared store."""
        here = await self._tiers.local.purge(purge, seconds=seconds)
        if self._tiers.shared is None:
            return here
        try:
            there = await self._tiers.shared.purge(purge, seconds=seconds)
        except StoreError:  # a full database, for one, takes no scripts, but these plain commands
            found = [await self._tiers.shared.forget(key) for key in purge.keys]
            there = Purged(sum(found), finished=False)
            if not found:
                raise
        self._tiers.local.items.clear()
        return Purged(max(here.removed, there.removed), there.finished)

    async def thread(self, thread_id: str) -> Purged:
        """Remove a thread, and the answer that others would get it by. Raises NotFound and StoreError."""
        entry = await self._kept.thread(thread_id)
        with contextlib.suppress(NotKept):
            if (await self._kept.fresh(entry.key, entry.digest)).answer.id == thread_id:
                await self._kept.forget(entry.key, entry.draft.name)
        return Purged(int(await self._kept.forget(thread_key(thread_id))))
