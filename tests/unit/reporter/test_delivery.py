"""What becomes of a payload that can and that cannot be sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import pytest

from jaeger_client._internal.ids import IdRandom
from jaeger_client.encoding import Payload
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.model import Process, SpanData, SpanLosses
from jaeger_client.reporter.base import Channel
from jaeger_client.reporter.delivery import (
    LONGEST_PAUSE,
    MOST_READY,
    MOST_TRIES,
    Delivery,
)
from jaeger_client.senders import MemorySender
from jaeger_client.testing import FakeClock
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import (
    LineChannel,
    LineEncoder,
    lines_of,
    named,
)


class Scene:
    """A delivery with all its parts at hand."""

    def __init__(
        self,
        fallback: Callable[[], Channel | None] | None = None,
        max_payload: int = 65_000,
        metrics: MetricsFactory | None = None,
    ) -> None:
        self.sender = MemorySender(max_payload=max_payload)
        self.encoder = LineEncoder()
        self.clock = FakeClock()
        self.losses = SpanLosses()
        self.errors: list[SendError] = []
        self.delivery = Delivery(
            LineChannel(self.encoder, self.sender),
            losses=self.losses,
            metrics=ReporterMetrics(metrics or MetricsFactory()),
            clock=self.clock,
            jitter=IdRandom(),
            fallback=fallback,
            on_error=self.errors.append,
        )

    def deliver(self, *names: str) -> None:
        """Encode spans of these names and send until nothing is left or waits."""
        self.delivery.prepare(named(*names))
        while self.delivery.has_ready and self.delivery.again_at is None:
            self.delivery.send_next()


def test_sent_spans_are_counted() -> None:
    """Spans that left are counted as result=ok, by their number."""
    metrics = CountingMetrics()
    scene = Scene(metrics=metrics)

    scene.deliver("a", "b")

    assert [["a", "b"]] == lines_of(scene.sender)
    assert 2 == metrics.sums["jaeger:reporter_spans{result=ok}"]


def test_failed_send_counts_and_goes_on() -> None:
    """A send error counts result=err by the number of spans; the next payload goes."""
    metrics = CountingMetrics()
    scene = Scene(max_payload=4, metrics=metrics)
    scene.sender.fail_next(SendError("no"))
    scene.deliver("a", "b", "c")

    assert [["c"]] == lines_of(scene.sender)
    assert 2 == metrics.sums["jaeger:reporter_spans{result=err}"]
    assert 2 == scene.losses.send_failed
    assert ["no"] == list(map(str, scene.errors))


class ShrinkingMemory(MemorySender):
    """A network that turns out to take less than it said."""

    def send(self, payload: bytes) -> None:
        """Shrink once to half, and refuse what is longer."""
        self.max_payload = 4
        super().send(payload)


def test_smaller_payloads_are_learned() -> None:
    """When the network takes less, what is ready is encoded anew, in its order."""
    scene = Scene()
    scene.sender = ShrinkingMemory(max_payload=8)
    scene.delivery.channel = LineChannel(scene.encoder, scene.sender)
    scene.deliver(*"abcdef")

    assert [["a", "b"], ["c", "d"], ["e", "f"]] == lines_of(scene.sender)
    assert 0 == scene.losses.send_failed


def test_same_limit_again_loses_the_payload() -> None:
    """A network that asks for no smaller payload gets none: the spans are lost."""
    scene = Scene(max_payload=4)
    scene.sender.fail_next(PayloadTooLargeError("too much", limit=4))
    scene.deliver("a", "b", "c")

    assert [["c"]] == lines_of(scene.sender)
    assert 2 == scene.losses.send_failed


def test_retryable_payload_waits() -> None:
    """A payload the backend may take later waits, with all that is behind it."""
    scene = Scene(max_payload=2)
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.deliver("a", "b", "c")
    waits = scene.delivery.again_at is not None
    assert (True, []) == (waits, lines_of(scene.sender))

    scene.delivery.send_next()
    waits = scene.delivery.again_at is not None
    assert (False, [["a"]]) == (waits, lines_of(scene.sender))


def test_room_for_what_is_ready_is_bounded() -> None:
    """Encoding runs ahead of sending by a few megabytes, then it waits."""
    scene = Scene(max_payload=MOST_READY)
    rooms = [scene.delivery.has_room]
    scene.delivery.prepare(named("x" * (MOST_READY - 1)))
    rooms.append(scene.delivery.has_room)
    scene.delivery.send_next()
    rooms.append(scene.delivery.has_room)

    assert [True, False, True] == rooms


def test_in_an_outage_nothing_is_encoded_ahead() -> None:
    """While sends fail there is room only once nothing is ready; a success ends it."""
    scene = Scene()
    scene.sender.fail_next(*[RetryableSendError("down")] * MOST_TRIES)
    scene.delivery.prepare(named("a"))
    rooms = [scene.delivery.has_room]

    for _ in range(MOST_TRIES):
        scene.delivery.send_next()
        rooms.append(scene.delivery.has_room)
    scene.deliver("b")
    scene.delivery.prepare(named("c"))
    rooms.append(scene.delivery.has_room)

    assert [True, *[False] * (MOST_TRIES - 1), True, True] == rooms


def test_retry_after_is_honoured() -> None:
    """The payload waits at least as long as the backend asks."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy", retry_after=17.0))
    scene.deliver("a")

    assert scene.clock.monotonic() + 17.0 == scene.delivery.again_at


