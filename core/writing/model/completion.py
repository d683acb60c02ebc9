"""What a server answered, as the SDK leaves it, which does not check it: the text, the usage, an error."""

import json
from collections.abc import Mapping

from core.errors import ContentRefused, ModelError
from core.usage import Usage
from core.writing.model.failure import PAUSE_SECONDS, ModelCallFailed, failure_of, status_of
from core.writing.model.prices import Price

_MAX_BYTES_PER_TOKEN = 64  # on average: a server that reports fewer tokens is wrong
_CUT = ("length", "max_tokens", "model_length", "max_output_tokens")
_FILTERED = ("content_filter", "safety", "prohibited_content", "blocklist", "recitation")


def error_in(completion: object) -> ModelError | None:
    """The error in an answer of status 200, judged as its code would be as a status."""
    choice = _first_choice(completion)
    error = getattr(completion, "error", None) or getattr(choice, "error", None)
    if error is None and getattr(completion, "object", None) == "error":
        error = {name: getattr(completion, name, None) for name in ("code", "type", "message")}
    if not (any(error.values()) if isinstance(error, Mapping) else error):
        is_error = _finish(choice) == "error"
        return ModelCallFailed("answer holds an error", "server_error", PAUSE_SECONDS) if is_error else None
    if (status := status_of(error)) is None:
        return ModelCallFailed("answer holds an error")
    failure = failure_of(status, error, {})
    failure.is_free &= getattr(completion, "usage", None) is None
    return failure


def text_of(completion: object) -> str:
    """The answer's text. Raises ContentRefused for a refusal, ModelCallFailed for an answer without one."""
    choice = _first_choice(completion)
    message = getattr(choice, "message", None)
    if message is None:
        raise ModelCallFailed("answer has no choices")
    content = getattr(message, "content", None)
    parts = content if isinstance(content, list) else []
    refused = any(isinstance(part, Mapping) and part.get("type") == "refusal" for part in parts)
    if refused or getattr(message, "refusal", None) or _finish(choice).startswith(_FILTERED):
        raise ContentRefused(reason="refusal")
    text = _text(message)
    if not text.strip():
        raise ModelCallFailed("answer is empty")
    if _finish(choice) in _CUT:
        raise ModelCallFailed("answer was cut short")
    return text


def usage_in(completion: object, price: Price, worst: Usage) -> Usage:
    """What the server reports; the worst case where that cannot be true."""
    usage = getattr(completion, "usage", None)
    written = len(_text(getattr(_first_choice(completion), "message", None)).encode("utf-8", "replace"))
    read, wrote = (getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    bounds = ((read, worst.input_tokens, worst.input_tokens), (wrote, written, worst.output_tokens))
    for tokens, length, most in bounds:
        if type(tokens) is not int or not max(1, length // _MAX_BYTES_PER_TOKEN) <= tokens <= most:
            return worst
    return price.usage(int(read or 0), int(wrote or 0))


def _text(message: object) -> str:
    """The content, the parts of it that are no reasoning, or else what a tool is called with."""
    content = getattr(message, "content", None)
    if not content:
        calls = getattr(message, "tool_calls", None)
        call = calls[0] if isinstance(calls, list) and calls else None
        function = getattr(call, "function", None) or getattr(message, "function_call", None)
        content = getattr(function, "arguments", None)
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_text_of_part, parts))


def _text_of_part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping) or part.get("type", "text") not in ("text", "output_text"):
        return ""
    text = part.get("text", "" if "type" in part else json.dumps(part))  # some give what they parsed
    text = text.get("value") if isinstance(text, Mapping) else text
    return text if isinstance(text, str) else ""


def _finish(choice: object) -> str:
    return str(getattr(choice, "finish_reason", None) or "").lower()


def _first_choice(completion: object) -> object:
    """None where there is none: what the SDK lets through may be of any shape."""
    choices = getattr(completion, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None
