"""The protocol below the tools: versions, headers, JSON-RPC."""

from __future__ import annotations

import base64
import json
import tomllib
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from core.http.site import create_site
from core.mcp.tools import texts
from core.services import Services
from core.settings import Settings
from functions.mcp import routes
from tests.support.app import Make
from tests.support.paths import ROOT

MODERN, META = "2026-07-28", "io.modelcontextprotocol/"
SUPPORTED = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26"]
CALL = {"name": "limits", "arguments": {}}


def message(method: str, params: Any = None, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}, **more}


def modern(method: str, params: dict[str, Any] | None = None, version: str = MODERN) -> dict[str, Any]:
    meta = {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}}
    return message(method, {**(params or {}), "_meta": meta})


def mirrored(method: str, version: str = MODERN, **more: str) -> dict[str, str]:
    return {"mcp-protocol-version": version, "mcp-method": method, **more}


async def post(client: httpx.AsyncClient, content: Any, **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    fixed = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    return await client.post("/mcp", content=body, headers=fixed | headers)


def error(response: httpx.Response) -> tuple[int, int, object]:
    """The status, the code, and the id; nothing of the input is beside them."""
    assert response.headers["content-type"] == "application/json"
    assert "canary" not in response.text
    answer = response.json()
    assert set(answer) == {"jsonrpc", "id", "error"}
    return response.status_code, answer["error"]["code"], answer["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"canary', 400, -32700, id="cut-off"),
        pytest.param(b"\xff", 400, -32700, id="not-text"),
        pytest.param(b"\xff\xfe\x00", 422, -32700, id="half-of-utf-16"),
        pytest.param(b"", 400, -32700, id="empty"),
        pytest.param([message("ping")], 400, -32600, id="batch"),
        pytest.param({"jsonrpc": "2.0", "id": 1, "result": {}}, 400, -32600, id="response"),
        pytest.param(message("ping", id=None), 400, -32600, id="id-null"),
        pytest.param(message("ping", id=True), 400, -32600, id="id-true"),
        pytest.param(message("ping", id="canary" * 99), 400, -32600, id="id-long"),
        pytest.param(message("ping", jsonrpc="1.0"), 400, -32600, id="other-rpc"),
        pytest.param(message("ping", params=["canary"]), 400, -32600, id="params-by-place"),
        pytest.param(b"[" * 100_000, 422, -32700, id="deep"),
        pytest.param(b'"' + b"x" * (6 * 1024 * 1024), 413, -32600, id="oversized"),
    ],
)
async def test_what_is_no_message_is_refused(client_of: Make, body: Any, status: int, code: int) -> None:
    assert error(await post(client_of(), body)) == (status, code, None)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        pytest.param(message("tools/list"), mirrored("tools/list"), -32602, id="no-meta"),
        pytest.param(
            message("tools/list", {"_meta": {f"{META}protocolVersion": MODERN}}),
            mirrored("tools/list"),
            -32602,
            id="no-capabilities",
        ),
        pytest.param(modern("tools/list"), {}, -32020, id="no-headers"),
        pytest.param(
            modern("tools/list"), mirrored("tools/list", "2025-11-25"), -32020, id="version-differs"
        ),
        pytest.param(modern("tools/list"), mirrored("tools/call"), -32020, id="method-differs"),
        pytest.param(modern("tools/call", CALL), mirrored("tools/call"), -32020, id="no-name"),
        pytest.param(
            modern("tools/call", CALL),
            mirrored("tools/call", **{"mcp-name": "canary"}),
            -32020,
            id="name-differs",
        ),
        pytest.param(modern("tools/list", {"cursor": "canary"}), mirrored("tools/list"), -32602, id="cursor"),
        pytest.param(modern("tools/call"), mirrored("tools/call"), -32602, id="tool-unnamed"),
        pytest.param(
            modern("tools/call", {"name": "limits", "arguments": ["canary"]}),
            mirrored("tools/call", **{"mcp-name": "limits"}),
            -32602,
            id="arguments-by-place",
        ),
    ],
)
async def test_a_request_that_contradicts_itself_is_refused(
    client_of: Make, body: Any, headers: dict[str, str], code: int
) -> None:
    assert error(await post(client_of(), body, **headers)) == (400, code, 7)


