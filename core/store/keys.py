"""The store's keys, except the model's health note (health_note.py). All are `threadr:…`, with a TTL."""

import functools
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.store.protocol import Lookup, StoredEntry

URL_PREFIX = "threadr:cache:url:"
TEXT_PREFIX = "threadr:cache:text:"
# Holds `since key`: where the newest draft is, and from when on (ms) views are made of it.
DRAFT_PREFIX = "threadr:draft:"
THREAD_PREFIX = "threadr:thread:"
CACHE_INDEX = "threadr:index:cache"
CONTENT_INDEX = "threadr:index:content"
SOURCE_INDEX = "threadr:index:sources"
RATE_LIMIT_INDEX = "threadr:index:ratelimit"
LAST_HEALTH_CHECK = "threadr:health:last"
PROBE = "threadr:probe"
PURGED = "threadr:purged"  # when something was purged last: epoch milliseconds and a random name
RESERVED = "threadr:reservations"
STATS = "threadr:stats"
CONTENT_MARK_LENGTH = 8
_MADE = re.compile("^threadr:(?:cache|draft):")
_HOST = re.compile(r"url:\w+://(\[[^]]*\]|[^/:?]+)")
THREAD_ID = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits in urlsafe base64


def rate_limit_key(client: str) -> str:
    return f"threadr:ratelimit:{client}"


def lease_key(work: str) -> str:
    """The lease of the caller that does this work (Lookup.work)."""
    return f"threadr:lease:{_MADE.sub('', work)}"


def failure_key(work: str) -> str:
    """Why this work could not be done."""
    return f"threadr:failure:{_MADE.sub('', work)}"


def thread_key(thread_id: str) -> str:
    """Where a thread is kept for its permalink."""
    return f"{THREAD_PREFIX}{thread_id}"


def content_key(name: str) -> str:
    """Holds the key of the answer for a source text; `name` is the text's digest."""
    return f"threadr:content:{name}"


def side_keys(key: str, draft: str) -> list[str]:
    """The keys beside an entry's: its failure, and the pointer to its draft."""
    return [failure_key(draft or key), draft or DRAFT_PREFIX]


def source_of(key: str) -> str:
    """What an answer is made of, from its key, whose options follow a space: `url:…` or `text:…`."""
    return key.removeprefix("threadr:cache:").partition(" ")[0] if key.startswith("threadr:cache:") else ""


def host_of(source: str) -> str:
    """The host of a source that is a page; "" for a text."""
    found = _HOST.match(source)
    return found[1] if found else ""


def new_stamp(epoch_seconds: float) -> str:
    """A name for a purge at that moment, which no other one has."""
    return f"{epoch_seconds * 1000:.0f} {secrets.token_hex(8)}"


def script_keys(lookup: "Lookup", entry: "StoredEntry") -> list[str]:
    """The keys of every script, in the order of scripts/head.lua."""
    work, content = lookup.draft or lookup.key, content_key(entry.content)
    client = rate_limit_key(lookup.client.name)
    all_share = [RATE_LIMIT_INDEX, CACHE_INDEX, CONTENT_INDEX, STATS, RESERVED]
    own = [thread_key(entry.thread_id), f"threadr:settled:{lookup.token}", f"{RESERVED}:{lookup.client.name}"]
    own += [lookup.draft or DRAFT_PREFIX, SOURCE_INDEX, PURGED]
    return [lookup.key, lease_key(work), failure_key(work), content, client, *all_share, *own]


def day_of(epoch_seconds: float) -> str:
    """The ISO date of that moment in UTC, by which counters are kept."""
    return _day(int(epoch_seconds // 86_400))


@functools.lru_cache(maxsize=64)  # a request counts today, the statistics show 30 days
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
