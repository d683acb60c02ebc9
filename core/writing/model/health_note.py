"""The model's last known health, by a call or by a look at its server, stored for the other functions."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from core.net.ask import status_of_answer
from core.settings import OPENAI_URL

if TYPE_CHECKING:
    from core.writing.model.composer import ModelComposer

MODEL_NOTE = "threadr:health:openai"
_REPEAT_SECONDS = 60.0
NO_ANSWER = ("unreachable", "timeout", "server_error")


class ModelHealthNote:
    """`clock` gives epoch seconds; `model` is None where no key is set."""

    def __init__(self, model: "ModelComposer | None", clock: Callable[[], float]) -> None:
        self._model = model
        self._clock = clock
        self._noted: tuple[str, str | None] | None = None
        self._noted_at = 0.0

    def model_health(self) -> Mapping[str, str]:
        """The note by its key, when its content is new or the last one is a minute old; else nothing."""
        model, now = self._model, self._clock()
        if model and not model.was_asked:
            return {}  # another process may have seen more
        seen = (model.health, model.reason) if model else ("not_configured", None)
        if seen == self._noted and now - self._noted_at < _REPEAT_SECONDS:
            return {}
        self._noted, self._noted_at = seen, now
        return {MODEL_NOTE: note_of(*seen, now)}


def note_of(health: str, reason: str | None, now: float, *by: str) -> str:
    """`by` names who saw it, where that is not the function that writes."""
    return json.dumps([health, reason, int(now), *by])


def read_note(value: str | None, now: float) -> tuple[str, str] | None:
    """The model's health and the reason, with the note's age; None where there is no valid note."""
    try:
        health, reason, noted_at, *by = json.loads(value or "")
        age_seconds = max(0, int(now - noted_at))
    except (ValueError, TypeError, RecursionError):
        return None
    seen = f"as {by[0] if by else 'the function that writes'} saw it {age_seconds} s ago"
    return str(health), f"{reason}, {seen}" if reason else seen


async def reach(base_url: str | None, *, seconds: float) -> tuple[str, str] | None:
    """Why the model's server does not answer; any HTTP answer is one. Neither paid for nor with a key."""
    answer = await status_of_answer("GET", f"{base_url or OPENAI_URL}/models", seconds=seconds)
    if isinstance(answer, int):
        return None
    return ("timeout", f"no answer in {seconds:g} s") if answer == "timeout" else ("unreachable", answer)
