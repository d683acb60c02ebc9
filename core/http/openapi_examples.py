"""What requests and answers look like, for the OpenAPI."""

from __future__ import annotations

from typing import Any

_POST = {"number": 1, "total": 1, "content": "The bridge closes.", "character_count": 18}
_SOURCE = {
    "url": None,
    "author": None,
    "published": None,
    "language": "en",
    "characters": 18,
    "truncated": False,
}
_USAGE = {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
_ANSWER = {
    "success": True,
    "thread": [_POST],
    "source_type": "text",
    "title": None,
    "error": None,
    "id": "q0Y3nYw1S6mJ4v5bVhX2dA",
    "cached": False,
    "degraded": False,
    "platform": "x",
    "generator": "extractive",
    "model": None,
    "hooks": [],
    "source": _SOURCE,
    "usage": _USAGE,
    "warnings": [],
}
_COUNTED = {
    "hits": 9,
    "misses": 3,
    "collapsed": 1,
    "stale_served": 0,
    "generated": 2,
    "tokens_in": 4_000,
    "tokens_out": 900,
    "cost_usd": 0.007,
    "saved_usd": 0.03,
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "GenerateRequest": {"url": "https://example.com/article", "platform": "bluesky", "hooks": 2},
    "GenerateAnswer": _ANSWER,
    "RewriteRequest": {"wish": "Shorter, with the number first."},
    "RewriteAnswer": _ANSWER | {"post": _POST},
    "ScheduledThread": {"posts": [{"text": "The bridge closes."}]},
    "ValidateRequest": {"thread": ["The bridge closes."], "platform": "x"},
    "ValidateAnswer": {
        "success": True,
        "valid": True,
        "platform": "x",
        "limit": 280,
        "thread": [_POST | {"remaining": 262, "problems": []}],
        "problems": [],
    },
    "RateLimitStatus": {
        "requests_used": 1,
        "requests_remaining": 9,
        "total_limit": 10,
        "window_hours": 1.0,
        "minutes_until_reset": 59.5,
        "using_redis": True,
    },
    "ClearRequest": {"url": "https://example.com/article"},
    "ClearAnswer": {"success": True, "message": "The kept answer was removed."},
    "CacheStats": {
        "available": True,
        "reason": None,
        "writable": True,
        "partial": False,
        "cache_entries": 42,
        "rate_limit_entries": 7,
        "memory_used": "1.2M",
        "connected_clients": 1,
        "uptime_seconds": 86_400,
        "hit_rate": 0.75,
        **_COUNTED,
        "days": [{"date": "2026-11-24", **_COUNTED}],
    },
    "Health": {"status": "healthy"},
    "MonitorHealth": {
        "status": "degraded",
        "services": {"openai": {"status": "not_configured", "latency_ms": None, "reason": "no key"}},
        "details": {},
        "last_scheduled_check": None,
    },
    "Startup": {
        "redis_available": True,
        "environment": "development",
        "versions": {"python": "3.11.7"},
        "settings": {"REDIS_URL": True},
    },
}
