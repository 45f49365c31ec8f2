"""The reporter that sends, turn by turn, without its thread."""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import pytest

from jaeger_client._internal.process_end import PROCESS_END
from jaeger_client.encoding import Payload
from jaeger_client.errors import ConfigError, RetryableSendError, SendError
from jaeger_client.metrics import Metrics
from jaeger_client.model import Process, SpanData
from jaeger_client.reporter import Channel, Reporter
from jaeger_client.reporter.transmitter import Transmitter
from jaeger_client.senders import MemorySender
from jaeger_client.testing import FakeClock
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import LineChannel, LineEncoder, lines_of, named
from tests.unit.reporter.manual_worker import ManualWorker


class BusySender(MemorySender):
    """Counts attempts, and calls a function during the first one."""

    attempts = 0
    during_send: Callable[[], None] | None = None

    def send(self, payload: bytes) -> None:
        """Send after that."""
        self.attempts += 1
        during_send, self.during_send = self.during_send, None
        if during_send is not None:
            during_send()
        super().send(payload)


class Scene:
    """A reporter with all its parts accessible, and no thread."""

    def __init__(
        self,
        *,
        capacity: int = 100,
        batch_size: int | None = 10,
        flush_interval: float | None = 1.0,
        max_payload: int = 65_000,
        encoder: LineEncoder | None = None,
        metrics: CountingMetrics | None = None,
    ) -> None:
        self.clock = encoder.clock if isinstance(encoder, SlowEncoder) else FakeClock()
        self.sender = BusySender(max_payload=max_payload)
        self.worker = ManualWorker(self.clock)
        self.metrics = metrics or CountingMetrics()
        self.encoder = encoder or LineEncoder()
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
    scene.clock.advance(50.0)
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
    """A sender whose `send` can be limited in time, and stores the limits."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[float | None] = []

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """Store *payload* and *timeout*."""
        self.timeouts.append(timeout)
        super().send(payload)


def test_caller_that_sends_passes_its_deadline_on() -> None:
    """A send by the thread that flushes takes no longer than the flush may."""
    scene = Scene()
    scene.clock.advance(50.0)
    sender = TimedSender()
    scene.reporter = Reporter(
        LineChannel(scene.encoder, sender),
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

    assert [2.0, None] == sender.timeouts


def test_first_batch_of_a_child_of_multiprocessing_leaves_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a child may have been started before the reporter was created."""
    current = multiprocessing.current_process()
    monkeypatch.setattr(current, "_parent_pid", 1, raising=False)
    scene = Scene()
    scene.report("a")
    scene.turn()

    assert [["a"]] == scene.sent


@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_a_full_batch_of_a_small_queue_is_one_span(capacity: int) -> None:
    """It leaves at once, because half of the queue must have space."""
    scene = Scene(capacity=capacity, batch_size=None, flush_interval=None)
    scene.report("a")
    scene.turn()

    assert [["a"]] == scene.sent


def test_the_process_reaches_the_encoder() -> None:
    """Its tags are cut; a later process replaces it."""
    scene = Scene()
    processes: list[Process | None] = []
    for zone in ("abcdef", "xyz"):
        scene.reporter.set_process("shop", {"zone": zone}, 4)
        scene.report("a")
        scene.reporter.flush()
        processes.append(scene.encoder.process)

    assert [
        Process("shop", (("zone", "abcd"),)),
        Process("shop", (("zone", "xyz"),)),
    ] == processes


def test_the_counters_of_4_8_are_used() -> None:
    """Without a factory, the functions that are passed receive the counts."""
    counts: dict[str, int] = {}
    reporter = Reporter(
        LineChannel(),
        metrics=Metrics(count=counts.__setitem__),
        worker=ManualWorker(),
    )
    reporter.report_span(named("a")[0])
    reporter.flush()

    assert 1 == counts["jaeger:reporter_spans.result_ok"]


def test_full_batch_leaves_at_once() -> None:
    """A full batch does not wait for the interval; what is beyond it does."""
    scene = Scene(batch_size=2)
    scene.report("a", "b", "c")
    scene.turn()

    assert [["a", "b"]] == scene.sent


