"""What happens to payloads that can and that cannot be sent."""

from __future__ import annotations

import gc
import logging
import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import pytest

from jaeger_client.encoding import Payload
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.model import Process, SpanData, SpanLosses
from jaeger_client.reporter import Channel, Reporter
from jaeger_client.reporter.transmitter import MAX_ATTEMPTS, make_process
from jaeger_client.senders import MemorySender, Sender
from jaeger_client.testing import FakeClock
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import (
    LineChannel,
    LineEncoder,
    lines_of,
    named,
)
from tests.unit.reporter.manual_worker import ManualWorker


class Errors:
    """An error reporter that stores the errors."""

    def __init__(self) -> None:
        self.errors: list[object] = []
        self.lines: list[str] = []

    def error(self, message: str, *args: object) -> None:
        """Store the error, and what the log shows."""
        self.errors += args
        self.lines.append(message % args)


class Scene:
    """A reporter that sends everything in its next turn."""

    def __init__(
        self,
        fallback: Callable[[], Channel | None] | None = None,
        *,
        max_payload: int = 65_000,
        sender: MemorySender | None = None,
        encoder: LineEncoder | None = None,
    ) -> None:
        self.sender = sender or MemorySender(max_payload=max_payload)
        self.clock = FakeClock()
        self.metrics = CountingMetrics()
        self.errors = Errors()
        self.reporter = Reporter(
            LineChannel(encoder or LineEncoder(), self.sender),
            flush_interval=0,
            error_reporter=self.errors,  # type: ignore[arg-type]  # only error() is used
            metrics_factory=self.metrics,
            worker=ManualWorker(self.clock),
            fallback=fallback,
            clock=self.clock,
        )
        self.losses = self.reporter.losses

    def deliver(self, *names: str) -> float:
        """Report spans; send until nothing is left or waits; return the next turn."""
        for span in named(*names):
            self.reporter.report_span(span)
        return self.reporter.run(self.clock.monotonic())

    def deliver_at(self, time: float) -> float:
        """Do the same at *time*."""
        self.clock.advance(time - self.clock.monotonic())
        return self.deliver()


def test_sent_spans_are_counted() -> None:
    """Sent spans are counted as result=ok, by their number."""
    scene = Scene()

    scene.deliver("a", "b")

    assert [["a", "b"]] == lines_of(scene.sender)
    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=ok}"]


@pytest.mark.parametrize("max_payload", [math.inf, 10**400], ids=["infinite", "huge"])
def test_a_sender_may_have_no_limit(max_payload: float) -> None:
    """Later spans are sent, too: no turn of the worker raises."""
    sender = MemorySender()
    sender.max_payload = max_payload  # type: ignore[assignment]  # as applications do
    scene = Scene(sender=sender)

    scene.deliver("a")
    scene.deliver("b")

    assert [["a"], ["b"]] == lines_of(scene.sender)


def test_sent_spans_are_released() -> None:
    """No reference to a sent span remains: it may be large, and hold secrets."""
    scene = Scene()
    (span,) = named("a")
    kept = weakref.ref(span.context)
    scene.reporter.report_span(span)
    del span

    scene.deliver()
    gc.collect()

    assert [["a"]] == lines_of(scene.sender)
    assert kept() is None


