"""What /openapi.json says beyond the routes' own types: problems, headers, keys, examples."""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from core.errors import BodyTimeout, BodyTooLarge, Denied, InvalidRequest, NotJson, RateLimited, ThreadrError
from core.http.outer import LIMITED as LIMITED
from core.http.problems import MEDIA_TYPE, members

_Object = dict[str, Any]  # of JSON
_Names = Iterable[str]
ADMIN: _Object = {"security": [{"adminToken": []}]}
HIDDEN: _Object = {"security": [{}, {"adminToken": []}]}  # 404 for callers without the token
KEY: _Object = {"security": [{}, {"apiKey": []}]}
OF_KEY: _Object = {"security": [{"apiKey": []}]}
DELETING: _Object = {"security": [{"deleteToken": []}, {"adminToken": []}]}
WITH_BODY = (InvalidRequest, BodyTimeout, NotJson)

_EVERYWHERE = ("X-Request-Id", "Cache-Control")
_OF_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}


class DocumentedApp(FastAPI):
    """Its document is completed when it is first asked for: in production no data file is read."""

    def openapi(self) -> _Object:
        if self.openapi_schema is None:
            import tomllib

            data = tomllib.loads(Path(__file__).with_name("openapi.toml").read_text(encoding="utf-8"))
            self.description, self.openapi_tags = data["description"], data["tags"]
            document = super().openapi()
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = data["problem"]
            _simplify(document)
            for name in components["schemas"].keys() & examples().keys():
                components["schemas"][name]["examples"] = [examples()[name]]
            components["headers"] = {name: _header(name, *about) for name, about in data["headers"].items()}
            components["securitySchemes"] = data["schemes"]
        assert self.openapi_schema is not None
        return self.openapi_schema


def _simplify(document: _Object) -> None:
    """Take out what common generators make too much of.

    openapi-typescript has fields with a `default` as required ones; openapi-python-client sends a body that
    is left out and may be null as an object that is not JSON.
    """
    for schema in document["components"]["schemas"].values():
        for field in [each for each in schema.get("properties", {}).values() if "default" in each]:
            field["description"] = f"Default: {json.dumps(field.pop('default'))}"
    for operation in [each for methods in document["paths"].values() for each in methods.values()]:
        contents = operation.get("requestBody", {}).get("content", {}).values()
        for part in (*operation.get("parameters", ()), *contents):
            if part["schema"].get("anyOf", [])[1:] == [{"type": "null"}]:
                part["schema"] = part["schema"]["anyOf"][0]


@functools.cache
def examples() -> Mapping[str, _Object]:
    """What requests and answers look like, by the name of their type."""
    found: dict[str, _Object] = json.loads(Path(__file__).with_name("openapi_examples.json").read_bytes())
    return found


def answers(
    model: Any, *errors: type[ThreadrError], headers: _Names = (), hit: _Names = (), texts: _Names = ()
) -> dict[int | str, _Object]:
    """A route's `responses`: its 200, and a problem for each error and all that are below it.

    `model` is None where the route's return type is the model; `texts` are its further media types.
    `headers` are those of all responses, `hit` those of the 200 alone.
    """
    content = {media_type: {"schema": {"type": "string"}} for media_type in texts}
    done = {"description": "Done", "headers": referred([*headers, *hit]), "content": content}
    responses: dict[int | str, _Object] = {200: done | ({"model": model} if model else {})}
    found = _leaves((*errors, BodyTooLarge, Denied, RateLimited, ThreadrError))
    kinds = {(leaf.status, leaf.kind): leaf for leaf in found}
    for status in sorted({status for status, _ in kinds}):
        leaves = [leaf for (of, _), leaf in kinds.items() if of == status]
        responses[status] = _problem(leaves, [*headers, *_OF_STATUS.get(status, ())])
    return responses


def referred(names: _Names) -> dict[str, dict[str, str]]:
    """The `headers` of one response."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_EVERYWHERE, *names)}


def _leaves(errors: Iterable[type[ThreadrError]]) -> Iterator[type[ThreadrError]]:
    for error in errors:
        yield error
        # InvalidRequest and the root are raised themselves; what is below them is named by the routes.
        if error not in (InvalidRequest, ThreadrError):
            yield from _leaves(error.__subclasses__())


def _problem(leaves: list[type[ThreadrError]], headers: _Names) -> _Object:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {leaf.kind: {"value": members(leaf, leaf.detail, "/api/generate")} for leaf in leaves},
    }
    return {
        "description": "; ".join(dict.fromkeys(leaf.title for leaf in leaves)),
        "headers": referred(headers),
        "content": {MEDIA_TYPE: content},
    }


def _header(name: str, description: str, example: str | int) -> _Object:
    kind = "integer" if isinstance(example, int) else "string"
    always = name in _EVERYWHERE
    return {"description": description, "required": always, "schema": {"type": kind}, "example": example}
