"""Receivers that go away, come back, move or have no address yet: exact counts."""

from __future__ import annotations

import logging
import re
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import Reporter, SimpleChannel
from jaeger_client.senders import UdpSender
from tests.integration.accounting import TIMEOUT, Account, assert_exact
from tests.integration.receivers import ROUTES, Receiver, Route, on_linux

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [on_linux, pytest.mark.usefixtures("no_otlp_beside")]

NAME: Final = "receiver.test"
"""The name that these tests resolve themselves."""

MINUTE: Final = 60.0
SPANS_PER_TICK: Final = 50
TICKS_PER_SECOND: Final = 4

_ENDED: Final = re.compile(r"works again after (\d+) s; (\d+) spans were lost")


class NameServer:
    """The addresses of `NAME`, which may change; without one it does not resolve."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.address: str | None = None
        self.has_failed = threading.Event()
        """Set when the name was looked up without an address."""
        self._system = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: str, *args: object, **kwargs: object) -> object:
        assert host == NAME
        if self.address is None:
            self.has_failed.set()
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._system(self.address, *args, **kwargs)  # type: ignore[arg-type]  # as they came


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """The name server of this test."""
    return NameServer(monkeypatch)


def flush_spans(account: Account, count: int = 100) -> bool:
    """Report *count* spans; return whether they were sent."""
    account.report(count)
    return account.tracer.flush(timeout=30.0)


def test_an_agent_that_moves_behind_its_name_loses_none(
    names: NameServer, route: Route
) -> None:
    """If the old address refuses, the name is resolved and the spans are sent again."""
    with route.receive("127.0.0.2") as old, route.receive("127.0.0.3", old.port) as new:
        names.address = old.host
        account = Account(route.settings(NAME, old.port))
        flushed = [flush_spans(account)]
        old.down()
        names.address = new.host
        flushed += [flush_spans(account)]
        account.tracer.close()
        account.end(new)

        assert [True, True] == flushed
        assert [100, 100] == [len(old.span_ids), len(new.span_ids)]
        assert_exact(account, old, new)


def test_an_agent_that_moves_is_followed_while_the_old_one_responds(
    names: NameServer,
) -> None:
    """Over UDP the name is resolved at each `attempt_reconnect_interval`."""
    route = ROUTES["udp"]
    with route.receive("127.0.0.2") as old, route.receive("127.0.0.3", old.port) as new:
        names.address = old.host
        agent = {
            "reporting_host": NAME,
            "reporting_port": old.port,
            "attempt_reconnect_interval": 0.001,
        }
        account = Account({"local_agent": agent})
        assert flush_spans(account)
        names.address = new.host
        while not new.span_ids:
            assert flush_spans(account, 1)
        account.tracer.close()
        account.end(old)
        new.down()

        assert_exact(account, old, new)


def test_a_name_that_resolves_later_is_used_then(
    names: NameServer, route: Route
) -> None:
    """Spans wait or are counted until the name resolves; later ones arrive."""
    with route.receive() as receiver:
        account = Account(
            route.settings(NAME, receiver.port), {"reporter_flush_interval": 0}
        )
        account.report(100)
        assert names.has_failed.wait(TIMEOUT)
        names.address = receiver.host
        account.report(100)
        account.tracer.close(timeout=30.0)
        account.end(receiver)

        assert len(receiver.span_ids) >= 100
        assert_exact(account, receiver)


def test_refused_datagrams_go_to_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """If UDP is refused and OTLP is available, all spans arrive there."""
    with ExitStack() as stack:
        agent = stack.enter_context(ROUTES["udp"].receive())
        agent.down()
        otlp = stack.enter_context(ROUTES["otlp"].receive())
        monkeypatch.setattr("jaeger_client._internal.http_channel.OTLP_PORT", otlp.port)
        account = Account(ROUTES["udp"].settings(agent.host, agent.port))
        account.report(400)
        has_closed = account.tracer.close(timeout=30.0).result()
        account.end(otlp)

        assert has_closed
        assert 400 == len(otlp.span_ids)
        assert_exact(account, otlp)


def test_a_size_that_the_system_rejects_loses_none() -> None:
    """Spans of a datagram over UDP's 65,507 bytes are sent in smaller ones."""
    route = ROUTES["udp"]
    with route.receive() as receiver:
        sender = UdpSender(receiver.host, receiver.port, max_payload=100_000)
        encoder = JaegerCompactEncoder(SpanLosses())
        reporter = Reporter(SimpleChannel(encoder, sender))
        tracer = Tracer("accounting", reporter, ConstSampler(True))
        for _ in range(5_000):
            tracer.start_span("op").finish()
        has_closed = tracer.close(timeout=30.0).result()
        receiver.down()

        assert has_closed
        assert 65_000 == sender.max_payload
        assert 5_000 == len(set(receiver.span_ids)) == len(receiver.span_ids)
        assert SpanLosses() == reporter.losses


