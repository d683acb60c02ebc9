"""/docs: the OpenAPI document as a page of our own, without scripts and without anything from elsewhere."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

_Object = Mapping[str, Any]  # of JSON
_BOUNDS = {"minimum": "from", "maximum": "to", "minLength": "at least", "maxLength": "at most"}
_CODE = re.compile("`+([^`]*)`+")


def docs_page(document: _Object, root_path: str) -> bytes:
    """The page about an OpenAPI 3.1 document; `root_path` precedes all addresses."""
    found = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    links = (
        f'<li><a href="#{operation["operationId"]}">{escape(name)}</a></li>' for name, operation in found
    )
    schemas = document["components"]["schemas"]
    parts = {
        "root": escape(root_path),
        "about": _paragraphs(document["info"].get("description", "")),
        "links": "".join(links),
        "operations": "\n".join(_operation(name, each, document, root_path) for name, each in found),
        "schemas": "\n".join(_schema(name, schema) for name, schema in schemas.items()),
    }
    template = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return Template(template).substitute(parts).encode(errors="replace")


def _operation(name: str, operation: _Object, document: _Object, root_path: str) -> str:
    given = [
        (each["name"], each["schema"], each.get("description")) for each in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = (
        (status, _type(_json_of(answer)) or "–", escape(answer["description"]))
        for status, answer in operation["responses"].items()
    )
    parts = [
        f"<h2>{escape(name)}</h2>",
        _paragraphs(operation.get("description", "")),
        _table(map(_row, given)),
        f"<p>Body: {_type(body)}</p>" if body else "",
        f"<pre>{escape(_call(name, body, document, root_path))}</pre>",
        _table(answers),
    ]
    return f'<section id="{operation["operationId"]}">{"".join(parts)}</section>'


def _call(name: str, body: _Object, document: _Object, root_path: str) -> str:
    """The operation as a command of curl, with the example of its body."""
    method, _, path = name.partition(" ")
    named = document["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
    examples = [json.dumps(example, ensure_ascii=False) for example in named.get("examples", ())[:1]]
    sent = "".join(f" -H 'Content-Type: application/json' -d '{example}'" for example in examples)
    return f"curl -X {method} 'http://localhost:8001{root_path}{path}'{sent}"


def _json_of(answer: _Object) -> _Object:
    contents: Iterable[_Object] = answer.get("content", {}).values()
    return next((content["schema"] for content in contents), {})


def _schema(name: str, schema: _Object) -> str:
    fields = ((field, each, each.get("description")) for field, each in schema.get("properties", {}).items())
    examples = schema.get("examples", [])
    shown = "".join(
        f"<pre>{escape(json.dumps(each, indent=1, ensure_ascii=False))}</pre>" for each in examples
    )
    about = _paragraphs(schema.get("description", ""))
    return f'<section id="{name}">\n<h3>{name}</h3>\n{about}\n{_table(map(_row, fields))}{shown}\n</section>'


def _row(field: tuple[str, _Object, str | None]) -> tuple[str, str, str]:
    name, schema, about = field
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    return escape(name), _type(schema), escape("; ".join([*bounds, *filter(None, [about])]))


def _type(schema: _Object) -> str:
    """What the schema takes, in words, with links to those that are named."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return f'<a href="#{name}">{name}</a>'
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if choices := [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]:
        return escape(", ".join(map(str, choices)))
    return " or ".join(map(_type, schema.get("anyOf", ()))) or escape(str(schema.get("type", "")))


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    body = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)
    return f"<table>{body}</table>\n" if body else ""


def _paragraphs(text: str) -> str:
    parts = filter(None, text.strip().split("\n\n"))
    return _CODE.sub(r"<code>\1</code>", "".join(f"<p>{escape(part)}</p>" for part in parts))
