"""The UDP sender over real sockets on loopback."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from jaeger_client._internal import sockets
from jaeger_client._internal.sockets import Address
from jaeger_client.errors import PayloadTooLargeError, RefusedError, SendError
from jaeger_client.senders import UdpSender

TIMEOUT = 10.0

on_linux = pytest.mark.skipif(
    sys.platform != "linux",
    reason="Linux is missing: elsewhere the kernel reports a refusal later",
)


@pytest.fixture
def agent() -> Iterator[socket.socket]:
    """A socket on 127.0.0.1 in place of an agent."""
    with make_agent("127.0.0.1") as agent:
        yield agent


def make_agent(host: str, port: int = 0) -> socket.socket:
    """Return a socket on *host* in place of an agent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    agent = socket.socket(family, socket.SOCK_DGRAM)
    try:
        agent.settimeout(TIMEOUT)
        agent.bind((host, port))
    except OSError:
        agent.close()
        raise
    return agent


def make_ipv6_agent() -> socket.socket:
    """Return such a socket on ::1, or skip the test."""
    try:
        return make_agent("::1")
    except OSError:
        pytest.skip("IPv6 is missing: this machine has no ::1")


def port_of(agent: socket.socket) -> int:
    """Return the port that *agent* listens on."""
    port: int = agent.getsockname()[1]
    return port


def closed_port() -> int:
    """Return a port where nothing listens."""
    with make_agent("127.0.0.1") as agent:
        return port_of(agent)


@pytest.mark.parametrize("size", [1, 1_200, 65_000])
def test_a_payload_arrives_as_one_datagram(agent: socket.socket, size: int) -> None:
    """Payloads up to 65,000 bytes arrive whole and unchanged."""
    payload = os.urandom(size)

    with UdpSender("127.0.0.1", port_of(agent)) as sender:
        sender.send(payload)

    assert payload == agent.recv(70_000)


def test_a_payload_arrives_over_ipv6() -> None:
    """An agent on ::1 gets its datagrams."""
    with make_ipv6_agent() as agent, UdpSender("::1", port_of(agent)) as sender:
        sender.send(b"x")

        assert b"x" == agent.recv(10)


def test_a_name_is_resolved(agent: socket.socket) -> None:
    """A host name is resolved, and its IPv4 address is used first."""
    with UdpSender("localhost", port_of(agent)) as sender:
        sender.send(b"x")

    assert b"x" == agent.recv(10)


def test_a_host_that_is_no_name_is_an_error_of_the_send() -> None:
    """A host with an empty label is not an error at construction."""
    with (
        UdpSender("a..b") as sender,
        pytest.raises(
            SendError, match=r"UDP to a\.\.b:6831: the name does not resolve"
        ),
    ):
        sender.send(b"x")


@on_linux
def test_a_closed_port_is_known_by_the_very_datagram() -> None:
    """The first datagram to a port where nothing listens raises RefusedError."""
    with (
        UdpSender("127.0.0.1", closed_port()) as sender,
        pytest.raises(RefusedError, match="nothing listens there"),
    ):
        sender.send(b"x")


@on_linux
def test_an_agent_that_comes_back_gets_each_datagram_once() -> None:
    """After a refusal the next datagram arrives, and arrives once."""
    port = closed_port()
    with UdpSender("127.0.0.1", port) as sender:
        for _ in range(2):
            with pytest.raises(RefusedError):
                sender.send(b"lost")

        with make_agent("127.0.0.1", port) as agent:
            sender.send(b"one")
            sender.send(b"two")
            arrived = [agent.recv(10), agent.recv(10)]

    assert [b"one", b"two"] == arrived


@on_linux
def test_an_agent_that_goes_away_is_noticed(agent: socket.socket) -> None:
    """A port that closes while the sender is connected to it raises RefusedError."""
    with UdpSender("127.0.0.1", port_of(agent)) as sender:
        sender.send(b"x")
        agent.close()

        with pytest.raises(RefusedError):
            sender.send(b"y")


@on_linux
def test_an_agent_on_one_family_of_localhost_is_found() -> None:
    """If 127.0.0.1 refuses, ::1 is tried with the same datagram."""

    class BothFamilies:
        connect_udp = staticmethod(sockets.connect_udp)

        def resolve(self, host: str, port: int) -> Sequence[Address]:
            """Return both addresses of this machine."""
            return [
                Address(socket.AF_INET, "127.0.0.1"),
                Address(socket.AF_INET6, "::1"),
            ]

    with make_ipv6_agent() as agent:
        port = port_of(agent)
        with UdpSender("localhost", port, network=BothFamilies()) as sender:
            sender.send(b"one")
            sender.send(b"two")

        assert [b"one", b"two"] == [agent.recv(10), agent.recv(10)]


@on_linux
def test_a_datagram_over_the_systems_limit_is_learned(agent: socket.socket) -> None:
    """A datagram over UDP's 65,507 bytes is refused once; then 65,000 are accepted."""
    with UdpSender("127.0.0.1", port_of(agent), max_payload=70_000) as sender:
        with pytest.raises(PayloadTooLargeError) as caught:
            sender.send(bytes(69_000))
        sender.send(bytes(sender.max_payload))

    assert 65_000 == caught.value.limit == len(agent.recv(70_000))


