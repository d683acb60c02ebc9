"""The client, and so the rate limit bucket, of a call."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from core.http.client_id import UNKNOWN, Clients
from core.settings import Settings

KEYS = ("first-key", "second-key")


def bucket_of(headers: Headers, *, peer: str | None = None, **settings: Any) -> str:
    client = None if peer is None else (peer, 50_000)
    state = {"headers": dict(headers.raw)}
    scope = {"type": "http", "headers": headers.raw, "client": client, "state": state}
    return Clients(Settings(**settings), lambda: 0.0, {}).client_of(scope).name


def bucket(
    front_door: str, *, peer: str | None = "198.51.100.9", forwarded: str | None = None, key: str = ""
) -> str:
    headers = {"x-forwarded-for": forwarded} if forwarded is not None else {}
    return bucket_of(Headers(headers | {"x-api-key": key}), peer=peer, front_door=front_door, api_keys=KEYS)


@pytest.mark.parametrize(
    ("front_door", "peer", "forwarded", "expected"),
    [
        pytest.param("gateway", "203.0.113.5", "6.6.6.6", "203.0.113.5", id="gateway-ignores-the-header"),
        pytest.param("function-url", "203.0.113.5", "6.6.6.6", "203.0.113.5", id="function-url-too"),
        pytest.param("alb", "10.0.0.1", "6.6.6.6, 203.0.113.5", "203.0.113.5", id="alb-takes-the-last"),
        pytest.param("proxy:1", "10.0.0.1", "6.6.6.6,203.0.113.5", "203.0.113.5", id="one-proxy"),
        pytest.param(
            "proxy:2", "10.0.0.1", "6.6.6.6, 203.0.113.5, 10.0.0.2", "203.0.113.5", id="two-proxies"
        ),
        pytest.param("proxy:3", "10.0.0.1", "203.0.113.5", UNKNOWN, id="fewer-hops-than-promised"),
        pytest.param("alb", "10.0.0.1", None, UNKNOWN, id="alb-without-the-header"),
        pytest.param("alb", "10.0.0.1", "203.0.113.5,", UNKNOWN, id="empty-last-entry"),
        pytest.param("alb", "10.0.0.1", "203.0.113.5:51234", "203.0.113.5", id="address-with-port"),
        pytest.param("alb", "10.0.0.1", "[2001:db8::7]:51234", "2001:db8::/64", id="ipv6-with-port"),
        pytest.param("gateway", None, "6.6.6.6", UNKNOWN, id="no-peer"),
        pytest.param("gateway", "testclient", None, UNKNOWN, id="peer-that-is-no-address"),
        pytest.param("gateway", "2001:DB8:1:2:3:4:5:6", None, "2001:db8:1:2::/64", id="ipv6"),
        pytest.param("gateway", "::ffff:203.0.113.5", None, "203.0.113.5", id="mapped-ipv4"),
        pytest.param("gateway", "203.0.113.005", None, UNKNOWN, id="leading-zeros"),
        pytest.param("gateway", "x\nthreadr:cache:", None, UNKNOWN, id="text-for-the-key"),
        pytest.param("gateway", "6.6.6.6, 203.0.113.5", None, UNKNOWN, id="peer-that-is-a-list"),
        pytest.param("gateway", "", "6.6.6.6", UNKNOWN, id="empty-peer"),
        pytest.param("gateway", "::FFFF:CB00:7105", None, "203.0.113.5", id="mapped-in-hex-and-upper-case"),
        pytest.param("alb", None, "[::ffff:203.0.113.5]:80", "203.0.113.5", id="mapped-with-port"),
        pytest.param("gateway", "fe80::1%eth0", None, "fe80::/64", id="zone"),
        pytest.param("gateway", "64:ff9b::203.0.113.5", None, "64:ff9b::/64", id="nat64-is-ipv6"),
        pytest.param("gateway", "::203.0.113.5", None, "::/64", id="compatible-is-ipv6"),
        pytest.param("gateway", "2002:cb00:7105:9::1", None, "2002:cb00:7105:9::/64", id="6to4-is-ipv6"),
        pytest.param("gateway", "3405803781", None, UNKNOWN, id="whole-number"),
        pytest.param("gateway", "0xcb.0.113.5", None, UNKNOWN, id="hex"),
        pytest.param("gateway", "203.0.113", None, UNKNOWN, id="short-form"),
        pytest.param("gateway", "٢٠٣.0.113.5", None, UNKNOWN, id="digits-of-others"),
        pytest.param("gateway", "2001:db8::1::2", None, UNKNOWN, id="ipv6-broken"),
        pytest.param("gateway", "[2001:db8::7", None, "2001:db8::/64", id="bracket-left-open"),
        pytest.param("alb", "10.0.0.1", "", UNKNOWN, id="empty-header"),
        pytest.param("alb", "10.0.0.1", " , ,, ", UNKNOWN, id="only-commas"),
        pytest.param("alb", "10.0.0.1", "6.6.6.6,\t203.0.113.5  ", "203.0.113.5", id="spaces-and-tabs"),
        pytest.param("alb", "10.0.0.1", "203.0.113.5, unknown", UNKNOWN, id="last-is-unknown"),
        pytest.param("alb", "10.0.0.1", "203.0.113.5;6.6.6.6", UNKNOWN, id="other-separator"),
        pytest.param("alb", "10.0.0.1", '"203.0.113.5"', UNKNOWN, id="quoted"),
        pytest.param("alb", "10.0.0.1", "6.6.6.6," * 9_999 + "203.0.113.5", "203.0.113.5", id="very-long"),
        pytest.param("alb", "10.0.0.1", "6" * 99_999, UNKNOWN, id="one-long-word"),
        pytest.param("proxy:9", "10.0.0.1", "203.0.113.5" + ",10.0.0.2" * 8, "203.0.113.5", id="nine"),
    ],
)
def test_the_bucket_is_the_address_that_the_front_door_sets(
    front_door: str, peer: str | None, forwarded: str | None, expected: str
) -> None:
    assert bucket(front_door, peer=peer, forwarded=forwarded) == expected


@settings(max_examples=60, deadline=None)
@given(st.ip_addresses(v=6, network="2001:db8:1:2::/64"))
def test_a_subscribers_whole_prefix_shares_a_bucket(address: ipaddress.IPv6Address) -> None:
    assert bucket("gateway", peer=str(address)) == "2001:db8:1:2::/64"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="latin-1"), max_size=40), st.sampled_from(["gateway", "function-url"]))
def test_no_header_of_the_caller_changes_the_bucket(written: str, front_door: str) -> None:
    assert bucket(front_door, forwarded=written, key=written) == "198.51.100.9"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_entries_left_of_the_trusted_hops_are_ignored(written: str) -> None:
    assert bucket("proxy:2", forwarded=f"{written},203.0.113.5,10.0.0.2") == "203.0.113.5"


def test_a_known_key_has_a_bucket_of_its_own_wherever_it_comes_from() -> None:
    first = bucket("gateway", key="first-key")
    assert first == bucket("alb", forwarded="6.6.6.6", key="first-key")
    assert first != bucket("gateway", key="second-key")
    assert first.startswith("key-")
    assert "first-key" not in first


@pytest.mark.parametrize("keys", [(), ("",)], ids=repr)
def test_an_empty_key_is_ignored(keys: tuple[str, ...]) -> None:
    assert bucket_of(Headers({"x-api-key": ""}), peer="203.0.113.5", api_keys=keys) == "203.0.113.5"


def test_a_key_that_is_not_ascii_is_compared_by_its_bytes() -> None:
    headers = Headers({"x-api-key": "schlüssel".encode().decode("latin-1")})
    assert bucket_of(headers, api_keys=("schlüssel",)).startswith("key-")


def test_lines_of_the_header_are_one_list_and_the_proxys_own_is_the_last() -> None:
    lines = [
        (b"x-forwarded-for", b"6.6.6.6"),
        (b"x-real-ip", b"6.6.6.6"),
        (b"x-forwarded-for", b"203.0.113.5"),
    ]
    for front_door in ("alb", "proxy:1"):
        assert bucket_of(Headers(raw=lines), front_door=front_door) == "203.0.113.5"


def test_every_key_is_compared_even_after_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(known: bytes, given: bytes) -> bool:
        compared.append(known)
        return known == given

    monkeypatch.setattr(hmac, "compare_digest", compare)
    bucket("gateway", key="first-key")
    assert compared == [key.encode() for key in KEYS]


@pytest.mark.parametrize("key", ["", "first", "first-key ", "FIRST-KEY", "first-key,second-key", "é"])
def test_an_unknown_key_is_ignored(key: str) -> None:
    assert bucket("gateway", key=key) == "198.51.100.9"


@pytest.mark.parametrize(
    ("path", "authorization", "is_key"),
    [
        pytest.param("/mcp", "Bearer first-key", True, id="an-agents"),
        pytest.param("/mcp", "bearer  first-key ", True, id="any-case-and-spaces"),
        pytest.param("/mcp", "Basic first-key", False, id="another-scheme"),
        pytest.param("/mcp", "first-key", False, id="no-scheme"),
        pytest.param("/mcp", "Bearer ", False, id="empty"),
        pytest.param("/mcp", "Bearer admin", False, id="the-admins"),
        pytest.param("/api/generate", "Bearer first-key", False, id="elsewhere"),
    ],
)
def test_a_bearer_token_is_a_key_for_agents_alone(path: str, authorization: str, is_key: bool) -> None:
    headers = Headers({"authorization": authorization}).raw
    scope = {"path": path, "client": ("203.0.113.5", 50_000), "state": {"headers": dict(headers)}}
    clients = Clients(Settings(api_keys=KEYS, admin_token="admin"), lambda: 0.0, {})
    assert clients.client_of(scope).name == (bucket("gateway", key="first-key") if is_key else "203.0.113.5")
