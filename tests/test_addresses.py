"""Addresses of the store as people paste them: read as they are meant, or refused with what to do."""

from __future__ import annotations

import re
import string
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from redis.asyncio.connection import parse_url

from core.settings import Settings, SettingsError

SECRET = "hunter2"


def refused(variable: str, value: str) -> str:
    token = {"UPSTASH_REDIS_REST_TOKEN": "t"} if variable.startswith("UPSTASH") else {}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value, **token})
    message = str(caught.value)
    assert message.startswith(f"{variable} must ")
    assert SECRET not in message
    return message


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis://localhost", id="host-alone"),
        pytest.param("redis://localhost:6379/", id="slash"),
        pytest.param("redis://my_redis:6379/15", id="database"),
        pytest.param("redis://[::1]:6379/0", id="ipv6"),
        pytest.param("redis://:p%40ss%23%2F%25@127.0.0.1:6379", id="encoded-password"),
        pytest.param("rediss://default:AbC-_.~!$&'()*+,;=:x@fine-owl-1.upstash.io:6379", id="upstash"),
        pytest.param("redis://user@host", id="user-alone"),
        pytest.param("redis://ü:pä@host", id="letters"),
        pytest.param("rediss://host:6379?db=3", id="database-as-an-option"),
        pytest.param("rediss://host?ssl_cert_reqs=required&health_check_interval=30", id="harmless-options"),
    ],
)
def test_an_address_that_redis_reads_as_it_is_meant_is_kept(url: str) -> None:
    assert Settings.from_env({"REDIS_URL": url}).redis_url == url.rstrip("/")


