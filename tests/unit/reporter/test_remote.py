"""The reporter that sends, turn by turn, without its thread."""

from __future__ import annotations

import logging
import math

import pytest

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.errors import ConfigError, RetryableSendError, SendError
from jaeger_client.reporter import Channel, Reporter
from jaeger_client.senders import MemorySender
from jaeger_client.testing import FakeClock
from jaeger_client.worker import BackgroundWorker
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import LineChannel, LineEncoder, lines_of, named


class ManualWorker(BackgroundWorker):
    """A worker whose turns the test gives: waking it is only counted."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(clock=clock)
        self.woken = 0

    def wake(self) -> None:
        """Count."""
        self.woken += 1


class Scene:
    """A reporter with all its parts at hand, and no thread."""

    def __init__(
        self,
        *,
        capacity: int = 100,
        batch_size: int | None = 10,
        flush_interval: float | None = 1.0,
        max_payload: int = 65_000,
    ) -> None:
        self.clock = FakeClock()
        self.sender = MemorySender(max_payload=max_payload)
        self.worker = ManualWorker(self.clock)
        self.metrics = CountingMetrics()
        self.encoder = LineEncoder()
        channel: Channel = LineChannel(self.encoder, self.sender)
        self.reporter = Reporter(
            channel,
            capacity,
            batch_size,
            flush_interval,
            metrics_factory=self.metrics,
            worker=self.worker,
            clock=self.clock,
        )

    def report(self, *names: str) -> None:
        for span in named(*names):
            self.reporter.report_span(span)

    def turn(self) -> float:
        return self.reporter.run(self.clock.monotonic())

    @property
    def sent(self) -> list[list[str]]:
        return lines_of(self.sender)


def test_partial_batch_waits_for_its_first_span() -> None:
    """A partial batch leaves one interval after its first span, not its last."""
    scene = Scene()
    scene.report("a")
    due = scene.turn()
    scene.clock.advance(0.9)
    scene.report("b")
    assert due == scene.turn()
    assert [] == scene.sent

    scene.clock.advance(0.1)
    scene.turn()
    assert [["a", "b"]] == scene.sent


def test_first_batch_of_a_forked_child_leaves_at_once() -> None:
    """A child may be killed as soon as its work is done, so it does not wait."""
    scene = Scene()
    scene.worker.after_fork_in_child()
    scene.report("a")
    scene.turn()

    assert [["a"]] == scene.sent


def test_delay_of_a_forked_child_is_a_tenth_of_its_age() -> None:
    """The second batch leaves when a tenth of the child's age has passed."""
    scene = Scene()
    scene.worker.after_fork_in_child()
    scene.clock.advance(2.0)
    now = scene.clock.monotonic()
    scene.report("a")
    scene.turn()
    scene.report("b")

    assert now + 0.2 == scene.turn()


def test_old_child_sends_once_an_interval() -> None:
    """After ten intervals a child sends partial batches as often as other processes."""
    scene = Scene()
    scene.worker.after_fork_in_child()
    scene.clock.advance(100.0)
    now = scene.clock.monotonic()
    scene.report("a")
    scene.turn()
    scene.report("b")

    assert now + 1.0 == scene.turn()


def test_child_without_an_interval_waits_for_close() -> None:
    """With no flush interval a forked child sends no partial batch either."""
    scene = Scene(flush_interval=None)
    scene.worker.after_fork_in_child()
    scene.report("a")

    assert math.inf == scene.turn()
    assert [] == scene.sent


