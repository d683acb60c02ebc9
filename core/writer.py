"""Who writes: the model, or the built-in composer where there is none or where it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from core.article import Article
from core.composer import Composer, Draft
from core.errors import ContentRefused, ModelError
from core.thread import Brief

Generator = Literal["auto", "openai", "extractive"]

_NO_KEY = "No model is configured: the built-in composer made this thread."
_UNUSED = "The built-in composer does not use tone, audience, language or hooks."
_FAILED = "The model did not answer: the built-in composer made this thread."


@dataclass(frozen=True, slots=True)
class Written:
    """A draft; `degraded` when it is not from the model although the model was wanted."""

    draft: Draft
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    reason: str | None = None


class Writer:
    """`model` is None where no key is set."""

    def __init__(self, *, model: Composer | None, built_in: Composer) -> None:
        self._model = model
        self._built_in = built_in

    async def write(self, article: Article, brief: Brief, generator: Generator, *, seconds: float) -> Written:
        """Raises ModelError when the model alone was wanted, and ContentRefused whenever it refused."""
        if generator == "extractive":
            return await self._by_us(article, brief, seconds)
        try:
            if self._model is None:
                raise ModelError("No OPENAI_API_KEY is set, so no model can write.", reason="not configured")
            return Written(await self._model.compose(article, brief, seconds=seconds))
        except ContentRefused:
            raise
        except ModelError as error:
            if generator == "openai":
                raise
            written = await self._by_us(article, brief, seconds)
            why = _FAILED if self._model else _NO_KEY
            return replace(written, degraded=True, warnings=(why, *written.warnings), reason=error.reason)

    async def _by_us(self, article: Article, brief: Brief, seconds: float) -> Written:
        draft = await self._built_in.compose(article, brief, seconds=seconds)
        unused = brief.tone or brief.audience or brief.language or brief.hooks
        return Written(draft, warnings=(_UNUSED,) if unused else ())
