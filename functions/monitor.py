"""Health for machines and people, and what this process was started with."""

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Request, Response

from core.errors import NotFound
from core.http.admin import admin_or, is_admin
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.openapi import HIDDEN, answers, referred
from core.ops.report import check
from core.ops.schemas import Health, MonitorHealth, Startup
from core.ops.startup import startup_report
from core.services import Services

router = APIRouter(tags=["health"])
_UNHEALTHY = {"description": "No thread can be made at all", "headers": referred(["Server-Timing"])}


@router.get("/health", responses=answers(None))
async def get_health() -> Health:
    """Whether this process answers; nothing else is asked."""
    return Health(status="healthy")


@router.get("/api/monitor/health", responses=answers(None) | {503: {"model": MonitorHealth, **_UNHEALTHY}})
async def get_service_health(request: Request, response: Response) -> MonitorHealth:
    """Whether each part works, asked now, and for the admin why not; no call to the model is made."""
    report = await check(request.app.state.services)
    response.status_code = 503 if report.status == "unhealthy" else 200
    shown = is_admin(request.headers.get("authorization", ""), request.app.state.settings)
    return report if shown else report.for_public()


@router.get(
    "/debug/startup",
    dependencies=[admin_or(NotFound)],
    responses=answers(None, NotFound),
    openapi_extra=HIDDEN,
)
async def get_startup_report(request: Request) -> Startup:
    """What this process was started with: which settings are set, never their values."""
    return await startup_report(request.app.state.services)


app = create_app(router, make_services=Services)
handler = lambda_handler(app)