def test_pauses_grow_to_a_limit_and_the_payload_is_given_up() -> None:
    """Each try waits longer than the one before; after the last the spans are lost."""
    scene = Scene()
    scene.sender.fail_always(RetryableSendError("busy"))
    scene.deliver("a")
    pauses: list[float] = []
    while (again_at := scene.delivery.again_at) is not None:
        pauses.append(again_at - scene.clock.monotonic())
        scene.delivery.send_next()

    assert MOST_TRIES - 1 == len(pauses)
    assert pauses == sorted(pauses)
    assert max(pauses) <= LONGEST_PAUSE * 1.2
    assert 1 == scene.losses.send_failed


def test_waiting_payload_lost_by_another_error() -> None:
    """A waiting payload that fails for good is lost and counted."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"), SendError("gone"))
    scene.deliver("a")

    scene.delivery.send_next()

    assert not scene.delivery.has_ready
    assert 1 == scene.losses.send_failed


def test_outage_speaks_twice(caplog: pytest.LogCaptureFixture) -> None:
    """One line begins an outage, with what to do; one ends it, with what was lost."""
    scene = Scene()
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        scene.sender.fail_next(SendError("one"), SendError("two"))
        for name in ("a", "b", "c", "d"):
            scene.deliver(name)
    began, ended = caplog.messages

    assert "one" in began
    assert "JAEGER_AGENT_HOST" in began
    assert "2 spans were lost" in ended


def test_refused_goes_over_to_the_channel_that_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing listens, another channel answers: it takes these spans and all later."""
    other = LineChannel()
    scene = Scene(fallback=lambda: other)
    scene.delivery.set_process(Process("service"))
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


def test_refused_asks_for_another_channel_now_and_then() -> None:
    """While no channel answers, the spans are lost, and the question is rare."""
    questions: list[float] = []

    def ask() -> Channel | None:
        questions.append(scene.clock.monotonic())
        return None

    scene = Scene(fallback=ask)
    scene.sender.fail_always(RefusedError("refused"))
    for _ in range(3):
        scene.deliver("a")
    scene.clock.advance(11)
    scene.deliver("a")

    assert 2 == len(questions)
    assert 4 == scene.losses.send_failed


