"""
Name resolution and sockets, safe with forks.

Imported at the first send or request only.

The system's resolver has locks. If the process is forked while the background thread
holds one, it stays locked in the child for ever. So the resolver is called only for
names that need it, and forks wait for it, two seconds at most.

*Backlog.* Linux reports how many bytes a UDP socket of this machine has not read, with
overhead, in two ways. sock_diag(7) looks up the one socket that receives from another
one, in 3 us. Where the kernel lacks it, or a sandbox forbids it, the tables in
/proc/net list all UDP sockets; that takes 140 us, mostly in the kernel. The messages of
sock_diag, sent over a netlink socket (linux/netlink.h, linux/inet_diag.h; sizes in
bytes):

```text
both      4 length  2 type (20 by family)  2 flags (1 request)  4 sequence number
          4 port (0 the kernel)
request   1 family  1 protocol  1 extensions  1 padding  4 states (all bits: any)
          48 the sockets, as below
response  1 family  1 state  1 timer  1 retransmits  48 the sockets  4 expires
          4 bytes not read  4 bytes not sent  4 user  4 inode
sockets   2 port of the sender  2 of the receiver  16 address of the sender
          16 of the receiver  4 interface  8 cookie (all bits: any)
```
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.host import socket_module
from jaeger_client._internal.named_tuple import NamedTuple

if TYPE_CHECKING:
    import socket
else:
    # For constants. What can be patched is looked up at each call, because `socket` may
    # be imported later.
    socket = socket_module()

_LOOPBACK: Final = ("127.0.0.1", "::1")
"""Addresses of `localhost` (RFC 6761); IPv4 first, because agents listen there."""

_FAMILIES: Final[frozenset[int]] = frozenset({socket.AF_INET, socket.AF_INET6})

_MAX_INDEX_DIGITS: Final = 9
"""Digits of the index of a network interface, which is a C int."""

_MIN_SHARE: Final = 1.0
"""
Minimum time for one address in seconds, as long as the timeout lasts.

The kernel repeats a lost SYN after one second; with less time, the loss of a single
packet would make an address fail.
"""

_UDP_SEND_TIMEOUT: Final = 0.25
"""
Maximum time in seconds that a datagram waits for space in the send buffer.

A datagram of 65,000 bytes takes 52 ms on a line of 10 Mbit/s.
"""

# The messages of sock_diag.
_SOCK_DIAG: Final = 4  # the protocol NETLINK_SOCK_DIAG
_BY_FAMILY: Final = 20  # the type SOCK_DIAG_BY_FAMILY
_IS_REQUEST: Final = 1  # the flag NLM_F_REQUEST
_ANY: Final = 0xFFFF_FFFF
_HEADER: Final = struct.Struct("=IHHII")
_REQUEST: Final = struct.Struct("=BBBxI")
_SOCKETS: Final = struct.Struct("!HH16s16sIII")
_RESPONSE: Final = struct.Struct("=4xH2xI4x 56x I")
"""Of both parts, up to the bytes not read: type, sequence number and these."""

_UDP_TABLES: Final = ("/proc/net/udp", "/proc/net/udp6")
# Columns of the tables: proc_pid_net(5), "local_address" and "tx_queue:rx_queue".
_LOCAL_ADDRESS: Final = 1
_QUEUES: Final = 4
_READ_SIZE: Final = 1 << 16


class Address(NamedTuple):
    """An IP address."""

    family: int
    host: str
    """As text; a link-local address has its zone (`fe80::1%eth0`, RFC 4007)."""

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine itself."""
        return self.host == "::1" or self.host.startswith("127.")


def resolve(host: str, port: int) -> Sequence[Address]:
    """
    Return the addresses of *host*, the IPv4 ones first; at least one.

    May block for as long as the system's resolver does.

    Raises:
        OSError: If the name does not resolve.
        UnicodeError: If it cannot be a name.
    """
    if host.lower() == "localhost":
        return [Address(_family(address), address) for address in _LOOPBACK]
    if _is_address(host):
        return [Address(_family(host), host)]
    found = _look_up(host, port)
    return sorted(found, key=lambda address: address.family != socket.AF_INET)


def connect_tcp(host: str, port: int, timeout: float) -> socket.socket:
    """
    Return a TCP socket to the first address of *host* that accepts the connection.

    All addresses share *timeout* seconds, so that one without a response leaves time
    for the others.

    Raises:
        OSError: If none accepts it: a timeout if there was one, because a timeout may
            be temporary, or else the error of the first address.
        UnicodeError: If *host* cannot be a name.
    """
    addresses = resolve(host, port)
    deadline = SYSTEM_CLOCK.monotonic() + timeout
    errors = list[OSError]()
    for index, address in enumerate(addresses):
        left = deadline - SYSTEM_CLOCK.monotonic()
        if left <= 0:
            errors.append(TimeoutError())
            break
        share = min(left, max(left / (len(addresses) - index), _MIN_SHARE))
        try:
            return _connect_tcp_to(address, port, share)
        except OSError as exc:
            errors.append(exc)
    timeouts = [error for error in errors if isinstance(error, TimeoutError)]
    try:
        raise (timeouts or errors)[0]
    finally:
        # The traceback of each error refers to this frame, which refers to the errors.
        del errors, timeouts


