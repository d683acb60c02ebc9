"""The scripts that Redis runs: how they are sent, and what they answer."""

import functools
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from core.errors import CommandFailed, StoreError
from core.store.pipeline import BatchingClient
from core.usage import current_store_usage

_SHARED_PARTS = ("head", "window", "budget")  # what every script has in front of it
_ANSWERS: dict[str, tuple[Any, ...]] = {  # what scripts answer after the number of commands that they ran
    "look_up": (int, str, str | None, int, int, str, str, int, int, str),
    "reserve": (int, str, int, int),
    "take": (int, int, int, int, str),
    "keep": (int,),
    "content": (str | None,),
    "purge": (int, str),
}


@functools.cache
def script(name: str) -> str:
    """The script scripts/`name`.lua behind what it shares with the others, without comments and indents."""
    folder = Path(__file__).with_name("scripts")
    parts = [(folder / f"{part}.lua").read_text("utf-8") for part in (*_SHARED_PARTS, name)]
    lines = [line.strip() for line in "".join(parts).splitlines()]
    return "\n".join(line for line in lines if not line.startswith("--"))


@functools.cache
def script_digest(name: str) -> str:
    """By which EVALSHA names the script."""
    return hashlib.sha1(script(name).encode(), usedforsecurity=False).hexdigest()


def script_answer(name: str, result: Any) -> list[Any]:
    """What the script answered; the commands that it ran are counted. Raises StoreError."""
    kinds = (int, *_ANSWERS.get(name, ()))
    if not isinstance(result, list) or len(result) != len(kinds) or not all(map(isinstance, result, kinds)):
        raise StoreError(reason="a script's answer has another shape", health="bad_response")
    if usage := current_store_usage.get():
        usage.commands += result[0]
    return result[1:]


class Scripts:
    """Of one server. A script is sent whole once and then named by its digest, an eighth of the bytes."""

    def __init__(self, redis: BatchingClient[Any]) -> None:
        self._redis = redis
        self._sent: set[str] = set()

    async def run(self, name: str, keys: Sequence[str], pairs: Iterable[str | int]) -> list[Any]:
        """What the script answered. Raises StoreError.

        A server that has forgotten it, after a restart say, has run nothing, and is sent the whole again.
        """
        arguments = [len(keys), *keys, *pairs]
        if name in self._sent:
            try:
                command = ["EVALSHA", script_digest(name), *arguments]
                return script_answer(name, await self._redis.execute(command))
            except CommandFailed as error:
                if error.health != "no_script":
                    raise
        result = await self._redis.execute(["EVAL", script(name), *arguments])
        self._sent.add(name)
        return script_answer(name, result)
