"""The steps between the queue and the sender, one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import pytest

from jaeger_client.encoding import Payload
from jaeger_client.errors import PayloadTooLargeError, RefusedError, SendError
from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.model import Process, SpanData, SpanLosses
from jaeger_client.reporter.losses import LossReport
from jaeger_client.reporter.queue import SpanQueue
from jaeger_client.reporter.transmitter import PROBE_INTERVAL, Transmitter
from jaeger_client.senders import MemorySender
from jaeger_client.testing import FakeClock
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.reporter.line_encoder import LineChannel, LineEncoder, lines_of, named


class CountingEncoder(LineEncoder):
    """Counts the payloads that were encoded."""

    encoded = 0

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Count each payload."""
        for payload in super().encode(spans, limit=limit):
            self.encoded += 1
            yield payload


class Scene:
    """A transmitter with spans, of which two fit a payload."""

    def __init__(
        self,
        *names: str,
        encoder: CountingEncoder | None = None,
        fallback: LineChannel | None = None,
    ) -> None:
        metrics = ReporterMetrics(MetricsFactory())
        self.clock = clock = FakeClock()
        self.losses = SpanLosses()
        self.encoder = encoder or CountingEncoder()
        self.sender = MemorySender(max_payload=4)
        self.transmitter = Transmitter(
            LineChannel(self.encoder, self.sender),
            fallback=None if fallback is None else lambda: fallback,
            losses=LossReport(self.losses, metrics, clock=clock),
            metrics=metrics,
            error_reporter=None,
            clock=clock,
        )
        self.queue: SpanQueue[SpanData] = SpanQueue(
            100, batch_size=100, wake=lambda: None, refused=lambda closed: None
        )
        for span in named(*names):
            self.queue.put(span)
        self.transmitter.take(self.queue, 100)

    def step(self) -> None:
        """Encode or send the next payload."""
        if self.transmitter.has_payload:
            self.transmitter.attempt(None)
        else:
            self.transmitter.encode_next()

    def finish(self) -> None:
        """Encode and send until all spans are done."""
        while self.transmitter:
            self.step()

    @property
    def sent(self) -> list[str]:
        """The payloads that were sent."""
        return ["".join(names) for names in lines_of(self.sender)]


def test_a_payload_is_encoded_when_the_previous_one_has_left() -> None:
    """However many spans there are, only one payload is encoded at a time."""
    scene = Scene(*"abcde")
    encoded: list[int] = []
    for _ in range(4):
        scene.step()
        encoded.append(scene.encoder.encoded)

    assert [1, 1, 2, 2] == encoded


def test_length_is_what_has_not_left() -> None:
    """Spans stay until their payload is done, whether they are in it or not."""
    scene = Scene("a", "far too long", "b", "c")
    lengths = [len(scene.transmitter)]
    for _ in range(4):
        scene.step()
        lengths.append(len(scene.transmitter))

    assert [4, 4, 1, 1, 0] == lengths


def test_spans_that_have_left_are_not_encoded_again() -> None:
    """After a smaller limit only spans that are not done are encoded, in order."""
    scene = Scene(*"abcd")
    scene.step()
    scene.step()
    scene.step()
    scene.sender.fail_next(PayloadTooLargeError("smaller", limit=2))
    scene.finish()

    assert ["ab", "c", "d"] == scene.sent
    assert 4 == scene.encoder.encoded


def test_losses_are_counted_when_the_payload_leaves() -> None:
    """A span that is left out is counted with its payload, and once."""
    scene = Scene("a", "far too long", "b")
    scene.sender.fail_next(PayloadTooLargeError("smaller", limit=2))
    counts: list[int] = []
    for _ in range(4):
        scene.step()
        counts.append(scene.losses.too_large)

    assert [0, 0, 0, 1] == counts


def test_spans_behind_the_last_payload_are_counted() -> None:
    """Spans left out after the last payload are counted without a send."""
    scene = Scene("far too long", "far too long")
    scene.finish()

    assert [] == scene.sent
    assert 2 == scene.losses.too_large


@pytest.mark.parametrize(
    ("steps", "closed", "too_large"), [(0, 5, 0), (1, 4, 1), (2, 2, 1)]
)
def test_abandoned_spans_are_counted(steps: int, closed: int, too_large: int) -> None:
    """Spans that were not sent yet are counted as closed; others keep their cause."""
    scene = Scene("far too long", "a", "b", "c")
    for span in named("queued"):
        scene.queue.put(span)
    for _ in range(steps):
        scene.step()
    scene.transmitter.abandon(scene.queue)

    assert SpanLosses(closed=closed, too_large=too_large) == scene.losses
    assert 0 == len(scene.queue)
    assert 0 == len(scene.transmitter)


