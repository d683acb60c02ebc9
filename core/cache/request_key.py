"""Cache keys, and look-ups built from requests."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import field

from core.cache.cache_control import Caller
from core.cache.canonical import canonical_url
from core.settings import Settings
from core.store.keys import DRAFT_PREFIX, TEXT_PREFIX, URL_PREFIX, thread_key
from core.store.protocol import ANY_AGE_SECONDS, Charge, Mode
from core.store.protocol import Lookup as Lookup  # threads/ may not import store/
from core.values import value_class

Variant = Mapping[str, object]
_encoded = json.JSONEncoder(sort_keys=True).encode


def url_key(url: str, variant: Variant | None = None) -> str:
    """Where the answer for a URL is kept. `variant` holds what differs from the default options."""
    suffix = _suffix(variant)
    return f"{URL_PREFIX}{canonical_url(url, as_pasted=True)}{suffix}"


def text_key(text: str, variant: Variant | None = None) -> str:
    """Where the answer for a text is kept: by 16 hex digits, so the entry must hold the full digest."""
    return f"{TEXT_PREFIX}{digest(text)[:16]}{_suffix(variant)}"


def digest(content: str) -> str:
    """SHA-256 in 64 hex digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def new_delete_token() -> str:
    """128 random bits in 22 characters: nobody can guess one."""
    return secrets.token_urlsafe(16)


def thread_id_of(delete_token: str) -> str:
    """The id of the thread that the token may delete: its digest, in 22 characters that a URL takes."""
    return base64.urlsafe_b64encode(hashlib.sha256(delete_token.encode()).digest()[:16]).decode().rstrip("=")


def _as_json(variant: Variant) -> str:
    return _encoded(variant) if variant else "{}"


def _suffix(variant: Variant | None) -> str:
    # A space cannot occur in a canonical URL, so no URL's key can look like another's with options.
    return f" {digest(_as_json(variant))[:16]}" if variant else ""


@value_class(frozen=True, slots=True, kw_only=True)
class RequestIdentity:
    """What decides the cache key: one of `url` and `text`, and the options that are not the default, those of
    the draft in `variant`, those of presentation in `view`.

    `made_by` decides what is found there, too: an answer that was made by something else is another's.
    """

    url: str | None
    text: str | None
    variant: Variant
    view: Variant = field(default_factory=dict)
    made_by: str = ""

    def names(self) -> tuple[str, str, str]:
        """The answer's key and digest, and the draft's key. Raises ArticleBlocked when the URL is none."""
        text, options = self.text or "", {**self.variant, **self.view}
        key = text_key(text, options) if self.url is None else url_key(self.url, options)
        source, behind = f"{key.partition(' ')[0]} {_as_json(self.variant)}", f"{self.made_by}\n{text}"
        return key, digest(key + behind), f"{DRAFT_PREFIX}{digest(source + behind)}"

    def content(self, title: str | None, text: str) -> str:
        """The digest of a source text and of the draft's options: what an answer is filed under, too."""
        return digest(f"{_as_json(self.variant)}{self.made_by}\n{title or ''}\n{text}")


class Lookups:
    """Makes look-ups by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._charge: Charge = "always" if settings.rate_limit_scope == "requests" else "on_generation"

    def for_answer(
        self, identity: RequestIdentity, caller: Caller, *, refresh: bool, max_cost_usd: float
    ) -> Lookup:
        """The look-up for an answer. Raises ArticleBlocked when the URL is not one."""
        wants, (key, name, draft) = caller.cache_control, identity.names()
        renews = refresh or wants.no_cache or self._settings.cache_ttl_hours == 0
        mode: Mode = "refresh" if renews else "normal"
        if wants.only_if_cached:
            mode = "count_only" if renews else "only_if_cached"
        age = wants.max_age_seconds
        return Lookup(
            key=key,
            digest=name,
            draft=draft,
            client=caller.client,
            token=os.urandom(8).hex(),
            mode=mode,
            charge=self._charge if caller.is_charged else "never",
            max_age_seconds=ANY_AGE_SECONDS if age is None else age,
            max_cost_usd=max_cost_usd,
        )

    def leaves_nothing(self, caller: Caller, *, is_text: bool) -> bool:
        """Whether nothing may be kept of the request and its answer: a text is nobody else's to have."""
        return caller.cache_control.no_store or (is_text and self._settings.cache_ttl_hours == 0)

    def for_thread(self, thread_id: str, caller: Caller) -> Lookup:
        """The look-up for a new thread: it charges the client, and always leads."""
        key = thread_key(thread_id)
        return Lookup(
            key=key,
            digest=digest(key),
            client=caller.client,
            token=os.urandom(8).hex(),
            mode="refresh",
            charge=self._charge,
        )