def test_given_up_spans_are_released() -> None:
    """No reference to a span that `close` has given up remains."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy"))
    (span,) = named("a")
    kept = weakref.ref(span.context)
    scene.reporter.report_span(span)
    del span

    scene.deliver()
    scene.reporter.close(0)
    gc.collect()

    assert 1 == scene.losses.closed
    assert kept() is None


def test_failed_send_is_counted_and_later_ones_succeed() -> None:
    """A send error counts result=err by the number of spans; the next payload goes."""
    scene = Scene(max_payload=4)
    scene.sender.fail_next(SendError("no"))
    scene.deliver("a", "b", "c")

    assert [["c"]] == lines_of(scene.sender)
    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=err}"]
    assert 2 == scene.losses.send_failed
    assert ["no"] == list(map(str, scene.errors.errors))


class ShrinkingMemory(MemorySender):
    """A network that turns out to accept less than its limit."""

    def send(self, payload: bytes) -> None:
        """Shrink once to half, and refuse what is longer."""
        self.max_payload = 4
        super().send(payload)


def test_smaller_payloads_are_learned() -> None:
    """When the network accepts less, spans are encoded again, in their order."""
    scene = Scene(sender=ShrinkingMemory(max_payload=8))
    scene.deliver(*"abcdef")

    assert [["a", "b"], ["c", "d"], ["e", "f"]] == lines_of(scene.sender)
    assert 0 == scene.losses.send_failed


@pytest.mark.parametrize(
    ("limits", "lines", "lost"),
    [
        pytest.param([4], [["a", "b"], ["c", "d"]], 0, id="smaller"),
        pytest.param([4, 2], [["a"], ["b"], ["c"], ["d"]], 0, id="smaller-twice"),
        pytest.param([4, 4], [["c", "d"]], 2, id="the-same-limit-again"),
        pytest.param([4, 6], [["c", "d"]], 2, id="a-larger-limit"),
    ],
)
def test_a_sender_need_not_reduce_its_own_limit(
    limits: list[int], lines: list[list[str]], lost: int
) -> None:
    """The limit in its error applies to the spans that are being sent."""
    scene = Scene(max_payload=8)
    errors = [PayloadTooLargeError("too much", limit=limit) for limit in limits]
    scene.sender.fail_next(*errors)
    scene.deliver(*"abcd")

    assert lines == lines_of(scene.sender)
    assert SpanLosses(send_failed=lost) == scene.losses


def test_a_learned_limit_ends_with_its_spans() -> None:
    """Later spans are encoded for the limit of the sender, which decides."""
    scene = Scene(max_payload=8)
    scene.sender.fail_next(PayloadTooLargeError("too much", limit=2))
    scene.deliver(*"ab")
    scene.deliver(*"cd")

    assert [["a"], ["b"], ["c", "d"]] == lines_of(scene.sender)


@pytest.mark.timeout(10)
def test_a_sender_that_rejects_every_size_does_not_stop_the_worker() -> None:
    """Its limits go down until no span fits: the spans are lost and counted."""

    class Rejecting(MemorySender):
        def send(self, payload: bytes) -> None:
            msg = "too much"
            raise PayloadTooLargeError(msg, limit=len(payload) - 1)

    scene = Scene(sender=Rejecting())
    scene.deliver(*"abcd")

    assert SpanLosses(too_large=4) == scene.losses
    assert scene.reporter.flush()


def test_same_limit_again_loses_the_payload() -> None:
    """A network that requires no smaller payload gets none: the spans are lost."""
    scene = Scene(max_payload=4)
    scene.sender.fail_next(PayloadTooLargeError("too much", limit=4))
    scene.deliver("a", "b", "c")

    assert [["c"]] == lines_of(scene.sender)
    assert 2 == scene.losses.send_failed


def test_retryable_payload_waits() -> None:
    """A payload that the backend may accept later waits, and so do later spans."""
    scene = Scene(max_payload=2)
    scene.sender.fail_next(RetryableSendError("busy"))
    retry_at = scene.deliver("a", "b", "c")
    assert [] == lines_of(scene.sender)

    scene.deliver_at(retry_at)

    assert [["a"], ["b"], ["c"]] == lines_of(scene.sender)


def test_retry_after_is_honoured() -> None:
    """The payload waits at least as long as the backend requests."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=17.0))

    assert scene.clock.monotonic() + 17.0 == scene.deliver("a")


