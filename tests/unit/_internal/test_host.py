"""Name and address of the machine."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import NoReturn

import pytest

from jaeger_client._internal.host import hostname, local_ip


def refuse(*_args: object) -> NoReturn:
    """Raise as the system does where there is no network."""
    msg = "no network"
    raise OSError(msg)


def test_hostname() -> None:
    """The hostname is the system's."""
    assert socket.gethostname() == hostname()


def test_no_hostname(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the name cannot be determined, it is `None`."""
    monkeypatch.setattr(socket, "gethostname", refuse)

    assert hostname() is None


class Route:
    """A socket with a local address, if there is a route."""

    families: tuple[int, ...] = ()

    def __init__(self, family: int, _kind: int) -> None:
        if family not in self.families:
            refuse()
        self.name = "10.0.0.7" if family == socket.AF_INET else "fd00::7"

    def connect(self, _address: tuple[str, int]) -> None:
        """Choose a route."""

    def getsockname(self) -> tuple[str, int]:
        """Return the address of this end."""
        return self.name, 5

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ((socket.AF_INET, socket.AF_INET6), "10.0.0.7"),
        ((socket.AF_INET6,), "fd00::7"),
        ((), None),
    ],
)
def test_local_ip(
    monkeypatch: pytest.MonkeyPatch,
    families: tuple[int, ...],
    expected: str | None,
) -> None:
    """The address is that of the route: IPv4, else IPv6, else `None`."""
    monkeypatch.setattr(Route, "families", families)
    monkeypatch.setattr(socket, "socket", Route)

    assert expected == local_ip()


def test_local_ip_of_this_machine() -> None:
    """The address of this machine, if it has one, is an IP address."""
    address = local_ip()

    assert address is None or ipaddress.ip_address(address).max_prefixlen in {32, 128}


def test_the_c_module_is_used_without_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If `socket` is not imported yet, it is not needed."""
    expected = (hostname(), local_ip())
    monkeypatch.delitem(sys.modules, "socket")

    assert expected == (hostname(), local_ip())
    assert "socket" not in sys.modules