class TimedSender(MemorySender):
    """A sender whose `send` can be limited in time, and keeps the limits."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[float | None] = []

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """Keep *payload* and *timeout*."""
        self.timeouts.append(timeout)
        super().send(payload)


def test_caller_that_sends_passes_its_deadline_on() -> None:
    """A send by the thread that flushes takes no longer than the flush may."""
    scene = Scene()
    scene.sender = TimedSender()
    scene.reporter = Reporter(
        LineChannel(scene.encoder, scene.sender),
        worker=scene.worker,
        clock=scene.clock,
    )
    scene.report("a")
    assert scene.reporter.flush(2.0)
    scene.report("b")
    scene.clock.advance(10.0)
    scene.turn()
    scene.clock.advance(10.0)
    scene.turn()

    assert [2.0, None] == scene.sender.timeouts


def test_full_batch_leaves_at_once() -> None:
    """A full batch does not wait for the interval; what is beyond it does."""
    scene = Scene(batch_size=2)
    scene.report("a", "b", "c")
    scene.turn()

    assert [["a", "b"]] == scene.sent


def test_batch_size_is_the_most_in_a_payload() -> None:
    """With a batch size no payload holds more spans than that."""
    scene = Scene(batch_size=2)
    scene.report("a", "b", "c", "d", "e")
    scene.turn()
    scene.clock.advance(1)
    scene.turn()

    assert [["a", "b"], ["c", "d"], ["e"]] == scene.sent


def test_without_batch_size_payloads_are_full() -> None:
    """Without a batch size a payload holds as many spans as fit."""
    scene = Scene(batch_size=None, max_payload=8)
    scene.report("a", "b", "c", "d", "e")
    scene.turn()
    scene.clock.advance(1)
    scene.turn()

    assert [["a", "b", "c", "d"], ["e"]] == scene.sent


def test_nobody_is_woken_for_a_span() -> None:
    """Only the first span and a full batch wake the worker."""
    scene = Scene(batch_size=10)
    scene.report("first")
    scene.turn()
    scene.report(*"abcdefgh")
    assert 1 == scene.worker.woken

    scene.report("tenth")
    assert 2 == scene.worker.woken


def test_values_are_forgotten_after_a_while() -> None:
    """A minute after the last span the encoder forgets the values it has seen."""
    scene = Scene()
    scene.report("a")
    scene.clock.advance(1)
    scene.turn()
    scene.clock.advance(1)
    forget_at = scene.turn()
    forgot = [scene.encoder.forgot]

    scene.clock.advance(forget_at - scene.clock.monotonic())
    next_turn = scene.turn()
    forgot.append(scene.encoder.forgot)

    assert [0, 1] == forgot
    assert math.inf == next_turn


def test_idle_reporter_asks_for_no_turn() -> None:
    """With an empty queue the next turn is at the next span."""
    scene = Scene()

    assert math.inf == scene.turn()


def test_interval_zero_sends_at_once() -> None:
    """A flush interval of 0 sends a single span at its turn."""
    scene = Scene(flush_interval=0)
    scene.report("a")
    scene.turn()

    assert [["a"]] == scene.sent


def test_no_interval_waits_for_full_batches() -> None:
    """Without a flush interval a partial batch waits until flush or close."""
    scene = Scene(flush_interval=None)
    scene.report("a")
    assert math.inf == scene.turn()

    assert scene.reporter.flush()
    assert [["a"]] == scene.sent


def test_full_queue_drops_the_new_span(caplog: pytest.LogCaptureFixture) -> None:
    """A full queue drops the new span, counts it and says once what to do."""
    scene = Scene(capacity=2)
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.report("a", "b", "c", "d")

    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]
    assert 2 == scene.metrics.sums["jaeger:reporter_dropped{cause=queue_full}"]
    (line,) = caplog.messages
    assert "JAEGER_REPORTER_MAX_QUEUE_SIZE" in line


def test_span_after_close_is_dropped_and_counted() -> None:
    """After close() a span is dropped and counted, and nothing is raised."""
    scene = Scene()
    assert scene.reporter.close().result()
    scene.report("late")

    assert [] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=closed}"]


def test_close_sends_what_is_queued() -> None:
    """close() sends what is queued, closes the sender, and says that all left."""
    scene = Scene()
    scene.report("a")

    assert scene.reporter.close().result()
    assert [["a"]] == scene.sent
    assert scene.sender.is_closed


def test_close_is_idempotent() -> None:
    """A second close() returns the first one's completed future."""
    scene = Scene()
    first = scene.reporter.close()

    assert first.done()
    assert scene.reporter.close() is first


