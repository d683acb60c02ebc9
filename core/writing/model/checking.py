"""Reading and checking what a model answered, as jobs of a worker: the answer is not trusted."""

from collections.abc import Callable, Sequence
from typing import TypeVar, TypeVarTuple

from core.errors import ArticleTooLarge, Busy
from core.text.language import prepare as prepare_languages
from core.text.platforms import prepare as prepare_counting
from core.workers.pool import run_in_worker
from core.writing.draft import Draft
from core.writing.model.failure import ModelCallFailed
from core.writing.model.finding import Finding, Rule, Written
from core.writing.model.prompt import Question

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")
_SECONDS = 5.0  # ordinary answers take a hundredth of it


async def check(function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
    """What a function of this module returns, in a worker. Raises ModelCallFailed when it takes too much."""
    try:
        return await run_in_worker(function, *arguments, seconds=_SECONDS)
    except Busy as error:
        raise ModelCallFailed(f"answer is not checked: {error.reason}").unshared() from None
    except ArticleTooLarge as error:
        raise ModelCallFailed(f"answer takes too much work: {error.reason}") from None


# Their patterns take long to compile, which only a worker does: hence the late imports.


def read_answer(content: str, question: Question) -> Draft:
    """`parse_response`: the texts, of which some may be empty."""
    from core.writing.model.response import parse_response

    posts, hooks, evidence = parse_response(content, question)
    return Draft(posts=tuple(posts), hooks=tuple(hooks), evidence=evidence, generator="openai")


def review_texts(texts: Sequence[Written], question: Question, rule: Rule) -> list[Finding]:
    """`reviewed`: what is wrong with each text."""
    from core.writing.model.review import reviewed

    return reviewed(texts, question, rule)


def ground(draft: Draft, source: str, claims: Sequence[tuple[str, str]] = ()) -> Draft:
    """`remove_ungrounded`: the draft without what the source lacks, the claims among its warnings."""
    from core.writing.model.grounding import remove_ungrounded

    return remove_ungrounded(draft, source, claims)


def prepare() -> None:
    """Import what checking needs."""
    prepare_counting()
    prepare_languages()
    ground(Draft(posts=("1",), generator="openai"), "1")
    question = Question(rules="", data="", fence="", schema={}, rules_text="", source="One. Two.")
    review_texts([Written("1 is two.")], question, Rule(9, "x"))