def test_batch_size_is_the_maximum_in_a_payload() -> None:
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


def test_a_span_alone_wakes_no_worker() -> None:
    """Only the first span and a full batch wake the worker."""
    scene = Scene(batch_size=10)
    scene.report("first")
    scene.turn()
    scene.report(*"abcdefgh")
    assert 1 == scene.worker.woken

    scene.report("tenth")
    assert 2 == scene.worker.woken


def test_the_worker_is_woken_by_512_spans() -> None:
    """More spans may fit a payload over HTTP, but their batch does not wait for it."""
    scene = Scene(capacity=10_000, batch_size=None, max_payload=4_194_304)
    scene.report("a")
    scene.turn()
    woken = [scene.worker.woken]
    for count in (510, 1):
        scene.report(*["a"] * count)
        woken.append(scene.worker.woken - woken[0])

    assert [0, 1] == woken[1:]


def test_the_worker_is_woken_by_half_a_queue() -> None:
    """So that the other half has space for what is reported until it runs."""
    scene = Scene(capacity=100, batch_size=None, max_payload=4_194_304)
    scene.report("a")
    scene.turn()
    woken = [scene.worker.woken]
    for count in (48, 1):
        scene.report(*["a"] * count)
        woken.append(scene.worker.woken - woken[0])

    assert [0, 1] == woken[1:]


def test_the_size_of_a_batch_is_learned_from_the_last_payload() -> None:
    """Before the first one, a span is expected to take 400 bytes."""
    scene = Scene(capacity=10_000, batch_size=None, max_payload=1_000)
    sizes = [scene.reporter._full_batch]
    scene.report(*["x" * 99] * 3)
    assert scene.reporter.flush()
    sizes.append(scene.reporter._full_batch)

    assert [2, 9] == sizes


def test_a_burst_fills_the_payloads() -> None:
    """Whole batches are taken, so that only the last payload is small."""
    scene = Scene(capacity=3_000, batch_size=None, max_payload=40_000)
    scene.report(*["x" * 99] * 3)
    assert scene.reporter.flush()
    scene.report(*["x" * 99] * 2_500)
    assert scene.reporter.flush()
    _, *sizes, _ = map(len, scene.sent)

    assert 384 == min(sizes)


def test_caches_are_emptied_when_idle() -> None:
    """A minute after the last span the caches of the encoder are emptied."""
    scene = Scene()
    scene.report("a")
    scene.clock.advance(1)
    scene.turn()
    scene.clock.advance(1)
    forget_at = scene.turn()
    idle = forget_at - scene.clock.monotonic()
    forgot = [scene.encoder.forgot]

    scene.clock.advance(forget_at - scene.clock.monotonic())
    next_turn = scene.turn()
    forgot.append(scene.encoder.forgot)

    assert 60.0 == idle
    assert [0, 1] == forgot
    assert math.inf == next_turn


def test_close_empties_the_caches() -> None:
    """`close` empties the caches of the encoder."""
    scene = Scene()
    scene.report("a")

    scene.reporter.close()

    assert 1 == scene.encoder.forgot


def test_a_child_empties_the_caches() -> None:
    """A forked child empties them at once: it may never send a span."""
    scene = Scene()
    scene.report("a")
    scene.reporter.flush()

    scene.reporter.after_fork_in_child()

    assert 1 == scene.encoder.forgot


def test_idle_reporter_needs_no_turn() -> None:
    """With an empty queue the next turn is at the next span."""
    scene = Scene()

    assert math.inf == scene.turn()


def test_interval_zero_sends_at_once() -> None:
    """A flush interval of 0 sends a single span at its turn."""
    scene = Scene(flush_interval=0)
    scene.report("a")
    scene.turn()

    assert [["a"]] == scene.sent


def test_a_flush_ends_the_interval() -> None:
    """The next span begins another one, also after a flush of a full batch."""
    scene = Scene(batch_size=2)
    scene.report("a")
    scene.turn()
    scene.clock.advance(0.5)
    scene.report("b")
    assert scene.reporter.flush()
    scene.report("c")

    assert scene.clock.monotonic() + 1.0 == scene.turn()