def test_delays_grow_to_a_limit_and_the_payload_is_given_up() -> None:
    """Each of 6 attempts waits twice as long as the one before; then spans are lost."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy"))
    retry_at = scene.deliver("a")
    delays: list[float] = []
    while not scene.losses.send_failed:
        delays.append(retry_at - scene.clock.monotonic())
        retry_at = scene.deliver_at(retry_at)

    expected = (0.5, 1.0, 2.0, 4.0, 8.0)
    assert [pytest.approx(delay, rel=0.21) for delay in expected] == delays
    assert 1 == scene.losses.send_failed


def test_delays_have_jitter() -> None:
    """Each delay is up to a fifth shorter or longer at random."""
    delays: list[float] = []
    for _ in range(200):
        scene = Scene()
        scene.sender.fail_next(RetryableSendError("busy"))
        delays.append(scene.deliver("a") - scene.clock.monotonic())

    assert 0.4 <= min(delays) < 0.45
    assert 0.55 < max(delays) <= 0.6


def test_attempts_are_counted_for_each_payload() -> None:
    """A payload that was sent or lost takes no attempts from the next one."""
    scene = Scene()
    scene.sender.fail_next(*[RetryableSendError("busy")] * (2 * MAX_ATTEMPTS - 1))
    for name in ("a", "b"):
        retry_at = scene.deliver(name)
        for _ in range(MAX_ATTEMPTS - 1):
            retry_at = scene.deliver_at(retry_at)

    assert [["b"]] == lines_of(scene.sender)
    assert 1 == scene.losses.send_failed


def test_a_payload_after_one_that_was_sent_gets_all_attempts() -> None:
    """Also if both are of spans that were taken from the queue together."""
    attempts: list[bytes] = []

    class Half(MemorySender):
        def send(self, payload: bytes) -> None:
            attempts.append(payload)
            if b"c" in payload:
                msg = "busy"
                raise RetryableSendError(msg)

    scene = Scene(sender=Half(max_payload=4))
    next_turn = scene.deliver("a", "b", "c")
    while next_turn < math.inf and not scene.losses.send_failed:
        next_turn = scene.deliver_at(next_turn)

    assert [b"a\nb\n", *[b"c\n"] * 6] == attempts


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SendError("gone"), "gone"),
        (RefusedError("refused"), "refused"),
        (PayloadTooLargeError("too large", limit=65_000), "too large"),
        (ValueError("odd"), "ValueError: odd"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_error_reporter_gets_what_the_sender_raised(
    error: Exception, text: str
) -> None:
    """Errors that no sender may raise have their type in the text."""

    class Failing(MemorySender):
        def send(self, payload: bytes) -> None:
            raise error

    scene = Scene(sender=Failing())
    scene.deliver("a")

    assert [f"Failed to submit traces to Jaeger: {text}"] == scene.errors.lines


def test_the_error_of_the_last_attempt_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That of the first one is in the log."""
    scene = Scene()
    busy = [RetryableSendError(f"busy {number}") for number in range(MAX_ATTEMPTS)]
    scene.sender.fail_next(*busy)
    next_turn = scene.deliver("a")
    while not scene.losses.send_failed:
        next_turn = scene.deliver_at(next_turn)

    assert ["Failed to submit traces to Jaeger: busy 5"] == scene.errors.lines
    assert ": busy 0. " in caplog.messages[0]


def test_spans_left_out_of_a_waiting_payload_keep_their_cause() -> None:
    """`close` counts only the others as not sent in time."""
    scene = Scene(max_payload=4)
    scene.sender.fail_always(RetryableSendError("busy"))
    scene.deliver("far too long", "a")

    scene.reporter.close(0)

    assert SpanLosses(too_large=1, closed=1) == scene.losses


def test_spans_left_out_of_a_payload_that_is_given_up_keep_their_cause() -> None:
    """The others of it, and those that are not encoded yet, are lost by the error."""
    scene = Scene(max_payload=4)
    scene.sender.fail_always(RetryableSendError("busy"))
    scene.deliver("far too long", "a", "b", "c")

    scene.reporter._transmitter.give_up(SendError("too late"))

    assert SpanLosses(too_large=1, send_failed=3) == scene.losses
    assert 0 == len(scene.reporter._transmitter)


