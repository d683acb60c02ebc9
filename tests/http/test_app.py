"""Every route: one format of errors, request ids, CORS."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from core.http.app import create_app
from core.settings import Settings
from tests.support.app import Make


async def test_unknown_paths_and_wrong_methods_are_problems(client_of: Make) -> None:
    client = client_of()
    missing = await client.get("/api/nothing")
    wrong = await client.put("/api/generate", json={})
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert wrong.headers["allow"] == "POST"


async def test_every_answer_has_a_request_id(client_of: Make) -> None:
    client = client_of()
    ids = [(await client.get(path)).headers["x-request-id"] for path in ("/health", "/health", "/nothing")]
    assert len(set(ids)) == 3


async def test_an_unexpected_error_is_a_500_with_an_id_and_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("canary")

    transport = httpx.ASGITransport(create_app(router, settings=Settings()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://threadr.test") as client:
        response = await client.get("/broken")
    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal")
    assert response.headers["x-request-id"] in response.json()["detail"]
    log = capsys.readouterr().out
    assert "RuntimeError" in log
    assert response.headers["x-request-id"] in log
    assert "canary" not in response.text + log


@pytest.mark.parametrize("status", [503, 504])
async def test_a_server_error_names_the_request(client_of: Make, status: int) -> None:
    body = {"text": "Hello.", "generator": "openai"} if status == 503 else {"text": "Hello."}
    response = await client_of().post(
        "/api/generate", json=body, headers={"Cache-Control": "only-if-cached"} if status == 504 else {}
    )
    assert response.status_code == status
    assert response.json()["detail"].endswith(f" Request id: {response.headers['x-request-id']}.")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/health/", 200), ("//health", 200), ("/api/generate/", 405), ("//evil.example/", 404)],
)
async def test_slashes_too_many_are_ignored_and_no_path_redirects(
    client_of: Make, path: str, status: int
) -> None:
    response = await client_of().get(f"http://threadr.test{path}", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers.get("location")) == (status, None)


ELSEWHERE = "https://threadr.example"
ORIGINS: list[Any] = [
    pytest.param({}, "*", id="development"),
    pytest.param({"environment": "production", "fetch_allow_hosts": ()}, None, id="production"),
    pytest.param({"cors_origins": (ELSEWHERE,)}, ELSEWHERE, id="set"),
    pytest.param({"cors_origins": ("https://other.example",)}, None, id="another"),
]


async def preflight(client: httpx.AsyncClient, method: str, headers: str) -> httpx.Response:
    preflight = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await client.options("/api/cache/clear", headers={"Origin": ELSEWHERE, **preflight})


@pytest.mark.parametrize(("settings", "origin"), ORIGINS)
async def test_cors_is_as_the_settings_say(
    client_of: Make, settings: dict[str, Any], origin: str | None
) -> None:
    client = client_of(**settings)
    for response in [
        await preflight(client, "DELETE", "content-type"),
        await client.get("/health", headers={"Origin": ELSEWHERE}),
        await client.post("/api/generate", content=b"", headers={"Origin": ELSEWHERE}),
        await client.post("/api/generate", content=b"x" * 7_000_000, headers={"Origin": ELSEWHERE}),
    ]:
        assert response.headers.get("access-control-allow-origin") == origin
        assert "access-control-allow-credentials" not in response.headers
        if settings.get("environment") == "production":
            assert not [name for name in response.headers if name.startswith("access-control-")]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "header"),
    [("DELETE", "authorization"), ("POST", "x-api-key, content-type"), ("GET", "if-none-match")],
)
async def test_a_preflight_allows_the_methods_and_headers_of_the_routes(
    client_of: Make, method: str, header: str
) -> None:
    response = await preflight(client_of(cors_origins=(ELSEWHERE,)), method, header)
    assert (response.status_code, response.content) == (200, b"")
    assert method in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower().split(", ")
    assert set(header.split(", ")) <= set(allowed)


@pytest.mark.parametrize("headers", [{}, {"Origin": ELSEWHERE}], ids=["no origin", "an origin"])
@pytest.mark.parametrize(
    ("settings", "vary"),
    [
        pytest.param({}, ["Origin"], id="default"),
        pytest.param({"cors_origins": (ELSEWHERE,)}, ["Origin"], id="set"),
        pytest.param({"environment": "production", "fetch_allow_hosts": ()}, [], id="nobody"),
    ],
)
async def test_caches_are_told_that_an_answer_depends_on_the_origin(
    client_of: Make, settings: dict[str, Any], vary: list[str], headers: dict[str, str]
) -> None:
    response = await client_of(**settings).get("/health", headers=headers)
    assert response.headers.get_list("vary") == vary


@pytest.mark.parametrize("settings", [{}, {"cors_origins": (ELSEWHERE, "*")}], ids=["default", "set"])
async def test_not_every_page_of_the_web_may_delete(client_of: Make, settings: dict[str, Any]) -> None:
    response = await preflight(client_of(**settings), "DELETE", "content-type")
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST"


async def test_pages_of_other_origins_may_read_the_headers_that_the_openapi_names(client_of: Make) -> None:
    client = client_of()
    response = await client.get("/health", headers={"Origin": ELSEWHERE})
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    documented = set((await client.get("/openapi.json")).json()["components"]["headers"])
    # The browser shows Cache-Control anyway, and no page needs WWW-Authenticate.
    assert exposed == documented - {"Cache-Control", "WWW-Authenticate"}


async def test_a_body_that_is_cut_off_is_refused(client_of: Make) -> None:
    client = client_of()
    app = client._transport.app  # type: ignore[attr-defined]
    sent: list[Any] = []
    messages = iter(
        [
            {"type": "http.request", "body": b'{"text": "Hello."}', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/generate",
        "headers": headers,
        "query_string": b"",
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 400
