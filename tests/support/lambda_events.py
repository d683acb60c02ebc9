"""Events as Lambda's front doors send them, and the invocation of a function with one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


class Context:
    """What the runtime passes beside the event."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


Shape = Callable[..., dict[str, Any]]


def call(function: str, event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    answer: dict[str, Any] = importlib.import_module(f"functions.{function}").handler(
        event, context or Context()
    )
    return answer


def v2(method: str, path: str, body: str | None = None, **more: Any) -> dict[str, Any]:
    http = {
        "method": method,
        "path": path,
        "sourceIp": "203.0.113.9",
        "protocol": "HTTP/1.1",
        "userAgent": "t",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "h.example", "content-type": "application/json"},
        "requestContext": {"http": http, "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
        **more,
    }


def v1(method: str, path: str, body: str | None = None) -> dict[str, Any]:
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "h.example", "Content-Type": "application/json"},
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": "203.0.113.9"}, "stage": "prod"},
        "body": body,
        "isBase64Encoded": False,
    }


def alb(method: str, path: str, body: str | None = None) -> dict[str, Any]:
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {},
        "headers": {
            "host": "h.example",
            "content-type": "application/json",
            "x-forwarded-for": "203.0.113.9",
        },
        "body": body or "",
        "isBase64Encoded": False,
    }
