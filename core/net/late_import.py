"""Imports of heavy modules in a thread: on the event loop one would stop all requests for 0.1 to 0.5 s."""

import asyncio
import contextlib
import importlib
from weakref import WeakKeyDictionary

_done: set[str] = set()
_begun: dict[tuple[str, ...], "asyncio.Task[None]"] = {}
# One import at a time: the threads in which asyncio also resolves the store's name are few.
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def import_in_thread(*modules: str) -> None:
    """Import the modules, unless that was done before: `import` then finds them at once."""
    if _done.issuperset(modules):
        return
    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        for module in modules:
            await asyncio.to_thread(importlib.import_module, module)
        _done.update(modules)


def import_beside(*modules: str) -> None:
    """Begin to import the modules, once, in a thread that no other import waits for: `import_in_thread` will
    find them, or say what they lack.
    """
    if not _done.issuperset(modules) and modules not in _begun:
        _begun[modules] = asyncio.create_task(asyncio.to_thread(_import_all, modules))


def _import_all(modules: tuple[str, ...]) -> None:
    with contextlib.suppress(ImportError):
        for module in modules:
            importlib.import_module(module)