def test_close_tells_that_spans_were_lost() -> None:
    """close() answers False when what was queued could not be sent."""
    scene = Scene()
    scene.sender.fail_always(SendError("gone"))
    scene.report("a")

    assert not scene.reporter.close().result()
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=send_failed}"]


def test_close_gives_up_a_waiting_payload_at_its_deadline() -> None:
    """A backend that is busy until the deadline loses the spans, counted as closed."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy"))
    scene.report("a", "b")

    assert not scene.reporter.close(timeout=0.4).result()
    assert 2 == scene.reporter.losses.closed
    assert 2 == scene.metrics.sums["jaeger:reporter_dropped{cause=closed}"]
    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]


def test_flush_tries_again_until_it_leaves() -> None:
    """flush() waits out a busy backend while its time lasts."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.report("a")

    assert scene.reporter.flush(timeout=5.0)
    assert [["a"]] == scene.sent


def test_waiting_payload_holds_the_queue() -> None:
    """While a payload waits, nothing else is sent; then all goes in order."""
    scene = Scene(batch_size=1)
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.report("a", "b")
    again_at = scene.turn()
    scene.report("c")
    assert again_at == scene.turn()
    assert [] == scene.sent

    scene.clock.advance(again_at - scene.clock.monotonic())
    scene.turn()
    assert [["a"], ["b"], ["c"]] == scene.sent


def test_too_large_span_is_dropped_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A span that fits no payload is dropped alone, counted, and told once."""
    scene = Scene(max_payload=4)
    scene.report("far too long", "ok")
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        assert scene.reporter.flush()

    assert [["ok"]] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=too_large}"]
    assert 1 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]
    assert "JAEGER_ENDPOINT" in caplog.text


def test_broken_encoder_loses_its_spans_only(caplog: pytest.LogCaptureFixture) -> None:
    """An encoder that raises costs the spans it was given, counted and logged."""
    scene = Scene()
    broken = named("x")
    broken[0].operation_name = None  # type: ignore[assignment]  # what breaks LineEncoder
    scene.reporter.report_span(broken[0])
    assert scene.reporter.flush()
    scene.report("a")
    assert scene.reporter.flush()

    assert [["a"]] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=not_encodable}"]
    assert "lost by an error" in caplog.text


def test_child_sends_nothing_of_its_parent() -> None:
    """After a fork the child's reporter is empty, and takes and sends its own spans."""
    scene = Scene()
    scene.report("parent's")
    scene.reporter.after_fork_in_child()
    scene.report("child's")

    assert scene.reporter.flush()
    assert [["child's"]] == scene.sent


def test_queue_length_is_measured() -> None:
    """Each turn tells how many spans wait."""
    scene = Scene()
    scene.report("a", "b")
    scene.turn()

    assert 2 == scene.metrics.sums["jaeger:reporter_queue_length"]


def test_error_reporter_is_told() -> None:
    """The error reporter of 4.8 hears of every failed send."""
    told: list[object] = []

    class ErrorReporter:
        def error(self, *args: object) -> None:
            told.extend(args)

    reporter = Reporter(
        LineChannel(sender=(sender := MemorySender())),
        error_reporter=ErrorReporter(),  # type: ignore[arg-type]  # only error() is used
        worker=ManualWorker(),
    )
    sender.fail_always(SendError("gone"))
    reporter.report_span(named("a")[0])
    reporter.flush()

    assert "gone" == str(told[-1])


@pytest.mark.parametrize(
    ("name", "value"),
    [("queue_capacity", 0), ("batch_size", 0), ("flush_interval", -1)],
)
def test_number_out_of_range_is_named(name: str, value: int) -> None:
    """A number out of its range is refused by name and value."""
    options = {name: value}
    with pytest.raises(ConfigError, match=f"{name} must be at least .*, got {value}"):
        Reporter(LineChannel(), **options)  # type: ignore[arg-type]  # one of several types


def test_repr_shows_queue_and_way() -> None:
    """The repr shows the fill of the queue and where spans go."""
    scene = Scene()

    assert "0 of 100" in repr(scene.reporter)
    assert "MemorySender" in repr(scene.reporter)