@pytest.mark.parametrize(("steps", "lost"), [(0, 3), (1, 3), (2, 1)])
def test_the_log_has_what_was_given_up(
    steps: int, lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lines have the error and the number of spans, encoded or not."""
    scene = Scene(max_payload=4)
    transmitter = scene.reporter._transmitter
    transmitter.put(named("a", "b", "c"))
    if steps:
        transmitter.encode_next()
    if steps > 1:
        transmitter.attempt(None)
    transmitter.give_up(SendError("too late"))
    scene.deliver("d")

    begin, end = caplog.messages
    assert ": too late. " in begin
    assert end.endswith(f"{lost} spans were lost")
    assert SpanLosses(send_failed=lost) == scene.losses


def test_a_payload_is_refused_once_if_there_is_no_other_channel() -> None:
    """It is not sent again to the one that refuses it."""
    attempts: list[bytes] = []

    class Refusing(MemorySender):
        def send(self, payload: bytes) -> None:
            attempts.append(payload)
            msg = "refused"
            raise RefusedError(msg)

    scene = Scene(lambda: None, sender=Refusing())
    scene.deliver("a")

    assert [b"a\n"] == attempts
    assert SpanLosses(send_failed=1) == scene.losses


def test_the_other_channel_has_no_further_one(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the error and the channel; later spans may be lost there."""
    other = MemorySender()
    scene = Scene(lambda: LineChannel(sender=other))
    scene.sender.fail_always(RefusedError("port closed"))
    scene.deliver("a")
    scene.clock.advance(60.0)
    other.fail_next(RefusedError("refused, too"))
    scene.deliver("b")

    assert [["a"]] == lines_of(other)
    assert SpanLosses(send_failed=1) == scene.losses
    assert caplog.messages[0].startswith("port closed; spans go to <MemorySender ")


def test_waiting_payload_lost_by_another_error() -> None:
    """A waiting payload that fails for good is lost and counted."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"), SendError("gone"))

    scene.deliver_at(scene.deliver("a"))

    assert scene.reporter.flush()
    assert 1 == scene.losses.send_failed


def test_an_outage_is_logged_twice(caplog: pytest.LogCaptureFixture) -> None:
    """The first line contains what to do, the second how many spans were lost."""
    scene = Scene()
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.sender.fail_next(SendError("one"), SendError("two"))
        for name in ("a", "b", "c", "d"):
            scene.deliver(name)
    began, ended = caplog.messages

    assert "one" in began
    assert "JAEGER_AGENT_HOST" in began
    assert "2 spans were lost" in ended


def test_refused_switches_to_the_channel_that_is_available(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If nothing listens, an available channel gets these spans and all later ones."""
    other = LineChannel()
    scene = Scene(fallback=lambda: other)
    scene.reporter.set_process("service", {}, 10)
    scene.sender.fail_next(RefusedError("refused"))
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.deliver("a")
        scene.deliver("b")

    assert [["a"], ["b"]] == lines_of(other.sender)
    assert scene.sender.is_closed
    assert isinstance(other.encoder, LineEncoder)
    assert Process("service") == other.encoder.process
    assert 0 == scene.losses.send_failed
    assert 1 == len(caplog.messages)


def test_refused_switches_although_the_sender_cannot_be_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What closing the old sender raises is logged, and all leaves by the other."""
    other = LineChannel()
    scene = Scene(fallback=lambda: other)
    scene.sender.fail_next(RefusedError("refused"))
    monkeypatch.setattr(scene.sender, "close", lambda: 1 / 0)
    scene.deliver("a")

    assert [["a"]] == lines_of(other.sender)
    assert 0 == scene.losses.send_failed


def test_fallback_is_probed_now_and_then() -> None:
    """While no channel is available, spans are lost, and probes are 10 s apart."""
    probes: list[float] = []

    def probe() -> Channel | None:
        probes.append(scene.clock.monotonic())
        return None

    scene = Scene(fallback=probe)
    scene.sender.fail_always(RefusedError("refused"))
    for seconds in (0.0, 9.5, 0.5, 0.0):
        scene.clock.advance(seconds)
        scene.deliver("a")

    assert [0.0, 10.0] == [probe_at - probes[0] for probe_at in probes]
    assert 4 == scene.losses.send_failed


def test_child_leaves_the_waiting_payload_to_its_parent() -> None:
    """After a fork no payload waits in the child."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.deliver("a")
    scene.reporter.after_fork_in_child()
    scene.deliver("b")

    assert [["b"]] == lines_of(scene.sender)


def test_the_sender_learns_that_it_is_in_a_forked_child() -> None:
    """It closes its copy of the parent's connection."""

    class Connected(MemorySender):
        forks = 0

        def after_fork_in_child(self) -> None:
            self.forks += 1

    sender = Connected()
    Scene(sender=sender).reporter.after_fork_in_child()

    assert 1 == sender.forks


class Bare:
    """A sender of an application, which knows nothing of forks."""

    max_payload = 65_000
    rejected_spans = 0

    def send(self, payload: bytes) -> None:
        """Drop *payload*."""

    def close(self) -> None:
        """Do nothing."""


def test_spans_that_were_rejected_earlier_are_not_counted() -> None:
    """Another reporter may have used the sender before."""
    sender = MemorySender()
    sender.rejected_spans = 5
    scene = Scene(sender=sender)

    scene.deliver("a", "b")

    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=ok}"]


