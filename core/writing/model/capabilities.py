"""What a compatible server takes of a request: learnt from what it refuses, one thing after another."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from core.text.word_lists import word_lists
from core.writing.model.prompt import Question

MAX_ANSWER_TOKENS = 8_000
_MIN_ANSWER_TOKENS = 256  # with fewer no thread can be written
_MARGIN_TOKENS = 32
_MAX_SAID = 4_000  # characters of an error that are searched
_MAX_WORDS = 500
_UNREAD = {"input", "ctx", "url", "failed_generation", "user_id", "status"}  # they may repeat the request


@dataclass(frozen=True, slots=True)
class Capabilities:
    """All that OpenAI's servers take, unless a server has refused some of it.

    `context` is the most tokens that question and answer may have together, where the server said so, and
    `tokens_per_byte` how many tokens its texts have.
    """

    schema: bool = True
    system_role: bool = True
    tokens_field: str = "max_completion_tokens"
    max_answer: int = MAX_ANSWER_TOKENS
    context: int | None = None
    tokens_per_byte: float = 0.5

    def answer_tokens(self, question: Question) -> int:
        """The most tokens that the answer may have."""
        if self.context is None:
            return self.max_answer
        left = self.context - math.ceil(self.tokens_per_byte * question.max_tokens) - _MARGIN_TOKENS
        return max(_MIN_ANSWER_TOKENS, min(self.max_answer, left))

    def options(self, question: Question) -> dict[str, object]:
        """The parameters of the request, but the model's name."""
        messages = question.messages
        if not self.system_role:
            merged = "\n\n".join(message["content"] for message in messages)
            messages = [{"role": "user", "content": merged}]
        shape = {"type": "json_schema", "json_schema": question.schema}
        options: dict[str, object] = {"messages": messages, self.tokens_field: self.answer_tokens(question)}
        return options | ({"response_format": shape} if self.schema else {})

    def without_refused(self, said: str, question: Question) -> "Capabilities | None":
        """Without what an error's words name as not taken; None where they name nothing."""
        changed = self._limited(said, question)
        if changed is self and _matches("tokens_field", said):
            fields = ("max_tokens", "max_completion_tokens")
            changed = replace(self, tokens_field=fields[self.tokens_field == fields[0]])
        schema = self.schema and not _matches("schema", said)
        system_role = self.system_role and not _matches("system_role", said)
        changed = replace(changed, schema=schema, system_role=system_role)
        return None if changed == self else changed

    def _limited(self, said: str, question: Question) -> "Capabilities":
        """With the limit of tokens that the words name, as far as an answer fits in it."""
        asked = self.answer_tokens(question)
        if context := _number("context", said):
            used = _number("used", said) or (_number("total", said) or 0) - asked
            guess = self.tokens_per_byte * (1 + bool(self.context))
            ratio = used / question.max_tokens if used > 0 else guess
            fits = context - max(used, 0) - _MARGIN_TOKENS >= _MIN_ANSWER_TOKENS
            return replace(self, context=context, tokens_per_byte=min(ratio, 1)) if fits else self
        numbers = [int(number.replace(",", "")) for number in re.findall(_patterns("number")[0], said)]
        most = max((number for number in numbers if number < asked), default=0)
        most -= bool(_matches("exclusive", said))
        if most < _MIN_ANSWER_TOKENS or not _matches("limit", said):
            return self
        return replace(self, max_answer=most)


def said_in(body: object) -> str:
    """The words and numbers of an error's body, without what it repeats of the request."""
    return " ".join(islice(_words(body), _MAX_WORDS))[:_MAX_SAID]


def _words(body: object, depth: int = 6) -> Iterator[str]:
    if isinstance(body, Mapping) and depth:
        for name, value in body.items():
            if name not in _UNREAD and not (name == "code" and isinstance(value, int)):
                yield str(name)[:40]
                yield from _words(value, depth - 1)
    elif isinstance(body, Sequence) and not isinstance(body, str | bytes) and depth:
        for value in body[:20]:
            yield from _words(value, depth - 1)
    elif isinstance(body, str | int):
        yield str(body)[:_MAX_SAID]


def _patterns(name: str) -> list[str]:
    return word_lists(__file__)["patterns"][name].strip().split("\n")


def _matches(name: str, said: str) -> bool:
    return any(re.search(pattern, said) for pattern in _patterns(name))


def _number(name: str, said: str) -> int | None:
    """The number that the first of the patterns finds that finds one."""
    found = next(filter(None, (re.search(pattern, said) for pattern in _patterns(name))), None)
    return int(found[1].replace(",", "")) if found else None
