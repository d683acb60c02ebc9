"""The model writes, or the extractive composer where it may."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from core.article.article import Article
from core.errors import BudgetSpent, ContentRefused, ModelError
from core.text.thread import Brief
from core.usage import UsageMeter
from core.writing.draft import Draft, MaxCost, RewriteTask, WritingContext
from core.writing.writer import ExtractiveComposer, Generator, Writer

ARTICLE = Article(text="The bridge closes. It was old.", title="Bridge")
REWRITE = RewriteTask(texts=("One.",), number=1, brief=Brief(), max_length=99, instruction=None)


@dataclass
class Model:
    """Writes a thread of one post, or fails with `error`."""

    error: ModelError | None = None
    max_cost: MaxCost = field(default_factory=lambda: MaxCost(0.5, 0.25))

    async def compose(self, *_: Any, **__: Any) -> Draft:
        if self.error:
            raise self.error
        return Draft(posts=("From the model.",), generator="openai", model="m")

    async def rewrite(self, *_: Any, **__: Any) -> Draft:
        return await self.compose()


def writer(model: Model | None) -> Writer:
    return Writer(model=model, extractive=ExtractiveComposer())


def context(**options: Any) -> WritingContext:
    return WritingContext(seconds_left=lambda: 5, meter=UsageMeter(), **options)


@pytest.mark.parametrize("error", [None, BudgetSpent()], ids=["no-model", "no-budget"])
async def test_without_a_model_or_a_budget_nothing_is_rewritten(error: ModelError | None) -> None:
    with pytest.raises(ModelError) as caught:
        await writer(Model() if error else None).rewrite(REWRITE, context(model_unavailable=error))
    assert caught.value is error if error else caught.value.reason == "not configured"


async def test_an_answer_of_the_fallback_is_degraded_with_the_reason() -> None:
    model = Model(ModelError(reason="HTTP 500"))
    written = await writer(model).write(ARTICLE, Brief(), "auto", context())
    assert (written.draft.generator, written.degraded, written.reason) == ("extractive", True, "HTTP 500")
    assert written.warnings == ("The model did not answer: the built-in composer made this thread.",)


@pytest.mark.parametrize(
    ("error", "generator", "allow_fallback"),
    [
        pytest.param(ContentRefused(), "auto", True, id="refusal"),
        pytest.param(ModelError(), "openai", True, id="the-model-is-required"),
        pytest.param(ModelError(), "auto", False, id="no-fallback-allowed"),
    ],
)
async def test_a_failure_that_allows_no_fallback_is_raised(
    error: ModelError, generator: Generator, allow_fallback: bool
) -> None:
    with pytest.raises(ModelError) as caught:
        await writer(Model(error)).write(ARTICLE, Brief(), generator, context(allow_fallback=allow_fallback))
    assert caught.value is error


async def test_the_extractive_composer_is_never_degraded_where_it_was_required() -> None:
    written = await writer(Model()).write(ARTICLE, Brief(tone="dry"), "extractive", context())
    assert (written.draft.generator, written.degraded) == ("extractive", False)
    assert written.warnings == ("The built-in composer does not use tone, audience or language.",)


def test_only_the_model_costs_money() -> None:
    assert writer(Model()).max_cost_usd("auto", "ten bytes: \N{EURO SIGN}") == 0.5 + 0.25 * 14
    assert [writer(None).max_cost_usd("auto", "a"), writer(Model()).max_cost_usd("extractive", "a")] == [0, 0]