class SlowSender(MemorySender):
    """A sender whose every send takes a quarter of a second; it stores timeouts."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.timeouts: list[float | None] = []

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """Send *payload* after a while."""
        self.timeouts.append(timeout)
        self.clock.advance(0.25)
        super().send(payload)


def test_the_duration_of_a_send_is_measured() -> None:
    """It is exported as a timer, in seconds or in what the factory makes of them."""
    sender = SlowSender()
    scene = Scene(sender=sender)
    sender.clock = scene.clock

    scene.deliver("a")
    first = scene.metrics.sums["jaeger:reporter_send_seconds"]
    scene.clock.advance(60.0)
    scene.deliver("a")

    assert first > 0
    assert 2 * first == scene.metrics.sums["jaeger:reporter_send_seconds"]


def test_a_send_after_its_deadline_has_a_timeout_above_0() -> None:
    """Sockets treat 0 as without a timeout, and raise for less."""
    sender = SlowSender()
    scene = Scene(sender=sender)
    (span,) = named("a")
    scene.reporter.report_span(span)
    transmitter = scene.reporter._transmitter
    transmitter.take(scene.reporter._queue, 1)
    transmitter.encode_next()

    transmitter.attempt(-1.0)

    assert [0.001] == sender.timeouts


def test_the_duration_of_an_outage_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is measured by the reporter's clock."""
    scene = Scene()
    scene.sender.fail_next(SendError("down"))
    scene.deliver("a")
    scene.clock.advance(90.0)

    scene.deliver("b")

    assert "works again after 90 s; 1 spans were lost" in caplog.text


def test_a_sender_may_lack_the_method_for_forks() -> None:
    """A sender without a connection has nothing to do in a child."""
    sender = cast("Sender", Bare())
    reporter = Reporter(LineChannel(LineEncoder(), sender), worker=ManualWorker())

    reporter.after_fork_in_child()

    assert reporter.close().result()


def test_spans_that_the_backend_rejected_are_counted() -> None:
    """Spans of a partial success count as failed, the others as sent."""

    class Partial(MemorySender):
        def send(self, payload: bytes) -> None:
            super().send(payload)
            self.rejected_spans += 1

    scene = Scene(sender=Partial())
    scene.deliver("a", "b", "c")

    assert 2 == scene.metrics.sums["jaeger:reporter_spans{result=ok}"]
    assert 1 == scene.metrics.sums["jaeger:reporter_spans{result=err}"]
    assert 1 == scene.losses.send_failed


