"""The posts in the JSON values of a model's answer, in whatever shape it has given them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.text.cleaning import clean, letters_of
from core.text.word_lists import word_lists
from core.writing.model.prompt import Question
from core.writing.model.reading import decoded, read_values

MAX_TEXTS = 100
_MAX_CITED, _MAX_CITED_CHARACTERS = 10, 1_000  # spans for a post, and characters of each
_MAX_DEPTH = 5  # of objects around the posts
_LEAST = 20  # letters of a thread, or a twentieth of the source's: with less, something else was answered
_LISTS, _TEXT_NAMES, _ONE, _CITED = map(str.split, word_lists(__file__)["fields"].values())
_ALIKE = re.compile("post|thread|tweet")  # in the name of a list of posts
_NUMBERED = re.compile(r"(?:post|tweet|part)?[ _#-]{0,2}(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Given:
    """Posts, hooks and what is cited for each post as an answer has them, and whether in an object."""

    posts: list[str]
    hooks: object = ()
    is_object: bool = False
    evidence: tuple[tuple[str, ...], ...] = ()


def given_in(answer: str, question: Question) -> Given:
    """The last object with posts that says enough, else the last array of them, else objects of one post."""
    values = read_values(answer)
    if question.schema["name"] == "post" and (one := _own_texts(values, _ONE)):
        return Given(one[-1:])
    lines = _own_texts(values, _TEXT_NAMES)
    given = [carried for value in values if (carried := _carried(value)).posts]
    given = [each for each in given if each.is_object] or given or [Given(lines)] * (len(lines) > 1)
    enough = [each for each in given if not is_far_shorter(each.posts, question)]
    return [Given([]), *given, *enough][-1]


def _own_texts(values: Sequence[object], names: Sequence[str]) -> list[str]:
    """The texts of those that are objects of one post each."""
    return [text for value in values if (text := _named_text(_fields(value), names))]


def _carried(value: object, depth: int = _MAX_DEPTH) -> Given:
    """The posts and hooks in a value; empty when it has none with a letter or digit."""
    value = decoded(value) if isinstance(value, str) else value  # JSON within JSON
    if not depth or not value:
        return Given([])
    if isinstance(value, list):
        posts = [text_of(each) for each in value[:MAX_TEXTS]]
        cited = tuple(_cited_by(each) for each in value[:MAX_TEXTS])
        return Given(posts, evidence=cited) if letters_of("".join(posts)) else _carried(value[-1], depth - 1)
    fields = _fields(value)
    for name in _names(fields):
        if (found := _carried(fields[name], depth - 1)).posts:
            return replace(found, hooks=fields.get("hooks") or found.hooks, is_object=True)
    return Given(_numbered(fields), is_object=True)


def _numbered(fields: Mapping[str, object]) -> list[str]:
    """The texts under numbers, such as "1" or "post_1", by them."""
    names = [(int(at[1]), name) for name in fields if (at := _NUMBERED.fullmatch(name))]
    return [text for _, name in sorted(names) if (text := text_of(fields[name]))]


def _names(fields: Mapping[str, object]) -> Iterator[str]:
    """Of the fields that may hold posts, the likeliest first."""
    yield from (name for name in _LISTS if name in fields)
    alike = (name for name in fields if _ALIKE.search(name) or isinstance(fields[name], dict))
    yield from reversed([name for name in alike if name not in _LISTS])


def text_of(post: object, depth: int = _MAX_DEPTH) -> str:
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


def _cited_by(post: object) -> tuple[str, ...]:
    """The spans of the source that the object of a post cites."""
    given = next((value for name, value in _fields(post).items() if name in _CITED), ())
    spans = given if isinstance(given, list) else [given]
    return tuple(
        clean(text)[:_MAX_CITED_CHARACTERS] for span in spans[:_MAX_CITED] if (text := text_of(span))
    )


def _named_text(fields: Mapping[str, object], names: Sequence[str], depth: int = _MAX_DEPTH) -> str:
    given = [fields[name] for name in names if name in fields]
    return next((text for value in given if (text := text_of(value, depth))), "")


def _fields(value: object) -> dict[str, object]:
    named = value.items() if isinstance(value, dict) else ()
    return {str(name).casefold().strip(): each for name, each in named}


def is_far_shorter(posts: Sequence[str], question: Question) -> bool:
    """Whether a thread says less than any about the source: an example of the form, or a word of consent."""
    texts = "".join(posts), question.source  # in bytes, by which a Han character is three letters
    said, source = (len(letters_of(text).encode("utf-8", "replace")) for text in texts)
    return bool(question.schema["name"] == "thread" and said < min(source / 20, _LEAST))
