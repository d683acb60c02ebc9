"""The environment, read once into one frozen object; a bad value stops the start by name."""

import contextlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from core.rate_limit import Client, DenyList, Window, clients_of_keys

DEFAULT_MODEL = "gpt-5.4-mini"
OPENAI_URL = "https://api.openai.com/v1"
# An address that redis-py reads as it is meant; of its options those that change nothing of ours.
_REDIS = re.compile(
    r"""(?!redis://(?:[^@]*@)?[^@/?:]*\.upstash\.io(?:[:/?]|$))redis(?P<tls>s)?://
    (?:(?:[^@/?\#%\[\]\s]|%[0-9a-f]{2})*@)?(?:\[[0-9a-f:.]+\]|[^@/?\#:,"'\s]+)(?::\d{1,5})?(?:/[0-9]*/?)?
    (?:\?(?:(?:(?:db|health_check_interval)=\d+|(?(tls)ssl_cert_reqs=required|$.))(?:&|$))*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_FRONT_DOORS = ("gateway", "function-url", "alb", *(f"proxy:{hops}" for hops in range(1, 10)))
BAD_SETTING = 3  # what a process exits with when a variable cannot be used


class SettingsError(ValueError):
    """A variable has a value that cannot be used. Names the variable and the rule, never the value."""


def on_lambda() -> bool:
    """Whether this process is a Lambda function's."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def _text(raw: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in raw):
        raise ValueError("must not hold control characters such as a newline")
    return raw


def _url(raw: str, schemes: Sequence[str] = ("https", "http"), without: str = "") -> str:
    _text(raw)
    with contextlib.suppress(ValueError):  # of a port or bracket that urlsplit cannot read
        parts = urlsplit(raw)
        is_free = set(without).isdisjoint(raw)  # of characters that an address of its kind has no use for
        if is_free and parts.scheme in schemes and parts.hostname and parts.port != 0:
            return raw.rstrip("/")
    raise ValueError(f"must be an address that starts with {' or '.join(f'{s}://' for s in schemes)}")


def _redis_url(raw: str) -> str:
    if not _REDIS.fullmatch(raw):
        raise ValueError
    return _url(raw[:6].lower() + raw[6:], ("redis", "rediss"))


def _fault(variable: str, raw: str) -> str:
    """What is wrong with an address that cannot be used; "" where addresses.toml has no sentence for it."""
    import tomllib

    known = tomllib.loads(Path(__file__).with_name("addresses.toml").read_text(encoding="utf-8"))
    rows = known.get(variable, [])
    return next((words for form, words in rows if re.fullmatch(form, raw, re.IGNORECASE | re.DOTALL)), "")


def _webhook(raw: str) -> str:
    _url(raw, ("https",))
    return raw


def _number(raw: str, lowest: float, highest: float, *, whole: bool = False) -> float | int:
    try:
        value = int(raw) if whole else float(raw)
    except ValueError:
        raise ValueError(f"must be a {'whole ' if whole else ''}number") from None
    if not lowest <= value <= highest:  # also false for NaN
        raise ValueError(f"must be from {lowest:g} to {highest:g}")
    return value


def _one_of(raw: str, choices: Sequence[str]) -> str:
    if raw not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return raw


def _names(raw: str) -> tuple[str, ...]:
    return tuple(name for part in _text(raw).split(",") if (name := part.strip()))


def _checked(raw: str, check: Callable[[Sequence[str]], object]) -> tuple[str, ...]:
    entries = _names(raw)
    if not entries:
        raise ValueError("must not be commas alone")
    check(entries)
    return entries


def _hosts(raw: str) -> tuple[str, ...]:
    hosts = _names(raw)
    if not all(re.fullmatch(".*:[0-9]+", host) for host in hosts):
        raise ValueError("must be a comma-separated list of host:port")
    return hosts


def _origins(raw: str) -> tuple[str, ...]:
    """As browsers send them in Origin: in lower case, and without a slash at the end."""
    origins = tuple(name.lower().removesuffix("/") for name in _names(raw))
    form = re.compile(r"\*|[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?")
    if not origins or not all(map(form.fullmatch, origins)):
        raise ValueError("must be * or a comma-separated list of origins such as https://app.example")
    return origins


def _base_path(raw: str) -> str:
    path = "/".join(["", *filter(None, raw.split("/"))])
    if not re.fullmatch(r"(?!.{91})(/(?!\.+(/|$))[A-Za-z0-9._~!$'()*+-]+)*", path):
        raise ValueError("must be a path such as /threadr: letters, digits and ._~!$'()*+- between slashes")
    return path


def _setting(parse: Callable[..., Any], default: Any = None, *, secret: bool = False, **rule: Any) -> Any:
    """A field whose variable is read by `parse`, under the rule that it takes besides the text."""
    metadata = {"parse": partial(parse, **rule), "secret": secret}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field per variable, in lower case. Secrets stay out of its repr."""

    upstash_redis_rest_url: str | None = _setting(_url, without="?#@\\")
    # Any text: one with a newline copied along must not stop the start; health answers name it.
    upstash_redis_rest_token: str | None = _setting(str, secret=True)
    upstash_redis_rest_readonly_token: str | None = _setting(str, secret=True)
    redis_url: str | None = _setting(_redis_url, secret=True)  # it holds the password
    cache_ttl_hours: float = _setting(_number, 24.0, lowest=0, highest=8760)
    stale_if_error_hours: float = _setting(_number, 168.0, lowest=0, highest=8760)
    local_cache_seconds: float = _setting(_number, 30.0, lowest=0, highest=3600)
    rate_limit_requests: int = _setting(_number, 10, lowest=1, highest=1_000_000, whole=True)
    rate_limit_window_hours: float = _setting(_number, 1.0, lowest=1 / 3600, highest=744)
    rate_limit_scope: str = _setting(_one_of, "requests", choices=("requests", "generations"))
    store_timeout_ms: int = _setting(_number, 250, lowest=10, highest=10_000, whole=True)
    store_connect_timeout_ms: int = _setting(_number, 1000, lowest=10, highest=10_000, whole=True)
    openai_api_key: str | None = _setting(_text, secret=True)
    openai_base_url: str | None = _setting(_url)
    openai_model: str = _setting(_text, DEFAULT_MODEL)
    openai_fallback_models: tuple[str, ...] = _setting(_names, ())
    openai_price_input: float | None = _setting(_number, lowest=0, highest=10_000)
    openai_price_output: float | None = _setting(_number, lowest=0, highest=10_000)
    generate_deadline_seconds: float = _setting(_number, 25.0, lowest=1, highest=900)
    daily_budget_usd: float = _setting(_number, 5.0, lowest=0, highest=1_000_000)
    environment: str = _setting(_one_of, "development", choices=("development", "production"))
    admin_token: str | None = _setting(_text, secret=True)
    api_keys: tuple[str, ...] = _setting(_checked, (), secret=True, check=clients_of_keys)
    # A secret: it may have a key that has no name.
    deny: tuple[str, ...] = _setting(_checked, (), secret=True, check=partial(DenyList, clients={}))
    cors_origins: tuple[str, ...] | None = _setting(_origins)
    allowed_domains: tuple[str, ...] = _setting(_names, ())
    fetch_allow_hosts: tuple[str, ...] = _setting(_hosts, ())
    max_content_length: int = _setting(_number, 50_000, lowest=1_000, highest=1_000_000, whole=True)
    alert_webhook_url: str | None = _setting(_webhook, secret=True)  # who has it can post there
    base_path: str = _setting(_base_path, "")
    front_door: str = _setting(_one_of, "gateway", choices=_FRONT_DOORS)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """What the variables say; an empty one counts as not set. Raises SettingsError."""
        values = {}
        for setting in fields(cls):
            variable = setting.name.upper()
            try:
                if raw := environ.get(variable, "").strip(" "):
                    values[setting.name] = setting.metadata["parse"](raw)
            except ValueError as error:
                raise SettingsError(f"{variable} {_fault(variable, raw) or error}") from None
        return cls(**values)

    def __post_init__(self) -> None:
        tokens = ("UPSTASH_REDIS_REST_TOKEN", "UPSTASH_REDIS_REST_READONLY_TOKEN")
        given = [name for name in tokens if getattr(self, name.lower())]
        if self.upstash_redis_rest_url and not given:
            raise SettingsError("UPSTASH_REDIS_REST_TOKEN is missing; UPSTASH_REDIS_REST_URL is set")
        if given and not self.upstash_redis_rest_url:
            raise SettingsError(f"UPSTASH_REDIS_REST_URL is missing; {given[0]} is set")
        if self.in_production and self.fetch_allow_hosts:
            raise SettingsError("FETCH_ALLOW_HOSTS must not be set when ENVIRONMENT is production")
        if self.deny and self.api_keys and DenyList(self.deny, self.clients_by_key).names_of_nobody:
            raise SettingsError("DENY must name keys of API_KEYS; one of its names is none")

    @property
    def window(self) -> Window:
        """The limit of clients that have none of their own."""
        return Window(self.rate_limit_requests, round(self.rate_limit_window_hours * 3_600_000))

    @property
    def clients_by_key(self) -> dict[str, Client]:
        """The clients that have a key."""
        return clients_of_keys(self.api_keys, self.window)

    @property
    def in_production(self) -> bool:
        return self.environment == "production"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """CORS origins: what is set, else everyone in development and nobody in production."""
        if self.cors_origins is not None:
            return self.cors_origins
        return () if self.in_production else ("*",)

    @property
    def cache_ttl_seconds(self) -> float:
        return self.cache_ttl_hours * 3600

    def changed(self) -> dict[str, bool]:
        """Which variables differ from their default: names and yes or no, never a value."""
        return {each.name.upper(): getattr(self, each.name) != each.default for each in fields(self)}
