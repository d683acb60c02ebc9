"""What is kept, by its key or its thread's id: nothing is counted, made or waited for."""

from typing import Generic

from core.cache.entry import AnswerT, Entry, EntryCodec
from core.cache.tiers import Tiers
from core.errors import ASK_SOON, NotFound, NotKept
from core.store.keys import THREAD_ID, thread_key


class Kept(Generic[AnswerT]):
    """In the process and in the shared store."""

    def __init__(self, tiers: Tiers, codec: EntryCodec[AnswerT]) -> None:
        self._tiers = tiers
        self._codec = codec

    async def thread(self, thread_id: str) -> Entry[AnswerT]:
        """The entry behind a permalink. Raises NotFound, or StoreError where only the shared store has it."""
        is_id = THREAD_ID.fullmatch(thread_id)
        value = await self._tiers.kept(thread_key(thread_id)) if is_id else None
        if entry := self._codec.from_value(value or ""):
            return entry
        detail = "This thread does not exist, or its time is over. Make it again from its source."
        raise NotFound(detail, headers=ASK_SOON if is_id else {})

    async def fresh(self, key: str, digest: str) -> Entry[AnswerT]:
        """The fresh entry of a key, if it has this digest. Raises NotKept and StoreError."""
        entry = self._codec.from_value(await self._tiers.kept(key) or "")
        if entry and entry.digest == digest and entry.fresh_until > self._tiers.local.clock():
            return entry
        raise NotKept

    async def forget(self, key: str, draft: str = "") -> bool:
        """Remove an entry and the way to its draft everywhere: here first, even when StoreError is raised."""
        found_here, shared = await self._tiers.local.forget(key, draft), self._tiers.shared
        return (await shared.forget(key, draft) if shared else False) or found_here
