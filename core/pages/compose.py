"""POST /compose: the page's form without its script, answered with a page; no text stands in an address."""

import re
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from core.cache.cache_control import CacheControl, Caller
from core.errors import InvalidRequest
from core.http.problems import invalid
from core.pages.templates import NOT_INDEXED, failed, page
from core.pages.thread_page import thread_body
from core.services import Services
from core.threads.schemas import GenerateRequest
from core.workers.pool import run_in_worker

_MAX_FIELDS = 20
_MAX_WORDS = 30  # around a link; web/source.js has the same rule
_LINK = re.compile(r"https?://\S+")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?:[/:?#]\S*)?")
_NUMBERS = ("max_posts", "hooks")


async def compose(request: Request) -> Response:
    """The thread as a page, or the form again with what to do."""
    form: dict[str, str] = {}
    request.state.render = lambda error, _: failed(request, error, again=form.get("source", ""))
    # Another site's page must not spend what this reader may spend; older browsers do not say.
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise InvalidRequest("The form is sent from its own page.")
    form |= await run_in_worker(read_form, await request.body(), seconds=request.state.record.seconds_left)
    services: Services = request.app.state.services
    caller = Caller(request.state.client, CacheControl.parse(""))
    answer = await services.generate(requested(form), caller, request.state.record)
    return page(request, answer.title or "Your thread", thread_body(answer), head=NOT_INDEXED)


def read_form(body: bytes) -> dict[str, str]:
    """The fields that are filled in. Raises InvalidRequest for what no form sends."""
    try:
        fields = parse_qsl(body.decode(), errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise InvalidRequest("This is not a form.") from None
    return {name: value for name, value in fields if value.strip()}


def requested(form: dict[str, str]) -> GenerateRequest:
    """What the form asks for. Raises InvalidRequest."""
    options: dict[str, object] = {name: value for name, value in form.items() if name != "source"}
    options |= {name: int(form[name]) for name in _NUMBERS if form.get(name, "").isdecimal()}
    try:
        return GenerateRequest.model_validate(options | _source(form.get("source", "").strip()))
    except ValidationError as error:
        raise invalid(error.errors(), [GenerateRequest]) from None


def _source(pasted: str) -> dict[str, str]:
    """An address alone, or the only one in a short line, is a link."""
    is_line = len(pasted) <= 2_048 and "\n" not in pasted and len(pasted.split()) <= _MAX_WORDS
    links = _LINK.findall(pasted) if is_line else []
    if len(links) == 1 or (is_line and _HOST.fullmatch(pasted)):
        return {"url": links[0] if links else pasted}
    return {"text": pasted}


def prepare() -> None:
    """Reading a form needs nothing more."""
