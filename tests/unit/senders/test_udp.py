"""The UDP sender's decisions, on a fake network."""

from __future__ import annotations

import errno
import socket

import pytest

from jaeger_client._internal.sockets import Address
from jaeger_client.errors import (
    ConfigError,
    PayloadTooLargeError,
    RefusedError,
    SendError,
)
from jaeger_client.senders.udp import UdpSender
from jaeger_client.testing import FakeClock
from tests.unit.senders.fakes import (
    AWAY,
    AWAY_2,
    HOME,
    HOME_6,
    FakeNetwork,
)


def refused() -> ConnectionRefusedError:
    """Return what an ICMP refusal becomes."""
    return ConnectionRefusedError(errno.ECONNREFUSED, "refused")


def too_long() -> OSError:
    """Return what a datagram over the network's limit becomes."""
    return OSError(errno.EMSGSIZE, "too long")


def no_buffer() -> OSError:
    """Return the error of a machine without buffers."""
    return OSError(errno.ENOBUFS, "no buffer")


def no_name() -> socket.gaierror:
    """Return the error for an unknown name."""
    return socket.gaierror(socket.EAI_NONAME, "no such name")


def make_sender(
    network: FakeNetwork,
    clock: FakeClock | None = None,
    *,
    max_payload: int = 65_000,
    resolve_interval: float | None = 30.0,
) -> UdpSender:
    """Return a sender to `agent` over *network*."""
    return UdpSender(
        "agent",
        max_payload=max_payload,
        clock=clock or FakeClock(),
        resolve_interval=resolve_interval,
        network=network,
    )


def send_until_checked(sender: UdpSender) -> None:
    """Send so much that a check of the backlog precedes the next full datagram."""
    for _ in range(2):
        sender.send(bytes(65_000))


def test_nothing_is_opened_before_the_first_send() -> None:
    """The constructor resolves no name and opens no socket."""
    network = FakeNetwork()

    make_sender(network)

    assert (0, []) == (network.lookups, network.sockets)


def test_the_port_helps_to_resolve_the_name() -> None:
    """The resolver gets host and port, the socket the port."""
    network = FakeNetwork()

    make_sender(network).send(b"x")

    assert [("agent", 6831)] == network.resolved
    assert [6831] == network.ports


def test_one_payload_is_one_datagram() -> None:
    """Payloads go out as they are, over one socket."""
    network = FakeNetwork()
    sender = make_sender(network)

    sender.send(b"one")
    sender.send(b"two")

    assert [(HOME, b"one"), (HOME, b"two")] == network.sent
    assert 1 == len(network.sockets)


def test_the_send_buffer_holds_the_longest_payload() -> None:
    """The buffer has space for a payload and the overhead of the kernel."""
    network = FakeNetwork()

    make_sender(network).send(b"x")

    assert [66_024] == network.buffer_sizes


def test_an_unknown_name_is_an_error_of_the_send_only() -> None:
    """An agent host that does not resolve is not an error at start."""
    network = FakeNetwork(resolve_errors=[no_name()])
    sender = make_sender(network)

    with pytest.raises(SendError, match="UDP to agent:6831: the name does not resolve"):
        sender.send(b"x")
    assert 1 == network.lookups


def test_a_name_that_idna_cannot_encode_is_an_error_of_the_send() -> None:
    """A host that is not a name gives a SendError, too."""
    network = FakeNetwork(resolve_errors=[UnicodeError("label empty")])

    with pytest.raises(SendError, match="does not resolve"):
        make_sender(network).send(b"x")


def test_a_name_that_resolves_later_is_used_then() -> None:
    """After a failure the next send resolves the name again."""
    network = FakeNetwork(resolve_errors=[no_name(), None])
    sender = make_sender(network)
    with pytest.raises(SendError):
        sender.send(b"lost")

    sender.send(b"kept")

    assert [(HOME, b"kept")] == network.sent


def test_the_name_is_resolved_again_after_the_interval() -> None:
    """After 30 s the new address of the agent is used."""
    network, clock = FakeNetwork(addresses=[AWAY]), FakeClock()
    sender = make_sender(network, clock)
    sender.send(b"before")
    network.addresses = [AWAY_2]
    clock.advance(29.5)
    sender.send(b"still")

    clock.advance(0.5)
    sender.send(b"after")

    assert [(AWAY, b"before"), (AWAY, b"still"), (AWAY_2, b"after")] == network.sent
    assert [True, False] == [opened.is_closed for opened in network.sockets]


