"""Health for machines and people, and what this process was started with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from core.errors import NotFound
from core.http.admin import admin_or_hidden
from core.http.app import create_app
from core.http.dependencies import services_of
from core.http.lambda_handler import lambda_handler
from core.http.openapi import HIDDEN, answers, referred
from core.ops.health import check
from core.ops.schemas import Health, MonitorHealth, Startup
from core.ops.startup import startup_report
from core.services import Services

ServicesOf = Annotated[Services, Depends(services_of)]
router = APIRouter(tags=["health"])


@router.get("/health", responses=answers(None))
async def health() -> Health:
    """Whether this process answers; nothing else is asked."""
    return Health(status="healthy")


@router.get(
    "/api/monitor/health",
    responses={
        **answers(None),
        503: {
            "model": MonitorHealth,
            "description": "No thread can be made at all",
            "headers": referred(["Server-Timing"]),
        },
    },
)
async def monitor_health(services: ServicesOf, response: Response) -> MonitorHealth:
    """Whether each part works, asked now; no paid call is made."""
    report = await check(services)
    response.status_code = report.http_status
    return MonitorHealth(
        status=report.status,
        services=report.services,
        details=dict(services.details),
        last_scheduled_check=report.last_scheduled_check,
    )


@router.get(
    "/debug/startup",
    dependencies=[Depends(admin_or_hidden)],
    responses=answers(None, NotFound),
    openapi_extra=HIDDEN,
)
async def startup(services: ServicesOf) -> Startup:
    """What this process was started with: which settings are set, never their values."""
    return await startup_report(services)


app = create_app(router, make_services=Services)
handler = lambda_handler(app)
