"""
Names to addresses, in a way that a fork does no harm to.

The system's resolver takes locks of its own. A process that is forked while the
background thread is inside it gets a child in which these are held for ever. So
no resolver is asked for what needs none, and a fork waits a moment for the rest.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

from jaeger_client.fork import forks_wait

_LOOPBACK: Final = ("127.0.0.1", "::1")
"""What `localhost` is on every machine (RFC 6761), IPv4 first: agents listen there."""


def resolve(host: str, port: int) -> Sequence[tuple[int, str]]:
    """
    Return families and addresses of *host*, the IPv4 ones first.

    May block for as long as the system's resolver does.

    Raises:
        OSError: If the name does not resolve.
        UnicodeError: If it cannot be a name.
    """
    if host.lower() == "localhost":
        return [(_family(address), address) for address in _LOOPBACK]
    if _is_address(host):
        return [(_family(host), host)]
    return sorted(_ask(host, port), key=lambda found: found[0] != socket.AF_INET)


def is_unresolved(error: OSError) -> bool:
    """Return whether *error* says that a name does not resolve."""
    return isinstance(error, socket.gaierror)


def _ask(host: str, port: int) -> list[tuple[int, str]]:
    with forks_wait():
        # Text makes the interpreter import a codec, and forks must wait for that.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    return [(family, str(target[0])) for family, _, _, _, target in found]


def _is_address(host: str) -> bool:
    try:
        socket.inet_pton(_family(host), host)
    except (OSError, ValueError):
        # Not one, or one with a zone ("fe80::1%eth0"), which a resolver reads.
        return False
    return True


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
