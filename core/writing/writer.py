"""Who writes: the model, or the built-in composer where there is none or where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.article.article import Article
from core.errors import BudgetSpent, ContentRefused, ModelError
from core.text.thread import Brief
from core.usage import Usage
from core.writing.draft import Composer, Draft, Model

Generator = Literal["auto", "openai", "extractive"]

_NO_KEY = "No model is configured: the built-in composer made this thread."
_UNUSED = "The built-in composer does not use tone, audience or language."
_SPENT = "Today's budget for the model is spent: the built-in composer made this thread."
_FAILED = "The model did not answer: the built-in composer made this thread."


@dataclass(frozen=True, slots=True)
class Written:
    """A draft; `degraded` when it is not from the model although the model was wanted.

    `usage` is what was spent, failed attempts too.
    """

    draft: Draft
    usage: Usage
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    reason: str | None = None


class Writer:
    """`model` is None where no key is set."""

    def __init__(self, *, model: Model | None, built_in: Composer) -> None:
        self._model = model
        self._built_in = built_in

    def max_cost_usd(self, generator: Generator, source_characters: int) -> float:
        """The most that writing can cost."""
        return (
            0.0
            if self._model is None or generator == "extractive"
            else self._model.max_cost_usd(source_characters)
        )

    async def write(
        self,
        article: Article,
        brief: Brief,
        generator: Generator,
        *,
        seconds: float,
        without: ModelError | None,
        allow_fallback: bool,
    ) -> Written:
        """`without` is why the model may not be asked; `allow_fallback` whether a makeshift draft is wanted.

        Raises ModelError when the model did not write and nobody stood in, ContentRefused when it refused.
        """
        if generator == "extractive":
            return await self._by_us(article, brief, seconds)
        try:
            draft = await self._asked(without).compose(article, brief, seconds=seconds)
            return Written(draft, draft.usage, warnings=draft.warnings)
        except ContentRefused:
            raise
        except ModelError as error:
            if generator == "openai" or not allow_fallback:
                raise
            written = await self._by_us(article, brief, seconds)
            why = _NO_KEY if self._model is None else _SPENT if isinstance(error, BudgetSpent) else _FAILED
            return replace(
                written,
                usage=error.usage or Usage(),
                degraded=True,
                warnings=(why, *written.warnings),
                reason=error.reason,
            )

    async def rewrite(
        self,
        texts: Sequence[str],
        number: int,
        *,
        brief: Brief,
        max_length: int,
        instruction: str | None,
        seconds: float,
        without: ModelError | None = None,
    ) -> Draft:
        """Text `number` (from 1) of a thread anew, as one post. Raises ModelError: nobody stands in."""
        model = self._asked(without)
        return await model.rewrite(
            texts, number, brief=brief, max_length=max_length, instruction=instruction, seconds=seconds
        )

    def _asked(self, without: ModelError | None) -> Model:
        if self._model is None:
            raise ModelError("No OPENAI_API_KEY is set, so no model can write.", reason="not configured")
        if without:
            raise without
        return self._model

    async def _by_us(self, article: Article, brief: Brief, seconds: float) -> Written:
        draft = await self._built_in.compose(article, brief, seconds=seconds)
        unused = brief.tone or brief.audience or brief.language
        return Written(draft, Usage(), warnings=(_UNUSED,) if unused else ())