def test_an_interrupt_skips_no_span() -> None:
    """Interrupted at any bytecode, all spans are sent; one payload may come twice."""

    def run(at: int) -> str:
        scene = Scene(*"abcde")
        place = call_at(at, interrupt, scene.finish)
        scene.finish()
        assert ["ab", "cd", "e"] == sorted(set(scene.sent)), place
        assert len(scene.sent) <= 4, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


def test_an_interrupt_leaves_no_encoder_without_its_process() -> None:
    """Interrupted at any bytecode of its first use, the encoder gets the process."""

    def run(at: int) -> str:
        scene = Scene("a")
        scene.transmitter.set_process(Process("service"))
        place = call_at(at, interrupt, scene.transmitter.encode_next)
        scene.finish()
        assert Process("service") == scene.encoder.process, place
        return place

    assert sum(1 for _ in every_place(run)) > 10


def test_an_interrupt_does_not_prevent_the_fallback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Interrupted at any bytecode, later spans go over the whole other channel."""
    caplog.set_level(logging.CRITICAL, "jaeger_tracing")

    def run(at: int) -> str:
        other = LineChannel()
        scene = Scene("a", fallback=other)
        scene.transmitter.set_process(Process("service"))
        scene.sender.fail_always(RefusedError("nothing listens"))
        scene.step()
        place = call_at(at, interrupt, scene.step)
        for name in "bcd":
            scene.finish()
            scene.clock.advance(PROBE_INTERVAL)
            scene.transmitter.put(named(name))
        scene.finish()
        assert ["d"] == lines_of(other.sender)[-1], place
        assert isinstance(other.encoder, LineEncoder)
        assert other.encoder.process is not None, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


@pytest.mark.parametrize("error", [None, SendError("gone")])
def test_an_interrupt_loses_no_count(
    caplog: pytest.LogCaptureFixture, error: SendError | None
) -> None:
    """Interrupted at any bytecode, each span is sent or in the totals, and once."""
    # Thousands of bytecodes write a line; none of them counts.
    caplog.set_level(logging.CRITICAL, "jaeger_tracing")

    def run(at: int) -> str:
        scene = Scene("a", "far too long", "b", "c", "far too long")
        if error is not None:
            scene.sender.fail_next(error)
        place = call_at(at, interrupt, scene.finish)
        scene.finish()
        scene.transmitter.release()
        arrived = len(set("".join(scene.sent)))
        expected = SpanLosses(too_large=2, send_failed=3 - arrived)
        assert expected == scene.losses, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


def test_an_interrupt_loses_no_count_of_an_encoder_that_raises(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spans that are lost because the encoder raised are in the totals, and once."""
    caplog.set_level(logging.CRITICAL, "jaeger_tracing")

    class Failing(CountingEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            raise ZeroDivisionError

    def run(at: int) -> str:
        scene = Scene("a", "b", encoder=Failing())
        place = call_at(at, interrupt, scene.finish)
        scene.finish()
        scene.transmitter.release()
        assert SpanLosses(not_encodable=2) == scene.losses, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


def test_an_interrupt_while_spans_are_abandoned_loses_no_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Interrupted at any bytecode and repeated, each span is counted, and once."""
    caplog.set_level(logging.CRITICAL, "jaeger_tracing")

    def run(at: int) -> str:
        scene = Scene("far too long", "a", "b", "c")
        for span in named("queued"):
            scene.queue.put(span)
        scene.step()

        def abandon() -> None:
            scene.transmitter.abandon(scene.queue)

        place = call_at(at, interrupt, abandon)
        abandon()
        assert 5 == scene.losses.dropped, place
        return place

    assert sum(1 for _ in every_place(run)) > 100


@pytest.mark.parametrize("steps", range(4))
def test_spans_that_are_given_up_are_counted(
    steps: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not done counts as not sent; what the encoder left out, by its cause."""
    scene = Scene("a", "large", "b", "c", "d")
    for _ in range(steps):
        scene.step()
    scene.transmitter.give_up(SendError("time is up"))
    sent = sum(payload.count(b"\n") for payload in scene.sender.payloads)

    assert 0 == len(scene.transmitter)
    assert 5 == sent + scene.losses.dropped
    assert "time is up" in caplog.text


def test_spans_can_be_passed_without_a_queue() -> None:
    """They are sent as those of a queue."""
    scene = Scene()
    scene.transmitter.put(named("a", "b"))
    scene.step()
    scene.step()

    assert [b"a\nb\n"] == scene.sender.payloads


def test_the_advice_can_be_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """Other users of the transmitter have other settings."""
    clock, metrics = FakeClock(), ReporterMetrics(MetricsFactory())
    transmitter = Transmitter(
        LineChannel(),
        fallback=None,
        losses=LossReport(SpanLosses(), metrics, clock=clock),
        metrics=metrics,
        error_reporter=None,
        clock=clock,
        advice="Is it plugged in?",
    )
    transmitter.put(named("a"))
    transmitter.give_up(SendError("time is up"))

    assert "time is up. Is it plugged in?" in caplog.text