def test_no_interval_waits_for_full_batches() -> None:
    """Without a flush interval a partial batch waits until flush or close."""
    scene = Scene(flush_interval=None)
    scene.report("a")
    assert math.inf == scene.turn()

    assert scene.reporter.flush()
    assert [["a"]] == scene.sent


def test_full_queue_drops_the_new_span(caplog: pytest.LogCaptureFixture) -> None:
    """A full queue drops the new span, counts it and logs once what to do."""
    scene = Scene(capacity=2)
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.report("a", "b", "c", "d")

    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]
    assert 2 == scene.metrics.sums["jaeger:reporter_dropped{cause=queue_full}"]
    (line,) = caplog.messages
    assert "JAEGER_REPORTER_MAX_QUEUE_SIZE" in line


def test_a_burst_as_large_as_the_queue_is_accepted() -> None:
    """Of a burst that fills the queue, no span is dropped before the worker runs."""
    scene = Scene(capacity=2_500, batch_size=None)
    scene.report(*["a"] * 2_500)

    assert scene.reporter.flush()
    assert 2_500 == sum(map(len, scene.sent))


def test_the_queue_holds_its_capacity_while_spans_are_sent() -> None:
    """While the sender works, the queue holds the same number of spans, not more."""
    scene = Scene(capacity=2, batch_size=1)
    scene.report("a")
    scene.sender.during_send = lambda: scene.report("b", "c", "d")
    scene.turn()

    assert 1 == scene.reporter.losses.queue_full
    assert scene.reporter.flush()
    assert [["a"], ["b"], ["c"]] == scene.sent


def test_a_thousand_spans_at_most_are_in_flight() -> None:
    """In an outage full batches of 159 are taken, 6 at most; the others stay."""
    scene = Scene(capacity=2_500, batch_size=None, flush_interval=0)
    scene.sender.fail_always(RetryableSendError("down"))
    scene.report(*["a"] * 2_500)
    scene.turn()
    lengths = [scene.metrics.sums["jaeger:reporter_queue_length"]]
    scene.report(*["b"] * 1_001)

    assert ([1_546], 47) == (lengths, scene.reporter.losses.queue_full)


def test_all_that_is_due_leaves_in_one_turn() -> None:
    """When the interval has ended, all spans are sent, however many there are."""
    scene = Scene(capacity=2_500, batch_size=None)
    scene.report(*["a"] * 1_500)
    scene.clock.advance(1.0)
    scene.turn()
    scene.clock.advance(1.0)
    scene.turn()

    assert 1_500 == sum(map(len, scene.sent))


def test_span_after_close_is_dropped_and_counted() -> None:
    """After close() a span is dropped and counted, and nothing is raised."""
    scene = Scene()
    assert scene.reporter.close().result()
    scene.report("late")

    assert [] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=closed}"]


def test_close_sends_what_is_queued() -> None:
    """close() sends what is queued, closes the sender, and returns True."""
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


def test_a_closed_reporter_leaves_the_worker() -> None:
    """A worker that others use does not refer to it."""
    scene = Scene()
    scene.reporter.close()

    assert scene.reporter not in scene.worker._tasks


@pytest.mark.parametrize("timeout", [None, math.inf])
def test_timeout_may_be_none(timeout: float) -> None:
    """It is a long one, as of the tracer."""
    scene = Scene()
    scene.report("a")
    flushed = scene.reporter.flush(timeout)
    scene.report("b")

    assert (True, True) == (flushed, scene.reporter.close(timeout).result())
    assert [["a"], ["b"]] == scene.sent


