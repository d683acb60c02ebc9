"""POST /compose: the page's form without its script, answered with a page; no text is put into an address."""

from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from core.cache.cache_control import CacheControl, Caller
from core.cache.canonical import canonical_url
from core.errors import ArticleBlocked, InvalidRequest
from core.http.problems import invalid
from core.pages.templates import NOT_INDEXED, failed, page
from core.pages.thread_page import thread_body
from core.services import Services
from core.threads.schemas import GenerateRequest
from core.workers.pool import run_in_worker

_MAX_FIELDS = 20
_MAX_LINK, _MAX_WORDS = 2_048, 30  # of a line that holds a link
_MIN_WORDS = 4  # of a text; fewer may be an address with spaces
_NUMBERS, _MAX_DIGITS = ("max_posts", "hooks"), 9


async def compose(request: Request) -> Response:
    """The thread as a page, or the form again with what to do."""
    form: dict[str, str] = {}
    request.state.render = lambda error, _: failed(request, error, again=form.get("source", ""))
    if not _is_own(request):
        raise InvalidRequest("The form is sent from its own page.")
    form |= await run_in_worker(read_form, await request.body(), seconds=request.state.record.seconds_left)
    services: Services = request.app.state.services
    caller = Caller(request.state.client, CacheControl())  # a browser sends one of its own when it reloads
    answer = await services.generate(requested(form), caller, request.state.record)
    return page(request, answer.title or "Your thread", thread_body(answer), head=NOT_INDEXED)


def _is_own(request: Request) -> bool:
    """Whether it is this page's form: another site's must not spend what this reader may spend.

    Older browsers send only Origin, which is `null` for a page whose Referrer-Policy is ours.
    """
    headers = request.headers
    if (
        headers.get("content-type", "").partition(";")[0].strip().lower()
        != "application/x-www-form-urlencoded"
    ):
        return False
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    return headers.get("origin", "null").partition("://")[2] in ("", headers.get("host"))


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
    numbers = {name: form[name][:_MAX_DIGITS] for name in _NUMBERS if name in form}
    options |= {name: int(number) for name, number in numbers.items() if number.isdecimal()}
    try:
        return GenerateRequest.model_validate(options | _source(form.get("source", "").strip()))
    except ValidationError as error:
        raise invalid(error.errors(), [GenerateRequest]) from None


def _source(pasted: str) -> dict[str, str]:
    """An address alone, or the only one in a short line, is a link; web/pasted.js has the same rule."""
    if len(pasted) > _MAX_LINK or "\n" in pasted or len(words := pasted.split()) > _MAX_WORDS:
        return {"text": pasted}
    is_short = len(words) < _MIN_WORDS and pasted.count("://") < 2
    found = [pasted] if is_short and _is_address(pasted) else _addresses(words)
    return {"url": found[0]} if len(found) == 1 else {"text": pasted}


def _addresses(words: list[str]) -> list[str]:
    """Those with a scheme, or else those with a path."""
    linked = [word for word in words if "://" in word] or [word for word in words if "/" in word]
    return [word for word in linked if _is_address(word)]


def _is_address(words: str) -> bool:
    try:
        return bool(canonical_url(words, as_pasted=True))
    except ArticleBlocked:
        return False


def prepare() -> None:
    """Reading a form needs nothing more."""
