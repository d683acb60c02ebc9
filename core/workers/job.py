"""What passes between the pool and a worker process, and the limits of one job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_CPU_SECONDS = 1.5  # ordinary input takes a tenth of it
MAX_MEMORY_BYTES = 120 * 1024 * 1024  # above what the process holds before the job
TOO_COSTLY = "This takes too much work to read. Paste the part that matters as text."


@dataclass(frozen=True, slots=True)
class Job:
    """A call of a module's function; without `arguments` the process only gets ready for it.

    Before the first job of a module its `prepare`, where it has one, imports what its jobs need: that is not
    counted as the job's work.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the job returned, or raised. `retires`: the process has worked enough, and ends now."""

    value: Any = None
    error: Exception | None = None
    retires: bool = False
