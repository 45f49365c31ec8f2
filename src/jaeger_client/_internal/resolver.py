"""
Names to addresses, in a way that is safe with forks.

The system's resolver takes locks of its own. A process that is forked while the
background thread is inside it gets a child in which these are held for ever. So
the resolver is called only for what needs it, and a fork waits a moment for it.

Addresses are text, a link-local one with its zone (`fe80::1%eth0`, RFC 4007).
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Final

from jaeger_client._internal.fork import forks_wait

_LOOPBACK: Final = ("127.0.0.1", "::1")
"""What `localhost` is on every machine (RFC 6761), IPv4 first: agents listen there."""

_FAMILIES: Final[frozenset[int]] = frozenset({socket.AF_INET, socket.AF_INET6})

_MAX_INDEX_DIGITS: Final = 9
"""Digits of the index of a network interface, which is a C int."""


def resolve(host: str, port: int) -> Sequence[tuple[int, str]]:
    """
    Return families and addresses of *host*, the IPv4 ones first; at least one.

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


def socket_address(
    address: str, port: int
) -> tuple[str, int] | tuple[str, int, int, int]:
    """
    Return what `socket.connect` takes for *address*.

    Raises:
        OSError: If the zone of *address* names no network interface of this machine.
    """
    host, _, zone = address.partition("%")
    return (host, port, 0, _interface_index(zone)) if zone else (host, port)


def is_unresolved(error: BaseException) -> bool:
    """Return whether *error* says that a name does not resolve."""
    return isinstance(error, socket.gaierror)


def _ask(host: str, port: int) -> list[tuple[int, str]]:
    try:
        with forks_wait():
            # Text makes the interpreter import a codec, and forks must wait for that.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise
    except Exception as exc:
        # A NUL in the name, or what a library that replaced the resolver raises.
        msg = f"{type(exc).__name__}: {exc}"
        raise socket.gaierror(socket.EAI_FAIL, msg) from exc
    addresses = [
        (family, _with_zone(*target))
        for family, _, _, _, target in found
        if family in _FAMILIES
    ]
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no IP address")
    return list(dict.fromkeys(addresses))


def _with_zone(
    address: object, _port: object, _flow: object = 0, zone: object = 0
) -> str:
    # The resolver returns the zone apart, as the index of an interface.
    return f"{address}%{zone}" if zone else f"{address}"


def _is_address(host: str) -> bool:
    address, percent, zone = host.partition("%")
    if percent and not (zone and ":" in address):
        return False
    try:
        socket.inet_pton(_family(address), address)
    except (OSError, ValueError):
        return False
    return True


def _interface_index(zone: str) -> int:
    if zone.isdecimal() and len(zone) <= _MAX_INDEX_DIGITS:
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except ValueError as exc:  # a NUL
        raise OSError(errno.ENODEV, str(exc)) from exc


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
