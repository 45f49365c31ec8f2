"""close() and flush() of a tracer whose parts hang, or have threads of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from jaeger_client.reporter import BaseReporter, Reporter
from jaeger_client.sampler import ConstSampler, RemoteControlledSampler
from jaeger_client.senders import MemorySender
from jaeger_client.throttler import RemoteThrottler
from jaeger_client.tracer import Tracer
from tests.unit.reporter.line_encoder import LineChannel

MAX_WAIT = 10.0
TIMEOUT = 2.0
"""What used to be added was a second for each of three threads."""
MAX_CLOSE = 0.9


class Hanging:
    """A server, and a sender, that do not respond before `release`."""

    max_payload = 65_000
    rejected_spans = 0

    def __init__(self) -> None:
        self.requested = threading.Semaphore(0)
        self._released = threading.Event()

    def _hang(self) -> bytes:
        self.requested.release()
        self._released.wait(MAX_WAIT)
        return b"{}"

    def release(self) -> None:
        """Respond from now on."""
        self._released.set()

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Hang, as an agent."""
        return self._hang()

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: object,
    ) -> bytes:
        """Hang, as an agent."""
        return self._hang()


class HangingSender(MemorySender):
    """A sender that hangs."""

    def __init__(self, hanging: Hanging) -> None:
        super().__init__()
        self._hanging = hanging

    def send(self, payload: bytes) -> None:
        """Hang before storing *payload*."""
        self._hanging.request_sampling_strategy("")
        super().send(payload)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    """Return what hangs until the test ends."""
    hanging = Hanging()
    yield hanging
    hanging.release()


def test_one_deadline_for_all_threads(hanging: Hanging) -> None:
    """Reporter, sampler and throttler with a hanging thread each share the timeout."""
    tracer = Tracer(
        "hanging",
        Reporter(LineChannel(sender=HangingSender(hanging)), flush_interval=0),
        RemoteControlledSampler(
            hanging, "hanging", init_sampler=ConstSampler(decision=True)
        ),
        throttler=RemoteThrottler(hanging, "hanging"),
    )
    tracer.start_span("x").finish()
    tracer.is_debug_allowed("x")
    for _ in range(3):
        assert hanging.requested.acquire(timeout=MAX_WAIT)
    begin = time.monotonic()
    all_left = tracer.close(TIMEOUT).result()

    assert time.monotonic() - begin < TIMEOUT + 2.9
    assert not all_left


def test_close_of_a_sampler_does_not_wait_for_its_request(hanging: Hanging) -> None:
    """A sampler with a thread of its own closes at once while the server hangs."""
    sampler = RemoteControlledSampler(hanging, "hanging")
    sampler.is_sampled(1)
    assert hanging.requested.acquire(timeout=MAX_WAIT)
    begin = time.monotonic()
    sampler.close()

    assert time.monotonic() - begin < MAX_CLOSE


def test_reporter_that_closes_late_shares_the_timeout() -> None:
    """The future of another reporter's close() gets the rest of the timeout only."""

    class Late(BaseReporter):
        def close(self, timeout: float = 5.0) -> Future[bool]:  # type: ignore[override]  # of an application  # pyright: ignore[reportIncompatibleMethodOverride]
            threading.Event().wait(timeout)
            return Future()

    begin = time.monotonic()
    all_left = (
        Tracer("late", Late(), ConstSampler(decision=True)).close(TIMEOUT).result()
    )

    assert time.monotonic() - begin < 1.9 * TIMEOUT
    assert not all_left
