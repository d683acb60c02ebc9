"""The calls that a client may make, counted for all instances, or here when the shared count fails."""

from __future__ import annotations

from core.errors import StoreError
from core.memory import MemoryStore
from core.store import Store
from core.window import Decision


class Limiter:
    def __init__(self, *, local: MemoryStore, shared: Store | None) -> None:
        self._local = local
        self._shared = shared

    async def take(self, client: str) -> Decision:
        """Count a call if it is within the limit."""
        if self._shared:
            try:
                return await self._shared.take(client)
            except StoreError:
                pass  # an outage must not lift the limit
        return await self._local.take(client)

    async def status(self, client: str) -> Decision:
        """The same figures, with nothing counted."""
        if self._shared:
            try:
                return await self._shared.status(client)
            except StoreError:
                pass
        return await self._local.status(client)
