"""Who writes: the model, or the extractive composer where there is none or where it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from core.article.article import Article
from core.errors import BudgetReserved, BudgetSpent, ContentRefused, ModelError, NoModel
from core.net.late_import import import_in_thread
from core.text.thread import Brief
from core.usage import UsageMeter
from core.workers.pool import run_in_worker
from core.writing.draft import Composer, Draft, Model, RewriteTask, WritingContext

Generator = Literal["auto", "openai", "extractive"]

_COMPOSER_SECONDS = 1.0  # kept back from the model for the extractive composer and the answer
_NO_KEY = "No model is configured: the built-in composer made this thread."
_UNUSED = "The built-in composer does not use tone, audience or language."
_SPENT = "What is left of today's budget does not cover the model: the built-in composer made this thread."
_RESERVED = "The budget is reserved by requests under way: the built-in composer made this thread for now."
_FAILED = "The model did not answer: the built-in composer made this thread."
_WARNINGS: Mapping[type, str] = {BudgetSpent: _SPENT, BudgetReserved: _RESERVED}


@dataclass(frozen=True, slots=True)
class Written:
    """A draft; `degraded`, for a `reason`, when the model was to write it and did not."""

    draft: Draft
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    reason: str | None = None


class ExtractiveComposer:
    """The built-in composer of messages and README: the lead, then central sentences, whole, in order."""

    async def compose(self, article: Article, brief: Brief, *, seconds: float, meter: UsageMeter) -> Draft:
        await import_in_thread("core.writing.extractive.composer")  # a hit does without
        from core.writing.extractive.composer import extract_draft

        return await run_in_worker(extract_draft, article, brief, seconds=seconds)


class Writer:
    """`model` is None where no key is set."""

    def __init__(self, model: Model | None, extractive: Composer) -> None:
        self._model = model
        self._extractive = extractive

    def max_cost_usd(self, generator: Generator, source: str) -> float:
        """The most that writing about `source` can cost."""
        if self._model is None or generator == "extractive":
            return 0.0
        return self._model.max_cost.of(len(source.encode("utf-8", "replace")))

    async def write(
        self, article: Article, brief: Brief, generator: Generator, context: WritingContext
    ) -> Written:
        """Raises ContentRefused when the model refused, other ModelErrors where no fallback is allowed."""
        if generator == "extractive":
            return await self._extracted(article, brief, context)
        try:
            model, seconds = self._usable_model(context), context.seconds_left() - _COMPOSER_SECONDS
            draft = await model.compose(article, brief, seconds=seconds, meter=context.meter)
        except ModelError as error:
            if isinstance(error, ContentRefused) or generator == "openai" or not context.allow_fallback:
                raise
            written = await self._extracted(article, brief, context)
            why = _warning(error) if self._model else _NO_KEY
            return replace(written, degraded=True, warnings=(why, *written.warnings), reason=error.reason)
        return Written(draft, warnings=draft.warnings)

    async def rewrite(self, task: RewriteTask, context: WritingContext) -> Draft:
        """A draft of one post. Raises ModelError: the extractive composer cannot rewrite."""
        model, seconds = self._usable_model(context), context.seconds_left() - _COMPOSER_SECONDS
        return await model.rewrite(task, seconds=seconds, meter=context.meter)

    def _usable_model(self, context: WritingContext) -> Model:
        if self._model is None:
            raise NoModel(reason="not configured")
        if context.model_unavailable:
            raise context.model_unavailable
        return self._model

    async def _extracted(self, article: Article, brief: Brief, context: WritingContext) -> Written:
        seconds = context.seconds_left()
        draft = await self._extractive.compose(article, brief, seconds=seconds, meter=context.meter)
        unused = brief.tone or brief.audience or brief.language
        return Written(draft, warnings=((_UNUSED, *draft.warnings) if unused else draft.warnings))


def _warning(error: ModelError) -> str:
    """Why the composer wrote: in the words of the failure, where it names a fault."""
    fault, named, _ = error.detail.partition(ModelError.instead)
    return f"{fault}The built-in composer made this thread." if named else _WARNINGS.get(type(error), _FAILED)
