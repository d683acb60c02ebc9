"""The tools as agents reach them: on a server of all routes, and through the Lambda handler."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from fastapi import FastAPI

from core.http.event_loop import on_process_loop
from core.http.lambda_handler import lambda_handler
from core.http.site import create_site
from core.services import Services
from core.settings import Settings
from functions.mcp import routes
from tests.support.app import whole_app
from tests.support.gateway import gateway
from tests.support.loopback import serving
from tests.support.site import Site


@contextlib.contextmanager
def _on_lambda(settings: Settings) -> Iterator[str]:
    function = create_site(routes, settings, make_services=Services)
    with serving(gateway(lambda_handler(function))) as url:
        yield url
    on_process_loop(lambda loop: loop.run_until_complete(function.state.services.close()))


@contextlib.contextmanager
def _on_a_server(settings: Settings) -> Iterator[str]:
    app = whole_app(settings)
    app.router.lifespan_context = _closing_services
    with serving(app) as url:
        yield url


@contextlib.asynccontextmanager
async def _closing_services(app: FastAPI) -> AsyncIterator[None]:
    """On the server's own loop, to which the connections belong."""
    yield
    await app.state.services.close()


@pytest.fixture(params=[_on_a_server, _on_lambda], ids=["server", "lambda"])
def serve(request: pytest.FixtureRequest, site: Site) -> Iterator[Callable[..., str]]:
    """Starts the tools with the given settings, and gives their address."""
    with contextlib.ExitStack() as stack:

        def start(**settings: object) -> str:
            chosen = Settings(fetch_allow_hosts=(site.authority,), **settings)  # type: ignore[arg-type]
            return f"{stack.enter_context(request.param(chosen))}/mcp"

        yield start
