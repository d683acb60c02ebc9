"""Reads the texts out of a model's answer, without what models like to add, and never the rules."""

import functools
import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from core.text.cleaning import clean, letters_of
from core.text.word_lists import word_lists
from core.writing.model.failure import ModelCallFailed
from core.writing.model.prompt import Question

_MAX_TEXTS = 100
_PLACES = range(1, _MAX_TEXTS + 1)
_MAX_CHARACTERS = 6_000  # of a text: more than any platform takes, and quick to search
_MAX_TOTAL = 60_000  # characters of all texts: more than MAX_ANSWER_TOKENS are; the rest is left out
_MAX_STARTS = 50  # of objects in an answer
_LEAKED_RUN = 25  # letters and digits in a row shared with the rules: not by chance
_CODE_BLOCK = re.compile(r"```\w*+\n?(.*?)\n?```", re.DOTALL)
_PLAIN, _BARE = map(re.compile, word_lists(__file__)["numbers"].values())
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "'": "'", "‘": "’"}
_ONE_MARK = str.maketrans(dict.fromkeys(_QUOTES, '"'))


def parse_response(answer: str, question: Question) -> tuple[list[str], list[str]]:
    """The posts and the hooks, cleaned; items that are not texts are empty. Raises ModelCallFailed."""
    content = _content(answer)
    wants_one = "post" in question.schema["schema"]["properties"] and "post" in content
    given = [content["post"]] if wants_one else content.get("posts")
    posts = _unnumbered(_texts(given), question.numbers or _PLACES)
    if question.numbers:
        posts = _each_without(_BARE, posts, question.numbers, question.source)
    hooks = _unnumbered(_unnumbered(_texts(content.get("hooks")), (1,) * _MAX_TEXTS), _PLACES)
    quoted = question.source.translate(_ONE_MARK)
    posts, hooks = ([_unquoted(text, quoted) for text in texts] for texts in (posts, hooks))
    if not any(posts):
        raise ModelCallFailed("answer holds no posts")
    if _repeats_rules("\n".join((*posts, *hooks)), question):
        raise ModelCallFailed("answer repeats the rules")
    return posts, hooks


def _content(answer: str) -> Mapping[str, object]:
    """The first object with posts: servers without structured output wrap it in code blocks and sentences."""
    is_json = False
    for start in itertools.islice(re.finditer("{", answer), _MAX_STARTS):
        try:
            content, _ = json.JSONDecoder().raw_decode(answer, start.start())
        except (ValueError, RecursionError):
            continue
        if "posts" in content or "post" in content:
            return dict(content)
        is_json = True
    raise ModelCallFailed("answer holds no posts" if is_json else "answer is not JSON")


def _texts(items: object) -> list[str]:
    items = items[:_MAX_TEXTS] if isinstance(items, list) else []
    texts = [item[:_MAX_CHARACTERS] if isinstance(item, str) else "" for item in items]
    totals = itertools.accumulate(map(len, texts))
    texts = [text if total <= _MAX_TOTAL else "" for text, total in zip(texts, totals, strict=True)]
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
    said = _letters(unquote(text))
    if _letters(question.fence) in said:
        return True
    rules = {*_runs(_letters(question.rules_text))}
    repeated = rules.intersection(_runs(said))
    # The source may hold words of the rules, too.
    return bool(repeated and repeated.difference(_runs(_letters(question.source))))


def _runs(letters: str) -> Iterator[str]:
    return (letters[at : at + _LEAKED_RUN] for at in range(len(letters) - _LEAKED_RUN + 1))


def _letters(text: str) -> str:
    return letters_of(unicodedata.normalize("NFKC", text))
