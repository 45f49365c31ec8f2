"""What this machine calls itself: hostname and address, as tags of the process."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Final

# Addresses for documentation (RFC 5737, RFC 3849): the system only looks up
# which of its own addresses it would send from.
_FAR_AWAY: Final = (("AF_INET", "192.0.2.1"), ("AF_INET6", "2001:db8::1"))


def hostname() -> str | None:
    """Return the name of this machine, or `None` where it has none."""
    import socket  # noqa: PLC0415 - 2 ms that `import jaeger_client` need not take

    with suppress(Exception):  # a resolver's plug-in may raise anything
        return socket.gethostname()
    return None


def local_ip() -> str | None:
    """
    Return the address this machine sends from, or `None` where it has none.

    Sends nothing: connecting a UDP socket only chooses a route.
    """
    addresses = (_address_towards(family, far) for family, far in _FAR_AWAY)
    return next(filter(None, addresses), None)


def _address_towards(family: str, far: str) -> str | None:
    import socket  # noqa: PLC0415 - see hostname()

    try:
        with closing(socket.socket(getattr(socket, family), socket.SOCK_DGRAM)) as udp:
            udp.connect((far, 9))
            return str(udp.getsockname()[0])
    except OSError:
        return None