class Minute:
    """All routes during an outage of a minute, at the same time."""

    def __init__(self, stack: ExitStack) -> None:
        self.receivers: Mapping[str, Receiver] = {
            name: stack.enter_context(route.receive()) for name, route in ROUTES.items()
        }
        self.accounts: Mapping[str, Account] = {
            name: Account(
                ROUTES[name].settings(receiver.host, receiver.port),
                {"reporter_queue_size": 2_000},
            )
            for name, receiver in self.receivers.items()
        }

    def report(self, count: int) -> None:
        """Report *count* spans over every route."""
        for account in self.accounts.values():
            account.report(count)

    def go_down(self) -> None:
        """Refuse everything for a minute, in which spans are reported steadily."""
        for receiver in self.receivers.values():
            receiver.down()
        pace = threading.Event()
        for _ in range(int(MINUTE * TICKS_PER_SECOND)):
            self.report(SPANS_PER_TICK)
            pace.wait(1 / TICKS_PER_SECOND)

    def come_back(self) -> None:
        """Accept everything, and wait until each route's tracer has noticed that."""
        before = {name: len(each.span_ids) for name, each in self.receivers.items()}
        for receiver in self.receivers.values():
            receiver.up()
        self.report(1)
        for name, receiver in self.receivers.items():
            assert receiver.wait_for(before[name] + 1), name

    def close(self) -> list[bool]:
        """Close all tracers; return whether each has sent everything."""
        results = [
            account.tracer.close(timeout=30.0).result()
            for account in self.accounts.values()
        ]
        for name, account in self.accounts.items():
            account.end(self.receivers[name])
        return results


@pytest.mark.long
@pytest.mark.timeout(240)
def test_an_outage_of_a_minute_is_exact(caplog: pytest.LogCaptureFixture) -> None:
    """OTLP sends what the queue held; all else is counted; later spans arrive."""
    caplog.set_level(logging.WARNING, "jaeger_tracing")
    with ExitStack() as stack:
        minute = Minute(stack)
        minute.report(100)
        assert all(account.tracer.flush(30.0) for account in minute.accounts.values())
        minute.go_down()
        minute.come_back()
        minute.report(100)
        closed = minute.close()

        assert [True] * len(ROUTES) == closed
        for name, account in minute.accounts.items():
            receiver, losses = minute.receivers[name], account.reporter.losses
            is_otlp = name.startswith("otlp")
            assert_exact(account, receiver)
            assert losses.send_failed > 0, name
            assert is_otlp == (losses.queue_full > 0), name
            # Before the outage and after it, and what the queue held at its end.
            assert len(receiver.span_ids) >= (2_200 if is_otlp else 201), name
            (line,) = [
                line
                for line in caplog.messages
                if f":{receiver.port}" in line and _ENDED.search(line)
            ]
            assert (seconds := _ENDED.search(line)) is not None
            assert int(seconds[1]) >= int(MINUTE) - 20, line
            assert losses.send_failed == int(seconds[2]), line
