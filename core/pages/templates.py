"""The files of web/ that are filled in here, and the page's words for each problem."""

import functools
import json
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse

from core.errors import ThreadrError

_WEB = Path(__file__).resolve().parents[2] / "web"


def page(request: Request, title: str, body: str, *, head: str = "", status: int = 200) -> HTMLResponse:
    """web/thread.html with `title` as text, `body` and `head` as HTML."""
    root = quote(request.scope["root_path"])
    filled = _template().substitute(title=escape(title), body=body, head=head, root=root)
    return HTMLResponse(filled, status)


def failed(request: Request, error: ThreadrError, *, again: str = "") -> HTMLResponse:
    """The page that says what to do about a failure, with the form again around the `again` text."""
    kinds = words()
    said = kinds.get(f"{error.kind} {error.status}") or kinds[error.kind]
    root = quote(request.scope["root_path"])
    form = f"""<form id="form" action="{root}/compose" method="post">
<label for="source">Link, text or Markdown draft</label>
<textarea id="source" name="source" rows="4" required dir="auto">{escape(again)}</textarea>
<p><button class="primary">Make a thread</button></p></form>"""
    body = f'<p id="error" role="alert">{escape(said)}</p>{form}'
    response = page(request, "That did not work", body, head=NOT_INDEXED, status=error.status)
    response.headers.update(error.headers)
    return response


NOT_INDEXED = '<meta name="robots" content="noindex">'


@functools.cache
def words() -> dict[str, str]:
    """A sentence for each kind of problem, or kind and status, from the page's own table."""
    script = (_WEB / "problems.js").read_text(encoding="utf-8")
    table: dict[str, str] = json.loads(script[script.index("{") : script.index("};") + 1])
    return table


@functools.cache
def _template() -> Template:
    return Template((_WEB / "thread.html").read_text(encoding="utf-8"))