def test_close_logs_that_the_sender_cannot_be_closed(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sender raises is logged; the reporter is closed, and all has left."""
    scene = Scene()
    scene.report("a")
    monkeypatch.setattr(scene.sender, "close", lambda: 1 / 0)

    future = scene.reporter.close()

    assert (True, [["a"]]) == (future.result(), scene.sent)
    assert scene.reporter.close() is future
    (line,) = caplog.messages
    assert (line[:8], line[-7:]) == ("closing ", " failed")


def test_turn_that_fails_while_the_reporter_is_closed_loses_no_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A turn that outlasts close() and then raises counts what is left, and ends."""
    scene = Scene()

    def close_and_fail(_: Transmitter) -> None:
        closing = threading.Thread(target=scene.reporter.close, args=[0.0])
        closing.start()
        closing.join()
        raise ZeroDivisionError

    # As where what encodes cannot be imported.
    monkeypatch.setattr(Transmitter, "encode_next", close_and_fail)
    scene.report(*"abcdefghijk")
    with pytest.raises(ZeroDivisionError):
        scene.turn()

    assert 11 == scene.reporter.losses.dropped
    assert scene.sender.is_closed


def test_close_returns_that_spans_were_lost() -> None:
    """The result of close() is False when what was queued could not be sent."""
    scene = Scene()
    scene.sender.fail_always(SendError("gone"))
    scene.report("a")

    assert not scene.reporter.close().result()
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=send_failed}"]


def test_close_logs_that_the_backend_could_not_be_reached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spans that wait for a retry when close() ends: the line has their number."""
    scene = Scene(batch_size=2)
    scene.sender.fail_always(RetryableSendError("refused"))
    scene.report("a", "b", "c")
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.reporter.close(timeout=0.4)

    _, line = caplog.messages
    assert (
        "the backend could not be reached, or did not accept spans, before close() "
        "ended, and 3 spans are lost"
    ) == line.partition(":")[0]


def test_close_gives_up_a_waiting_payload_at_its_deadline() -> None:
    """A backend that is busy until the deadline loses the spans, counted as closed."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy"))
    scene.report("a", "b")

    assert not scene.reporter.close(timeout=0.4).result()
    assert 2 == scene.reporter.losses.closed
    assert 2 == scene.metrics.sums["jaeger:reporter_dropped{cause=closed}"]
    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]


