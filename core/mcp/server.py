"""The methods of the protocol, and how what comes of a message is answered.

Not by the server of the `mcp` package, whose client the tests use: importing it takes 0.73 s of CPU
(`python -X importtime -c "import mcp.server.lowlevel"`; Starlette, pydantic and Mangum together 0.15 s), it
brings 20 MB of packages (6 MB zipped), and its session manager wants a task group that lives as long as the
app: on Lambda there is no lifespan.
"""

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import ThreadrError
from core.mcp import transport
from core.mcp.tools import Tools, listed, text, texts
from core.mcp.transport import INVALID_PARAMS, LEGACY, MODERN, Message, Object, RpcError

_CACHEABLE = {"ttlMs": 3_600_000, "cacheScope": "public"}


@dataclass(slots=True)
class Exchange:
    """A POST and its answer; what is not read yet is None."""

    request: Request
    message: Message | None = None
    version: str | None = None
    in_tool: bool = False

    async def answer(self) -> Response:
        """The answer to one message. Raises ThreadrError, which `failed` answers."""
        self.request.state.render = self.failed
        transport.check(self.request.headers, self.request.app.state.settings)
        self.message = message = Message.read(await self.request.body())
        self.version = message.version(self.request.headers)
        if message.is_notification:
            return Response(status_code=202)
        return self._done(await self._result(message.method, message.params))

    def failed(self, error: ThreadrError, problem: JSONResponse) -> JSONResponse:
        """A tool's failure is its result, which agents read; any other is an error of the protocol."""
        document, headers = json.loads(bytes(problem.body)), error.headers
        if self.in_tool:
            return self._tool_error(error, document)
        if not isinstance(error, RpcError):
            code = -32603 if error.status >= 500 else -32700 if error.status == 422 else -32600
            error = RpcError(code, error.detail, error.status)
        content = {"code": error.code, "message": document["detail"]} | error.more
        # Before 2026-07-28 the status said nothing of what is inside.
        response = self._response({"error": content}, 200 if self.version in LEGACY else error.http_status)
        response.headers.update(headers)
        return response

    def _tool_error(self, error: ThreadrError, document: Object) -> JSONResponse:
        words = f"{document['title']}. {document['detail']}"
        problem = {name: document[name] for name in ("type", "title", "status", "detail")}
        if wait := (error.headers | self.request.state.record.headers()).get("Retry-After"):
            words += f" Retry-After: {wait} seconds."
            problem["retry_after_seconds"] = int(wait)
        return self._done({"content": text(words), "isError": True}, problem=problem)

    def _done(self, result: Object, **meta: object) -> JSONResponse:
        if self.version == MODERN:
            meta[f"{transport.META}serverInfo"] = texts()["server"]
            result = {"resultType": "complete", **result}
        return self._response({"result": {**result, "_meta": meta}})

    def _response(self, content: Object, status: int = 200) -> JSONResponse:
        message = self.message
        known = message.id if message and not message.is_notification else None
        return JSONResponse({"jsonrpc": "2.0", "id": known, **content}, status)

    async def _result(self, method: str, params: Object) -> Object:
        about = {"capabilities": {"tools": {}}, "instructions": texts()["instructions"]}
        match method, self.version == MODERN:
            case "tools/call", _:
                return await self._call(params.get("name"), params.get("arguments"))
            case "tools/list", _ if params.get("cursor") is None:
                return {"tools": listed(), **_CACHEABLE}
            case "tools/list", _:
                raise RpcError(INVALID_PARAMS, "There is one page of tools, and so no cursor.")
            case "server/discover", True:
                return {"supportedVersions": [MODERN, *LEGACY], **about, **_CACHEABLE}
            case "initialize", False:
                asked = params.get("protocolVersion")
                version = asked if asked in LEGACY else LEGACY[0]
                return {"protocolVersion": version, "serverInfo": texts()["server"], **about}
            case "ping", False:
                return {}
        raise RpcError(-32601, "There is no such method.", 404)

    async def _call(self, name: object, arguments: object) -> Object:
        tools, arguments = texts()["tools"], {} if arguments is None else arguments
        if not isinstance(name, str) or name not in tools or not isinstance(arguments, dict):
            raise RpcError(INVALID_PARAMS, f"Name one of the tools, with its arguments: {', '.join(tools)}.")
        self.in_tool = True
        return await Tools(self.request).call(name, arguments)
