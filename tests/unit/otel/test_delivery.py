"""When spans are sent, sent again, given up and counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

import pytest

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
from jaeger_client.errors import (
    ConfigError,
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.otel.delivery import Delivery
from jaeger_client.otel.thrift_encoder import ProcessSwitchingEncoder
from jaeger_client.otel.thrift_spans import ThriftConverter
from jaeger_client.reporter.base import SimpleChannel
from jaeger_client.senders import MemorySender
from jaeger_client.testing import FakeClock
from tests.foreign.decoders import decode_emit_batch
from tests.foreign.otel_spans import make_span, many_spans
from tests.unit.reporter.counting_metrics import CountingMetrics

TIMEOUT: Final = 10.0
BUSY: Final = RetryableSendError("busy")


class TimedSender(MemorySender):
    """Stores the timeouts that it gets; runs *during* while it sends."""

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.during = during
        self.timeouts: list[float | None] = []

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """Send *payload*."""
        self.timeouts.append(timeout)
        self.during()
        super().send(payload)


class Scene:
    """A delivery into memory."""

    def __init__(
        self,
        sender: MemorySender | None = None,
        *,
        clock: Clock | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.sender = MemorySender() if sender is None else sender
        self.clock = FakeClock()
        self.metrics = CountingMetrics()
        self.delivery = Delivery(
            SimpleChannel(ProcessSwitchingEncoder(JaegerCompactEncoder()), self.sender),
            ThriftConverter(),
            timeout=timeout,
            advice="Is it running?",
            metrics_factory=self.metrics,
            clock=clock or self.clock,
        )

    def deliver(self, count: int = 1, **fields: Any) -> bool:
        """Deliver *count* spans."""
        return self.delivery.deliver(many_spans(count, **fields))

    @property
    def names(self) -> list[str]:
        """The names of the spans that were sent."""
        return [
            span.operationName
            for payload in self.sender.payloads
            for span in decode_emit_batch(payload).spans
        ]

    @property
    def lost(self) -> dict[str, int]:
        """The causes with lost spans."""
        losses = self.delivery.losses.as_dict()
        return {cause: count for cause, count in losses.items() if count}


def test_spans_are_sent_before_deliver_returns() -> None:
    """They are counted as sent."""
    scene = Scene()

    assert scene.deliver(3)
    assert ["bake 0", "bake 1", "bake 2"] == scene.names
    assert {} == scene.lost
    assert 3 == scene.metrics.sums["jaeger:reporter_spans{result=ok}"]


def test_no_spans_are_sent_at_once() -> None:
    """Nothing is sent for an empty batch."""
    scene = Scene()

    assert scene.delivery.deliver([])
    assert [] == scene.sender.payloads


def test_a_temporary_failure_is_retried() -> None:
    """The payload is sent again after a delay, and nothing is lost."""
    scene = Scene()
    scene.sender.fail_next(BUSY, BUSY)

    assert scene.deliver()
    assert 1.2 <= sum(scene.clock.sleeps) <= 1.8
    assert ["bake 0"] == scene.names


def test_retries_end_with_the_timeout(caplog: pytest.LogCaptureFixture) -> None:
    """A delivery takes no longer; what it could not send is counted and logged."""
    scene = Scene(timeout=3.0)
    scene.sender.fail_always(BUSY)
    with caplog.at_level(logging.WARNING):
        assert not scene.deliver(2)

    assert sum(scene.clock.sleeps) < 3.0
    assert {"send_failed": 2} == scene.lost
    (line,) = caplog.messages
    assert "busy. Is it running?" in line


def test_the_end_of_an_outage_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The line has the number of spans that were lost."""
    scene = Scene()
    scene.sender.fail_always(SendError("no route"))
    scene.deliver(2)
    scene.deliver(3)
    scene.sender.fail_always(None)
    with caplog.at_level(logging.WARNING):
        assert scene.deliver()

    assert "works again after 0 s; 5 spans were lost" in caplog.text


@pytest.mark.parametrize("error", [SendError("no"), RefusedError("refused")])
def test_a_final_failure_is_not_retried(error: SendError) -> None:
    """The spans are lost at once; the next ones are sent."""
    scene = Scene()
    scene.sender.fail_next(error)

    assert not scene.deliver()
    assert [] == scene.clock.sleeps
    assert {"send_failed": 1} == scene.lost
    assert scene.deliver()


def test_a_payload_that_is_too_large_is_divided() -> None:
    """All spans are sent, in smaller payloads."""
    scene = Scene()
    scene.sender.max_payload = 300
    scene.sender.fail_next(PayloadTooLargeError("too large", limit=200))

    assert scene.deliver(5)
    assert 5 == len(scene.names)
    assert all(len(payload) <= 300 for payload in scene.sender.payloads)


def test_one_span_that_does_not_fit_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The others are sent; the line has the remedy."""
    scene = Scene()
    scene.sender.max_payload = 500
    attributes = {f"key {number}": "" for number in range(100)}
    spans = [make_span("large", attributes=attributes), *many_spans(2)]

    assert not scene.delivery.deliver(spans)
    assert ["bake 0", "bake 1"] == scene.names
    assert {"too_large": 1} == scene.lost
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in caplog.text


def test_a_shrunk_span_is_not_lost(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and counted as truncated."""
    scene = Scene()
    scene.sender.max_payload = 500

    assert scene.deliver(attributes={"long": "x" * 5_000})
    assert {"truncated": 1} == scene.lost
    assert "jaeger.truncated" in caplog.text


