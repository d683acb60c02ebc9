"""Requests that cost a service most, each made again from its name: `case_of("text/mastodon/flag")`.

A name is `<route>/<platform>/<unit>` (runs of a unit), `<grammar>/<seed>` (made by a grammar from the seed),
or one of SEEN, the cases that once took the service down.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from core.text.platforms import PLATFORMS
from tests.support.site import ARTICLE, BODY, page
from tests.support.worst_pages import data_page, escaped_quotes, markup, spans, structured_data
from tests.support.worst_pdfs import dear_pdf, forms
from tests.support.worst_units import UNITS, mixture, run_of

MAX_BODY_BYTES = 1_000_000
SITE = "http://site.invalid"  # the harness puts the address of its site here
_TEXT_BYTES = 980_000  # the options of the request need some room
_POST = 2_000  # characters of a post that the model writes
_JSON = (("content-type", "application/json"),)
_ARTICLE = ARTICLE + "\nThis is about {name}."
_PAGE = f"{SITE}/{{name}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request, and what the site and the model answer meanwhile.

    `before`: the body of a request that makes a thread first, `thread` the model's posts for it; its id
    replaces "{id}" in the path.
    """

    name: str
    method: str = "POST"
    path: str = "/api/generate"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = _JSON
    page: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    posts: tuple[str, ...] = ()
    before: bytes = b""
    thread: tuple[str, ...] = ()


def case_of(name: str) -> Case:
    """Raises KeyError, ValueError for a name that names no case."""
    if name in SEEN:
        case = SEEN[name]()
    elif name.count("/") == 2:
        route, platform, unit = name.split("/")
        case = _ROUTES[route](platform, UNITS[unit])
    else:
        grammar, seed = name.split("/")
        case = _GRAMMARS[grammar](random.Random(int(seed)))  # noqa: S311
    # The name makes each request differ, else a kept answer would do.
    return replace(case, name=name, body=case.body.replace(b"{name}", quote(name, safe="").encode()))


def unit_names() -> list[str]:
    """Every route with every unit, for every platform where the platform matters."""
    return [
        f"{route}/{platform}/{unit}"
        for route in _ROUTES
        for platform in (["any"] if route in _ONE_PLATFORM else PLATFORMS)
        for unit in UNITS
    ]


def names(seed: int) -> Iterator[str]:
    """The cases that were seen, then units, routes and grammars in turn, without end."""
    chance = random.Random(seed)  # noqa: S311
    yield from SEEN
    units: dict[str, list[str]] = {}
    for name in chance.sample(every := unit_names(), len(every)):
        units.setdefault(name.partition("/")[0], []).append(name)
    while True:
        yield from (left.pop() for left in units.values() if left)
        yield from (f"{grammar}/{chance.randrange(1_000_000)}" for grammar in _GRAMMARS)


def _generate(platform: str, **fields: Any) -> bytes:
    return json.dumps({"platform": platform} | fields, ensure_ascii=False).encode()


def _of_text(text: str, platform: str = "x", **options: Any) -> bytes:
    return _generate(platform, text=_spelled_within(text), **options)


