"""Errors as RFC 9457 problem details: one shape for everything, at most 2 KB, never echoing a value."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from core.errors import InvalidRequest, MethodNotAllowed, NotFound, NotJson, ThreadrError
from core.text.cleaning import clean_line

if TYPE_CHECKING:
    from fastapi.exceptions import RequestValidationError
    from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL_BYTES = 600  # quotes and backslashes take two each
_MAX_INSTANCE_CHARACTERS = 300
_MAX_NAMED_FAULTS = 5
_MAX_NAME_CHARACTERS = 40
_WORD = re.compile(f"[A-Za-z_]{{1,{_MAX_NAME_CHARACTERS}}}")  # what has digits may be a key that slipped
_UNNAMED = "There is an unknown field."
# Where Pydantic's own words say too little; the one pattern that there is belongs to `language`.
_WORDS = {
    "missing": "is missing",
    "model_attributes_type": "must be a JSON object",
    "string_pattern_mismatch": "must be a language's code, such as en or pt-BR",
}
_HALF_ESCAPE = re.compile("%.?$")
NOT_VALID = "The body is not valid JSON"


async def raise_invalid(request: Request, error: "RequestValidationError") -> NoReturn:
    """Converts what FastAPI finds wrong in a request into ours, which RequestMiddleware answers."""
    if isinstance(error.body, bytes):  # FastAPI leaves it so when its type is not JSON
        raise NotJson
    taken = request.scope["route"].dependant
    kinds = [field.field_info.annotation for field in (*taken.body_params, *taken.query_params)]
    models = [model for kind in kinds for model in get_args(kind) or [kind] if hasattr(model, "model_fields")]
    # A fault's place begins with the part of the request that it is in.
    raise invalid([{**fault, "loc": fault["loc"][1:]} for fault in error.errors()], models)


def invalid(faults: Sequence[Mapping[str, Any]], models: Sequence[type["BaseModel"]]) -> InvalidRequest:
    """What pydantic finds wrong in words; what is taken is the first of the models."""
    found = [_sentences(fault, models) for fault in faults[:_MAX_NAMED_FAULTS]]
    return InvalidRequest(" ".join(dict.fromkeys(itertools.chain.from_iterable(found))))


async def raise_ours(request: Request, error: Exception) -> NoReturn:
    """Converts Starlette's errors, which are FastAPI's too, into ours."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ThreadrError):  # raised while FastAPI read the body
        raise error.__cause__
    if error.status_code == 404:
        raise NotFound
    if error.status_code == 405:
        scope, routes = request.scope, request.app.router.routes  # several may have the address
        methods = [{**scope, "method": each} for each in ("GET", "POST", "DELETE")]
        found = [each for each in methods if any(route.matches(each)[0] is Match.FULL for route in routes)]
        allowed = {each["method"] for each in found}
        also = {"HEAD"} & {method.replace("GET", "HEAD") for method in allowed}
        raise MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed | also))})
    raise InvalidRequest(f"{NOT_VALID}.")  # FastAPI's 400: the body could not be read at all


def problem(error: ThreadrError, *, instance: str, root_path: str = "", request_id: str = "") -> JSONResponse:
    """The answer for `error`. `instance` is the path that was asked, without its query.

    `root_path` precedes all routes, and so is in `type`. The detail of a 5xx ends with the request id,
    by which its log line is found.
    """
    detail = clean_line(error.detail).encode()[:_MAX_DETAIL_BYTES].decode(errors="ignore")
    if request_id and error.status >= 500:
        detail += f" Request id: {request_id}."
    instance = _HALF_ESCAPE.sub("", quote(instance, errors="replace")[:_MAX_INSTANCE_CHARACTERS])
    content = members(error, detail, instance, quote(root_path, errors="replace"))
    return JSONResponse(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)


def members(
    error: ThreadrError | type[ThreadrError], detail: str, instance: str, root_path: str = ""
) -> dict[str, str | int]:
    """The members of the problem, as RFC 9457 names them; `type` is the address of `problem_page`."""
    return {
        "type": f"{root_path}/problems/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": detail,
        "instance": instance,
    }


def _sentences(fault: Mapping[str, Any], models: Sequence[type["BaseModel"]]) -> Iterator[str]:
    """One fault in words. Of the input they repeat at most the name of a field."""
    *above, name = (str(part) for part in fault["loc"] or [""])
    place = ".".join([*above, name])
    if fault["type"] == "json_invalid":
        yield f"{NOT_VALID}."
    elif fault["type"] == "extra_forbidden":
        import difflib  # no start waits for it

        fields = _fields(models[0], is_nested=bool(above))
        close = difflib.get_close_matches(name.lower()[: _MAX_NAME_CHARACTERS + 1], fields, 1)
        is_named = _WORD.fullmatch(name) or (close and name.replace("-", "_").isidentifier())
        yield f"Unknown field {name!r}{' in ' * bool(above)}{'.'.join(above)}." if is_named else _UNNAMED
        yield f"Did you mean {close[0]!r}?" if close else f"The fields are {', '.join(fields)}."
    elif fault["type"] in _WORDS:
        yield f"{f'Field {place!r}' if place else 'The body'} {_WORDS[fault['type']]}."
    else:
        message = str(fault["msg"]).removeprefix("Value error, ")
        yield f"{place}: {message}." if place else f"{message}."


def _fields(model: type["BaseModel"], *, is_nested: bool) -> list[str]:
    """The fields of what is taken, or of the objects in it."""
    schema = model.model_json_schema()
    inner = [name for part in schema.get("$defs", {}).values() for name in part.get("properties", ())]
    return inner if is_nested else [*schema["properties"]]