@pytest.mark.parametrize("name", ["limits", f"=?base64?{base64.b64encode(b'limits').decode()}?="])
async def test_a_name_may_be_encoded_in_its_header(client_of: Make, name: str) -> None:
    headers = mirrored("tools/call", **{"mcp-name": name})
    response = await post(client_of(), modern("tools/call", CALL), **headers)
    result = response.json()["result"]
    assert (response.status_code, result["resultType"]) == (200, "complete")
    assert result["_meta"][f"{META}serverInfo"] == texts()["server"]


async def test_null_stands_for_what_is_left_out(client_of: Make) -> None:
    client = client_of()
    called = await post(client, message("tools/call", {"name": "limits", "arguments": None}))
    assert called.json()["result"]["structuredContent"]["requests_used"] == 0
    listed = await post(client, message("tools/list", {"cursor": None}))
    assert len(listed.json()["result"]["tools"]) == 5


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(modern("ping", version="1900-01-01"), mirrored("ping", "1900-01-01"), id="modern"),
        pytest.param(message("ping"), {"mcp-protocol-version": "1900-01-01"}, id="header-alone"),
        pytest.param(
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"mcp-protocol-version": "1900-01-01"},
            id="notification",
        ),
    ],
)
async def test_a_version_that_is_not_spoken_gets_the_list(
    client_of: Make, body: Any, headers: dict[str, str]
) -> None:
    response = await post(client_of(), body, **headers)
    assert error(response)[:2] == (400, -32022)
    assert response.json()["error"]["data"] == {"supported": SUPPORTED, "requested": "1900-01-01"}


async def test_an_unknown_method_is_not_found_and_before_2026_was_inside_a_200(client_of: Make) -> None:
    client = client_of()
    assert error(await post(client, modern("canary"), **mirrored("canary"))) == (404, -32601, 7)
    assert error(await post(client, modern("ping"), **mirrored("ping"))) == (404, -32601, 7)
    assert error(await post(client, message("canary"))) == (200, -32601, 7)
    assert error(await post(client, message("server/discover"))) == (200, -32601, 7)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        *((version, version) for version in SUPPORTED[1:]),
        (MODERN, SUPPORTED[1]),
        ("2024-11-05", SUPPORTED[1]),
    ],
)
async def test_the_handshake_agrees_on_a_version(client_of: Make, asked: str, given: str) -> None:
    response = await post(client_of(), message("initialize", {"protocolVersion": asked}))
    result = response.json()["result"]
    assert (result["protocolVersion"], result["capabilities"]) == (given, {"tools": {}})
    assert "mcp-session-id" not in response.headers


async def test_discovery_names_versions_and_server(client_of: Make) -> None:
    response = await post(client_of(), modern("server/discover"), **mirrored("server/discover"))
    result = response.json()["result"]
    assert result["supportedVersions"] == SUPPORTED
    assert (result["cacheScope"], result["ttlMs"] > 0) == ("public", True)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert result["_meta"][f"{META}serverInfo"]["version"] == version


