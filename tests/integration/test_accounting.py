"""
Each sampled span arrives or is counted, over every route.

Decoders of other projects read what arrived at real sockets. A seed determines the
events of the random programs; the interleaving of the threads is up to the machine.
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.integration.accounting import Account, assert_exact
from tests.integration.http_servers import make_response
from tests.integration.receivers import on_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jaeger_client import Span
    from tests.integration.receivers import Receiver, Route

pytestmark = [on_linux, pytest.mark.usefixtures("no_otlp_beside")]

BAD_RESPONSES: Final = (
    make_response(503, headers={"Retry-After": "0"}),
    make_response(413),
    make_response(500),
    make_response(400, b"no batch"),
    None,
)

HUGE_KEY: Final = "k" * (4 << 20)
"""Too long for a request of 4 MiB, and for a datagram."""


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Let threads interleave within their spans, not after hundreds of them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def set_huge_key(span: Span) -> None:
    """Make *span* too large for every packet."""
    span.set_tag(HUGE_KEY, 1)


def set_many_logs(span: Span) -> None:
    """Make *span* too large for a datagram, unless its logs are dropped."""
    for _ in range(100):
        span.log_kv({"event": "e" * 1_000})


def break_start_time(span: Span) -> None:
    """Make *span* impossible to encode."""
    span.start_time = object()  # type: ignore[assignment]  # as an application may


class Program:
    """A random sequence of events in the life of a tracer and its receiver."""

    def __init__(self, route: Route, receiver: Receiver, seed: int) -> None:
        self._choose = choose = random.Random(seed)
        self._receiver = receiver
        self.account = Account(
            route.settings(receiver.host, receiver.port),
            {
                "sampler": {"type": "probabilistic", "param": choose.choice([1, 0.5])},
                "reporter_queue_size": choose.choice([50, 500, 20_000]),
                "reporter_batch_size": choose.choice([None, 10, 100]),
                "reporter_flush_interval": choose.choice([0, 0.01, 1]),
            },
        )
        self._events: list[Callable[[], object]] = [
            *[self._burst] * 5,
            *[self._receiver.down] * 2,
            *[self._receiver.up] * 4,
            *[self._flush] * 4,
            self._report_large,
            self._report_broken,
        ]
        if route.is_http:
            self._events.append(self._respond_badly)

    def run(self) -> None:
        """Perform some events, then close the tracer, in any state."""
        for _ in range(self._choose.randint(10, 25)):
            self._choose.choice(self._events)()
        self.account.tracer.close(timeout=self._choose.choice([0, 0.2, 2]))
        self.account.report(self._choose.randint(0, 5))
        self.account.end(self._receiver)

    def _burst(self) -> None:
        threads = self._choose.choice([1, 4, 16])
        count = self._choose.randint(16, 1_600) // threads
        self.account.report_beside(count, threads)

    def _flush(self) -> None:
        self.account.tracer.flush(self._choose.choice([0, 0.1, 1]))

    def _report_large(self) -> None:
        self.account.report(1, self._choose.choice([set_huge_key, set_many_logs]))

    def _report_broken(self) -> None:
        self.account.report(self._choose.randint(1, 3), break_start_time)

    def _respond_badly(self) -> None:
        count = self._choose.randint(1, 3)
        self._receiver.responses += self._choose.choices(BAD_RESPONSES, k=count)


@pytest.mark.parametrize(
    "seed",
    [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 15))],
)
def test_every_span_arrives_or_is_counted_once(route: Route, seed: int) -> None:
    """Each sampled span is accounted for once, after any sequence of events."""
    with route.receive() as receiver:
        program = Program(route, receiver, seed)
        program.run()

        assert_exact(program.account, receiver)


def test_a_burst_from_16_threads_arrives_whole(route: Route) -> None:
    """A burst that fits the queue loses no span."""
    with route.receive() as receiver:
        account = Account(route.settings(receiver.host, receiver.port))
        account.report_beside(250)
        account.join()
        has_closed = account.tracer.close(timeout=30.0).result()
        account.end(receiver)

        assert has_closed
        assert 4_000 == len(receiver.span_ids)
        assert_exact(account, receiver)


def test_a_burst_that_the_queue_cannot_hold_is_counted(route: Route) -> None:
    """Spans that a full queue refuses are counted as `queue_full`; others arrive."""
    with route.receive() as receiver:
        account = Account(
            route.settings(receiver.host, receiver.port), {"reporter_queue_size": 20}
        )
        account.report_beside(250)
        account.join()
        # The result is true although spans were refused: that was before the flush.
        has_closed = account.tracer.close(timeout=30.0).result()
        account.end(receiver)

        assert has_closed
        assert 4_000 == len(receiver.span_ids) + account.reporter.losses.queue_full
        assert account.reporter.losses.queue_full > 0
        assert_exact(account, receiver)


def test_flush_while_16_threads_report_loses_none(route: Route) -> None:
    """Flushes neither lose nor repeat spans that are reported meanwhile."""
    with route.receive() as receiver:
        account = Account(route.settings(receiver.host, receiver.port))
        account.report_beside(250)
        for _ in range(20):
            account.tracer.flush(timeout=30.0)
        account.join()
        has_closed = account.tracer.close(timeout=30.0).result()
        account.end(receiver)

        assert has_closed
        assert 4_000 == len(receiver.span_ids)
        assert_exact(account, receiver)


@pytest.mark.usefixtures("frequent_switches")
@pytest.mark.parametrize("timeout", [0.0, 30.0])
def test_close_while_16_threads_report_is_exact(route: Route, timeout: float) -> None:
    """Spans arrive or are counted as `closed`, whenever the tracer is closed."""
    with route.receive() as receiver:
        account = Account(route.settings(receiver.host, receiver.port))
        account.report_beside(100)
        account.report(50)
        account.tracer.close(timeout)
        account.report(10)
        account.end(receiver)

        assert account.reporter.losses.closed >= 10
        assert_exact(account, receiver)
