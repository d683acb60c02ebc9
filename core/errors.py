"""Every failure that a caller can meet, as one tree; `core.http.problems` renders it (RFC 9457).

ThreadrError                 500 internal
├── InvalidRequest           422 validation
│   ├── Malformed            400 validation
│   ├── BodyTimeout          408 validation
│   ├── BodyTooLarge         413 validation
│   └── NotJson              415 validation
├── Unauthorized             401 unauthorized
│   └── Denied               403 unauthorized
├── NotFound                 404 not-found
├── MethodNotAllowed         405 method-not-allowed
├── RateLimited              429 rate-limited
│   └── Busy                 the process has more work than it can do in time
├── NotCached                504 not-cached
├── NotKept                  404 not-cached
├── StoreError               503 cache-unavailable
│   ├── StoreRefused         permanent: wrong token, address, certificate; no quota
│   └── CommandFailed        the store works, one command failed
│       └── WriteRejected    the store only reads
├── ArticleError             422, the URL is the caller's input
│   ├── ArticleBlocked       article-blocked
│   ├── ArticleUnreachable   article-unreachable
│   ├── ArticleTimeout       article-timeout
│   ├── ArticleTooLarge      article-too-large
│   ├── UnsupportedContent   unsupported-content
│   ├── NoArticle            no-article
│   └── Paywall              paywall
└── ModelError               503 model-unavailable
    ├── NoModel              503 model-unavailable
    ├── BudgetSpent          503 budget-spent
    ├── BudgetReserved       503 model-unavailable
    └── ContentRefused       422 content-refused
"""

from collections.abc import Mapping
from typing import ClassVar, Self

# A CDN may keep for a moment that there is nothing; some go on with what was there when they may not.
ASK_SOON: Mapping[str, str] = {"Cache-Control": "public, max-age=0, s-maxage=5"}


class ThreadrError(Exception):
    """Base of all: `detail` is a sentence for the user; `reason` goes to the log only.

    `headers`: the type's own and the given ones. `permanent`: retrying at once would fail the same way.
    `shared`: all who ask for the same meanwhile get it, so it must not depend on who asked.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on our side"
    detail: str = "Try again; if it happens again, report the request id."
    default_headers: ClassVar[Mapping[str, str]] = {}
    permanent: bool = False
    shared: bool = False

    def __init_subclass__(cls, *, status: int = 0, kind: str = "", permanent: bool = False) -> None:
        """`class NotFound(ThreadrError, status=404, kind="not-found")`: what is not given is inherited."""
        super().__init_subclass__()
        cls.status = status or cls.status
        cls.kind = kind or cls.kind
        cls.permanent = permanent or cls.permanent

    def __init__(
        self, detail: str | None = None, *, reason: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        self.detail = detail or self.detail
        self.reason = reason
        self.headers = {**self.default_headers, **headers}
        super().__init__(self.detail)

    def unshared(self) -> Self:
        """The same as this caller's own: it comes of its time or its limits, not of what it asked for."""
        self.shared = False
        return self


class InvalidRequest(ThreadrError, status=422, kind="validation"):
    title = "The request is not valid"
    detail = "Send JSON with exactly one of url and text."


class Malformed(InvalidRequest, status=400):
    """A function was called with something that is not a readable request."""

    title = "The call is not a readable HTTP request"


class BodyTimeout(InvalidRequest, status=408):
    title = "The request took too long to arrive"
    detail = "Send the whole body within a few seconds."
    default_headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}


class BodyTooLarge(InvalidRequest, status=413):
    title = "The request is too large"
    detail = "It is more than this address takes; a text may have 1 MB at most. Send the part that matters."


class NotJson(InvalidRequest, status=415):
    """Strict, although the body may be JSON: browsers send text/plain to other sites without asking first."""

    title = "The body is not declared as JSON"
    detail = "Send JSON, with Content-Type: application/json."


class Unauthorized(ThreadrError, status=401, kind="unauthorized"):
    title = "This needs a key"
    detail = "Send the admin token as Authorization: Bearer …"
    default_headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="threadr"'}


class Denied(Unauthorized, status=403):
    """Of DENY. Its kind is that of a missing key, since nothing else says why a caller may not call."""

    title = "This caller is not served"
    detail = "The operator of this service has blocked this address or this key."
    default_headers: ClassVar[Mapping[str, str]] = {}


class NotFound(ThreadrError, status=404, kind="not-found"):
    title = "There is nothing here"
    detail = "Check the address."


class MethodNotAllowed(ThreadrError, status=405, kind="method-not-allowed"):
    title = "This address does not take that method"
    detail = "The Allow header names the methods that it takes."


class RateLimited(ThreadrError, status=429, kind="rate-limited"):
    title = "Too many requests"
    detail = "Wait for the time in Retry-After, then try again."


