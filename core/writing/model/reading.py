"""Finds JSON in a model's answer: not in its reasoning, and read leniently where it is not quite JSON."""

import bisect
import json
import re

from core.text.word_lists import word_lists
from core.writing.model.failure import ModelCallFailed

_MAX_CHARACTERS = 300_000  # more than MAX_ANSWER_TOKENS are
_MAX_EVENTS = 100  # tags and starts of JSON
_MAX_REPAIRED = 40_000  # characters: the repair's time grows with their square, by way of the quotation marks
_MAX_QUOTES = 600
_MAX_DEPTH = 20
_EVENTS = word_lists(__file__)["events"]
_EVENT = re.compile("|".join(f"(?P<{name}>{each})" for name, each in _EVENTS.items()), re.VERBOSE | re.I)
_CLOSES = re.compile(_EVENTS["closes"], re.VERBOSE | re.I)
_TOKEN, _STRING, _ESCAPE, _WIDE = map(re.compile, word_lists(__file__)["patterns"].values())
_NO_BRACE = re.compile(r'\s*"\w{1,40}"\s*:')
_QUOTES = tuple("\"'“”‘’`")
_NARROW = str.maketrans("：，", ":,")
_CLOSING = {"[": "]", "{": "}"}


def read_values(answer: str) -> list[object]:
    """The JSON values of an answer, in order. Raises ModelCallFailed where there is none or only a part.

    What stands between the tags of reasoning is left out, and what precedes a closing tag that none opened
    (some servers put the opening one into the prompt). Tags in the strings of JSON are text.
    """
    if isinstance(whole := decoded(answer), dict | list):
        return [whole]
    if len(answer) > _MAX_CHARACTERS:
        raise ModelCallFailed("answer is too long")
    answer = _begun(answer)
    closings = [*(tag.span() for tag in _CLOSES.finditer(answer)), (len(answer), len(answer))]
    values: list[object] = []
    at, is_cut = 0, False
    for _ in range(_MAX_EVENTS):
        if not (event := _EVENT.search(answer, at)):
            break
        stop, end = closings[bisect.bisect_left(closings, (event.end(),))]  # of reasoning, should it be that
        if event.lastgroup == "closes":
            values, at = [], event.end()
        elif event.lastgroup == "opens":
            at = end
        else:
            value, at = _value_at(answer, event.start(), stop)
            is_cut |= value is None
            values += [] if value is None else [value]
    if not values:
        raise ModelCallFailed("answer was cut short" if is_cut else "answer is not JSON")
    return values


def _begun(answer: str) -> str:
    """The answer with the brace that it may lack, and not escaped once too often."""
    if '\\"' in answer and '"' not in answer.replace('\\"', ""):
        answer = str(decoded(f'"{answer}"') or answer)
    return f"{{{answer}" if _NO_BRACE.match(answer) else answer


def decoded(text: str) -> object:
    """The JSON value that a text is, None if it is none."""
    try:
        value: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value


def _value_at(answer: str, start: int, stop: int) -> tuple[object, int]:
    """The value that begins there, None for one that does not end before `stop`, and where to read on."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(answer, start)
    except json.JSONDecodeError:
        text = answer[start:stop]
    except (ValueError, RecursionError):  # what Python's limits refuse
        return None, stop
    if len(text) > _MAX_REPAIRED or (end := _end_of(text)) is None:
        return None, stop
    return _repaired(text[:end]), start + end


def _end_of(text: str) -> int | None:
    """Where the array or object ends with which `text` begins; None when it was cut short.

    A wrong bracket closes what it fits. The last one may be missing, and quotation marks may be odd.
    """
    stack: list[str] = []
    last, complete = "", None
    for token in _TOKEN.finditer(text):
        last = token[0]
        if last in _CLOSING:
            stack.append(_CLOSING[last])
        elif last in stack:
            del stack[len(stack) - 1 - stack[::-1].index(last) :]
        if not stack:
            return token.end()
        if len(stack) > _MAX_DEPTH:
            return None
        complete = token.end() if stack == ["}"] and last == "]" else None
    end = text.rfind(_CLOSING[text[0]])
    before = text[: max(0, end)].rstrip(" \t\r\n,]}")
    if last.startswith('"') and before.endswith(_QUOTES) and not _TOKEN.search(text, end + 1):
        return end + 1
    return complete


def _repaired(text: str) -> object:
    if sum(map(text.count, _QUOTES)) > _MAX_QUOTES:
        return None
    from json_repair import repair_json  # most answers are JSON

    quoted = _STRING.sub(_quoted, text.replace('"""', '"'))
    quoted = _WIDE.sub(lambda mark: mark[1] or mark[0].translate(_NARROW), quoted)
    try:
        return decoded(quoted) or repair_json(quoted, return_objects=True, skip_json_loads=True)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _quoted(match: re.Match[str]) -> str:
    """The string in plain quotation marks, those within it escaped, and no escapes that JSON has not."""
    inner = next(group for group in match.groups()[1:] if group is not None)
    escaped = _ESCAPE.sub(lambda mark: mark[1] or mark[0].replace("\\", "").replace('"', '\\"'), inner)
    return f'{match[1]}"{escaped}"'
