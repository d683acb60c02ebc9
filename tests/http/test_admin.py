"""Who may use the admin routes: in production only with the token."""

from __future__ import annotations

import pytest

from core.http.admin import is_admin
from core.settings import Settings
from tests.support.app import Make

TOKEN = "right-token"


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(f"Bearer {TOKEN}", id="bearer"),
        pytest.param(f"bearer {TOKEN}", id="lower-case"),
        pytest.param(f"BEARER  {TOKEN} ", id="upper-case-and-spaces"),
    ],
)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_the_token_gives_access(authorization: str, environment: str) -> None:
    assert is_admin(authorization, Settings(admin_token=TOKEN, environment=environment))


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bearer", id="no-token"),
        pytest.param("Bearer ", id="empty-token"),
        pytest.param(TOKEN, id="no-scheme"),
        pytest.param(f" {TOKEN}", id="empty-scheme"),
        pytest.param(f"Basic {TOKEN}", id="other-scheme"),
        pytest.param(f"Bearer{TOKEN}", id="no-space"),
        pytest.param(f"Bearer\t{TOKEN}", id="tab"),
        pytest.param(f"Bearer {TOKEN}x", id="longer"),
        pytest.param(f"Bearer {TOKEN[:-1]}", id="shorter"),
        pytest.param(f"Bearer {TOKEN.upper()}", id="other-case"),
        pytest.param(f"Bearer {TOKEN}, Bearer {TOKEN}", id="twice"),
        pytest.param(f"Bearer {TOKEN}\x00", id="nul"),
        pytest.param("Bearer ümläut", id="latin-1"),
        pytest.param("Bearer \ud800 令牌", id="beyond-latin-1"),
        pytest.param("Bearer " + "a" * 100_000, id="endless"),
    ],
)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_wrong_token_gives_no_access(authorization: str, environment: str) -> None:
    assert not is_admin(authorization, Settings(admin_token=TOKEN, environment=environment))


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer None", f"Bearer {TOKEN}"])
@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_production_is_closed_and_development_open(
    token: str | None, authorization: str
) -> None:
    assert not is_admin(authorization, Settings(admin_token=token, environment="production"))
    assert is_admin(authorization, Settings(admin_token=token))


ADMIN_ROUTES = [("GET", "/api/cache/stats"), ("DELETE", "/api/cache/clear?text=a"), ("GET", "/debug/startup")]


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "EVIL.example:8001", "127.0.0.1.evil.example", "a.[::1", "x."]
)
async def test_what_no_token_guards_is_not_reached_by_a_name_of_the_public_dns(
    client_of: Make, method: str, path: str, host: str
) -> None:
    response = await client_of().request(method, path, headers={"Host": host})
    assert response.status_code in (401, 404)
    authorized = {"Host": host, "Authorization": f"Bearer {TOKEN}"}
    response = await client_of(admin_token=TOKEN).request(method, path, headers=authorized)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8001",
        "LOCALHOST",
        "app.localhost:80",
        "127.0.0.1:8001",
        "[::1]:8001",
        "192.168.1.5",
        "app:8001",
    ],
)
async def test_a_developers_own_names_reach_it(client_of: Make, host: str) -> None:
    response = await client_of().get("/api/cache/stats", headers={"Host": host})
    assert response.status_code == 200


def test_a_token_that_is_not_ascii_is_compared_by_its_bytes() -> None:
    on_the_wire = "Bearer schlüssel".encode().decode("latin-1")
    assert is_admin(on_the_wire, Settings(admin_token="schlüssel"))
