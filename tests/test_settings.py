"""Settings from the environment, and values that stop the start."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.settings import DEFAULT_MODEL, Settings, SettingsError

UPSTASH = {"UPSTASH_REDIS_REST_URL": "https://x.upstash.io", "UPSTASH_REDIS_REST_TOKEN": "hunter2"}
SECRETS = {
    **UPSTASH,
    "REDIS_URL": "rediss://:hunter2@localhost:6379",
    "OPENAI_API_KEY": "hunter2",
    "ADMIN_TOKEN": "hunter2",
    "API_KEYS": "hunter2,hunter22",
}


def test_nothing_set_gives_the_documented_defaults() -> None:
    plain = Settings.from_env({})
    assert (plain.cache_ttl_hours, plain.local_cache_seconds, plain.store_timeout_ms) == (24, 30, 250)
    assert (plain.rate_limit_requests, plain.rate_limit_window_hours) == (10, 1)
    assert (plain.generate_deadline_seconds, plain.max_content_length) == (25, 50_000)
    assert (plain.environment, plain.front_door, plain.openai_model) == (
        "development",
        "gateway",
        DEFAULT_MODEL,
    )
    assert not any(plain.changed().values())


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_env({"RATE_LIMIT_REQUESTS": "", "OPENAI_API_KEY": "  "}) == Settings.from_env({})


def test_fractions_of_hours_become_seconds() -> None:
    read = Settings.from_env({"CACHE_TTL_HOURS": "0.5", "RATE_LIMIT_WINDOW_HOURS": "0.25"})
    assert (read.cache_ttl_seconds, read.window.milliseconds) == (1_800, 900_000)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("CACHE_TTL_HOURS", "0", id="no-cache"),
        pytest.param("CACHE_TTL_HOURS", "8760", id="a-year"),
        pytest.param("RATE_LIMIT_REQUESTS", "1", id="one-request"),
        pytest.param("STORE_TIMEOUT_MS", "10000", id="ten-seconds"),
    ],
)
def test_a_bound_is_itself_allowed(variable: str, value: str) -> None:
    assert getattr(Settings.from_env({variable: value}), variable.lower()) == float(value)


def test_lists_are_read_without_spaces_and_empty_parts() -> None:
    read = Settings.from_env({"API_KEYS": " a, b,,", "OPENAI_FALLBACK_MODELS": "one , two"})
    assert (read.api_keys, read.openai_fallback_models) == (("a", "b"), ("one", "two"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("CACHE_TTL_HOURS", "-1", id="negative"),
        pytest.param("CACHE_TTL_HOURS", "nan", id="not-a-number"),
        pytest.param("LOCAL_CACHE_SECONDS", "inf", id="infinite"),
        pytest.param("RATE_LIMIT_WINDOW_HOURS", "0", id="no-window"),
        pytest.param("RATE_LIMIT_REQUESTS", "0", id="no-request-allowed"),
        pytest.param("RATE_LIMIT_REQUESTS", "1.5", id="fraction-of-a-request"),
        pytest.param("RATE_LIMIT_REQUESTS", "ten", id="words"),
        pytest.param("STORE_TIMEOUT_MS", "9", id="too-short-a-time"),
        pytest.param("OPENAI_PRICE_INPUT", "-0.1", id="negative-price"),
        pytest.param("ENVIRONMENT", "Production", id="nearly-production"),
        pytest.param("UPSTASH_REDIS_REST_URL", "redis://x.upstash.io", id="wrong-scheme"),
        pytest.param("UPSTASH_REDIS_REST_URL", "https://", id="no-host"),
        pytest.param("OPENAI_BASE_URL", "http://[::1", id="open-bracket"),
        pytest.param("REDIS_URL", "rediss://host:99999", id="port-too-high"),
        pytest.param("REDIS_URL", "localhost:6379", id="no-scheme"),
        pytest.param("OPENAI_API_KEY", "sk-hunter2\n", id="newline-in-a-secret"),
        pytest.param("API_KEYS", "a,\x7f", id="control-in-a-list"),
        pytest.param("API_KEYS", ",", id="no-key"),
        pytest.param("API_KEYS", "a:hunter2:0/1h", id="limit-of-0"),
        pytest.param("API_KEYS", "a:hunter2:10/0d", id="window-of-0"),
        pytest.param("API_KEYS", "a:hunter2:10/32d", id="window-too-long"),
        pytest.param("API_KEYS", "a:hunter2:10/1y", id="unit-of-a-year"),
        pytest.param("API_KEYS", "a:hunter2:10", id="limit-without-window"),
        pytest.param("API_KEYS", "a:hunter2:1000001/1h", id="limit-too-high"),
        pytest.param("API_KEYS", "a:hunter2:0/day", id="budget-of-0"),
        pytest.param("API_KEYS", "a:hunter2:5/day:10/1h", id="wrong-order"),
        pytest.param("API_KEYS", "a:hunter2:٣/1h", id="digits-of-others"),
        pytest.param("API_KEYS", "a:", id="name-without-key"),
        pytest.param("API_KEYS", ":hunter2", id="key-without-name"),
        pytest.param("API_KEYS", "a b:hunter2", id="space-in-a-name"),
        pytest.param("API_KEYS", "a:hunter2,a:hunter3", id="name-twice"),
        pytest.param("API_KEYS", "a:hunter2,b:hunter2", id="key-twice"),
        pytest.param("API_KEYS", "hunter2,hunter2", id="plain-key-twice"),
        pytest.param("API_KEYS", "hunter2:hunter2", id="name-that-is-the-key"),
        pytest.param("API_KEYS", "hunter2,hunter2:hunter3", id="name-that-is-another-key"),
        pytest.param("DENY", ",", id="nobody-to-deny"),
        pytest.param("DENY", "203.0.113.256", id="no-address"),
        pytest.param("DENY", "203.0.113.0/33", id="no-network"),
        pytest.param("DENY", "2001:db8::/129", id="no-ipv6-network"),
        pytest.param("DENY", "a,b c", id="space-in-a-denied-name"),
        pytest.param("FETCH_ALLOW_HOSTS", "localhost", id="host-without-port"),
        pytest.param("FRONT_DOOR", "proxy", id="proxy-without-hops"),
        pytest.param("FRONT_DOOR", "proxy:0", id="no-hops"),
        pytest.param("FRONT_DOOR", "proxy:10", id="too-many-hops"),
        pytest.param("FRONT_DOOR", "proxy:²", id="superscript-hops"),
        pytest.param("FRONT_DOOR", "cloudfront", id="unknown-front-door"),
    ],
)
def test_a_bad_value_stops_the_start_by_name_and_is_not_repeated(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})
    message = str(caught.value)
    assert message.startswith(f"{variable} must ")
    assert repr(value) not in message
    assert "hunter2" not in message


@pytest.mark.parametrize("missing", UPSTASH)
def test_half_of_upstash_stops_the_start(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        Settings.from_env({name: value for name, value in UPSTASH.items() if name != missing})


def test_a_read_only_token_needs_its_address_and_nothing_else() -> None:
    token = {"UPSTASH_REDIS_REST_READONLY_TOKEN": "hunter2"}
    assert Settings.from_env(token | {"UPSTASH_REDIS_REST_URL": "https://x.upstash.io"})
    with pytest.raises(SettingsError, match="UPSTASH_REDIS_REST_URL is missing") as caught:
        Settings.from_env(token)
    assert "hunter2" not in str(caught.value)


def test_private_hosts_are_never_fetched_in_production() -> None:
    allowed = {"FETCH_ALLOW_HOSTS": "127.0.0.1:9000, localhost:1"}
    assert Settings.from_env(allowed).fetch_allow_hosts == ("127.0.0.1:9000", "localhost:1")
    with pytest.raises(SettingsError, match="FETCH_ALLOW_HOSTS"):
        Settings.from_env(allowed | {"ENVIRONMENT": "production"})


@pytest.mark.parametrize("front_door", ["gateway", "function-url", "alb", "proxy:1", "proxy:9"])
def test_every_documented_front_door_is_accepted(front_door: str) -> None:
    assert Settings.from_env({"FRONT_DOOR": front_door}).front_door == front_door


@pytest.mark.parametrize(
    ("environ", "origins"),
    [
        pytest.param({}, ("*",), id="everyone-in-development"),
        pytest.param({"ENVIRONMENT": "production"}, (), id="none-in-production"),
        pytest.param(
            {"ENVIRONMENT": "production", "CORS_ORIGINS": "https://a.example, https://b.example"},
            ("https://a.example", "https://b.example"),
            id="named-origins",
        ),
    ],
)
def test_origins_default_to_any_in_development_and_to_none_in_production(
    environ: dict[str, str], origins: tuple[str, ...]
) -> None:
    assert Settings.from_env(environ).allowed_origins == origins


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://App.example/, http://localhost:3000", ("https://app.example", "http://localhost:3000")),
        ("*", ("*",)),
        ("http://[::1]:80", ("http://[::1]:80",)),
    ],
)
def test_origins_are_read_as_browsers_send_them(given: str, read: tuple[str, ...]) -> None:
    assert Settings.from_env({"CORS_ORIGINS": given}).allowed_origins == read


@pytest.mark.parametrize("given", ["app.example", ",", "https://app.example/path", "https://", "*.example"])
def test_what_is_no_origin_stops_the_start(given: str) -> None:
    with pytest.raises(SettingsError, match=r"^CORS_ORIGINS must be \* or a comma-separated list of origins"):
        Settings.from_env({"CORS_ORIGINS": given})


def test_secrets_stay_out_of_the_repr() -> None:
    read = Settings.from_env(SECRETS)
    assert (read.openai_api_key, read.api_keys) == ("hunter2", ("hunter2", "hunter22"))
    assert "hunter2" not in repr(read)


def test_settings_that_are_set_are_listed_by_name_only() -> None:
    given_names = Settings.from_env(SECRETS | {"RATE_LIMIT_REQUESTS": "10"}).changed()
    assert {name for name, given in given_names.items() if given} == SECRETS.keys()
    assert all(isinstance(given, bool) for given in given_names.values())


def test_a_key_has_the_plan_that_is_written_behind_it() -> None:
    entries = "acme:k1:100/15m:2.50/day,beta:k2:7/d,gamma:k3:0.01/day,delta:k4,plain"
    read = Settings.from_env({"API_KEYS": entries, "RATE_LIMIT_REQUESTS": "5"})
    plans = [
        (client.label, client.window.limit, client.window.milliseconds, client.budget_micros)
        for client in read.clients_by_key.values()
    ]
    assert plans[:4] == [
        ("acme", 100, 900_000, 2_500_000),
        ("beta", 7, 86_400_000, 0),
        ("gamma", 5, 3_600_000, 10_000),
        ("delta", 5, 3_600_000, 0),
    ]
    assert "plain" not in str(plans[4])


def test_where_keys_are_known_a_denied_name_must_be_one_of_them() -> None:
    keys = {"API_KEYS": "acme:hunter2,hunter3"}
    for entry in ("acme", "hunter3", "203.0.113.0/24"):
        assert Settings.from_env(keys | {"DENY": entry}).deny == (entry,)
    assert Settings.from_env({"DENY": "acme"}).deny == ("acme",)  # another function has the keys
    with pytest.raises(SettingsError, match="DENY must ") as caught:
        Settings.from_env(keys | {"DENY": "hunter4"})
    assert "hunter" not in str(caught.value)


def test_a_trailing_slash_of_an_address_is_dropped() -> None:
    read = Settings.from_env({"OPENAI_BASE_URL": "http://localhost:8080/v1/"})
    assert read.openai_base_url == "http://localhost:8080/v1"


def test_settings_cannot_be_changed_later() -> None:
    read = Settings.from_env({})
    with pytest.raises(FrozenInstanceError):
        read.environment = "production"  # type: ignore[misc]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(Settings.from_env({}).changed())), st.text(max_size=20))
def test_any_value_is_read_or_refused_by_name(variable: str, value: str) -> None:
    try:
        Settings.from_env({variable: value})
    except SettingsError as error:
        assert variable in str(error) or "UPSTASH_REDIS_REST" in str(error)  # noqa: PT017