def test_span_encoded_again_is_lost_once() -> None:
    """A span that is left out again at a smaller limit is counted once."""
    scene = Scene(sender=ShrinkingMemory(max_payload=8))
    scene.deliver("far too long", "a", "b", "c", "far too long")

    assert [["a", "b"], ["c"]] == lines_of(scene.sender)
    assert SpanLosses(too_large=2) == scene.losses


def test_span_that_the_other_channel_accepts_is_not_lost() -> None:
    """A span too large for the first channel alone is sent over the second."""
    other = LineChannel()
    scene = Scene(fallback=lambda: other, max_payload=4)
    scene.sender.fail_next(RefusedError("refused"))
    scene.deliver("too long", "a", "too long")

    assert [["too", "long", "a", "too", "long"]] == lines_of(other.sender)
    assert SpanLosses() == scene.losses


@pytest.mark.parametrize(
    "error",
    [
        SendError("gone"),
        RefusedError("refused"),
        RetryableSendError("busy"),
        PayloadTooLargeError("too much", limit=2),
    ],
)
def test_every_span_is_sent_or_lost_once(error: SendError) -> None:
    """Whatever fails, spans sent and spans lost add up to the spans that came."""
    scene = Scene(max_payload=4)
    scene.sender.fail_next(error)
    scene.deliver("long one", "a", "b", "c", "long one", "d", "long one")
    scene.reporter.close()
    sent = sum(map(len, lines_of(scene.sender)))

    assert 7 == sent + scene.losses.dropped
    assert 3 == scene.losses.too_large


def test_a_sender_that_raises_another_error_loses_one_payload() -> None:
    """An error that no sender may raise costs its payload; the next one is sent."""

    class Broken(MemorySender):
        def send(self, payload: bytes) -> None:
            if b"a" in payload:
                raise ZeroDivisionError
            super().send(payload)

    scene = Scene(sender=Broken())
    scene.deliver("a")
    scene.deliver("b")

    assert [["b"]] == lines_of(scene.sender)
    assert SpanLosses(send_failed=1) == scene.losses


def test_error_without_a_text_loses_one_payload() -> None:
    """An error whose own `str` raises costs its payload; the next one is sent."""

    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    class Broken(MemorySender):
        def send(self, payload: bytes) -> None:
            if b"a" in payload:
                raise UnreadableError
            super().send(payload)

    scene = Scene(sender=Broken())
    scene.deliver("a")
    scene.deliver("b")

    assert [["b"]] == lines_of(scene.sender)
    assert SpanLosses(send_failed=1) == scene.losses


def test_child_counts_nothing_of_its_parent() -> None:
    """After a fork what the encoder left out is the parent's to count."""
    scene = Scene(max_payload=4)
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.deliver("far too long", "a")
    scene.reporter.after_fork_in_child()

    assert scene.reporter.close().result()
    assert SpanLosses() == scene.losses


@pytest.mark.parametrize(
    ("rejected", "ok", "err"),
    [((1 << 63) - 1, 0, 3), (4, 0, 3), (3, 0, 3), (0, 3, 0), (-1, 3, 0)],
)
def test_a_backend_rejects_no_more_spans_than_it_got(
    rejected: int,
    ok: int,
    err: int,
) -> None:
    """Whatever number the backend returns, no counter goes down or above the batch."""

    class Lying(MemorySender):
        def send(self, payload: bytes) -> None:
            super().send(payload)
            self.rejected_spans += rejected

    scene = Scene(sender=Lying())
    scene.deliver("a", "b", "c")

    assert ok == scene.metrics.sums["jaeger:reporter_spans{result=ok}"]
    assert err == scene.metrics.sums["jaeger:reporter_spans{result=err}"]
    assert err == scene.losses.send_failed


