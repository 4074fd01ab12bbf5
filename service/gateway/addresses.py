"""Which addresses a request may go to: only those that the public internet routes, unless the operator says otherwise.

**Assumes** the text is what will be connected to (an address, not a name): the check is made where the socket is made.
**Breaks** a NAT64 prefix that an operator's network took from its own global addresses cannot be told from others.
**Raises** nothing: text that is no address in its usual form (decimal, octal, hexadecimal, short) is refused.
**Source** IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 6052 (NAT64), RFC 7526 (6to4, given
up), RFC 4380 (Teredo). The tables stand here because Python's own ``is_private`` and ``is_global`` changed between
versions, and 168.63.129.16 is in no registry.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_SPECIAL = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC6 = IPv6Network("2000::/3")
_SPECIAL6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_METADATA = frozenset({
    ip_address("168.63.129.16"),  # Azure's host, a public address
    ip_address("100.100.100.200"),  # Alibaba
    ip_address("192.0.0.192"),  # Oracle
    ip_address("fd20:ce::254"),  # Google
})  # fmt: skip
_METADATA6 = IPv6Network("fd00:ec2::/32")  # AWS: metadata, credentials, name server, clock
_LOCAL = tuple(
    IPv4Network(network)
    for network in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_LOCAL6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet; no cloud's metadata, no other address hidden in it.

    An IPv4 address inside the well-known NAT64 prefix is judged as itself; IPv4-mapped, 6to4 and Teredo are refused.
    """
    parsed = _parsed(address)
    return parsed is not None and _is_public(parsed)


def is_allowed(address: str, local: bool) -> bool:
    """Whether a provider may be there; a ``local`` one may be on loopback or a private network, never on metadata."""
    parsed = _parsed(address)
    if parsed is None or _is_metadata(parsed):
        return False
    return _is_public(parsed) or (local and _is_local(parsed))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return None if isinstance(parsed, IPv6Address) and parsed.scope_id is not None else parsed


def _is_metadata(parsed: IPv4Address | IPv6Address) -> bool:
    return parsed in _METADATA or parsed in _METADATA6


def _is_public(parsed: IPv4Address | IPv6Address) -> bool:
    if _is_metadata(parsed):
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _SPECIAL)
    if parsed in _NAT64:
        return _is_public(IPv4Address(int(parsed) & 0xFFFFFFFF))
    return parsed in _PUBLIC6 and not any(parsed in network for network in _SPECIAL6)


def _is_local(parsed: IPv4Address | IPv6Address) -> bool:
    if isinstance(parsed, IPv4Address):
        return any(parsed in network for network in _LOCAL)
    return any(parsed in network for network in _LOCAL6)
