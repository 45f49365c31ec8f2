"""Names that need no resolver, and those that do."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from jaeger_client._internal.resolver import resolve, socket_address


def refuse(*args: object, **kwargs: object) -> None:
    """Fail the test that asks the system's resolver."""
    msg = "the resolver was asked"
    raise AssertionError(msg)


def always(found: list[tuple[object, ...]]) -> Callable[..., object]:
    """Return a resolver that finds the same for every name."""

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
    """For `localhost` and addresses the system's resolver is not asked."""
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert expected == resolve(host, 6831)


def test_names_are_asked_for_ipv4_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """For other names the resolver is asked; IPv4 addresses come first."""

    def answer(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        assert ("agent.test", 6831) == (host, port)
        return [
            (socket.AF_INET6, 2, 17, "", ("2001:db8::7", port, 0, 0)),
            (socket.AF_INET, 2, 17, "", ("192.0.2.7", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    expected = [(socket.AF_INET, "192.0.2.7"), (socket.AF_INET6, "2001:db8::7")]
    assert expected == resolve("agent.test", 6831)


def test_a_name_keeps_the_zone_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone that the resolver returns apart becomes part of the address."""
    found: list[tuple[object, ...]] = [
        (socket.AF_INET6, 2, 17, "", ("fe80::7", 6831, 0, 3))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", always(found))

    assert [(socket.AF_INET6, "fe80::7%3")] == resolve("agent.test", 6831)


def test_an_address_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the resolver returns twice, or of other families, is left out."""
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
    """Whatever a resolver raises means that the name does not resolve."""

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
    """A zone stands apart in what a socket takes, as the index of an interface."""
    assert expected == socket_address(address, 6831)


@pytest.mark.parametrize("zone", ["no-such-interface", "9" * 5_000, "-1", "\0"])
def test_a_zone_that_is_no_interface(zone: str) -> None:
    """A zone that this machine does not have is an OSError."""
    with pytest.raises(OSError, match=r"."):
        socket_address(f"fe80::7%{zone}", 6831)


@pytest.mark.parametrize("host", ["fe80::7%", "192.0.2.7%eth0", "%eth0"])
def test_zones_of_what_has_none(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """What has a percent sign but is no address with a zone goes to the resolver."""

    def answer(asked: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        assert host == asked
        return [(socket.AF_INET, 2, 17, "", ("192.0.2.8", 6831))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    assert [(socket.AF_INET, "192.0.2.8")] == resolve(host, 6831)


@pytest.mark.parametrize("host", ["a" * 70, "a..b"])
def test_what_cannot_be_a_name(host: str) -> None:
    """A name that IDNA cannot encode raises without a question to anyone."""
    with pytest.raises((UnicodeError, OSError)):
        resolve(host, 6831)