@pytest.mark.parametrize("consumed", [1, 0, -1])
def test_an_encoder_that_makes_no_progress_loses_spans(
    consumed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Spans are lost and counted if their encoder makes no progress; work continues."""

    class Standing(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            yield from super().encode(spans[:1], limit=limit)
            while True:
                yield Payload(b"x", 1, consumed)

    scene = Scene(encoder=Standing())
    scene.deliver("a", "b", "c")

    assert [["a"]] == lines_of(scene.sender)
    assert SpanLosses(not_encodable=2) == scene.losses
    assert "2 spans are lost, because the encoder raised" in caplog.text
    assert "Standing" in caplog.text
    assert "yielded a payload that covers no further span" in caplog.text


@pytest.mark.parametrize(
    ("payloads", "lines"),
    [
        ([], []),
        ([Payload(b"a\n", 1, 3)], [["a"]]),
        ([Payload(b"a\n", 1, 2)], [["a"]]),
        ([Payload(b"", 0, 1), Payload(b"b\n", 1, 2)], [["b"]]),
        ([Payload(b"a\n", 1, 99)], [["a"]]),
    ],
)
def test_spans_that_an_encoder_leaves_out_are_counted(
    payloads: list[Payload], lines: list[list[str]]
) -> None:
    """An encoder that counts no losses itself loses no span uncounted."""

    class Careless(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            yield from payloads

    scene = Scene(encoder=Careless())
    scene.deliver("a", "b", "c")

    assert lines == lines_of(scene.sender)
    assert SpanLosses(not_encodable=3 - len(lines)) == scene.losses


def test_an_encoder_may_count_a_part_of_what_it_leaves_out() -> None:
    """The others are added to its own count."""

    class Partial(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            self.losses.not_encodable += 1
            yield from ()

    scene = Scene(encoder=Partial())
    scene.deliver("a", "b", "c")

    assert SpanLosses(not_encodable=3) == scene.losses


def test_encoder_that_fails_the_second_time() -> None:
    """Spans that cannot be encoded again for a smaller limit are lost and counted."""

    class Failing(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            if limit < 8:
                raise RuntimeError
            return super().encode(spans, limit=limit)

    scene = Scene(sender=ShrinkingMemory(max_payload=8), encoder=Failing())
    scene.deliver("a", "b", "c", "d", "e")

    assert [] == lines_of(scene.sender)
    assert SpanLosses(not_encodable=5) == scene.losses


def test_an_encoder_that_raises_is_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its traceback comes with the first batch only."""

    class Failing(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            raise ZeroDivisionError

    scene = Scene(encoder=Failing())
    for time in (0, 59, 60):
        scene.clock.advance(time - scene.clock.monotonic())
        scene.deliver("a", "b")
    first, second = (
        record
        for record in caplog.records
        if "spans are lost, because the encoder raised" in record.message
    )

    assert "ZeroDivisionError" in str(first.exc_text)
    assert "suppressed: 1)" in second.message
    assert SpanLosses(not_encodable=6) == scene.losses


def test_an_interrupted_close_loses_no_count(caplog: pytest.LogCaptureFixture) -> None:
    """Interrupted at any bytecode and called again, it counts each span, and once."""
    caplog.set_level(logging.CRITICAL, "jaeger_tracing")

    def run(at: int) -> str:
        scene = Scene()
        scene.sender.fail_always(RetryableSendError("busy"))
        scene.deliver("a", "b")
        for span in named("c"):
            scene.reporter.report_span(span)
        place = call_at(at, interrupt, lambda: scene.reporter.close(0.0))
        scene.reporter.close(0.0)
        assert SpanLosses(closed=3) == scene.losses, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


def test_process_keeps_types_and_cuts_text() -> None:
    """Process tags keep their types; text is cut at the tracer's length."""
    process = make_process("service", {"text": "abcdef", "n": 1, "list": [1, 2]}, 4)

    expected = Process("service", (("text", "abcd"), ("n", 1), ("list", "[1, ")))
    assert expected == process


def test_process_without_tags() -> None:
    """A process may have no tags."""
    assert Process("service") == make_process("service", None, 10)


def test_the_line_of_an_outage_has_the_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It says what to do about it."""
    scene = Scene()
    scene.sender.fail_next(SendError("no route"))

    scene.deliver("a")

    (line,) = caplog.messages
    assert line.startswith(f"cannot send spans to {MemorySender()!r}: no route. ")