def test_flush_sends_again_until_it_succeeds() -> None:
    """flush() waits out a busy backend while its time lasts."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.report("a")

    assert scene.reporter.flush(timeout=5.0)
    assert [["a"]] == scene.sent


def test_flush_sleeps_until_the_next_attempt() -> None:
    """The payload is sent again when its delay has ended, not later."""
    scene = Scene()
    scene.clock.advance(50.0)
    scene.sender.fail_next(RetryableSendError("busy", retry_after=2.0))
    scene.report("a")

    assert scene.reporter.flush(timeout=5.0)
    assert 52.0 == scene.clock.monotonic()


def test_flush_returns_whether_its_own_spans_were_sent() -> None:
    """Other tasks of the worker may have something left to do."""

    class Busy:
        def run(self, now: float) -> float:
            return now

        def drain(self, deadline: float) -> bool:
            return False

        def after_fork_in_child(self) -> None:
            """Do nothing."""

    scene = Scene()
    scene.worker.add_task(Busy())
    scene.report("a")

    assert scene.reporter.flush()
    assert [["a"]] == scene.sent


def test_a_turn_during_a_drain_is_made_later() -> None:
    """The drain sends what is due."""
    scene = Scene()
    scene.clock.advance(50.0)
    turns: list[float] = []
    scene.sender.during_send = lambda: turns.append(scene.turn())
    scene.report("a")

    assert scene.reporter.flush()
    assert [50.0] == turns


def test_a_drain_waits_for_another_thread_until_its_deadline() -> None:
    """After the deadline it returns at once that not all was sent."""
    scene = Scene()
    scene.clock.advance(50.0)
    scene.report("a")
    began, ended = threading.Event(), threading.Event()

    def send() -> None:
        began.set()
        ended.wait(10)

    scene.sender.during_send = send
    other = threading.Thread(target=scene.reporter.flush)
    other.start()
    assert began.wait(10)
    all_sent = scene.reporter.drain(deadline=50.0)
    was_sending = not ended.is_set() and other.is_alive()
    ended.set()
    other.join()

    assert (False, True) == (all_sent, was_sending)


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
    """A span that fits no payload is dropped alone, counted, and logged once."""
    scene = Scene(max_payload=4)
    scene.report("far too long", "ok")
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        assert not scene.reporter.flush()

    assert [["ok"]] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=too_large}"]
    assert 1 == scene.metrics.sums["jaeger:reporter_spans{result=dropped}"]
    assert "JAEGER_ENDPOINT" in caplog.text


def test_broken_encoder_loses_its_spans_only(caplog: pytest.LogCaptureFixture) -> None:
    """An encoder that raises loses the spans passed to it, counted and logged."""
    scene = Scene()
    broken = named("x")
    broken[0].operation_name = None  # type: ignore[assignment]  # what breaks LineEncoder
    scene.reporter.report_span(broken[0])
    assert not scene.reporter.flush()
    scene.report("a")
    assert scene.reporter.flush()

    assert [["a"]] == scene.sent
    assert 1 == scene.metrics.sums["jaeger:reporter_dropped{cause=not_encodable}"]
    assert "lost, because the encoder raised" in caplog.text


def test_child_sends_nothing_of_its_parent() -> None:
    """After a fork the child's reporter is empty, and sends the child's own spans."""
    scene = Scene()
    scene.report("parent's")
    scene.reporter.after_fork_in_child()
    scene.report("child's")

    assert scene.reporter.flush()
    assert [["child's"]] == scene.sent


def test_queue_length_is_measured() -> None:
    """Each turn publishes how many spans are queued."""
    scene = Scene()
    scene.report("a", "b")
    scene.turn()

    assert 2 == scene.metrics.sums["jaeger:reporter_queue_length"]


def test_error_reporter_is_notified() -> None:
    """The error reporter of 4.8 is notified of every failed send."""
    arguments: list[object] = []

    class ErrorReporter:
        def error(self, *args: object) -> None:
            arguments.extend(args)

    reporter = Reporter(
        LineChannel(sender=(sender := MemorySender())),
        error_reporter=ErrorReporter(),  # type: ignore[arg-type]  # only error() is used
        worker=ManualWorker(),
    )
    sender.fail_always(SendError("gone"))
    reporter.report_span(named("a")[0])
    reporter.flush()

    assert "gone" == str(arguments[-1])


def report_too_large(scene: Scene) -> None:
    """Report a span that fits no payload."""
    scene.sender.max_payload = 4
    scene.report("far too long")


def report_unreadable(scene: Scene) -> None:
    """Report a span that breaks the encoder."""
    (span,) = named("x")
    span.operation_name = None  # type: ignore[assignment]  # what breaks LineEncoder
    scene.reporter.report_span(span)


def report_to_failing_backend(scene: Scene) -> None:
    """Report a span that the backend rejects permanently."""
    scene.sender.fail_next(SendError("gone"))
    scene.report("a")


def report_while_sending(scene: Scene) -> None:
    """Report a span; while it is sent, others fill the queue and one is refused."""
    scene.report("a")
    scene.sender.during_send = lambda: scene.report(*["b"] * 101)


def report_rejected(scene: Scene) -> None:
    """Report a span that the backend accepts and does not store."""
    scene.report("a")

    def reject() -> None:
        scene.sender.rejected_spans += 1

    scene.sender.during_send = reject


LOSSES = pytest.mark.parametrize(
    "report",
    [
        report_too_large,
        report_unreadable,
        report_to_failing_backend,
        report_while_sending,
        report_rejected,
    ],
)


@LOSSES
def test_flush_reports_a_loss(report: Callable[[Scene], None]) -> None:
    """flush() returns False if a span was dropped meanwhile, for whatever cause."""
    scene = Scene()
    report(scene)

    assert not scene.reporter.flush()
    assert 1 == scene.reporter.losses.dropped
    assert scene.reporter.flush()


@LOSSES
def test_close_reports_a_loss(report: Callable[[Scene], None]) -> None:
    """close() returns False if a span was dropped meanwhile, for whatever cause."""
    scene = Scene()
    report(scene)

    assert not scene.reporter.close().result()


def test_flush_reports_a_loss_before_its_drain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another thread may overflow the queue while the worker is being woken."""
    scene = Scene()
    flush = scene.worker.flush

    def flush_later(timeout: float, *, task: Reporter) -> bool:
        scene.report(*["a"] * 101)
        return flush(timeout, task=task)

    monkeypatch.setattr(scene.worker, "flush", flush_later)

    assert not scene.reporter.flush()
    assert 100 == sum(map(len, scene.sent))