def test_an_address_that_stays_keeps_its_socket() -> None:
    """If the name resolves to the same address, the socket stays open."""
    network, clock = FakeNetwork(addresses=[AWAY]), FakeClock()
    sender = make_sender(network, clock)
    sender.send(b"before")
    network.addresses = [AWAY_2, AWAY]

    clock.advance(31)
    sender.send(b"after")

    assert (2, 1) == (network.lookups, len(network.sockets))


def test_a_silent_name_server_does_not_cut_off_the_agent() -> None:
    """If the name cannot be resolved again, the old address stays in use."""
    network = FakeNetwork(resolve_errors=[None, no_name()])
    clock = FakeClock()
    sender = make_sender(network, clock)
    sender.send(b"before")

    clock.advance(31)
    sender.send(b"after")
    sender.send(b"and on")

    assert (3, 2) == (len(network.sent), network.lookups)


def test_resolving_again_can_be_turned_off() -> None:
    """With an interval of None the name is resolved once."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock, resolve_interval=None)
    sender.send(b"before")

    clock.advance(3_600)
    sender.send(b"after")

    assert 1 == network.lookups


def test_an_old_refusal_does_not_cost_the_next_datagram() -> None:
    """After a refusal of an earlier datagram, reported by send, there is a retry."""
    network = FakeNetwork(addresses=[AWAY], send_errors=[refused()])

    make_sender(network).send(b"x")

    assert [(AWAY, b"x")] == network.sent
    assert (2, 2) == (network.lookups, len(network.sockets))


def test_a_refusal_of_the_very_datagram_is_known_at_once() -> None:
    """A datagram refused twice in a row raises RefusedError."""
    network = FakeNetwork(late_errors=[refused(), refused()])

    with pytest.raises(RefusedError, match="agent:6831 was refused: nothing listens"):
        make_sender(network).send(b"x")


def test_localhost_is_tried_over_both_families() -> None:
    """An agent that listens on ::1 only is found behind a refusing 127.0.0.1."""
    network = FakeNetwork(addresses=[HOME, HOME_6], late_errors=[refused()])
    sender = make_sender(network)

    sender.send(b"one")
    sender.send(b"two")

    assert [HOME, HOME_6, HOME_6] == [address for address, _ in network.sent]


def test_after_both_families_refused_the_first_is_tried_again() -> None:
    """An agent that comes back on 127.0.0.1 is found by the next send."""
    network = FakeNetwork(
        addresses=[HOME, HOME_6],
        late_errors=[refused(), refused()],
    )
    sender = make_sender(network)
    with pytest.raises(RefusedError):
        sender.send(b"lost")

    sender.send(b"kept")

    assert (HOME, b"kept") == network.sent[-1]


def test_a_refusal_by_another_machine_does_not_change_the_address() -> None:
    """A refusal from another machine may be old, so the address stays."""
    network = FakeNetwork(addresses=[AWAY, AWAY_2], send_errors=[refused()])

    make_sender(network).send(b"x")

    assert [(AWAY, b"x")] == network.sent


def test_an_address_without_a_route_is_skipped() -> None:
    """If there is no route to the first address the second is used."""
    unreachable = OSError(errno.ENETUNREACH, "unreachable")
    network = FakeNetwork(addresses=[AWAY, AWAY_2], connect_errors=[unreachable])

    make_sender(network).send(b"x")

    assert [(AWAY_2, b"x")] == network.sent


def test_addresses_are_tried_in_the_order_of_the_resolver() -> None:
    """After a refused address comes the one that follows it."""
    third = Address(socket.AF_INET, "127.0.0.3")
    network = FakeNetwork(addresses=[HOME, HOME_6, third], late_errors=[refused()])

    make_sender(network).send(b"x")

    assert [HOME, HOME_6] == [address for address, _ in network.sent]


def test_an_error_that_stays_is_raised() -> None:
    """If a new connection does not help, the cause is in the message."""
    unreachable = [OSError(errno.ENETUNREACH, "no way there") for _ in range(2)]
    network = FakeNetwork(connect_errors=[*unreachable])

    with pytest.raises(SendError, match=r"UDP to agent:6831 failed: .*no way there"):
        make_sender(network).send(b"x")


def test_a_size_that_the_network_rejects_is_avoided() -> None:
    """EMSGSIZE lowers max_payload to the next size, which the error names."""
    network = FakeNetwork(send_errors=[too_long(), too_long()])
    sender = make_sender(network)

    with pytest.raises(PayloadTooLargeError, match="at most 9216 bytes, got 12000"):
        sender.send(bytes(12_000))
    assert 9_216 == sender.max_payload


def test_sizes_are_lowered_to_one_kilobyte() -> None:
    """Sizes are lowered by steps, never below 1,024; then it is a plain error."""
    network = FakeNetwork(send_errors=[too_long() for _ in range(40)])
    sender = make_sender(network)
    limits = list[int]()

    while sender.max_payload > 1_024:
        with pytest.raises(PayloadTooLargeError) as caught:
            sender.send(bytes(sender.max_payload))
        limits.append(caught.value.limit)
    with pytest.raises(SendError, match="too long") as last:
        sender.send(bytes(1_024))

    assert [32_000, 16_000, 9_216, 4_608, 2_304, 1_400, 1_024] == limits
    assert SendError is type(last.value)
    assert 1_024 == sender.max_payload


def test_a_payload_over_the_limit_is_not_tried() -> None:
    """What is longer than max_payload raises without a datagram."""
    network = FakeNetwork()

    with pytest.raises(PayloadTooLargeError, match="at most 10 bytes, got 11"):
        make_sender(network, max_payload=10).send(bytes(11))
    assert [] == network.sockets


def test_a_full_machine_is_waited_for() -> None:
    """After ENOBUFS there are short delays, and the datagram leaves."""
    network = FakeNetwork(send_errors=[no_buffer(), no_buffer()])
    clock = FakeClock()

    make_sender(network, clock).send(b"x")

    assert [(HOME, b"x")] == network.sent
    assert [0.001, 0.002] == clock.sleeps


def test_waiting_for_a_full_machine_is_bounded() -> None:
    """A machine without buffers costs two rounds of 31 ms and an error."""
    network = FakeNetwork(send_errors=[no_buffer() for _ in range(12)])
    clock = FakeClock()

    with pytest.raises(SendError, match="no buffer"):
        make_sender(network, clock).send(b"x")
    assert 0.062 == pytest.approx(sum(clock.sleeps))


def test_the_datagram_leaves_after_the_last_delay() -> None:
    """A machine that has a buffer after 31 ms loses nothing."""
    network = FakeNetwork(send_errors=[no_buffer() for _ in range(5)])
    clock = FakeClock()

    make_sender(network, clock).send(b"x")

    assert [(HOME, b"x")] == network.sent
    assert [0.001, 0.002, 0.004, 0.008, 0.016] == clock.sleeps


def test_the_sender_is_paced() -> None:
    """A second full datagram waits for the time that the first one takes."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)

    for _ in range(3):
        sender.send(bytes(65_000))

    assert 2 == len(clock.sleeps)
    assert 0.003_35 == pytest.approx(clock.sleeps[-1])


