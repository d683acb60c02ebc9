"""Builds the model's messages: rules in one, the source alone in the next."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.article.article import Article
from core.settings import DEFAULT_MODEL
from core.text.cleaning import clean_line, letters_of
from core.text.thread import Brief
from core.text.word_lists import word_lists
from core.writing.draft import RewriteTask

JsonSchema = dict[str, Any]

VERSION = 2  # raised with prompt.toml's words: answers to earlier ones are made again
PROMPT = f"prompt {VERSION}"
_NO_OPTIONS = {"tone": "", "audience": "", "instruction": ""}  # the caller's words: posts may repeat them
_ENVELOPE_TOKENS = 200
TEXTS = {"type": "array", "items": {"type": "string"}}
_CITING_TEXTS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "evidence": TEXTS},
        "required": ["text", "evidence"],
        "additionalProperties": False,
    },
}
_LETTERS_OF_IDEA = 600  # of a source, in bytes of its script's letters: one post's worth
_FEW_POSTS, _MANY_POSTS = 3, 8  # what readers stay for, unless the caller allows more


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
    language: str | None = None  # of the source (ISO 639-1)
    wanted: str | None = None  # of the answer (BCP 47), None where it is not known

    @property
    def messages(self) -> list[dict[str, str]]:
        fenced = f"{self.fence}\n{self.data}\n{self.fence}"
        return [{"role": "system", "content": self.rules}, {"role": "user", "content": fenced}]

    @property
    def max_tokens(self) -> int:
        """The most tokens that it can be: one a byte, in any script, and what a server puts around it."""
        texts = [*(message["content"] for message in self.messages), json.dumps(self.schema)]
        return len("".join(texts).encode("utf-8", "replace")) + _ENVELOPE_TOKENS


def model_variant(model: str) -> dict[str, str]:
    """The model where it is not the default; part of every key."""
    return {} if model == DEFAULT_MODEL else {"model": model}


def made_by(model: str | None) -> str:
    """What purges name a model's answers by: the prompt's version and the model; "" without a model."""
    return f"{VERSION}/{model}" if model else ""


def thread_question(article: Article, brief: Brief, *, fence: str) -> Question:
    """Asks for a thread about the article."""
    text = word_lists(__file__)["text"]
    data = f"{article.title}\n\n{article.text}" if article.title else article.text
    phrases = phrases_of(brief, brief.max_length, fence)
    posts = text["one_post" if brief.allowed_posts == 1 else "posts"]
    phrases["suited"] = _suited(article, brief)
    phrases["posts"] = posts.format(number=brief.allowed_posts, **phrases)
    phrases["hooks"] = text["hooks" if brief.hooks else "no_hooks"].format(number=brief.hooks)
    day = spoken_date(article.published)
    phrases["published"] = text["published"].format(day) if day else text["unpublished"]
    return Question(
        rules=text["thread"].format(**phrases),
        data=data,
        fence=fence,
        schema=schema_of("thread", posts=_CITING_TEXTS, hooks=TEXTS),
        rules_text=text["thread"].format(**phrases | _NO_OPTIONS),
        source="\n".join(filter(None, [data, article.author, article.url, day])),
        language=article.language,
        wanted=brief.language or article.language,
    )


def rewrite_question(task: RewriteTask, *, fence: str) -> Question:
    """Asks for one text of a thread in other words, as its author wishes."""
    rules = word_lists(__file__)["text"]["rewrite"]
    phrases = phrases_of(task.brief, task.max_length, fence, task.instruction) | {"number": str(task.number)}
    data: dict[object, object] = {**dict(enumerate(task.texts, start=1))}
    if task.evidence:
        data["passages"] = task.evidence
    return Question(
        rules=rules.format(**phrases),
        data=json.dumps(data, ensure_ascii=False),
        fence=fence,
        schema=schema_of("post", post={"type": "string"}),
        rules_text=rules.format(**phrases | _NO_OPTIONS),
        source="\n".join([*task.evidence, *task.texts]),
        numbers=(task.number,),
        language=task.language,
        wanted=task.brief.language,
    )


def language_name(code: str | None) -> str:
    """The language as the rules name it: "German (de)"."""
    words, code = word_lists(__file__), code or ""
    name = words["languages"].get(code.partition("-")[0].lower())
    return (f"{name} ({code})" if name else code) or words["text"]["source_language"]


def spoken_date(published: str | None) -> str | None:
    """An ISO 8601 date with its weekday and month, in English; None for anything else."""
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _suited(article: Article, brief: Brief) -> str:
    """How many posts a source of this length should be; nothing where only one or two are allowed."""
    ideas = len(letters_of(article.text).encode("utf-8", "replace")) // _LETTERS_OF_IDEA
    most = min(max(_FEW_POSTS, ideas), max(_MANY_POSTS, (brief.max_posts + 1) // 2), brief.allowed_posts)
    if most < _FEW_POSTS:
        return ""
    least = max(2, min(most - 1, (most + 1) * 2 // 3))
    return word_lists(__file__)["text"]["suited"].format(least=least, most=most)


def schema_of(name: str, **properties: object) -> JsonSchema:
    shape = {"type": "object", "properties": properties, "required": [*properties]}
    return {"name": name, "strict": True, "schema": shape | {"additionalProperties": False}}


def phrases_of(brief: Brief, max_length: int, fence: str, instruction: str | None = None) -> dict[str, str]:
    """The values that the templates of all rules share, by placeholder."""
    words = word_lists(__file__)
    text = words["text"]
    least, most = words["targets"][brief.platform].split()
    options = {"tone": brief.tone, "audience": brief.audience, "instruction": instruction}
    return {
        **{name: text[name].format(clean_line(option)) if option else "" for name, option in options.items()},
        "platform": words["platforms"].get(brief.platform, brief.platform.title()),
        "max_length": str(max_length),
        "weights": words["weights"].get(brief.platform, ""),
        "style": text["style"].format(unless=text["unless"] if brief.tone else ""),
        "target": text["target"].format(least=least, most=most) if int(most) < max_length else "",
        "voice": words["voices"][brief.platform],
        "language": language_name(brief.language),
        "data": text["data"].format(fence=fence),
    }