def test_child_leaves_the_waiting_payload_to_its_parent() -> None:
    """After a fork nothing waits in the child."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.deliver("a")
    scene.delivery.after_fork_in_child()

    assert scene.delivery.again_at is None
    assert 0 == scene.delivery.abandon()


def test_abandon_tells_how_many() -> None:
    """What waits can be given up, and is told by the number of spans."""
    scene = Scene()
    scene.sender.fail_next(RetryableSendError("busy"))
    scene.deliver("a", "b")

    assert 2 == scene.delivery.abandon()
    assert scene.delivery.again_at is None


def test_spans_the_backend_did_not_keep_are_counted() -> None:
    """Spans of a partial success count as failed, the others as sent."""
    metrics = CountingMetrics()
    scene = Scene(metrics=metrics)

    class Partial(MemorySender):
        def send(self, payload: bytes) -> None:
            super().send(payload)
            self.rejected_spans += 1

    scene.delivery.channel = LineChannel(scene.encoder, Partial())
    scene.deliver("a", "b", "c")

    assert 2 == metrics.sums["jaeger:reporter_spans{result=ok}"]
    assert 1 == metrics.sums["jaeger:reporter_spans{result=err}"]
    assert 1 == scene.losses.send_failed


def test_span_encoded_again_is_lost_once() -> None:
    """A span that is left out again at a smaller limit is counted once."""
    scene = Scene(max_payload=8)
    scene.sender = ShrinkingMemory(max_payload=8)
    scene.delivery.channel = LineChannel(scene.encoder, scene.sender)
    scene.deliver("far too long", "a", "b", "far too long")

    assert [["a", "b"]] == lines_of(scene.sender)
    assert SpanLosses(too_large=2) == scene.losses


def test_span_that_the_other_channel_takes_is_not_lost() -> None:
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
    sent = sum(map(len, lines_of(scene.sender)))
    abandoned = scene.delivery.abandon()

    assert 7 == sent + scene.losses.dropped + abandoned
    assert 3 == scene.losses.too_large


def test_a_sender_that_raises_another_error_loses_one_payload() -> None:
    """An error that no sender may raise costs its payload; the next one is sent."""

    class Broken(MemorySender):
        def send(self, payload: bytes) -> None:
            if b"a" in payload:
                raise ZeroDivisionError
            super().send(payload)

    scene = Scene()
    sender = Broken()
    scene.delivery.channel = LineChannel(scene.encoder, sender)
    scene.deliver("a")
    scene.deliver("b")

    assert [["b"]] == lines_of(sender)
    assert SpanLosses(send_failed=1) == scene.losses


def test_child_counts_nothing_of_its_parent() -> None:
    """After a fork what the encoder left out is the parent's to count."""
    scene = Scene(max_payload=4)
    scene.delivery.prepare(named("far too long", "a"))
    scene.delivery.after_fork_in_child()
    scene.delivery.abandon()

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
    metrics = CountingMetrics()
    scene = Scene(metrics=metrics)

    class Lying(MemorySender):
        def send(self, payload: bytes) -> None:
            super().send(payload)
            self.rejected_spans += rejected

    scene.delivery.channel = LineChannel(scene.encoder, Lying())
    scene.deliver("a", "b", "c")

    assert ok == metrics.sums["jaeger:reporter_spans{result=ok}"]
    assert err == metrics.sums["jaeger:reporter_spans{result=err}"]
    assert err == scene.losses.send_failed


def test_encoder_that_fails_the_second_time() -> None:
    """Spans that cannot be encoded again for a smaller limit are lost and counted."""

    class Failing(LineEncoder):
        def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
            if limit < 8:
                raise RuntimeError
            return super().encode(spans, limit=limit)

    scene = Scene()
    scene.sender = ShrinkingMemory(max_payload=8)
    scene.delivery.channel = LineChannel(Failing(), scene.sender)
    scene.deliver("a", "b", "c", "d", "e")

    assert [] == lines_of(scene.sender)
    assert SpanLosses(not_encodable=5) == scene.losses
