"""What a function was called with, of any kind, as one well-formed HTTP API event."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, Self
from urllib.parse import quote, unquote, urlencode

from core.errors import Malformed
from core.http.outer import tidy

Kind = Literal["v2", "v1", "alb"]
Json = dict[str, Any]  # what Lambda is given and gives
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

_AMAZON = re.compile(r"\.amazonaws\.com(\.cn)?(:\d+)?$")
_PARAMETER = re.compile(r"{([^{}+]+)\+?}")
_MAX_FIXED_SEGMENTS = 8

# What Mangum can read; other values of these headers are left out: the app needs none of them.
_READABLE = {
    "host": re.compile(r"[\w.-]+(:\d{1,5})?", re.ASCII),
    "x-forwarded-port": re.compile(r"\d{1,5}", re.ASCII),
    "x-forwarded-proto": re.compile(r"https?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaEvent:
    """`payload` is the event in the HTTP API's format 2.0; `refusal` says why the app must not see it.

    `prefixes` are what may stand in front of a route in its path, the likeliest first.

    Cookies are left out: no route reads any.
    Formats: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
    docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """

    kind: Kind
    payload: Json
    prefixes: list[str]
    many_values: bool = False
    refusal: Malformed | None = None

    @classmethod
    def of(cls, given: object) -> Self:
        """The event of anything that JSON can hold, and more."""
        event = _table(given)
        context = _table(event.get("requestContext"))
        kind: Kind = "v1" if _text(event.get("httpMethod")) else "v2"
        if "elb" in context:
            kind = "alb"
        http = _table(context.get("http"))
        if kind != "v2":
            http = _table(context.get("identity")) | {"method": event.get("httpMethod")}
        method, address, body = _text(http.get("method")), _text(http.get("sourceIp")), _body(event)
        path, prefixes = _place(event, context, kind)
        request = {"method": method or "GET", "path": quote(path), "sourceIp": address}
        payload = {
            "version": "2.0",
            "rawQueryString": _query(event, kind),
            "headers": _headers(event),
            "requestContext": {"http": request},
            "body": body or b"",
        }
        refusal = Malformed("The body is said to be base64, and is not.") if body is None else None
        if not method:
            refusal = Malformed("This function answers HTTP requests, and was called with something else.")
        many_values = isinstance(event.get("multiValueHeaders"), dict)
        return cls(kind=kind, payload=payload, prefixes=prefixes, many_values=many_values, refusal=refusal)

    def shaped(self, answer: Json) -> Json:
        """An answer of format 2.0, as the sender of this event takes it."""
        if self.kind == "v2":
            return answer
        shaped = {name: answer.get(name, {}) for name in ("statusCode", "headers", "body", "isBase64Encoded")}
        if self.kind == "alb":
            shaped["statusDescription"] = _STATUS_LINES.get(answer["statusCode"], str(answer["statusCode"]))
            # With multi-value headers switched on, an ALB reads only these.
            if self.many_values:
                shaped["multiValueHeaders"] = {name: [value] for name, value in shaped.pop("headers").items()}
        return shaped


def _table(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """`value` when it is text, without lone surrogates, which JSON may hold and UTF-8 may not; else ""."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _body(event: dict[Any, Any]) -> bytes | None:
    """None when it is said to be base64 and is not."""
    text = _text(event.get("body"))
    try:
        return base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError:
        return None


def _place(event: Json, context: Json, kind: Kind) -> tuple[str, list[str]]:
    """The path of the address, decoded, and what may stand in front of a route in it, the likeliest first.

    A stage is a part of addresses at Amazon's own hosts only. There `path` of a REST API lacks it; behind a
    domain of one's own `rawPath` has it all the same, and lacks the base path of the mapping.
    github.com/CodeGenieApp/serverless-express/issues/465, github.com/localstack/localstack/pull/12296
    """
    path, stage = _text(event.get("path")), f"/{_text(context.get('stage'))}".removesuffix("/$default")
    at_amazon = _AMAZON.search(_text(context.get("domainName")) or _headers(event).get("host", ""))
    if kind == "v2":
        path = _text(event.get("rawPath")) or _text(_table(context.get("http")).get("path"))
    elif at_amazon and context.get("path") == stage + path:
        path = stage + path
    path, routes = tidy(unquote(path)), list(_matched(event, context))
    if kind == "v2" and not at_amazon and path not in routes and f"{path}/".startswith(f"{stage}/"):
        path = path.removeprefix(stage)
    return path, [*(path.removesuffix(route) for route in routes if path.endswith(route)), stage]


def _matched(event: Json, context: Json) -> Iterator[str]:
    """What the gateway's template matches in the path: all of it, then without its first fixed segments.

    Not without what callers fill in: `/{proxy+}` would take any path in front of a route.
    """
    key = _text(event.get("routeKey")).partition(" ")[2]
    template = _text(event.get("resource")) or _text(context.get("resourcePath")) or key
    values = {name: _text(value) for name, value in _table(event.get("pathParameters")).items()}
    if not template.startswith("/") or not all(map(values.get, _PARAMETER.findall(template))):
        return
    segments = tidy(template).split("/")[1:]
    fixed = next((n for n, segment in enumerate(segments) if "{" in segment), max(1, len(segments) - 1))
    for first in range(min(fixed, _MAX_FIXED_SEGMENTS) + 1):
        filled = _PARAMETER.sub(lambda found: values[found[1]], "/".join(segments[first:]))
        yield from (tidy(filled), tidy(unquote(filled)))


def _pairs(event: dict[Any, Any], one: str, many: str) -> Iterator[tuple[str, str]]:
    """The pairs of the multi-value table where the event has one, else of the single-value table."""
    for name, values in (_table(event.get(many)) or _table(event.get(one))).items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str):
                yield _text(name), _text(value)


def _query(event: dict[Any, Any], kind: Kind) -> str:
    if kind == "v2":
        return _text(event.get("rawQueryString"))
    pairs = _pairs(event, "queryStringParameters", "multiValueQueryStringParameters")
    if kind == "v1":
        return urlencode(list(pairs))
    return "&".join(f"{name}={value}" for name, value in pairs)  # an ALB leaves them encoded


def _headers(event: dict[Any, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in _pairs(event, "headers", "multiValueHeaders"):
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    unreadable = [name for name, form in _READABLE.items() if not form.fullmatch(headers.get(name, ""))]
    return {name: value for name, value in headers.items() if name not in unreadable}