class Busy(RateLimited):
    title = "Too busy just now"
    detail = "There is more work than can be done in time. Try again in a few seconds."
    default_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class NotCached(ThreadrError, status=504, kind="not-cached"):
    """only-if-cached, and nothing is cached: 504 by RFC 9111, section 5.2.1.7."""

    title = "No kept answer"
    detail = "Nothing is kept for this; ask again without only-if-cached."


class NotKept(ThreadrError, status=404, kind="not-cached"):
    """The answer of a GET that makes nothing; caches on the way ask again soon."""

    title = "No kept answer"
    detail = "Nothing is kept for this. POST the same to /api/generate to make it."
    default_headers = ASK_SOON


class StoreError(ThreadrError, status=503, kind="cache-unavailable"):
    """The shared store did not do its work; the tiered cache decides what that means.

    `health` is its status in health answers. A `permanent` failure opens the breaker at once; of others
    `counts_for_breaker` says whether they count, and `pause_seconds` what the store itself asked for.
    """

    title = "The cache cannot be reached"
    detail = "Nothing was changed in the shared cache; try again in a few seconds."

    def __init__(
        self,
        detail: str | None = None,
        *,
        reason: str | None = None,
        health: str = "unreachable",
        counts_for_breaker: bool = True,
        pause_seconds: float = 0,
    ) -> None:
        super().__init__(detail, reason=reason, headers={"Retry-After": str(max(10, round(pause_seconds)))})
        self.health = health
        self.counts_for_breaker = counts_for_breaker
        self.pause_seconds = pause_seconds


class StoreRefused(StoreError, permanent=True):
    """Wrong token, wrong address, wrong certificate, quota used up."""


class CommandFailed(StoreError):
    """The store answered, and refused this one command."""


class WriteRejected(CommandFailed):
    """It only reads: storage full, a replica, a read-only token."""


class ArticleError(ThreadrError, status=422, kind="article-unreachable"):
    """`permanent` failures are remembered for a minute, others for seconds (core/cache/lease.py)."""

    title = "The article cannot be used"
    detail = "Check the link, or paste the text of the article instead."
    shared = True

    def __init__(
        self, detail: str | None = None, *, reason: str | None = None, permanent: bool | None = None
    ) -> None:
        super().__init__(detail, reason=reason)
        if permanent is not None:
            self.permanent = permanent


class ArticleBlocked(ArticleError, kind="article-blocked", permanent=True):
    """The sentence for all that comes of a look-up or a connection: callers must not learn which hosts there
    are. What the address itself shows is said by name (core/net/urls.py).
    """

    title = "This address is not fetched"
    detail = "There is no such host, or no public page there. Check the link for a slip, or paste the text."


class ArticleUnreachable(ArticleError):
    title = "The page did not answer with an article"
    detail = "Check the link in a browser, or paste the text of the article instead."


class ArticleTimeout(ArticleError, kind="article-timeout"):
    title = "The page took too long"
    detail = "The page did not arrive in time. Try again, or paste the text instead."


class ArticleTooLarge(ArticleError, kind="article-too-large", permanent=True):
    title = "The page is too large"
    detail = "The page is over 2 MiB. Paste the part that matters as text."


class UnsupportedContent(ArticleError, kind="unsupported-content", permanent=True):
    title = "This is not a web page"
    detail = "Only web pages, plain text, Markdown and PDFs with text are read. Paste the text instead."


class NoArticle(ArticleError, kind="no-article", permanent=True):
    title = "No article was found on the page"
    detail = "The page holds no article text (it may need a login or a browser). Paste the text instead."


class Paywall(ArticleError, kind="paywall", permanent=True):
    title = "The article is for subscribers"
    detail = "The page shows only the start of the article. Paste the text, if you may read it."


class ModelError(ThreadrError, status=503, kind="model-unavailable"):
    """The model did not write: `reason` names why. Seen by callers only when they required it.

    `is_free`: its server certainly charged nothing. A `detail` that names a fault has `instead` after it.
    """

    title = "The model cannot write now"
    detail = "Try again in a minute, or ask with generator: auto to get the built-in composer."
    shared = True
    is_free: bool = False
    instead: ClassVar[str] = "With generator: auto the built-in composer writes."
    default_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}


class NoModel(ModelError):
    title = "No model is configured"
    detail = "No OPENAI_API_KEY is set, so no model can write."


class BudgetSpent(ModelError, kind="budget-spent"):
    title = "Today's budget does not cover this"
    detail = "Try again tomorrow (UTC), or ask with generator: auto to get the built-in composer."
    shared = False  # what one caller would reserve says nothing of the next


class BudgetReserved(ModelError):
    """What is left of the day's budget may be needed by requests under way, which mostly need less."""

    detail = "Today's budget is reserved by requests under way. Try again in a moment."
    default_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}
    shared = False


class ContentRefused(ModelError, status=422, kind="content-refused", permanent=True):
    title = "The model declined this text"
    detail = "The model will not write about this content. Change the text, or use generator: extractive."
    default_headers: ClassVar[Mapping[str, str]] = {}