def test_a_scheme_may_be_in_capitals() -> None:
    assert Settings.from_env({"REDIS_URL": "REDISS://Host:1/2"}).redis_url == "rediss://Host:1/2"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *(
            pytest.param(f"redis://default:{SECRET}{mark}x@h:6379/0", f"write {code} for {mark}$", id=code)
            for mark, code in [
                ("@", "%40"),
                ("/", "%2F"),
                ("#", "%23"),
                ("?", "%3F"),
                ("%", "%25"),
            ]
        ),
        pytest.param(f"rediss://:{SECRET} x@h", "percent-encoded: write %20 for a space", id="space"),
        pytest.param(f"redis://:{SECRET}#/@@h", "write %40 for @", id="several-marks"),
        pytest.param(f"redis://:{SECRET}[@h", "write %5B and %5D", id="bracket"),
        pytest.param("localhost:6379", "starts with redis:// or rediss://", id="no-scheme"),
        pytest.param(f"default:{SECRET}@h:6379", "starts with redis:// or rediss://", id="only-the-password"),
        pytest.param("redis:/h:6379", "starts with redis:// or rediss://", id="one-slash"),
        pytest.param("valkey://h:6379", "starts with redis:// or rediss://", id="valkey"),
        pytest.param("https://x.upstash.io", "belongs in UPSTASH_REDIS_REST_URL", id="rest-address"),
        pytest.param(f"redis-cli --tls -u redis://:{SECRET}@h:1", "--tls is rediss://", id="command"),
        pytest.param(f"redis://:{SECRET}@h:1 --tls", "--tls is rediss://", id="option-behind"),
        pytest.param(f'"redis://:{SECRET}@h:6379"', "without quotation marks", id="quotes"),
        pytest.param(f"redis://:{SECRET}@h:6379'", "without quotation marks", id="one-quote"),
        pytest.param(f"REDIS_URL=redis://:{SECRET}@h", "without the variable's name", id="name-too"),
        pytest.param("redis://h/0?ssl_cert_reqs=none", "remove ssl_cert_reqs", id="no-check-without-tls"),
        pytest.param("rediss://h?db=1&ssl_cert_reqs=none", "remove ssl_cert_reqs", id="no-check"),
        pytest.param("rediss://h?ssl_check_hostname=false", "SSL_CERT_FILE", id="no-name-check"),
        pytest.param("redis://h?ssl_cert_reqs=required", "remove ssl_cert_reqs", id="check-without-tls"),
        pytest.param(f"redis://h?foo={SECRET}", "options but db", id="unknown-option"),
        pytest.param("redis://h?socket_timeout=5", "STORE_TIMEOUT_MS", id="option-of-ours"),
        pytest.param("redis://h?db=x", "options but db", id="option-no-number"),
        pytest.param("redis://h:6379/abc", "number of a database", id="database-no-number"),
        pytest.param("redis://h:6379/0/1", "number of a database", id="two-databases"),
        pytest.param("redis://h:65536", "1 to 65535", id="port-too-high"),
        pytest.param("redis://h:0", "1 to 65535", id="port-zero"),
        pytest.param(f"redis://:{SECRET}@h:65536", "1 to 65535", id="port-behind-a-password"),
        pytest.param(f"redis://:{SECRET}@h:1/a", "number of a database", id="database-behind-a-password"),
        pytest.param(f"redis://:{SECRET},x@h:1?a=b", "options but db", id="comma-in-the-password"),
        pytest.param(f"redis://default:{SECRET}", "host are missing", id="no-host-behind-the-password"),
        pytest.param(f"redis://:{SECRET}@:6379", "must name a host", id="no-host"),
        pytest.param("redis://", "must name a host", id="nothing"),
        pytest.param("redis://h:1#x", "%23", id="fragment"),
        pytest.param(
            f"redis://:{SECRET}@fine-owl-1.upstash.io:6379", "start with rediss://", id="upstash-tls"
        ),
        pytest.param("unix:///tmp/redis.sock", "Unix sockets are not supported", id="socket"),
        pytest.param("redis+sentinel://h:26379/m", "Sentinel and Cluster", id="sentinel"),
        pytest.param("rediss+cluster://h:1", "Sentinel and Cluster", id="cluster"),
        pytest.param(f"redis://:{SECRET}@h1:1,h2:1/0", "address of one server", id="two-servers"),
    ],
)
def test_another_redis_url_stops_the_start_with_what_to_do(url: str, words: str) -> None:
    assert re.search(words.replace("?", r"\?"), refused("REDIS_URL", url))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(f"rediss://:{SECRET}@x.upstash.io:6379", "belongs in REDIS_URL", id="redis-address"),
        pytest.param('"https://x.upstash.io"', "without quotation marks", id="quotes"),
        pytest.param("curl https://x.upstash.io/get/a", "without a command", id="command"),
        pytest.param("UPSTASH_REDIS_REST_URL=https://x", "without the variable's name", id="name-too"),
        pytest.param("x.upstash.io", "starts with https://", id="no-scheme"),
        pytest.param(f"https://u:{SECRET}@x.upstash.io", "TOKEN", id="login"),
        pytest.param("https://x.upstash.io?a=1", "without options", id="query"),
        pytest.param("https://x.upstash.io/#a", "without options", id="fragment"),
    ],
)
def test_another_rest_address_stops_the_start_with_what_to_do(value: str, words: str) -> None:
    assert words in refused("UPSTASH_REDIS_REST_URL", value)


@given(st.text(string.printable[:95] + "ü", max_size=20), st.booleans())
@example("a@b:6379/0", False)
@example("1/0?x=", False)
def test_any_password_is_read_as_it_is_meant_or_refused_by_name(password: str, encoded: bool) -> None:
    written = quote(password, safe="") if encoded else password
    try:
        url = Settings.from_env({"REDIS_URL": f"redis://default:{written}@host:6379/0"}).redis_url
    except SettingsError as error:
        assert not encoded
        assert "percent-encoded: write " in str(error)  # noqa: PT017
        return
    read = parse_url(url or "")
    assert (read["host"], read["port"], read["db"]) == ("host", 6379, 0)
    assert encoded or "%" in password or read.get("password", "") == password
    assert not encoded or read.get("password", "") == password