def test_flush_keeps_to_the_delay_of_the_backend() -> None:
    """While the backend requests a longer delay, flush() makes no attempt at all."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=30.0))
    scene.report("a")
    flushed = [scene.reporter.flush(timeout=0.05) for _ in range(10)]
    began = scene.clock.monotonic()
    assert ([False] * 10, 0.0) == (flushed, began)
    assert 1 == scene.sender.attempts

    scene.clock.advance(30.0)
    assert scene.reporter.flush(timeout=0.05)
    assert [["a"]] == scene.sent


def test_flush_keeps_to_the_delays_between_attempts() -> None:
    """Without `Retry-After`, too, many short flushes make no further attempt."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("down"))
    scene.report("a")
    for _ in range(20):
        scene.reporter.flush(timeout=0.01)

    assert (1, 0) == (scene.sender.attempts, scene.reporter.losses.dropped)


def test_close_tries_once_more() -> None:
    """close() sends a waiting payload at once: it has no later chance."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=30.0))
    scene.report("a")
    scene.reporter.flush(timeout=1.0)

    assert scene.reporter.close(timeout=1.0).result()
    assert [["a"]] == scene.sent
    assert 0.0 == scene.clock.monotonic()


def test_close_makes_an_early_attempt_after_earlier_sends() -> None:
    """It is made for the first payload that has to wait, not for those before it."""
    scene = Scene()
    scene.clock.advance(50.0)
    scene.report("a")
    scene.reporter.flush()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=30.0))
    scene.report("b")

    assert scene.reporter.close(timeout=1.0).result()
    assert [["a"], ["b"]] == scene.sent


def test_close_makes_a_last_attempt_before_its_deadline() -> None:
    """If the next attempt is too late, close() makes one after half of the time."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=30.0))
    scene.report("a")

    assert scene.reporter.close(timeout=1.0).result()
    assert [["a"]] == scene.sent
    assert 0.5 == scene.clock.monotonic()


def test_close_makes_one_early_attempt_only() -> None:
    """A backend that stays busy gets one early attempt only."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy", retry_after=30.0))
    scene.report("a")
    scene.reporter.flush(timeout=1.0)

    assert not scene.reporter.close(timeout=1.0).result()
    assert (2, 1) == (scene.sender.attempts, scene.reporter.losses.closed)


def test_exit_tries_once_more() -> None:
    """The end of the process sends a waiting payload at once, as close() does."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=30.0))
    scene.report("a")
    scene.reporter.flush(timeout=1.0)
    scene.worker.exits = True
    scene.worker.flush(timeout=1.0)

    assert [["a"]] == scene.sent


def test_full_batch_leaves_after_a_slow_turn() -> None:
    """Spans that fill a batch during a slow turn do not wait for the interval."""
    scene = Scene(batch_size=2, flush_interval=None)
    scene.report("a", "b")

    def slowly() -> None:
        scene.clock.advance(5.0)
        scene.report("c", "d", "e")

    scene.sender.during_send = slowly
    next_turn = scene.turn()
    assert next_turn <= scene.clock.monotonic()

    scene.turn()
    assert [["a", "b"], ["c", "d"]] == scene.sent


class BusyClock(FakeClock):
    """Calls a function the first time that the time is read."""

    during: Callable[[], None] | None = None

    def monotonic(self) -> float:
        """Return the time after that."""
        during, self.during = self.during, None
        if during is not None:
            during()
        return super().monotonic()


def test_a_batch_that_fills_while_a_turn_ends_leaves_in_the_next() -> None:
    """No later span would wake the worker for it."""
    scene = Scene(batch_size=2)
    scene.report("a")
    # Read after the number of spans, and before the threshold is set.
    scene.reporter._clock = clock = BusyClock()
    clock.during = lambda: scene.report("b")
    next_turn = scene.reporter.run(0.0)
    scene.reporter.run(next_turn)

    assert (0.0, [["a", "b"]]) == (next_turn, scene.sent)


class LastValues(CountingMetrics):
    """Stores the last value of each gauge."""

    def create_gauge(
        self, name: str, tags: Mapping[str, str] | None = None
    ) -> Callable[[float], None]:
        """Return a function that stores its argument."""
        return partial(self.sums.__setitem__, name)


