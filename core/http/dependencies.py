"""What routes ask for: the services of the app, and the record of the request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from core.request import RequestRecord


async def services_of(request: Request) -> object:
    """What `make_services` gave. Its type is the functions' matter: they hand it in."""
    return request.app.state.services


async def record_of(request: Request) -> RequestRecord:
    """What RequestMiddleware put into the request's state."""
    record: RequestRecord = request.state.record
    return record


RecordOf = Annotated[RequestRecord, Depends(record_of)]
