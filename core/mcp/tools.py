"""The tools: use cases of the HTTP routes, with the schemas of their requests and answers."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from core.cache.cache_control import CacheControl, Caller
from core.http.client_id import KnownClient
from core.http.problems import invalid
from core.mcp.transport import Object
from core.request import RequestRecord
from core.services import Services
from core.threads.edit_schemas import RewriteAnswer, RewriteRequest, ValidateAnswer, ValidateRequest
from core.threads.limit_schemas import RateLimitStatus
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.threads.validate import validate_thread as review
from core.workers.pool import run_in_worker

_Id = Annotated[str, Field(max_length=100, description="Of a thread that was made")]


class NoArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WhichThread(NoArguments):
    id: _Id


class WhichPost(RewriteRequest):
    id: _Id
    n: int = Field(description="Of the post in it, from 1")


class Tools:
    """The tools as one request calls them: each takes the model of its arguments, and gives an answer's."""

    def __init__(self, request: Request) -> None:
        cache_control = CacheControl.parse(request.headers.get("cache-control", "")[:500])
        self._services: Services = request.app.state.services
        self._known: KnownClient = request.state.known
        self._record: RequestRecord = request.state.record
        self._caller = Caller(self._known.client, cache_control)

    async def make_thread(self, body: GenerateRequest) -> GenerateAnswer:
        self._check_limit()
        return await self._services.generate(body, self._caller, self._record)

    async def get_thread(self, body: WhichThread) -> GenerateAnswer:
        return (await self._services.cache.kept.thread(body.id)).answer

    async def rewrite_post(self, body: WhichPost) -> RewriteAnswer:
        self._check_limit()
        return await self._services.rewrite(body.id, body.n, body.wish, self._caller, self._record)

    async def validate_thread(self, body: ValidateRequest) -> ValidateAnswer:
        return await run_in_worker(review, body, seconds=self._record.seconds_left)

    async def limits(self, body: NoArguments) -> RateLimitStatus:
        return RateLimitStatus.of(await self._services.tiers.status(self._known.client))

    async def call(self, name: str, arguments: object) -> Object:
        """The result of the tool. Raises ThreadrError by type."""
        self._record.facts["tool"] = name
        takes = _kinds(name)["body"]
        try:
            body = takes.model_validate(arguments)
        except ValidationError as error:
            raise invalid(error.errors(), [takes]) from None
        answer: BaseModel = await getattr(self, name)(body)
        structured = answer.model_dump(mode="json")
        if token := getattr(answer, "delete_token", None):  # of HTTP answers it is a header
            structured["delete_token"] = token
        return {"content": text(_readable(answer)), "structuredContent": structured}

    def _check_limit(self) -> None:
        if self._services.settings.rate_limit_scope == "requests":
            self._known.check_limit(self._services.machine_clock(), self._record)


@functools.cache
def texts() -> Mapping[str, Any]:
    """`server` (its Implementation), `instructions`, and `tools`: title, description, annotations by name."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@functools.cache
def listed() -> list[Object]:
    """The tools as `tools/list` has them."""
    return [
        {
            "name": name,
            **about,
            "inputSchema": _kinds(name)["body"].model_json_schema(),
            "outputSchema": _output(_kinds(name)["return"]),
        }
        for name, about in texts()["tools"].items()
    ]


@functools.cache
def _kinds(name: str) -> Mapping[str, type[BaseModel]]:
    return get_type_hints(getattr(Tools, name))


def _output(answer: type[BaseModel]) -> Object:
    """With the token, which HTTP answers have as a header."""
    schema = answer.model_json_schema(mode="serialization")
    if "delete_token" in answer.model_fields:
        about = "For DELETE /api/threads/{id}; in the answer that made the thread alone"
        schema["properties"]["delete_token"] = {"type": "string", "description": about}
    return schema


def text(words: str) -> list[Object]:
    return [{"type": "text", "text": words}]


def _readable(answer: BaseModel) -> str:
    """The posts of a thread, divided by rules, with its id and warnings; other answers as JSON."""
    if not isinstance(answer, GenerateAnswer):
        return answer.model_dump_json()
    head = f"Thread {answer.id}, posts for {answer.platform}: {len(answer.thread)}"
    hooks = [f"Another first post: {hook}" for hook in answer.hooks]
    warnings = [f"Warning: {warning}" for warning in answer.warnings]
    return "\n\n---\n\n".join([head, *(post.content for post in answer.thread), *hooks, *warnings])
