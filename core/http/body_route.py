"""A route that can be answered without FastAPI: its endpoint takes one JSON object and gives a response."""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send


class BodyRoute(APIRoute):
    """FastAPI documents it and answers what is not as it should be; `answer` does the rest.

    From its router to the endpoint FastAPI makes as many calls as all else of a hit (docs/hit-path.md): it
    matches twice, enters exit stacks, and reads the body to Python's objects before it checks them.
    """

    model: type[BaseModel] | None = None  # of the body; None where the endpoint wants more than a body

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        taken = self.dependant
        others = (taken.path_params, taken.query_params, taken.header_params, taken.dependencies)
        if len(taken.body_params) == 1 and not any(others) and self.response_field is None:
            self.model = taken.body_params[0].field_info.annotation  # type: ignore[assignment]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer a good POST; else what gives FastAPI the body, which is read by then if it is JSON.

        `receive` gives the whole body at once.
        """
        kind = scope["state"]["headers"].get(b"content-type", b"")
        if self.model is None or kind.partition(b";")[0] != b"application/json":
            return receive
        message = await receive()
        try:
            body = self.model.model_validate_json(message["body"])
        except ValidationError:
            return _again(message)
        response: Response = await self.endpoint(body, Request(scope))
        await response(scope, receive, send)
        return None


class JsonResponse(Response):
    """JSON that is written already, and its headers in lower case."""

    def __init__(self, body: bytes, headers: Mapping[bytes, bytes]) -> None:
        self.status_code, self.background, self.body = 200, None, body
        always = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        self.raw_headers = [*always, *headers.items()]


def _again(message: Message) -> Receive:
    async def receive() -> Message:
        return message

    return receive
