"""The page at the address that a problem's `type` is: what happened, what to do, whether a retry helps."""

from html import escape
from string import Template

from core import errors
from core.errors import ArticleError, NotFound, ThreadrError


def problem_page(kind: str, template: str) -> bytes:
    """`template` with `$kind` and `$problems`, one for each error of the kind. Raises NotFound."""
    types = [each for each in vars(errors).values() if isinstance(each, type)]
    tree = [each for each in types if issubclass(each, ThreadrError) and each.kind == kind]
    found = {(error.status, error.title, error.detail): error for error in tree}
    if not found:
        raise NotFound
    parts = [
        f"<h2>{escape(error.title)}</h2>\n<p>Status {error.status}. {escape(error.detail)}</p>\n"
        f"<p>Does a retry help? {_retry(error)}</p>"
        for error in found.values()
    ]
    return Template(template).substitute(kind=kind, problems="\n".join(parts)).encode()


def _retry(error: type[ThreadrError]) -> str:
    if issubclass(error, ArticleError) and not error.permanent:
        return "It may, when the site works again; the failure is remembered for a few seconds."
    if error.status in (408, 429, 500, 503) and not error.permanent:
        return "Yes, after the seconds in Retry-After, where the answer has it."
    return "No: the same request is answered the same way."
