"""Which IP addresses are the public web's, by our own judgement."""

from __future__ import annotations

import ipaddress

# `is_global` lets multicast, NAT64, 6to4 and cloud metadata services pass, so the rule stands here:
# global unicast minus the special blocks of the IANA registries
# (iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry).
_CLOSED_V4 = [
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
        " 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24"
        " 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24"
        " 224.0.0.0/3"  # multicast, reserved and broadcast
        " 168.63.129.16/32"  # Azure's host services
    ).split()
]
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23"  # Teredo, ORCHID, benchmarking and other protocol assignments
        " 2002::/16"  # 6to4 carries any IPv4 address
        " 2001:db8::/32 2620:4f:8000::/48 3fff::/20"
    ).split()
]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: IPAddress) -> bool:
    """Whether a connection to `address` can only reach the public Internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _CLOSED_V4)
    # NAT64 (64:ff9b::/96), mapped (::ffff:0:0/96), loopback, ULA and link-local lie outside of 2000::/3.
    return address in _GLOBAL_UNICAST_V6 and not any(address in block for block in _CLOSED_V6)