class UdpSocket:
    """A UDP socket that is connected to *port* of *address*."""

    def __init__(self, sock: socket.socket, address: Address, port: int) -> None:
        self.address = address
        self._port = port
        self._socket = sock
        self._receiver: UdpReceiver | None = None
        """`None`: the receiver is on another machine, or sock_diag does not work."""
        # At once: later the process may have no file descriptor left, or be in another
        # network namespace.
        if address.is_loopback and sys.platform == "linux":
            with suppress(OSError):
                self._receiver = UdpReceiver(sock)

    def send(self, datagram: bytes) -> None:
        """
        Send *datagram*.

        Raises:
            OSError: If this datagram or an earlier one was refused, or cannot be sent.
        """
        self._socket.send(datagram)
        # On loopback the ICMP error for a refused datagram arrives before `send`
        # returns. Without this test, only the next `send` would raise it.
        if code := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))

    def backlog(self) -> int:
        """Return how many bytes the receiver has not read yet; 0 if not known."""
        if not self.address.is_loopback:
            return 0
        if self._receiver is not None:
            try:
                return self._receiver.backlog()
            except (OSError, struct.error):
                self._receiver.close()
                self._receiver = None
        return read_backlog(self._port)

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()
        if self._receiver is not None:
            self._receiver.close()


class UdpReceiver:
    """
    The UDP socket of this machine that receives what *sender* sends, by sock_diag.

    Raises:
        OSError: If this machine has no sock_diag.
    """

    def __init__(self, sender: socket.socket) -> None:
        family, self._sequence = sender.family, 0
        (source, source_port, *_) = sender.getsockname()
        (target, target_port, *_) = sender.getpeername()
        addresses = [socket.inet_pton(family, host) for host in (source, target)]
        # Packing fills the 16 bytes of an address of 4 with zeros.
        self._request = _REQUEST.pack(family, socket.IPPROTO_UDP, 0, _ANY)
        self._request += _SOCKETS.pack(
            source_port, target_port, *addresses, 0, _ANY, _ANY
        )
        self._socket: socket.socket = socket_module().socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG
        )
        # The kernel responds within `send`, so `recv` need not wait.
        self._socket.settimeout(0)

    def backlog(self) -> int:
        """
        Return how many bytes it has not read yet.

        Raises:
            OSError: If there is no such socket, or no response.
            struct.error: If the response has another form.
        """
        self._sequence += 1
        size = _HEADER.size + len(self._request)
        header = _HEADER.pack(size, _BY_FAMILY, _IS_REQUEST, self._sequence, 0)
        self._socket.send(header + self._request)
        kind = sequence = unread = 0
        # A signal handler may have interrupted earlier calls: their responses come
        # first.
        while sequence != self._sequence:
            response = self._socket.recv(_RESPONSE.size)
            kind, sequence, unread = _RESPONSE.unpack(response)
        if kind != _BY_FAMILY:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "no socket receives")
        return unread

    def close(self) -> None:
        """Close the netlink socket. Idempotent."""
        self._socket.close()


def connect_udp(address: Address, port: int, *, buffer_size: int) -> UdpSocket:
    """
    Return a UDP socket that sends up to *buffer_size* bytes at once to *address*.

    Raises:
        OSError: If there is no route.
    """
    sock: socket.socket = socket_module().socket(address.family, socket.SOCK_DGRAM)
    try:
        sock.settimeout(_UDP_SEND_TIMEOUT)
        # On macOS the send buffer limits the size of a datagram, and is 9,216 bytes by
        # default. Where it cannot be enlarged, longer datagrams fail with EMSGSIZE.
        with suppress(OSError):
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < buffer_size:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_size)
        sock.connect(socket_address(address.host, port))
    except OSError:
        sock.close()
        raise
    return UdpSocket(sock, address, port)


def read_backlog(
    port: int, tables: Iterable[str | os.PathLike[str]] = _UDP_TABLES
) -> int:
    """
    Return how many bytes are unread at this machine's UDP *port*.

    Returns 0 if the system does not report it.
    """
    return sum(_parse_backlog(_read(table), port) for table in tables)


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


def _connect_tcp_to(address: Address, port: int, timeout: float) -> socket.socket:
    sock: socket.socket = socket_module().socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect(socket_address(address.host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _look_up(host: str, port: int) -> list[Address]:
    try:
        with forks_wait():
            # A host name as `str` makes the interpreter import a codec (IDNA), which
            # forks must wait for, too.
            found = socket_module().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise
    except Exception as exc:
        # A NUL in the name, or an error of a library that replaces the resolver.
        msg = f"{type(exc).__name__}: {exc}"
        raise socket.gaierror(socket.EAI_FAIL, msg) from exc
    addresses = [
        Address(family, _with_zone(*target))
        for family, _, _, _, target in found
        if family in _FAMILIES
    ]
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no IP address")
    return list(dict.fromkeys(addresses))


def _with_zone(
    address: object, _port: object, _flow: object = 0, zone: object = 0
) -> str:
    # The resolver returns the zone separately, as the index of an interface.
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


def _read(table: str | os.PathLike[str]) -> bytes:
    # A file object would take 0.06 ms more.
    try:
        descriptor = os.open(table, os.O_RDONLY)
        try:
            return b"".join(iter(lambda: os.read(descriptor, _READ_SIZE), b""))
        finally:
            os.close(descriptor)
    except OSError:
        return b""


def _parse_backlog(table: bytes, port: int) -> int:
    suffix = b":%04X" % port
    rows = (line.split() for line in table.splitlines()[1:] if suffix in line)
    return sum(
        _parse_unread(row[_QUEUES])
        for row in rows
        if len(row) > _QUEUES and row[_LOCAL_ADDRESS].endswith(suffix)
    )


def _parse_unread(queues: bytes) -> int:
    _, _, unread = queues.partition(b":")
    try:
        return int(unread, 16)
    except ValueError:
        return 0
