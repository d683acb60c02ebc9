"""A thread as a page at its own address, and its oEmbed form (oembed.com)."""

import re
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import InvalidRequest, NotFound
from core.pages.templates import NOT_INDEXED, failed, page
from core.services import Services
from core.threads.schemas import GenerateAnswer

_WIDTH = 550
_MAX_DESCRIPTION = 200


async def thread_page(request: Request) -> Response:
    """GET /t/{id}. Only the address that the page's Copy button gives, with `shared`, may be indexed."""
    request.state.render = lambda error, _: failed(request, error)
    services: Services = request.app.state.services
    entry = await services.cache.kept.thread(request.path_params["id"])
    shared = "shared" in request.query_params
    head = _open_graph(request, entry.answer) + ("" if shared else NOT_INDEXED)
    response = page(request, _title(entry.answer), thread_body(entry.answer), head=head)
    if not shared:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


async def oembed(request: Request) -> Response:
    """GET /oembed?url=…: a thread as a quotation with a link. Raises NotFound for what is no thread here."""
    if request.query_params.get("format", "json") != "json":
        return Response(status_code=501)  # as section 2.3.4 asks
    asked = re.split("[?#]", request.query_params.get("url", "")[:2_048])[0]
    service, _, thread_id = asked.rpartition("/t/")
    if service not in {f"{scheme}://{_address(request).partition('://')[2]}" for scheme in ("https", "http")}:
        raise NotFound
    width = request.query_params.get("maxwidth", str(_WIDTH))
    if not width.isdecimal() or len(width) > 5:
        raise InvalidRequest("maxwidth must be a number of pixels.")
    services: Services = request.app.state.services
    answer = (await services.cache.kept.thread(thread_id)).answer
    address = _address(request, thread_id)
    quotation = f'<blockquote><p dir="auto">{escape(answer.thread[0].content)}</p>'
    quotation += f'<a href="{escape(address)}">{escape(_title(answer))}</a></blockquote>'
    card = {"version": "1.0", "type": "rich", "title": _title(answer), "html": quotation}
    card |= {"provider_name": "Threadr", "provider_url": _address(request)}
    return JSONResponse({**card, "width": min(_WIDTH, int(width)), "height": None})


def thread_body(answer: GenerateAnswer) -> str:
    """The posts with their buttons, which a script shows, and the source."""
    cards = "".join(
        f'<li class="card"><span class="face" aria-hidden="true">{post.number}</span>'
        f'<p class="text" dir="auto">{escape(post.content)}</p><p class="facts">'
        f"{post.character_count} characters</p></li>"
        for post in answer.thread
    )
    url, warnings = answer.source.url, "".join(f"<li>{escape(each)}</li>" for each in answer.warnings)
    link = f'<p class="hint">From <a href="{escape(url)}" rel="noopener">{escape(url)}</a></p>' if url else ""
    said = f'<ul id="warnings" aria-label="Warnings">{warnings}</ul>' if warnings else ""
    return f'{link}{said}<ol id="posts">{cards}</ol>'


def _open_graph(request: Request, answer: GenerateAnswer) -> str:
    """Open Graph (ogp.me) and the link that oEmbed's discovery looks for."""
    address, card = _address(request, answer.id), answer.source.card
    tags = {"type": "article", "site_name": "Threadr", "title": _title(answer), "url": address}
    tags["description"] = " ".join(answer.thread[0].content.split())[:_MAX_DESCRIPTION]
    if card and card.image:
        tags |= {"image": card.image, "image:alt": card.alt or ""}
    metas = "".join(f'<meta property="og:{name}" content="{escape(tag)}">' for name, tag in tags.items())
    found = f"{_address(request)}/oembed?url={quote(address, safe='')}"
    kind = 'rel="alternate" type="application/json+oembed"'
    return f'{metas}<link {kind} href="{escape(found)}" title="{escape(_title(answer))}">'


def _address(request: Request, thread_id: str = "") -> str:
    """Of the service as it was asked for, or of a thread of it, without the query."""
    root = f"{request.url.scheme}://{request.url.netloc}{quote(request.scope['root_path'])}"
    return f"{root}/t/{thread_id}" if thread_id else root


def _title(answer: GenerateAnswer) -> str:
    return answer.title or "A thread"
