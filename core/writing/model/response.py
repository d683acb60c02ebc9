"""Reads the texts out of a model's answer, without what models like to add, and never the rules."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from core.text.cleaning import clean, letters_of
from core.text.word_lists import word_lists
from core.writing.model.failure import ModelCallFailed
from core.writing.model.prompt import Question
from core.writing.model.reading import decoded, read_values

_MAX_TEXTS = 100
_PLACES = range(1, _MAX_TEXTS + 1)
_MAX_CHARACTERS = 6_000  # of a text: more than any platform takes, and quick to search
_MAX_TOTAL = 60_000  # characters of all texts: more than MAX_ANSWER_TOKENS are; the rest is left out
_MAX_DEPTH = 5  # of objects around the posts
_LEAST = 20  # letters of a thread, or a twentieth of the source's: with less, something else was answered
_LEAKED_RUN = 25  # letters and digits in a row shared with the rules: not by chance
_CODE_BLOCK = re.compile(r"```\w*+\n?(.*?)\n?```", re.DOTALL)
_PLAIN, _BARE = map(re.compile, word_lists(__file__)["numbers"].values())
_LISTS, _TEXT_NAMES, _ONE = map(str.split, word_lists(__file__)["fields"].values())
_ALIKE = re.compile("post|thread|tweet")  # in the name of a list of posts
_ESCAPES = re.compile(r'(?:\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))+')
_NUMBERED = re.compile(r"(?:post|tweet|part)?[ _#-]{0,2}(\d{1,3})")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "'": "'", "‘": "’"}
_ONE_MARK = str.maketrans(dict.fromkeys(_QUOTES, '"'))


@dataclass(frozen=True, slots=True)
class _Given:
    """Posts and hooks as they stand in an answer, and whether in an object of it."""

    posts: list[str]
    hooks: object = ()
    is_object: bool = False


def parse_response(answer: str, question: Question) -> tuple[list[str], list[str]]:
    """The posts and the hooks, cleaned; items that are not texts are empty. Raises ModelCallFailed."""
    given = _given(answer, question)
    posts = _unnumbered(_texts(given.posts, question.source), question.numbers or _PLACES)
    if question.numbers:
        posts = _each_without(_BARE, posts, question.numbers, question.source)
    hooks = _texts(given.hooks, question.source)
    hooks = _unnumbered(_unnumbered(hooks, (1,) * _MAX_TEXTS), _PLACES)
    quoted = question.source.translate(_ONE_MARK)
    posts, hooks = ([_unquoted(text, quoted) for text in texts] for texts in (posts, hooks))
    posts, hooks = ([text if letters_of(text) else "" for text in texts] for texts in (posts, hooks))
    if not any(posts):
        raise ModelCallFailed("answer holds no posts")
    if _is_far_shorter(posts, question):
        raise ModelCallFailed("answer is far shorter than what was asked for")
    if _repeats_rules("\n".join((*posts, *hooks)), question):
        raise ModelCallFailed("answer repeats the rules")
    return posts, hooks


def _given(answer: str, question: Question) -> _Given:
    """The last object with posts that says enough, else the last array of them, else objects of one post."""
    values = read_values(answer)
    if question.schema["name"] == "post" and (one := _own_texts(values, _ONE)):
        return _Given(one[-1:])
    lines = _own_texts(values, _TEXT_NAMES)
    given = [carried for value in values if (carried := _carried(value)).posts]
    given = [each for each in given if each.is_object] or given or [_Given(lines)] * (len(lines) > 1)
    enough = [each for each in given if not _is_far_shorter(each.posts, question)]
    return [_Given([]), *given, *enough][-1]


def _own_texts(values: Sequence[object], names: Sequence[str]) -> list[str]:
    """The texts of those that are objects of one post each."""
    return [text for value in values if (text := _named_text(_fields(value), names))]


def _carried(value: object, depth: int = _MAX_DEPTH) -> _Given:
    """The posts and hooks in a value; empty when it has none with a letter or digit."""
    value = decoded(value) if isinstance(value, str) else value  # JSON within JSON
    if not depth or not value:
        return _Given([])
    if isinstance(value, list):
        posts = [_text_of(each) for each in value[:_MAX_TEXTS]]
        return _Given(posts) if letters_of("".join(posts)) else _carried(value[-1], depth - 1)
    fields = _fields(value)
    for name in _names(fields):
        if (found := _carried(fields[name], depth - 1)).posts:
            return _Given(found.posts, fields.get("hooks") or found.hooks, is_object=True)
    return _Given(_numbered(fields), is_object=True)


def _numbered(fields: Mapping[str, object]) -> list[str]:
    """The texts under numbers, such as "1" or "post_1", by them."""
    names = [(int(at[1]), name) for name in fields if (at := _NUMBERED.fullmatch(name))]
    return [text for _, name in sorted(names) if (text := _text_of(fields[name]))]


def _names(fields: Mapping[str, object]) -> Iterator[str]:
    """Of the fields that may hold posts, the likeliest first."""
    yield from (name for name in _LISTS if name in fields)
    alike = (name for name in fields if _ALIKE.search(name) or isinstance(fields[name], dict))
    yield from reversed([name for name in alike if name not in _LISTS])


def _text_of(post: object, depth: int = _MAX_DEPTH) -> str:
    """The text of a post: itself, a field of an object, or that in a list of one; empty when it has none."""
    if isinstance(post, list) and len(post) == 1:
        post = post[0]
    if isinstance(post, str):
        inner = decoded(post) if post.lstrip().startswith("{") else None
        if not isinstance(inner, dict):
            return post if post.strip() else ""
        post = inner
    fields = _fields(post)
    text = _named_text(fields, _TEXT_NAMES, depth - 1) if depth else ""
    if text or fields.keys() & _LISTS:
        return text
    return max((each for each in fields.values() if isinstance(each, str)), key=len, default="")


def _named_text(fields: Mapping[str, object], names: Sequence[str], depth: int = _MAX_DEPTH) -> str:
    given = [fields[name] for name in names if name in fields]
    return next((text for value in given if (text := _text_of(value, depth))), "")


def _fields(value: object) -> dict[str, object]:
    named = value.items() if isinstance(value, dict) else ()
    return {str(name).casefold().strip(): each for name, each in named}


def _is_far_shorter(posts: Sequence[str], question: Question) -> bool:
    """Whether a thread says less than any about the source: an example of the form, or a word of consent."""
    texts = "".join(posts), question.source  # in bytes, by which a Han character is three letters
    said, source = (len(letters_of(text).encode("utf-8", "replace")) for text in texts)
    return bool(question.schema["name"] == "thread" and said < min(source / 20, _LEAST))


def _texts(items: object, source: str) -> list[str]:
    """The texts as they are meant: without escapes of JSON, unless the source has backslashes, too."""
    items = items[:_MAX_TEXTS] if isinstance(items, list) else []
    texts = [_text_of(item)[:_MAX_CHARACTERS] for item in items]
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