def test_a_reader_that_falls_behind_is_waited_for() -> None:
    """In a burst the next datagram waits until little is unread at the agent."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)
    send_until_checked(sender)
    network.backlogs = [200_000, 100_000, 65_536]

    sender.send(bytes(65_000))

    assert [0.001, 0.001] == clock.sleeps[-2:]
    assert 3 == network.backlog_checks


def test_a_reader_that_does_not_read_is_not_waited_for_long() -> None:
    """An agent that was stopped costs 0.5 s a datagram, which is sent then."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)
    send_until_checked(sender)
    network.backlogs = [200_000] * 1_000

    sender.send(bytes(65_000))

    assert 0.5 == pytest.approx(sum(clock.sleeps[2:]))
    assert 3 == len(network.sent)


def test_the_wait_for_a_reader_ends_with_the_timeout() -> None:
    """A caller that waits passes the time that it has left."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)
    send_until_checked(sender)
    network.backlogs = [200_000] * 1_000

    sender.send(bytes(65_000), timeout=0.02)

    assert 0.02 == pytest.approx(sum(clock.sleeps[2:]))
    assert 3 == len(network.sent)


def test_small_datagrams_share_a_check_of_the_backlog() -> None:
    """The kernel counts twice the size of small ones: 40 of them take 136,960 bytes."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)

    for _ in range(121):
        sender.send(bytes(1_200))

    assert 3 == network.backlog_checks


