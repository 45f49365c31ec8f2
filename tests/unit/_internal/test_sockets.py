"""Names with and without the resolver, and the unread bytes of UDP ports on Linux."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from jaeger_client._internal.sockets import (
    read_backlog,
    resolve,
    socket_address,
)


def refuse(*args: object, **kwargs: object) -> None:
    """Fail the test that calls the system's resolver."""
    msg = "the resolver was called"
    raise AssertionError(msg)


def always(found: list[tuple[object, ...]]) -> Callable[..., object]:
    """Return a resolver with the same result for every name."""

    def getaddrinfo(*_: object, **__: object) -> object:
        return found

    return getaddrinfo


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]),
        ("LocalHost", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]),
        ("192.0.2.7", [(socket.AF_INET, "192.0.2.7")]),
        ("2001:db8::7", [(socket.AF_INET6, "2001:db8::7")]),
        ("fe80::7%eth0", [(socket.AF_INET6, "fe80::7%eth0")]),
    ],
)
def test_no_resolver_for_what_needs_none(
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    expected: list[tuple[int, str]],
) -> None:
    """For `localhost` and addresses the system's resolver is not called."""
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert expected == resolve(host, 6831)


def test_names_are_resolved_to_ipv4_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """For other names the resolver is called; IPv4 addresses come first."""

    def look_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        assert ("agent.test", 6831) == (host, port)
        return [
            (socket.AF_INET6, 2, 17, "", ("2001:db8::7", port, 0, 0)),
            (socket.AF_INET, 2, 17, "", ("192.0.2.7", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    expected = [(socket.AF_INET, "192.0.2.7"), (socket.AF_INET6, "2001:db8::7")]
    assert expected == resolve("agent.test", 6831)


def test_a_name_keeps_the_zone_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone, which the resolver returns separately, becomes part of the address."""
    found: list[tuple[object, ...]] = [
        (socket.AF_INET6, 2, 17, "", ("fe80::7", 6831, 0, 3))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", always(found))

    assert [(socket.AF_INET6, "fe80::7%3")] == resolve("agent.test", 6831)


def test_an_address_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Duplicates and addresses of other families are omitted."""
    found: list[tuple[object, ...]] = [
        (socket.AF_INET, 2, 17, "", ("192.0.2.7", 6831)),
        (socket.AF_INET, 1, 6, "", ("192.0.2.7", 6831)),
        (socket.AF_UNSPEC, 1, 6, "", ("?", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", always(found))

    assert [(socket.AF_INET, "192.0.2.7")] == resolve("agent.test", 6831)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("patched"),
        ValueError("embedded null character"),
        TypeError(),
        OverflowError(),
    ],
)
def test_odd_errors_of_a_resolver(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """Any error of a resolver means that the name does not resolve."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(socket.gaierror, match=type(error).__name__):
        resolve("agent.test", 6831)


def test_a_name_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name for which the resolver returns nothing does not resolve."""
    monkeypatch.setattr(socket, "getaddrinfo", always([]))

    with pytest.raises(socket.gaierror, match="no IP address"):
        resolve("agent.test", 6831)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", ("192.0.2.7", 6831)),
        ("2001:db8::7", ("2001:db8::7", 6831)),
        ("fe80::7%3", ("fe80::7", 6831, 0, 3)),
    ],
)
def test_socket_addresses(address: str, expected: tuple[object, ...]) -> None:
    """In a socket address the zone is a separate interface index."""
    assert expected == socket_address(address, 6831)


@pytest.mark.parametrize("zone", ["no-such-interface", "9" * 5_000, "-1", "\0"])
def test_a_zone_that_is_no_interface(zone: str) -> None:
    """A zone that this machine does not have is an OSError."""
    with pytest.raises(OSError, match=r"."):
        socket_address(f"fe80::7%{zone}", 6831)


@pytest.mark.parametrize("host", ["fe80::7%", "192.0.2.7%eth0", "%eth0"])
def test_zones_of_what_has_none(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """A name with a percent sign that is not an address is resolved."""

    def look_up(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        assert host == name
        return [(socket.AF_INET, 2, 17, "", ("192.0.2.8", 6831))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    assert [(socket.AF_INET, "192.0.2.8")] == resolve(host, 6831)


@pytest.mark.parametrize("host", ["a" * 70, "a..b"])
def test_what_cannot_be_a_name(host: str) -> None:
    """A name that IDNA cannot encode raises without a lookup."""
    with pytest.raises((UnicodeError, OSError)):
        resolve(host, 6831)


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
ROW = " 7: {address}:{port:04X} 00000000:0000 07 {queues} 00:00000000 00000000 0 0 5\n"


def make_row(port: int, queues: str, address: str = "0100007F") -> str:
    """Return a line of the kernel's table."""
    return ROW.format(address=address, port=port, queues=queues)


def test_the_unread_bytes_of_a_port_are_read(tmp_path: Path) -> None:
    """The backlog is the sum over both families, for the given port only."""
    four, six = tmp_path / "udp", tmp_path / "udp6"
    four.write_text(
        HEAD + make_row(6831, "00000009:00000100") + make_row(6832, "00000000:00000200")
    )
    six.write_text(HEAD + make_row(6831, "00000000:00010000", address="0" * 32))

    assert 0x10100 == read_backlog(6831, [four, six])


def test_a_port_where_nothing_listens_has_no_backlog(tmp_path: Path) -> None:
    """A port that is not in the table has nothing unread."""
    table = tmp_path / "udp"
    table.write_text(HEAD + make_row(6831, "00000000:00000100"))

    assert 0 == read_backlog(1, [table])


def test_a_system_without_the_table_has_no_backlog(tmp_path: Path) -> None:
    """Without the kernel's tables the backlog is 0."""
    assert 0 == read_backlog(6831, [tmp_path / "missing"])


def test_a_table_of_another_shape_has_no_backlog(tmp_path: Path) -> None:
    """Lines that are too short, or hold no number, count as 0."""
    table = tmp_path / "udp"
    table.write_text(HEAD + "7: 0100007F:1AAF\n\n" + make_row(0x1AAF, "many"))

    assert 0 == read_backlog(0x1AAF, [table])


def test_a_table_that_cannot_be_read_has_no_backlog(tmp_path: Path) -> None:
    """A directory in its place counts as 0."""
    assert 0 == read_backlog(6831, [tmp_path])
