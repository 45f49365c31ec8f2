"""Name and address of this machine, as tags of the process."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.fork import forks_wait

if TYPE_CHECKING:
    from types import ModuleType

# Addresses reserved for documentation (RFC 5737, RFC 3849). Nothing is sent there: the
# system only selects the local address that it would send from.
_REMOTE_ADDRESSES: Final = (("AF_INET", "192.0.2.1"), ("AF_INET6", "2001:db8::1"))


def hostname() -> str | None:
    """Return the name of this machine, or `None` if it has none."""
    with suppress(Exception):  # a resolver plug-in may raise anything
        return str(socket_module().gethostname())
    return None


def local_ip() -> str | None:
    """
    Return the address from which this machine sends, or `None` if it has none.

    Sends nothing: connecting a UDP socket only selects a route.
    """
    addresses = (_local_address(family, remote) for family, remote in _REMOTE_ADDRESSES)
    return next(filter(None, addresses), None)


def _local_address(family: str, remote: str) -> str | None:
    system = socket_module()
    try:
        with closing(system.socket(getattr(system, family), system.SOCK_DGRAM)) as udp:
            udp.connect((remote, 9))
            return str(udp.getsockname()[0])
    except OSError:
        return None


def socket_module() -> ModuleType:
    """
    Return `socket` if it is loaded, because applications and their tests patch it.

    Otherwise return the C module below it, which has the same functions. Importing
    `socket`, with its enums and `selectors`, takes a tenth of a start.
    """
    if "socket" in sys.modules:
        import socket  # noqa: PLC0415 - loaded already

        return socket
    with forks_wait():
        import _socket  # noqa: PLC0415 - see above

    return _socket
