"""/docs: the OpenAPI document as a page of our own, without scripts and without anything from elsewhere."""

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

_Object = Mapping[str, Any]  # of JSON
_CODE = re.compile("`+([^`]*)`+")
_REFERENCE = re.compile(r"#/components/schemas/(\w+)")


def docs_page(document: _Object, root_path: str) -> bytes:
    """The page about an OpenAPI 3.1 document; `root_path` precedes all addresses."""
    schemas: _Object = document["components"]["schemas"]
    operations = [
        (f"{method.upper()} {root_path}{path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = {
        "root": escape(root_path),
        "about": _words(document["info"]["description"]),
        "links": "".join(
            f'<li><a href="#{each["operationId"]}">{escape(name)}</a></li>' for name, each in operations
        ),
        "operations": "".join(_operation(name, each, schemas) for name, each in operations),
        "schemas": "".join(f'<h3 id="{name}">{name}</h3>{_json(each)}' for name, each in schemas.items()),
    }
    template = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return Template(template).substitute(parts).encode(errors="replace")


def _operation(name: str, operation: _Object, schemas: _Object) -> str:
    """What it does, how curl calls it with the example of its body, and all that the document says."""
    method, _, path = name.partition(" ")
    body = _REFERENCE.search(json.dumps(operation.get("requestBody")))
    examples = map(json.dumps, schemas[body[1]].get("examples", ())[:1] if body else ())
    sent = "".join(f" -H 'Content-Type: application/json' -d '{example}'" for example in examples)
    call = f"curl -X {method} 'http://localhost:8001{path}'{sent}"
    return (
        f'<h2 id="{operation["operationId"]}">{escape(name)}</h2>'
        f"<p>{_words(operation.get('description', ''))}</p><pre>{escape(call)}</pre>"
        f"<details><summary>Parameters, body and answers</summary>{_json(operation)}</details>"
    )


def _json(part: object) -> str:
    text = escape(json.dumps(part, indent=1, ensure_ascii=False), quote=False)
    linked = _REFERENCE.sub(r'<a href="#\1">\1</a>', text)
    return f"<pre>{linked}</pre>"


def _words(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