def test_a_span_that_cannot_be_converted_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Any object in the list is accepted, and the others are sent."""
    scene = Scene()
    broken: Any = object()

    assert not scene.delivery.deliver([broken, *many_spans(1)])
    assert ["bake 0"] == scene.names
    assert {"not_encodable": 1} == scene.lost
    assert "cannot be encoded" in caplog.text


def test_the_sender_gets_what_is_left_of_the_timeout() -> None:
    """A slow server cannot make a delivery take longer."""
    scene = Scene(sender := TimedSender())
    sender.during = lambda: scene.clock.advance(4.0)
    sender.max_payload = 300

    assert not scene.deliver(20)
    assert [10.0, 6.0, 2.0] == sender.timeouts
    assert {"send_failed"} == scene.lost.keys()
    assert 20 == len(scene.names) + scene.lost["send_failed"]


def test_spans_after_close_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """They are not sent; the line has the remedy."""
    scene = Scene()
    scene.delivery.close(1.0)
    scene.delivery.close(1.0)

    assert not scene.deliver(2)
    assert scene.sender.is_closed
    assert {"closed": 2} == scene.lost
    assert "shut the tracer provider down last" in caplog.text


def test_close_ends_retries() -> None:
    """A delivery that waits for another attempt gives up, and the sender is closed."""
    scene = Scene()

    class ClosingClock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            scene.delivery.close(0.0)

    clock = ClosingClock()
    scene = Scene(clock=clock)
    scene.sender.fail_always(BUSY)

    assert not scene.deliver()
    assert [0.1] == clock.sleeps
    assert scene.sender.is_closed
    assert {"send_failed": 1} == scene.lost


def test_a_delivery_that_waits_while_another_closes() -> None:
    """Its spans are counted as those after `close`."""
    started, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        go_on.wait(30)

    scene = Scene(TimedSender(wait), clock=SYSTEM_CLOCK, timeout=60)
    first, second = (
        threading.Thread(target=scene.deliver, args=(count,)) for count in (1, 2)
    )
    first.start()
    started.wait(30)
    second.start()
    scene.delivery.close(0)
    go_on.set()
    first.join()
    second.join()

    assert {"closed": 2} == scene.lost
    assert ["bake 0"] == scene.names
    assert scene.sender.is_closed


def test_a_signal_handler_does_not_wait_for_the_delivery_it_interrupts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its spans are counted; the interrupted delivery is completed."""
    results: list[bool] = []
    sender = TimedSender(lambda: results.append(scene.deliver(2)))
    scene = Scene(sender)

    assert scene.deliver()
    assert [False] == results
    assert {"queue_full": 2} == scene.lost
    assert "use a BatchSpanProcessor" in caplog.text


def test_threads_wait_for_each_other() -> None:
    """All spans of several threads are sent."""
    scene = Scene(clock=SYSTEM_CLOCK)
    threads = [threading.Thread(target=scene.deliver, args=(3,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 24 == len(scene.names)
    assert {} == scene.lost


def test_flush_waits_for_a_delivery() -> None:
    """It returns when that ends, or with false after its timeout."""
    started, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        go_on.wait(30)

    scene = Scene(TimedSender(wait), clock=SYSTEM_CLOCK)
    thread = threading.Thread(target=scene.deliver)
    thread.start()
    started.wait(30)

    assert not scene.delivery.flush(0.01)
    go_on.set()
    assert scene.delivery.flush(30)
    thread.join()
    assert ["bake 0"] == scene.names


def test_an_exception_of_a_signal_handler_costs_only_its_delivery() -> None:
    """It is passed on; the next delivery counts the spans and works."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    scene = Scene(sender := TimedSender(interrupt))
    with pytest.raises(KeyboardInterrupt):
        scene.deliver(2)
    sender.during = lambda: None

    assert scene.deliver()
    assert {"send_failed": 2} == scene.lost
    assert ["bake 0"] == scene.names


def test_close_counts_what_an_exception_interrupted() -> None:
    """Nothing is lost without being counted."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    scene = Scene(TimedSender(interrupt))
    with pytest.raises(KeyboardInterrupt):
        scene.deliver(2)
    scene.delivery.close(1.0)

    assert {"send_failed": 2} == scene.lost


def test_a_forked_child_has_nothing_of_the_parent() -> None:
    """A lock that a thread of the parent held is free, and its spans are dropped."""
    scene = Scene(sender := TimedSender())

    def fork() -> None:
        sender.during = lambda: None
        scene.delivery.after_fork_in_child()
        assert scene.deliver()

    sender.during = fork
    scene.deliver(5)

    assert "bake 0" in scene.names
    assert {} == scene.lost


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "5"])
def test_a_timeout_must_be_above_zero(timeout: Any) -> None:
    """Another value is an error that names it."""
    with pytest.raises(ConfigError, match="timeout must be more than 0 seconds"):
        Scene(timeout=timeout)


def test_repr_shows_the_state() -> None:
    """Whether it is open, and where spans go."""
    scene = Scene()
    before = repr(scene.delivery)
    scene.delivery.close(1.0)

    assert "open, to <MemorySender open, 0 payloads>" == before
    assert "closed, to <MemorySender closed, 0 payloads>" == repr(scene.delivery)
