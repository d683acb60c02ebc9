"""Which addresses are public."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.ssrf_guard import is_public


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("0.0.0.0", id="this-host"),
        pytest.param("10.1.2.3", id="private-10"),
        pytest.param("100.64.0.1", id="carrier-nat"),
        pytest.param("100.100.100.200", id="alibaba-metadata"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="loopback-end"),
        pytest.param("168.63.129.16", id="azure-host-services"),
        pytest.param("169.254.169.254", id="metadata"),
        pytest.param("172.16.0.1", id="private-172"),
        pytest.param("172.31.255.255", id="private-172-end"),
        pytest.param("192.0.0.192", id="oracle-metadata"),
        pytest.param("192.0.2.1", id="documentation-1"),
        pytest.param("192.31.196.1", id="as112"),
        pytest.param("192.52.193.1", id="multicast-relay"),
        pytest.param("192.88.99.1", id="6to4-relay"),
        pytest.param("192.168.1.1", id="private-192"),
        pytest.param("192.175.48.1", id="as112-direct"),
        pytest.param("198.18.0.1", id="benchmarking"),
        pytest.param("198.19.255.255", id="benchmarking-end"),
        pytest.param("198.51.100.1", id="documentation-2"),
        pytest.param("203.0.113.1", id="documentation-3"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("239.255.255.255", id="multicast-end"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified-v6"),
        pytest.param("::1", id="loopback-v6"),
        pytest.param("::ffff:8.8.8.8", id="mapped"),
        pytest.param("::8.8.8.8", id="compatible"),
        pytest.param("64:ff9b::808:808", id="nat64"),
        pytest.param("64:ff9b:1::1", id="local-nat64"),
        pytest.param("100::1", id="discard"),
        pytest.param("2001::1", id="teredo"),
        pytest.param("2001:20::1", id="orchid"),
        pytest.param("2001:1ff::1", id="protocol-assignments-end"),
        pytest.param("2001:db8::1", id="documentation-v6"),
        pytest.param("2002:808:808::1", id="6to4"),
        pytest.param("2002:ffff::1", id="6to4-end"),
        pytest.param("2620:4f:8000::1", id="as112-direct-v6"),
        pytest.param("3fff::1", id="documentation-v6-new"),
        pytest.param("5f00::1", id="segment-routing"),
        pytest.param("fc00::1", id="unique-local"),
        pytest.param("fd00:ec2::254", id="aws-metadata-v6"),
        pytest.param("fe80::1", id="link-local"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("ff02::1", id="multicast-v6"),
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


NEIGHBOURS = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255
    192.169.0.0 198.17.255.255 198.20.0.0 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
    2001:200::1 2001:db7:ffff::1 2001:db9::1 2003::1 2606:4700:4700::1111 2a00:1450:4001::1 3ffe:ffff::1
"""


@pytest.mark.parametrize("address", NEIGHBOURS.split())
def test_the_neighbours_of_special_blocks_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_address_is_public_that_python_calls_special(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_link_local
    assert not (is_public(address) and (special or address.is_loopback or address.is_unspecified))