def test_queue_length_is_measured_by_flush_and_close() -> None:
    """An empty queue is published before any further turn."""
    scene = Scene(batch_size=1, metrics=LastValues())
    lengths: list[float] = []
    scene.sender.fail_next(RetryableSendError("busy"))
    for end in (scene.reporter.flush, partial(scene.reporter.close, 0.0)):
        scene.report("a", "b", "c")
        scene.turn()
        lengths.append(scene.metrics.sums["jaeger:reporter_queue_length"])
        end()
        lengths.append(scene.metrics.sums["jaeger:reporter_queue_length"])
        scene.sender.fail_always(RetryableSendError("down"))

    assert [2, 0, 2, 0] == lengths


def test_queue_length_is_measured_during_an_outage() -> None:
    """Between two attempts each turn still publishes how many spans are queued."""
    scene = Scene(batch_size=1)
    scene.sender.fail_always(RetryableSendError("down"))
    scene.report("a")
    scene.turn()
    scene.report("b", "c", "d")
    scene.turn()

    assert 3 == scene.metrics.sums["jaeger:reporter_queue_length"]


class SlowEncoder(LineEncoder):
    """Takes a second for each payload."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Let time pass before each payload."""
        for payload in super().encode(spans, limit=limit):
            self.clock.advance(1.0)
            yield payload


def test_encoding_stops_at_the_deadline() -> None:
    """flush() stops encoding at its deadline; the other spans stay queued."""
    scene = Scene(encoder=SlowEncoder(), max_payload=2)
    scene.report(*"abcde")

    assert not scene.reporter.flush(timeout=3.0)
    assert 3.0 == scene.clock.monotonic()
    assert 0 == scene.reporter.losses.dropped
    assert scene.reporter.flush(timeout=9.0)
    assert [[name] for name in "abcde"] == scene.sent


def test_encoding_ends_a_turn() -> None:
    """A turn whose encoding takes long ends, so that other tasks run."""
    scene = Scene(encoder=SlowEncoder(), max_payload=2, batch_size=5)
    scene.report(*"abcde")
    began = scene.clock.monotonic()
    assert began == scene.turn()
    assert scene.clock.monotonic() <= began + 2.0

    for _ in range(5):
        scene.turn()
    assert [[name] for name in "abcde"] == scene.sent


def test_unencoded_spans_are_counted_at_close() -> None:
    """Spans that close() could not even encode count as closed, each once."""
    scene = Scene(encoder=SlowEncoder(), max_payload=2)
    scene.report(*"abcde")

    assert not scene.reporter.close(timeout=2.0).result()
    assert 5 == len(scene.sent) + scene.reporter.losses.closed


@pytest.mark.parametrize(
    ("name", "value"),
    [("queue_capacity", 0), ("batch_size", 0), ("flush_interval", -1)],
)
def test_number_out_of_range_is_named(name: str, value: int) -> None:
    """A number out of its range is refused by name and value."""
    options = {name: value}
    with pytest.raises(ConfigError, match=f"{name} must be at least .*, got {value}"):
        Reporter(LineChannel(), **options)  # type: ignore[arg-type]  # one of several types


@pytest.mark.parametrize("name", ["queue_capacity", "batch_size"])
def test_a_number_of_spans_may_be_a_float(name: str) -> None:
    """Settings such as 1e4 are floats."""
    sender = MemorySender()
    options = {name: 2.0}
    reporter = Reporter(LineChannel(sender=sender), **options)  # type: ignore[arg-type]  # as above

    reporter.report_span(*named("op"))
    reporter.close()

    assert [["op"]] == lines_of(sender)


def test_repr_shows_queue_and_sender() -> None:
    """The repr shows the fill of the queue and where spans go."""
    scene = Scene()

    assert "0 of 100" in repr(scene.reporter)
    assert "MemorySender" in repr(scene.reporter)