@pytest.mark.parametrize("headers", [{}, {"mcp-protocol-version": "2025-06-18"}, mirrored("x")], ids=str)
async def test_a_notification_is_accepted_without_a_body(client_of: Make, headers: dict[str, str]) -> None:
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = await post(client_of(), notification, **headers)
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
async def test_only_post_is_taken(client_of: Make, method: str) -> None:
    response = await client_of().request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("settings", "origin", "status"),
    [
        pytest.param({}, "https://canary.example", 403, id="another-site"),
        pytest.param({}, "null", 403, id="opaque"),
        pytest.param({}, "http://localhost.canary.example", 403, id="looks-local"),
        pytest.param({}, "http://127.0.0.1.canary.example", 403, id="looks-like-an-address"),
        pytest.param({}, "http://threadr.test", 403, id="the-name-that-was-called"),
        pytest.param({}, "http://localhost:6274", 200, id="this-machine"),
        pytest.param({}, "http://[::1]:6274", 200, id="this-machine-by-address"),
        pytest.param({"environment": "production"}, "http://localhost:6274", 403, id="production"),
        pytest.param({"cors_origins": ("https://a.example",)}, "https://a.example", 200, id="named"),
        pytest.param({"cors_origins": ("https://a.example",)}, "http://localhost", 403, id="others-named"),
        pytest.param({"cors_origins": ("*",)}, "https://any.example", 200, id="all-allowed"),
    ],
)
async def test_a_web_page_needs_to_be_allowed(
    client_of: Make, settings: dict[str, Any], origin: str, status: int
) -> None:
    client = client_of(**settings, fetch_allow_hosts=())
    response = await post(client, message("ping"), origin=origin)
    assert response.status_code == status
    assert status == 200 or error(response) == (403, -32600, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"content-type": "text/plain"}, 415, id="not-declared"),
        pytest.param({"content-type": "application/json; charset=utf-8"}, 200, id="charset"),
        pytest.param({"accept": "text/event-stream"}, 406, id="only-streams"),
        pytest.param({"accept": "*/*"}, 200, id="anything"),
        pytest.param({"accept": "application/json;q=0.9"}, 200, id="weighted"),
    ],
)
async def test_json_is_sent_and_taken(client_of: Make, headers: dict[str, str], status: int) -> None:
    response = await post(client_of(), message("ping"), **headers)
    assert response.status_code == status
    assert status == 200 or error(response) == (status, -32600, None)


async def test_pages_that_are_allowed_may_send_the_protocols_headers(client_of: Make) -> None:
    asked = {"origin": "http://localhost:6274", "access-control-request-method": "POST"}
    wanted = "mcp-protocol-version, mcp-method, mcp-name, content-type, authorization"
    response = await client_of().options("/mcp", headers=asked | {"access-control-request-headers": wanted})
    assert response.status_code == 200
    assert set(wanted.split(", ")) <= set(
        response.headers["access-control-allow-headers"].lower().split(", ")
    )


async def test_what_breaks_inside_a_tool_is_its_error_with_the_request_id(
    capfd: pytest.CaptureFixture[str],
) -> None:
    site: Starlette = create_site(routes, Settings(), make_services=Services)
    site.state.services.tiers = None  # what no service has
    transport = httpx.ASGITransport(site)
    async with httpx.AsyncClient(transport=transport, base_url="http://threadr.test") as client:
        response = await post(client, message("tools/call", CALL))
    result = response.json()["result"]
    (block,) = result["content"]
    assert result["isError"] is True
    assert block["text"].endswith(f"Request id: {response.headers['x-request-id']}.")
    assert "NoneType" not in response.text
    assert '"tool":"limits"' in capfd.readouterr().out


@pytest.mark.parametrize("place", ["text", "method", "tool", "version"])
async def test_half_a_character_is_refused_wherever_it_stands(client_of: Make, place: str) -> None:
    half, version = "canary \ud800", MODERN
    body = modern("tools/call", {"name": "make_thread", "arguments": {"text": half}})
    if place == "method":
        body["method"] = half
    if place == "tool":
        body["params"]["name"] = half
    if place == "version":
        body["params"]["_meta"][f"{META}protocolVersion"] = half
    response = await post(client_of(), body, **mirrored("tools/call", version, **{"mcp-name": "make_thread"}))
    assert response.status_code == (200 if place == "text" else 400)
    assert place != "text" or response.json()["result"]["isError"] is True
    assert "canary" not in response.text
