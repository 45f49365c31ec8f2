"""Names that need no resolver, and those that do."""

from __future__ import annotations

import socket

import pytest

from jaeger_client.resolver import resolve


def refuse(*args: object, **kwargs: object) -> None:
    """Fail the test that asks the system's resolver."""
    msg = "the resolver was asked"
    raise AssertionError(msg)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]),
        ("LocalHost", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]),
        ("192.0.2.7", [(socket.AF_INET, "192.0.2.7")]),
        ("2001:db8::7", [(socket.AF_INET6, "2001:db8::7")]),
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


@pytest.mark.parametrize("host", ["a" * 70, "a..b"])
def test_what_cannot_be_a_name(host: str) -> None:
    """A name that IDNA cannot encode raises without a question to anyone."""
    with pytest.raises((UnicodeError, OSError)):
        resolve(host, 6831)
