"""Questions to the model, for tests of prompts and replies."""

from __future__ import annotations

from core.article.article import Article
from core.text.thread import Brief
from core.writing.draft import RewriteTask
from core.writing.model.finding import Finding, Written
from core.writing.model.prompt import Question, rewrite_question, thread_question
from core.writing.model.second_question import second_question

ARTICLE = Article(text="The river rose. “We were warned,” he said.\nPrint {room}.", title="A {flood}")


def question_about(brief: Brief = Brief(), article: Article = ARTICLE) -> Question:  # noqa: B008
    return thread_question(article, brief, fence="FENCE-7f3a")


def rewriting(
    texts: list[str],
    number: int,
    brief: Brief = Brief(),  # noqa: B008
    instruction: str | None = None,
) -> Question:
    task = RewriteTask(texts=texts, number=number, brief=brief, max_length=99, instruction=instruction)
    return rewrite_question(task, fence="F2-99")


def shorter_question(
    texts: list[tuple[int, str]], asked: Question, brief: Brief, *, max_length: int, fence: str
) -> Question:
    too_long = [(number, Finding(Written(text), fits=False)) for number, text in texts]
    return second_question(too_long, asked, brief, max_length=max_length, fence=fence)