def test_the_send_buffer_is_enlarged_where_it_is_small(agent: socket.socket) -> None:
    """A send buffer that holds less than requested is enlarged."""
    address = Address(socket.AF_INET, "127.0.0.1")
    # Linux grants no more than net.core.wmem_max, without an error.
    connected = sockets.connect_udp(address, port_of(agent), buffer_size=1 << 30)

    connected.send(bytes(65_000))
    connected.close()
    connected.close()

    assert 65_000 == len(agent.recv(70_000))


def test_an_address_that_may_not_be_used_is_an_error() -> None:
    """A connect that the kernel forbids leaves no socket open."""
    with pytest.raises(SendError, match=r"UDP to 255\.255\.255\.255:6831 failed"):
        UdpSender("255.255.255.255").send(b"x")


@pytest.mark.parametrize("size", [1_200, 6_500, 48_000])
def test_a_burst_arrives_whole(agent: socket.socket, size: int) -> None:
    """A burst of 2.4 MB is paced so that a default buffer suffices."""
    count = 2_400_000 // size
    arrived = list[int]()

    def read_all() -> None:
        for _ in range(count):
            arrived.append(len(agent.recv(70_000)))

    reader = threading.Thread(target=read_all)
    reader.start()
    with UdpSender("127.0.0.1", port_of(agent)) as sender:
        for _ in range(count):
            sender.send(bytes(size))
    reader.join(TIMEOUT * 2)

    assert [size] * count == arrived


@on_linux
def test_the_kernel_reports_the_backlog_on_loopback(agent: socket.socket) -> None:
    """The backlog is what is unread on this machine; of others it is unknown."""
    elsewhere = Address(socket.AF_INET, "192.0.2.1")
    with connect(agent) as connected:
        before = connected.backlog()
        connected.send(bytes(10_000))
        after = connected.backlog()

    assert 0 == before
    assert after >= 10_000
    assert 0 == sockets.UdpSocket(agent, elsewhere, port_of(agent)).backlog()


@on_linux
@pytest.mark.parametrize(
    ("listens_at", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::", "::1"),
        ("::1", "::1"),
    ],
)
def test_the_backlog_is_that_of_the_socket_that_receives(
    listens_at: str, address: str
) -> None:
    """Both ways to read it find the socket, and the same number."""
    make_ipv6_agent().close()
    with make_agent(listens_at) as agent, connect(agent, address) as connected:
        connected.send(bytes(10_000))

        assert sockets.read_backlog(port_of(agent)) == connected.backlog() >= 10_000


@contextmanager
def connect(
    agent: socket.socket, host: str = "127.0.0.1"
) -> Generator[sockets.UdpSocket, None, None]:
    """Yield a socket that sends to *agent*."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    there = Address(family, host)
    with closing(
        sockets.connect_udp(there, port_of(agent), buffer_size=10_000)
    ) as connected:
        yield connected


@on_linux
def test_without_sock_diag_the_tables_are_read(
    agent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel or a sandbox may lack it."""
    monkeypatch.setattr(sockets, "_SOCK_DIAG", 31)  # no such protocol
    with connect(agent) as connected:
        connected.send(bytes(10_000))

        assert connected.backlog() >= 10_000
        assert connected.backlog() >= 10_000


@on_linux
def test_the_backlog_is_known_without_a_further_file(
    agent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it needs is opened with the socket: later there may be no descriptor."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with connect(agent) as connected:
        connected.send(bytes(10_000))
        monkeypatch.setattr(socket, "socket", fail)
        monkeypatch.setattr(os, "open", fail)

        assert connected.backlog() >= 10_000


@on_linux
def test_where_nothing_listens_there_is_no_backlog(agent: socket.socket) -> None:
    """If the agent has ended, sock_diag reports an error, and the tables nothing."""
    with connect(agent) as connected:
        connected.send(bytes(10_000))
        agent.close()

        assert 0 == connected.backlog()


@on_linux
def test_an_interrupted_check_does_not_shift_the_next_ones(
    agent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The response to a request that a signal handler interrupted is skipped."""

    class Interrupt:
        @property
        def size(self) -> int:
            raise KeyboardInterrupt

    with connect(agent) as connected:
        assert 0 == connected.backlog()
        with monkeypatch.context() as patch:
            patch.setattr(sockets, "_RESPONSE", Interrupt())
            with pytest.raises(KeyboardInterrupt):
                connected.backlog()
        connected.send(bytes(10_000))

        assert connected.backlog() >= 10_000


@on_linux
def test_a_slow_reader_gets_a_burst_whole(agent: socket.socket) -> None:
    """A reader that pauses for 20 ms after every datagram loses none of 40."""
    arrived = list[int]()
    pause = threading.Event()

    def read_slowly() -> None:
        for _ in range(40):
            pause.wait(0.02)
            arrived.append(len(agent.recv(70_000)))

    reader = threading.Thread(target=read_slowly)
    reader.start()
    with UdpSender("127.0.0.1", port_of(agent)) as sender:
        for _ in range(40):
            sender.send(bytes(65_000))
    reader.join(TIMEOUT * 2)

    assert [65_000] * 40 == arrived


def test_a_forked_child_sends_from_another_socket(agent: socket.socket) -> None:
    """Parent and child send from different ports, without a call by the application."""
    with UdpSender("127.0.0.1", port_of(agent)) as sender:
        sender.send(b"parent")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                sender.send(b"child")
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(pid, 0)[1]
        sender.send(b"parent")

    assert 0 == status
    sources = {body: port for body, (_, port) in (agent.recvfrom(10) for _ in range(3))}
    assert sources[b"parent"] != sources[b"child"]