def test_the_backlog_is_checked_before_140_000_bytes_may_be_unread() -> None:
    """Included are 1,024 bytes each, and for small ones their size once more."""
    network = FakeNetwork()
    sender = make_sender(network)
    checks: list[int] = []
    rest = 140_000 - 2 * 66_024 - 3 * 1_024
    for size in (65_000, 65_000, rest // 2, 0, 0, 0):
        sender.send(bytes(size))
        checks.append(network.backlog_checks)

    assert [0, 0, 0, 0, 0, 1] == checks


def test_a_backlog_leaves_less_time_until_the_next_check() -> None:
    """What was unread at a check may still be unread later."""
    network = FakeNetwork()
    sender = make_sender(network)
    send_until_checked(sender)
    network.backlogs = [10_000]
    checks: list[int] = []
    for _ in range(3):
        sender.send(bytes(65_000))
        checks.append(network.backlog_checks)

    assert [1, 2, 2] == checks


def test_the_backlog_is_checked_at_any_pace() -> None:
    """Every other full datagram checks it, single or in a burst."""
    network, clock = FakeNetwork(), FakeClock()
    sender = make_sender(network, clock)

    for _ in range(10):
        sender.send(bytes(65_000))
        clock.advance(1)

    assert 4 == network.backlog_checks


def test_a_burst_towards_an_unknown_name_checks_no_backlog() -> None:
    """While there is no address there is no reader to wait for."""
    network = FakeNetwork(resolve_errors=[no_name() for _ in range(3)])
    sender = make_sender(network)

    for _ in range(3):
        with pytest.raises(SendError, match="does not resolve"):
            sender.send(bytes(65_000))

    assert 0 == network.backlog_checks


def test_a_forked_child_opens_its_own_socket() -> None:
    """After a fork the parent's socket is closed and another one opened."""
    network = FakeNetwork()
    sender = make_sender(network)
    sender.send(b"parent")

    sender.after_fork_in_child()
    sender.send(b"child")

    assert [True, False] == [opened.is_closed for opened in network.sockets]


def test_close_is_idempotent_and_final() -> None:
    """A closed sender has closed its socket and sends no more."""
    network = FakeNetwork()
    with make_sender(network) as sender:
        sender.send(b"x")

    sender.close()

    assert network.sockets[0].is_closed
    with pytest.raises(SendError, match="UDP to agent:6831 was closed"):
        sender.send(b"y")


def test_the_defaults_are_the_agent_on_this_machine() -> None:
    """An agent runs beside the application, at the port of compact Thrift."""
    assert "<UdpSender localhost:6831 not connected, at most 65000 bytes>" == (
        repr(UdpSender())
    )


def test_repr_shows_the_state() -> None:
    """The repr has the target, the address and the maximum payload."""
    sender = make_sender(FakeNetwork(addresses=[HOME_6]))
    before = repr(sender)
    sender.send(b"x")
    connected = repr(sender)

    sender.close()

    assert "<UdpSender agent:6831 not connected, at most 65000 bytes>" == before
    assert "<UdpSender agent:6831 to [::1]:6831, at most 65000 bytes>" == connected
    assert "<UdpSender agent:6831 closed, at most 65000 bytes>" == repr(sender)


def test_repr_shows_an_address_of_ipv4_without_brackets() -> None:
    """Brackets separate an address of IPv6 from the port."""
    sender = make_sender(FakeNetwork(addresses=[HOME]))

    sender.send(b"x")

    assert "<UdpSender agent:6831 to 127.0.0.1:6831, at most 65000 bytes>" == (
        repr(sender)
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_payload", 0), ("resolve_interval", 0), ("bytes_per_second", -1)],
)
def test_options_out_of_range_are_refused(key: str, value: int) -> None:
    """An option that is not above 0 is a ConfigError that names it."""
    options = {key: value}

    with pytest.raises(ConfigError, match=f"{key} must be more than 0, got {value}"):
        UdpSender("agent", **options)  # type: ignore[arg-type]  # that is the test


def test_the_name_is_resolved_every_30_seconds_by_default() -> None:
    """An agent may move while nothing fails."""
    network, clock = FakeNetwork(), FakeClock()
    sender = UdpSender("agent", clock=clock, network=network)
    lookups: list[int] = []
    for seconds in (0.0, 29.5, 0.5):
        clock.advance(seconds)
        sender.send(b"x")
        lookups.append(network.lookups)

    assert [1, 1, 2] == lookups
