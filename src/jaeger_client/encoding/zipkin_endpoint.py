"""
Zipkin's endpoints: who a span speaks of, by name and address.

The peer of a span is told by OpenTracing's `peer.*` tags. As with Zipkin's own
clients a tag leaves the span where the endpoint says all of it. A host's name
stays, for an endpoint has no place for it but the name of the service; it stands
in for that where a service is called that is not known by another name, so that
the graph of services shows it. Of callers it does not: each would be a node.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final, TypeAlias

Endpoint: TypeAlias = dict[str, str | int]
"""Fields `serviceName`, `ipv4`, `ipv6` and `port`, those that are known."""

_SERVICE: Final = "peer.service"
_HOSTNAME: Final = "peer.hostname"
_ADDRESS: Final = "peer.address"
_PORT: Final = "peer.port"
_IPS: Final = ("peer.ipv4", "peer.ipv6", _HOSTNAME)

PEER_KEYS: Final = frozenset({_SERVICE, _ADDRESS, _PORT, *_IPS})
"""Tags that tell of the peer."""

_CALLING_KINDS: Final = frozenset({"client", "producer"})
_LONGEST_IP: Final = 100
_LARGEST_PORT: Final = 65_535


def take_remote_endpoint(tags: dict[str, str], kind: str | None) -> Endpoint:
    """Return the peer's endpoint; take out of *tags* what it says."""
    endpoint: Endpoint = {}
    address = tags.get(_ADDRESS)
    host, port = _host_and_port(address) if address else ("", None)
    if tags.get(_SERVICE):
        endpoint["serviceName"] = tags.pop(_SERVICE).lower()
    elif kind in _CALLING_KINDS and (name := _host_name(tags, host)):
        endpoint["serviceName"] = name.lower()
    for key in _IPS:
        if key in tags:
            _take(tags, key, endpoint, parse_address(tags[key]))
    if host and (found := parse_address(host)):
        _take(tags, _ADDRESS, endpoint, found | ({"port": port} if port else {}))
    # To Zipkin a port alone is an endpoint, but it tells nobody who it was.
    if endpoint and _PORT in tags and (port := parse_port(tags[_PORT])):
        _take(tags, _PORT, endpoint, {"port": port})
    return endpoint


def parse_address(text: str) -> Endpoint:
    """
    Return the field of an IP address, none if *text* is no address.

    OpenTracing's tags may hold an IPv4 address as a number, which some languages
    make negative.
    """
    try:
        if len(text) > _LONGEST_IP:
            return {}
        return _address_field(_address_of(text))
    except ValueError:
        return {}


def parse_port(text: str) -> int | None:
    """Return a port, or None: Zipkin refuses a whole list for one beyond 65,535."""
    if not text.isdecimal() or len(text) > len(str(_LARGEST_PORT)):
        return None
    port = int(text)
    return port if 0 < port <= _LARGEST_PORT else None


_IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address_of(text: str) -> _IpAddress:
    if not text.removeprefix("-").isdecimal():
        return ipaddress.ip_address(text)
    number = int(text)
    return ipaddress.IPv4Address(number + (1 << 32) if number < 0 else number)


def _address_field(address: _IpAddress) -> Endpoint:
    if isinstance(address, ipaddress.IPv4Address):
        return {"ipv4": str(address)}
    if address.ipv4_mapped is not None:
        return {"ipv4": str(address.ipv4_mapped)}
    # Without the zone, `%eth0`: Zipkin takes no address that has one.
    return {"ipv6": str(ipaddress.IPv6Address(int(address)))}


def _take(
    tags: dict[str, str],
    key: str,
    endpoint: Endpoint,
    found: Mapping[str, str | int],
) -> None:
    """Move what was *found* in a tag to *endpoint*, unless that says otherwise."""
    if found and all(endpoint.get(name, said) == said for name, said in found.items()):
        endpoint.update(found)
        del tags[key]


def _host_name(tags: Mapping[str, str], host: str) -> str:
    """Return the name of the peer's host, if it has one that is no address."""
    names = (tags.get(_HOSTNAME, ""), host)
    return next((name for name in names if name and not parse_address(name)), "")


def _host_and_port(address: str) -> tuple[str, int | None]:
    """Return host and port of `host`, `host:port` and `[IPv6]:port`, else no host."""
    if "/" in address or "@" in address:  # a URL or a connection string
        return "", None
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, parse_port(rest.removeprefix(":"))
    if parse_address(address):
        return address, None
    host, colon, rest = address.rpartition(":")
    if not colon:
        return address, None
    port = parse_port(rest)
    return (host, port) if port else ("", None)