def _spelled_within(text: str) -> str:
    """As much of the text as JSON spells in the bytes that a body has room for."""
    while len(json.dumps(text, ensure_ascii=False).encode()) > _TEXT_BYTES:
        text = text[: len(text) * 9 // 10]
    return text


def _text(platform: str, unit: str) -> Case:
    text = run_of(unit, max_bytes=_TEXT_BYTES)
    return Case(name="", body=_of_text(text, platform, generator="extractive", max_posts=25, hooks=3))


def _model(platform: str, unit: str) -> Case:
    """A model that gives back what it reads."""
    post = run_of(unit, max_bytes=_POST)
    return Case(name="", body=_of_text(run_of(unit, max_bytes=_TEXT_BYTES), platform), posts=(post,) * 25)


def _answer(platform: str, unit: str) -> Case:
    """A model that answers an ordinary article with the unit."""
    posts = (run_of(unit, max_bytes=200_000), *[run_of(unit, max_bytes=6_000)] * 100)
    return Case(name="", body=_of_text(_ARTICLE, platform), posts=posts)


def _page(platform: str, unit: str) -> Case:
    text = run_of(unit, max_bytes=_TEXT_BYTES)
    body = _generate(platform, url=_PAGE, generator="extractive", max_posts=25)
    return Case(name="", body=body, page=page(f"{BODY}<p>{text}</p>").encode())


def _plain_page(platform: str, unit: str) -> Case:
    case = _page(platform, unit)
    text = f"{ARTICLE}\n{run_of(unit, max_bytes=_TEXT_BYTES)}"
    return replace(case, page=text.encode(), media_type="text/plain; charset=utf-8")


def _validate(platform: str, unit: str) -> Case:
    content = (unit * (9_900 // len(unit) + 1))[:9_900]
    return Case(name="", path="/api/validate", body=_generate(platform, thread=[content] * 3))


def _validate_many(platform: str, unit: str) -> Case:
    """As many posts as may be, the same text in each."""
    content = (unit * (300 // len(unit) + 1))[:300]
    return Case(name="", path="/api/validate", body=_generate(platform, thread=[content] * 100))


def _rewrite(platform: str, unit: str) -> Case:
    body = json.dumps({"wish": (unit * 300)[:300].strip() or "Shorter."}).encode()
    posts, path = (run_of(unit, max_bytes=200_000),), "/api/threads/{id}/posts/1/rewrite"
    before = _of_text(_ARTICLE, platform)
    return Case(name="", path=path, body=body, posts=posts, before=before, thread=_short_posts(unit))


def _export(_: str, unit: str) -> Case:
    path, before = "/api/threads/{id}?format=md", _of_text(_ARTICLE)
    return Case(name="", method="GET", path=path, headers=(), before=before, thread=_short_posts(unit))


def _short_posts(unit: str) -> tuple[str, ...]:
    return tuple(f"Post {number} says: {run_of(unit, max_bytes=240)}" for number in range(12))


def _clear(_: str, unit: str) -> Case:
    text = _spelled_within(run_of(unit, max_bytes=_TEXT_BYTES))
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    return Case(name="", method="DELETE", path="/api/cache/clear", body=body)


def _address(_: str, unit: str) -> Case:
    """As the URL of an article; 2,048 characters are allowed."""
    url = ("http://" + unit * 2_048)[:2_048]
    return Case(name="", body=_generate("x", url=url))


def _path(_: str, unit: str) -> Case:
    spelled = quote(run_of(unit, max_bytes=8_000), safe="/")
    return Case(name="", method="GET", path=f"/api/threads/{spelled}", headers=())


def _query(_: str, unit: str) -> Case:
    spelled = quote(run_of(unit, max_bytes=8_000), safe="&=")
    return Case(name="", method="GET", path=f"/api/threads/none?format={spelled}&{spelled}", headers=())


def _header(_: str, unit: str) -> Case:
    value = run_of(unit, max_bytes=7_000).encode().decode("latin-1")
    value = "".join(each for each in value if each >= " " and each != "\x7f").strip()
    listed = ("cache-control", "x-api-key", "accept", "content-type", "if-none-match", "x-request-id")
    return Case(name="", body=_of_text(_ARTICLE), headers=tuple((name, value) for name in listed))


def _options(_: str, unit: str) -> Case:
    """Wherever a request takes a text."""
    long = run_of(unit, max_bytes=40_000)
    fields = dict.fromkeys(("tone", "audience", "language", "url", "numbering", "generator", "hooks"), long)
    body = json.dumps(fields | {"platform": long, long: long}, ensure_ascii=False)
    return Case(name="", body=body.encode())


_ROUTES: dict[str, Callable[[str, str], Case]] = {
    "text": _text,
    "model": _model,
    "answer": _answer,
    "page": _page,
    "plain-page": _plain_page,
    "validate": _validate,
    "validate-many": _validate_many,
    "rewrite": _rewrite,
    "export": _export,
    "clear": _clear,
    "address": _address,
    "path": _path,
    "query": _query,
    "header": _header,
    "options": _options,
}
_ONE_PLATFORM = {"export", "clear", "address", "path", "query", "header", "options"}


def _of_page(content: bytes, media_type: str = "text/html; charset=utf-8") -> Case:
    body = _generate("x", url=_PAGE, generator="extractive")
    return Case(name="", body=body, page=content, media_type=media_type)


def _mixed_text(chance: random.Random) -> Case:
    text = mixture(chance, max_bytes=chance.choice([3_000, 50_000, _TEXT_BYTES]))
    options = {"max_posts": chance.choice([1, 12, 25]), "numbering": chance.choice(["slash", "none"])}
    return Case(name="", body=_of_text(text or "a", _platform(chance), generator="extractive", **options))


def _mixed_answer(chance: random.Random) -> Case:
    posts = tuple(
        mixture(chance, max_bytes=chance.choice([300, 6_000])) for _ in range(chance.choice([1, 25, 100]))
    )
    source = chance.choice([_ARTICLE, mixture(chance, max_bytes=50_000), "\n".join(posts)[:50_000]])
    return Case(name="", body=_of_text(source.strip() or "a", _platform(chance)), posts=posts)


def _mixed_thread(chance: random.Random) -> Case:
    number = chance.choice([1, 3, 10, 100])
    posts = [mixture(chance, max_bytes=100_000)[: 29_000 // number][:9_900] for _ in range(number)]
    return Case(name="", path="/api/validate", body=_generate(_platform(chance), thread=posts))


def _platform(chance: random.Random) -> str:
    return chance.choice(sorted(PLATFORMS))


def _body(chance: random.Random) -> Case:
    """Bytes that are JSON or nearly, for a route that takes a body."""
    size = chance.choice([1_000, 50_000, MAX_BODY_BYTES - 1_000])
    path = chance.choice(["/api/generate", "/api/validate", "/api/threads/none/posts/1/rewrite"])
    body = chance.choice(_BODIES)(chance, size)
    if chance.random() < 0.2:
        body = body[: chance.randrange(len(body)) + 1]
    kinds = ["application/json", "application/json; charset=utf-16", "text/plain", "application/x-json", ""]
    headers = (("content-type", chance.choice([kinds[0], kinds[0], kinds[0], *kinds])),)
    return Case(name="", path=path, body=body.encode(errors="surrogatepass"), headers=headers)


def _keys(chance: random.Random, size: int) -> str:
    value = chance.choice(["1", '""', "{}", "[]", "null", '{"a":1}', "1.5", '"\\ud83c\\udde9"'])
    key = chance.choice(["k{}", "{}", "text{}", "thread{}", "\\u0061{}", "k" * 500 + "{}"])
    pairs = (f'"{key.format(number)}":{value}' for number in range(size))
    return '{"text":"a",' + _joined(pairs, size) + "}"


def _repeated_key(chance: random.Random, size: int) -> str:
    pair = chance.choice(['"text":"a"', '"platform":"x"', '"thread":["a"]', '"max_posts":3', '"":""'])
    return "{" + ",".join([pair] * (size // (len(pair) + 1))) + "}"


def _deep_body(chance: random.Random, size: int) -> str:
    opened = chance.choice(["[", '{"text":', '{"thread":[', '[{"a":'])
    return opened * (size // len(opened))


def _numbers(chance: random.Random, size: int) -> str:
    number = chance.choice(["9" * size, "-" + "9" * size, "0." + "9" * size, "1e" + "9" * 300, "NaN", "-0"])
    return f'{{"text":"a","max_posts":{number},"hooks":{number[:300]}}}'


def _escapes(chance: random.Random, size: int) -> str:
    escape = chance.choice(
        ["\\u0031", "\\ud83c\\udde9", "\\ud83c", "\\\\", '\\"', "\\n", "\\u0000", "\\/", "\\x"]
    )
    key = chance.choice(["text", "url", "tone", "thread", "wish", "a"])
    return f'{{"{key}":"{escape * (size // len(escape))}"}}'


def _items(chance: random.Random, size: int) -> str:
    item = chance.choice(['"a"', "1", "{}", '{"content":"a"}', '{"content":"a","b":1}', "[]", "null", '""'])
    return '{"thread":[' + ",".join([item] * (size // (len(item) + 1))) + "]}"


def _joined(parts: Iterator[str], size: int) -> str:
    taken, length = [], 0
    for part in parts:
        length += len(part) + 1
        if length > size:
            break
        taken.append(part)
    return ",".join(taken)


_BODIES: list[Callable[[random.Random, int], str]] = [
    _keys,
    _keys,
    _repeated_key,
    _deep_body,
    _numbers,
    _escapes,
    _items,
]

_GRAMMARS: dict[str, Callable[[random.Random], Case]] = {
    "markup": lambda chance: _of_page(markup(chance).encode(errors="replace")),
    "json-ld": lambda chance: _of_page(structured_data(chance).encode(errors="replace")),
    "pdf": lambda chance: _of_page(dear_pdf(chance), "application/pdf"),
    "body": _body,
    "mixed-text": _mixed_text,
    "mixed-answer": _mixed_answer,
    "mixed-thread": _mixed_thread,
}


def _obedient() -> Case:
    """A model that obeys an article which tells it to give 3,000 links."""
    posts = tuple(" ".join(f"http://e{n}-{m}.co/a" for m in range(250)) for n in range(12))
    return replace(_run("\n".join(posts)[:50_000]), posts=posts)


def _unknown_keys(path: str) -> Case:
    """5 MB, five times what a request may have."""
    pairs = ",".join(f'"k{number}":{number}' for number in range(290_000))
    return Case(name="", path=path, body=('{"text":"a",' + pairs + "}").encode())


def _run(text: str, platform: str = "x", **options: Any) -> Case:
    return Case(name="", body=_generate(platform, text=text, **options))


# What was seen to take the service down, by what it is made of.
SEEN: dict[str, Callable[[], Case]] = {
    "digits and commas": lambda: _run("1," * 25_000),
    "digits of four bytes and commas": lambda: _run("\U00011066," * 25_000),
    "colspan and rowspan 1,000": lambda: _of_page(spans(200).encode()),
    "35,000 escaped quotes": lambda: _of_page(data_page(escaped_quotes(35_000)).encode()),
    "a form drawn 50 times": lambda: _of_page(forms(times=50), "application/pdf"),
    "25,000 flags": lambda: _run("🇩🇪" * 25_000, "mastodon", max_posts=25, generator="extractive"),
    "5 MB of unknown keys": lambda: _unknown_keys("/api/generate"),
    "5 MB of unknown keys to validate": lambda: _unknown_keys("/api/validate"),
    "a model that answers 3,000 links": _obedient,
}
