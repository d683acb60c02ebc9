"""Asks once more for texts of an answer: shorter, or with what is wrong in them put right."""

import json
from collections.abc import Sequence
from dataclasses import replace

from core.text.thread import Brief
from core.text.word_lists import word_lists
from core.writing.model import prompt
from core.writing.model.finding import Finding
from core.writing.model.prompt import TEXTS, Question, language_name, phrases_of, schema_of


def second_question(
    texts: Sequence[tuple[int, Finding]], asked: Question, brief: Brief, *, max_length: int, fence: str
) -> Question:
    """The question about texts of the answer to `asked`, each with its place and what is wrong with it.

    Those that are only too long are sent alone, others with the reason and what the source says.
    """
    words = word_lists(prompt.__file__)
    if any(finding.is_wrong for _, finding in texts):
        kind, brief = "mended", replace(brief, language=asked.wanted)
        data: list[object] = [
            {
                "post": finding.written.text,
                "wrong": _reason(finding, asked, max_length),
                "passages": finding.passages,
            }
            for _, finding in texts
        ]
    else:
        kind, data = "shorter", [finding.written.text for _, finding in texts]
    rules = words["text"][kind].format(**phrases_of(brief, max_length, fence))
    return replace(
        asked,
        rules=rules,
        data=json.dumps(data, ensure_ascii=False),
        fence=fence,
        schema=schema_of("shorter", posts=TEXTS),
        rules_text=f"{asked.rules_text}\n{rules}",
        numbers=tuple(number for number, _ in texts),
    )


def _reason(finding: Finding, asked: Question, max_length: int) -> str:
    problems = word_lists(prompt.__file__)["problems"]
    said = [] if finding.fits else [problems["long"].format(max_length)]
    if finding.is_foreign:
        said.append(problems["language"].format(language_name(asked.wanted)))
    kinds = dict.fromkeys(kind for kind, _ in finding.claims)
    for kind in kinds:
        written = ", ".join(f"“{text}”" for each, text in finding.claims if each == kind)
        said.append(problems.get(kind, problems["claims"]).format(written))
    return "; ".join(said)
