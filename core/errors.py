"""Every failure that a caller can meet, as one tree; `core.problems` renders it (RFC 9457).

ThreadrError                 500 internal
├── InvalidRequest           422 validation
│   └── BodyTooLarge         413 validation
├── Unauthorized             401 unauthorized
├── NotFound                 404 not-found
├── MethodNotAllowed         405 method-not-allowed
├── RateLimited              429 rate-limited
├── NotCached                504 not-cached
├── StoreError               503 cache-unavailable
│   ├── StoreUnreachable     transient: it may answer the next time
│   └── StoreRefused         permanent: wrong token, wrong address, no quota
├── ArticleError             422, the URL is the caller's input
│   ├── ArticleBlocked       article-blocked
│   ├── ArticleUnreachable   article-unreachable
│   ├── ArticleTimeout       article-timeout
│   ├── ArticleTooLarge      article-too-large
│   ├── UnsupportedContent   unsupported-content
│   └── NoArticle            no-article
└── ModelError               503 model-unavailable
    └── ContentRefused       422 content-refused
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class ThreadrError(Exception):
    """Base of all: `detail` is a sentence for the user; `reason` goes to the log only."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on our side"
    default_detail: ClassVar[str] = "Try again; if it happens again, report the request id."

    def __init__(
        self,
        detail: str | None = None,
        *,
        reason: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.default_detail
        self.reason = reason
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class InvalidRequest(ThreadrError):
    status = 422
    kind = "validation"
    title = "The request is not valid"
    default_detail = "Send JSON with exactly one of url and text."


class BodyTooLarge(InvalidRequest):
    status = 413
    title = "The request is too large"
    default_detail = "A text may have 1 MB at most. Send the part that matters."


class Unauthorized(ThreadrError):
    status = 401
    kind = "unauthorized"
    title = "This needs a key"
    default_detail = "Send the admin token as Authorization: Bearer …"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="threadr"'})


class NotFound(ThreadrError):
    status = 404
    kind = "not-found"
    title = "There is nothing here"
    default_detail = "Check the address."


class MethodNotAllowed(ThreadrError):
    status = 405
    kind = "method-not-allowed"
    title = "This address does not take that method"
    default_detail = "The Allow header names the methods that it takes."


class RateLimited(ThreadrError):
    status = 429
    kind = "rate-limited"
    title = "Too many requests"
    default_detail = "Wait for the time in Retry-After, then try again."


class NotCached(ThreadrError):
    """only-if-cached and nothing kept: 504 by RFC 9111, section 5.2.1.7."""

    status = 504
    kind = "not-cached"
    title = "No kept answer"
    default_detail = "Nothing is kept for this; ask again without only-if-cached."


class StoreError(ThreadrError):
    """The shared store did not do its work. The policy room decides what that means."""

    status = 503
    kind = "cache-unavailable"
    title = "The cache cannot be reached"
    default_detail = "Nothing was changed in the shared cache; try again in a few seconds."
    health: ClassVar[str] = "unreachable"

    def __init__(self, detail: str | None = None, *, reason: str | None = None) -> None:
        super().__init__(detail, reason=reason, headers={"Retry-After": "10"})


class StoreUnreachable(StoreError):
    """Transient: refused, reset, hung or overloaded."""


class StoreRefused(StoreError):
    """Permanent until somebody mends it: wrong token, wrong address, quota used up."""

    health = "refused"


class ArticleError(ThreadrError):
    status = 422
    kind = "article-unreachable"
    title = "The article cannot be used"
    default_detail = "Check the link, or paste the text of the article instead."


class ArticleBlocked(ArticleError):
    """One sentence for every cause: the answer must not tell what stands behind an address."""

    kind = "article-blocked"
    title = "This address is not fetched"
    default_detail = "Only public web pages are fetched. Check the link, or paste the text instead."


class ArticleUnreachable(ArticleError):
    title = "The page did not answer with an article"
    default_detail = "Check the link in a browser, or paste the text of the article instead."


class ArticleTimeout(ArticleError):
    kind = "article-timeout"
    title = "The page took too long"
    default_detail = "The page did not arrive in time. Try again, or paste the text instead."


class ArticleTooLarge(ArticleError):
    kind = "article-too-large"
    title = "The page is too large"
    default_detail = "The page is over 2 MiB. Paste the part that matters as text."


class UnsupportedContent(ArticleError):
    kind = "unsupported-content"
    title = "This is not a web page"
    default_detail = "The link leads to a file that is not HTML or plain text. Paste the text instead."


class NoArticle(ArticleError):
    kind = "no-article"
    title = "No article was found on the page"
    default_detail = (
        "The page holds no article text (it may need a login or a browser). Paste the text instead."
    )


class ModelError(ThreadrError):
    """The model did not write: `reason` names why. Seen by callers only when they insisted on it."""

    status = 503
    kind = "model-unavailable"
    title = "The model cannot write now"
    default_detail = "Try again in a minute, or ask with generator: auto to get the built-in composer."
    permanent: ClassVar[bool] = False

    def __init__(self, detail: str | None = None, *, reason: str | None = None) -> None:
        super().__init__(detail, reason=reason, headers={"Retry-After": "60"})


class ContentRefused(ModelError):
    status = 422
    kind = "content-refused"
    title = "The model declined this text"
    default_detail = (
        "The model will not write about this content. Change the text, or use generator: extractive."
    )

    def __init__(self, detail: str | None = None, *, reason: str | None = None) -> None:
        super().__init__(detail, reason=reason)
        self.headers = {}
