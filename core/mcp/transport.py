"""What a message of MCP's streamable HTTP transport is like: headers, JSON-RPC 2.0, the protocol's revision.

modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http; its codes are in .../basic.
"""

import base64
import json
import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import Headers

from core.errors import InvalidRequest, NotJson
from core.http.problems import NOT_VALID
from core.settings import Settings

Object = dict[str, object]  # of JSON

MODERN = "2026-07-28"  # each request names its revision
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")  # a client begins with `initialize`
META = "io.modelcontextprotocol/"
_VERSION, _CAPABILITIES = f"{META}protocolVersion", f"{META}clientCapabilities"
INVALID_REQUEST, INVALID_PARAMS = -32600, -32602
_LOOPBACK = re.compile(r"https?://(localhost|[\w.-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.ASCII)


class RpcError(InvalidRequest):
    """An error of the protocol, not of a tool: `code` is JSON-RPC's, `more` may be its `data`."""

    def __init__(self, code: int, detail: str, http_status: int = 400, **more: Object) -> None:
        super().__init__(detail)
        self.code, self.http_status, self.more = code, http_status, more


class Message(BaseModel):
    """A request, or a notification when it has no id. Neither batches are allowed nor null as an id."""

    model_config = ConfigDict(strict=True, frozen=True)

    jsonrpc: Literal["2.0"]
    method: str
    id: int | Annotated[str, Field(max_length=200)] = 0
    params: Object = {}

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Raises RpcError."""
        try:
            return cls.model_validate(json.loads(body))
        except ValidationError:
            raise RpcError(INVALID_REQUEST, "Send one JSON-RPC request or notification.") from None
        except ValueError:
            raise RpcError(-32700, f"{NOT_VALID}.") from None

    @property
    def is_notification(self) -> bool:
        return "id" not in self.model_fields_set

    def version(self, headers: Headers) -> str:
        """The revision in which it is to be read and answered. Raises RpcError."""
        header, meta = headers.get("mcp-protocol-version"), self.params.get("_meta")
        meta = meta if isinstance(meta, dict) else {}
        version = meta.get(_VERSION, header)
        if self.method == "initialize" or (version == header and header in (None, *LEGACY)):
            return header if header in LEGACY else LEGACY[-1]
        if not self.is_notification and (_VERSION in meta or header == MODERN):
            if not isinstance(meta.get(_VERSION), str) or not isinstance(meta.get(_CAPABILITIES), dict):
                raise RpcError(INVALID_PARAMS, f"params._meta must hold {_VERSION} and {_CAPABILITIES}.")
            self._check_headers(headers, version)
        if version not in (MODERN, *LEGACY):
            data: Object = {"supported": [MODERN, *LEGACY], "requested": ascii(version).strip("'")[:40]}
            raise RpcError(-32022, "Unsupported protocol version.", data=data)
        return str(version)

    def _check_headers(self, headers: Headers, version: object) -> None:
        """Raises RpcError unless each is there once, as in the body or in the form for other characters."""
        mirrored = {"MCP-Protocol-Version": version, "Mcp-Method": self.method}
        if self.method == "tools/call":
            mirrored["Mcp-Name"] = self.params.get("name", "")
        for name, value in mirrored.items():
            encoded = base64.b64encode(str(value).encode(errors="replace")).decode()
            if ", ".join(headers.getlist(name)) not in (value, f"=?base64?{encoded}?="):
                raise RpcError(-32020, f"The header {name} is missing or differs from the body.")


def check(headers: Headers, settings: Settings) -> None:
    """Raises RpcError and NotJson, of what is known before the body.

    Web pages may call from CORS_ORIGINS; where that is not set, in development, from this machine: another
    site's name may lead here (DNS rebinding).
    """
    origin, allowed = headers.get("origin"), settings.cors_origins
    here = allowed is None and not settings.in_production and _LOOPBACK.fullmatch(origin or "")
    if origin is not None and not here and not {origin, "*"} & {*(allowed or ())}:
        raise RpcError(INVALID_REQUEST, "Web pages of this origin may not call; see CORS_ORIGINS.", 403)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotJson
    accepted = {part.partition(";")[0].strip().lower() for part in headers.get("accept", "*/*").split(",")}
    if not accepted & {"application/json", "application/*", "*/*"}:
        raise RpcError(INVALID_REQUEST, "Accept application/json and text/event-stream.", 406)
