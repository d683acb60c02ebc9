"""A route whose endpoint takes one JSON object: it is read and checked in one step."""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send


class BodyRoute(APIRoute):
    """FastAPI matches and documents it, and answers what is not as it should be, in its own words.

    Between a match and the endpoint FastAPI enters three exit stacks, solves dependencies, and reads the
    body to Python's objects before it checks them: 90 calls of a hit's. An endpoint (`body`, `request`)
    that wants none of that gets the checked body at once (fastapi.tiangolo.com/how-to/custom-request-and-route).
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._model: type[BaseModel] | None = None
        taken = self.dependant
        others = (taken.path_params, taken.query_params, taken.header_params, taken.dependencies)
        if len(taken.body_params) == 1 and not any(others):
            self._model = taken.body_params[0].field_info.annotation

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._model and scope["method"] == "POST" and _is_json(scope["headers"]):
            message = await receive()  # BodyReader's is the whole body
            try:
                body = self._model.model_validate_json(message["body"])
            except ValidationError:
                receive = _again(message)
            else:
                response: Response = await self.endpoint(body, Request(scope))
                return await response(scope, receive, send)
        return await super().handle(scope, receive, send)


class JsonResponse(Response):
    """JSON that is written already, and its headers in lower case."""

    def __init__(self, body: bytes, headers: Mapping[bytes, bytes]) -> None:
        self.status_code, self.background, self.body = 200, None, body
        always = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        self.raw_headers = [*always, *headers.items()]


def _is_json(headers: list[tuple[bytes, bytes]]) -> bool:
    kind = dict(reversed(headers)).get(b"content-type", b"")
    return kind.partition(b";")[0] == b"application/json"


def _again(message: Message) -> Receive:
    async def receive() -> Message:
        return message

    return receive