class HeldSender(MemorySender):
    """A sender whose `send` waits until the test releases it."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.held = threading.Event()

    def send(self, payload: bytes) -> None:
        """Wait, then send."""
        self.began.set()
        self.held.wait(10)
        super().send(payload)


def test_close_counts_at_once_what_still_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """During a request, close() counts the queue; the request's spans count later."""
    sender = HeldSender()
    reporter = Reporter(LineChannel(LineEncoder(), sender), 100, 10, 0.0)
    for span in named(*map(str, range(100))):
        reporter.report_span(span)
    assert sender.began.wait(10)
    began = time.monotonic()
    assert not reporter.close(0.1).result()
    took, closed, lines = time.monotonic() - began, reporter.losses.closed, caplog.text
    worker = reporter._worker
    pending = worker.begin_end(0)

    assert took < 5
    assert closed >= 85
    assert 1 == lines.count("were not sent before its timeout")
    assert worker in PROCESS_END._in_use
    assert not pending.wait(0)
    assert "Reporter" in repr(pending)
    sender.held.set()
    assert pending.wait(10)
    assert worker not in PROCESS_END._in_use
    assert 100 == reporter.losses.closed + sum(map(len, lines_of(sender)))
    assert sender.is_closed


def test_close_returns_that_a_request_outlasts_it() -> None:
    """Even if no span was lost by then."""
    sender = HeldSender()
    reporter = Reporter(LineChannel(LineEncoder(), sender), 100, 10, 0.0)
    reporter.report_span(named("a")[0])
    assert sender.began.wait(10)

    all_sent = reporter.close(0.05).result()
    pending = reporter._worker.begin_end(0)
    sender.held.set()

    assert pending.wait(10)
    assert not all_sent
    assert [["a"]] == lines_of(sender)


class BusyHeldSender(HeldSender):
    """Refuses the first payload for now; the second attempt waits for the test."""

    is_busy = True

    def send(self, payload: bytes) -> None:
        """Raise, or wait and send."""
        is_busy, self.is_busy = self.is_busy, False
        if is_busy:
            msg = "busy"
            raise RetryableSendError(msg)
        super().send(payload)


def test_close_logs_that_the_backend_was_busy_before_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spans are lost because of the backend, although it has not failed this time."""
    sender = BusyHeldSender()
    reporter = Reporter(LineChannel(LineEncoder(), sender), 100, 1, 0.0)
    for span in named("a", "b", "c"):
        reporter.report_span(span)
    assert sender.began.wait(10)

    reporter.close(0.05)
    pending = reporter._worker.begin_end(0)
    sender.held.set()

    assert pending.wait(10)
    assert caplog.messages[1].startswith("the backend could not be reached, or did")


class CancelledSender(MemorySender):
    """A sender that raises what is no `Exception`, once."""

    error: BaseException | None = None

    def send(self, payload: bytes) -> None:
        """Raise, or send."""
        error, self.error = self.error, None
        if error is not None:
            raise error
        super().send(payload)


@pytest.mark.parametrize(
    "error",
    [asyncio.CancelledError("why"), SystemExit("why"), KeyboardInterrupt("why")],
)
def test_sender_that_raises_no_exception_loses_its_spans_only(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """On the worker's thread it is a failed send, which is counted; others leave."""
    sender = CancelledSender()
    sender.error = error
    reporter = Reporter(LineChannel(LineEncoder(), sender), 100, 1, 0.0)
    first, second = named("a", "b")
    reporter.report_span(first)
    reporter.flush(10)
    reporter.report_span(second)

    assert reporter.flush(10)
    assert 1 == reporter.losses.send_failed
    assert f": {type(error).__name__}: why. " in caplog.messages[0]
    assert [["b"]] == lines_of(sender)
    assert reporter.close(10).result()


def test_what_ends_the_thread_lets_the_next_span_start_another() -> None:
    """A turn that is killed leaves the queue so that the next span wakes the worker."""
    scene = Scene(batch_size=10)
    scene.report("a")
    scene.turn()
    scene.clock.advance(1.0)
    scene.sender.during_send = raise_kill
    with pytest.raises(Kill):
        scene.turn()
    woken = scene.worker.woken
    scene.report("b")

    assert woken + 1 == scene.worker.woken
    scene.reporter.close()
    assert ["a", "b"] == [line for lines in scene.sent for line in lines]


class Kill(BaseException):
    """What kills a greenlet."""


def raise_kill() -> None:
    """Raise it."""
    raise Kill
