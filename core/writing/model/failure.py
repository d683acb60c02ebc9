"""Why one call of a model gave no draft."""

from core.errors import ModelError


class ModelCallFailed(ModelError):
    """`health`: word in health answers; `wait_seconds`: before a retry; `permanent`: bad key or no quota."""

    def __init__(self, reason: str, health: str = "bad_answer", wait_seconds: float | None = None) -> None:
        super().__init__(reason=reason)
        self.health = health
        self.wait_seconds = wait_seconds
        self.permanent = health in ("quota_exceeded", "unauthorized")
