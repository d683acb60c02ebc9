"""Reads the texts out of a model's answer, without what models like to add, and never the rules."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from core.text.cleaning import clean, letters_of
from core.text.word_lists import word_lists
from core.writing.model.failure import ModelCallFailed
from core.writing.model.given import MAX_TEXTS, given_in, is_far_shorter, text_of
from core.writing.model.prompt import Question
from core.writing.model.reading import decoded
from core.writing.model.tidy import tidied

_PLACES = range(1, MAX_TEXTS + 1)
_MAX_CHARACTERS = 6_000  # of a text: more than any platform takes, and quick to search
_MAX_TOTAL = 60_000  # characters of all texts: more than MAX_ANSWER_TOKENS are; the rest is left out
_LEAKED_RUN = 25  # letters and digits in a row shared with the rules: not by chance
_CODE_BLOCK = re.compile(r"```\w*+\n?(.*?)\n?```", re.DOTALL)
_PLAIN, _BARE = map(re.compile, word_lists(__file__)["numbers"].values())
_ESCAPES = re.compile(r'(?:\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))+')
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "'": "'", "‘": "’"}
_ONE_MARK = str.maketrans(dict.fromkeys(_QUOTES, '"'))


class Texts(NamedTuple):
    """What a model wrote. `evidence`: for each post the spans of the source that it cites, where it does."""

    posts: list[str]
    hooks: list[str]
    evidence: tuple[tuple[str, ...], ...] = ()


def parse_response(answer: str, question: Question) -> Texts:
    """The texts, cleaned; items that are none, or say what was said, are empty. Raises ModelCallFailed."""
    given = given_in(answer, question)
    posts = _unnumbered(_texts(given.posts, question.source), question.numbers or _PLACES)
    if question.numbers:
        posts = _each_without(_BARE, posts, question.numbers, question.source)
    hooks = _texts(given.hooks, question.source)
    hooks = _unnumbered(_unnumbered(hooks, (1,) * MAX_TEXTS), _PLACES)
    quoted = question.source.translate(_ONE_MARK)
    posts, hooks = ([_unquoted(text, quoted) for text in texts] for texts in (posts, hooks))
    posts, hooks = (tidied(texts, question.source) for texts in (posts, hooks))
    posts, hooks = ([text if letters_of(text) else "" for text in texts] for texts in (posts, hooks))
    if not any(posts):
        raise ModelCallFailed("answer holds no posts")
    if is_far_shorter(posts, question):
        raise ModelCallFailed("answer is far shorter than what was asked for")
    if _repeats_rules("\n".join((*posts, *hooks)), question):
        raise ModelCallFailed("answer repeats the rules")
    return Texts(posts, hooks, given.evidence)


def _texts(items: object, source: str) -> list[str]:
    """The texts as they are meant: without escapes of JSON, unless the source has backslashes, too."""
    items = items[:MAX_TEXTS] if isinstance(items, list) else []
    texts = [text_of(item)[:_MAX_CHARACTERS] for item in items]
    totals = itertools.accumulate(map(len, texts))
    texts = [text if total <= _MAX_TOTAL else "" for text, total in zip(texts, totals, strict=True)]
    if "\\" not in source:
        texts = [_ESCAPES.sub(lambda found: str(decoded(f'"{found[0]}"')), text) for text in texts]
    return [clean(_CODE_BLOCK.sub(r"\1", clean(text))) for text in texts]


def _unquoted(text: str, source: str) -> str:
    """Without quotation marks around the whole, unless the source, which has one kind, quotes these words."""
    inner = text[1:-1]
    wrapped = len(text) > 2 and _QUOTES.get(text[0]) == text[-1]
    if not wrapped or text[0] in inner or text[-1] in inner:
        return text
    words = inner.strip().rstrip(".,!?…").translate(_ONE_MARK)
    return text if f'"{words}' in source else inner.strip()


def _unnumbered(texts: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """Without the model's own post numbers; ambiguous forms go if two, and half the texts, have them."""
    texts = _each_without(_PLAIN, texts, numbers)
    in_texts = [{_number(match) for match in _BARE.finditer(text)} for text in texts]
    own = sum(number in found for found, number in zip(in_texts, numbers, strict=False))
    if own >= max(2, len(texts) / 2):
        return _each_without(_BARE, texts, numbers)
    # More than half may also have numbers that rise by one from anywhere: a hook often has none.
    shifts = Counter(number - at for at, found in enumerate(in_texts) for number in found)
    shift, number = max(shifts.items(), key=lambda item: item[1], default=(0, 0))
    if number >= 2 and number > len(texts) / 2:
        texts = _each_without(_BARE, texts, range(shift, shift + len(texts)))
    return texts


def _each_without(
    pattern: re.Pattern[str], texts: Sequence[str], numbers: Sequence[int], source: str | None = None
) -> list[str]:
    """Without these numbers where the pattern finds them; with a source only "2/3" that it lacks."""

    def kept(match: re.Match[str], number: int) -> str:
        stays = source is not None and ("/" not in match[0] or match[0].strip() in source)
        return match[0] if stays or _number(match) != number else ""

    numbered = itertools.zip_longest(texts, numbers[: len(texts)])
    return [pattern.sub(functools.partial(kept, number=number), text).strip() for text, number in numbered]


def _number(match: re.Match[str]) -> int:
    return int(re.findall(r"\d+", match[0])[0])


def _repeats_rules(text: str, question: Question) -> bool:
    said = letters_of(unquote(text))
    if letters_of(question.fence) in said:
        return True
    rules = {*_runs(letters_of(question.rules_text))}
    repeated = rules.intersection(_runs(said))
    # The source may hold words of the rules, too.
    return bool(repeated and repeated.difference(_runs(letters_of(question.source))))


def _runs(letters: str) -> Iterator[str]:
    return (letters[at : at + _LEAKED_RUN] for at in range(len(letters) - _LEAKED_RUN + 1))
