"""Builds the model's messages: rules in one, the source alone in the next."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.article.article import Article
from core.settings import DEFAULT_MODEL
from core.text.cleaning import clean_line
from core.text.thread import Brief
from core.text.word_lists import word_lists
from core.writing.draft import RewriteTask

JsonSchema = dict[str, Any]

VERSION = 1  # of prompt.toml's words, a part of the key of every answer that a model made
_FIRST = {"model": DEFAULT_MODEL, "prompt": 1}  # with these an answer's key needs no suffix
_NO_OPTIONS = {"tone": "", "audience": "", "instruction": ""}  # the caller's words: posts may repeat them
_ENVELOPE_TOKENS = 200
_TEXTS = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An answer may say only what is in `source`, and may not repeat words of `rules_text`."""

    rules: str
    data: str  # what the rules are about
    fence: str  # the line around the data, which it cannot know
    schema: JsonSchema
    rules_text: str
    source: str
    numbers: tuple[int, ...] | None = None  # the places in the thread of the posts asked for; None: from 1

    @property
    def messages(self) -> list[dict[str, str]]:
        fenced = f"{self.fence}\n{self.data}\n{self.fence}"
        return [{"role": "system", "content": self.rules}, {"role": "user", "content": fenced}]

    @property
    def max_tokens(self) -> int:
        """The most tokens that it can be: one a byte, in any script, and what a server puts around it."""
        texts = [*(message["content"] for message in self.messages), json.dumps(self.schema)]
        return len("".join(texts).encode("utf-8", "replace")) + _ENVELOPE_TOKENS


def prompt_version(model: str) -> dict[str, str | int]:
    """The model and prompt version where they differ from the defaults; part of every key."""
    current: dict[str, str | int] = {"model": model, "prompt": VERSION}
    return {name: value for name, value in current.items() if value != _FIRST[name]}


def thread_question(article: Article, brief: Brief, *, fence: str) -> Question:
    """Asks for a thread about the article."""
    text = word_lists(__file__)["text"]
    data = f"{article.title}\n\n{article.text}" if article.title else article.text
    phrases = _phrases(brief, brief.max_length, fence)
    posts = text["one_post" if brief.allowed_posts == 1 else "posts"]
    phrases["posts"] = posts.format(number=brief.allowed_posts, **phrases)
    phrases["hooks"] = text["hooks" if brief.hooks else "no_hooks"].format(number=brief.hooks)
    return Question(
        rules=text["thread"].format(**phrases),
        data=data,
        fence=fence,
        schema=_schema("thread", posts=_TEXTS, hooks=_TEXTS),
        rules_text=text["thread"].format(**phrases | _NO_OPTIONS),
        source="\n".join(filter(None, [data, article.author, article.url])),
    )


def shorter_question(
    texts: Sequence[tuple[int, str]], asked: Question, brief: Brief, *, max_length: int, fence: str
) -> Question:
    """Asks for texts of the answer to `asked`, with their places, in at most `max_length` each."""
    rules = word_lists(__file__)["text"]["shorter"].format(**_phrases(brief, max_length, fence))
    return Question(
        rules=rules,
        data=json.dumps([text for _, text in texts], ensure_ascii=False),
        fence=fence,
        schema=_schema("shorter", posts=_TEXTS),
        rules_text=f"{asked.rules_text}\n{rules}",
        source=asked.source,
        numbers=tuple(number for number, _ in texts),
    )


def rewrite_question(task: RewriteTask, *, fence: str) -> Question:
    """Asks for one text of a thread in other words, as its author wishes."""
    rules = word_lists(__file__)["text"]["rewrite"]
    phrases = _phrases(task.brief, task.max_length, fence, task.instruction) | {"number": str(task.number)}
    return Question(
        rules=rules.format(**phrases),
        data=json.dumps(dict(enumerate(task.texts, start=1)), ensure_ascii=False),
        fence=fence,
        schema=_schema("post", post={"type": "string"}),
        rules_text=rules.format(**phrases | _NO_OPTIONS),
        source="\n".join(task.texts),
        numbers=(task.number,),
    )


def _schema(name: str, **properties: object) -> JsonSchema:
    shape = {"type": "object", "properties": properties, "required": [*properties]}
    return {"name": name, "strict": True, "schema": shape | {"additionalProperties": False}}


def _phrases(brief: Brief, max_length: int, fence: str, instruction: str | None = None) -> dict[str, str]:
    """The values that the templates of all rules share, by placeholder."""
    words = word_lists(__file__)
    text, code = words["text"], brief.language or ""
    language = words["languages"].get(code.partition("-")[0].lower())
    options = {"tone": brief.tone, "audience": brief.audience, "instruction": instruction}
    return {
        **{name: text[name].format(clean_line(option)) if option else "" for name, option in options.items()},
        "platform": words["platforms"].get(brief.platform, brief.platform.title()),
        "max_length": str(max_length),
        "weights": words["weights"].get(brief.platform, ""),
        "style": text["style"].format(unless=text["unless"] if brief.tone else ""),
        "language": (f"{language} ({code})" if language else code) or text["source_language"],
        "data": text["data"].format(fence=fence),
    }
