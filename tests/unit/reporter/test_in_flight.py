"""Spans between the queue and the sender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from jaeger_client.encoding import Payload
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.reporter.in_flight import InFlight
from jaeger_client.reporter.queue import SpanQueue
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.reporter.line_encoder import LineEncoder, named


class CountingEncoder(LineEncoder):
    """Counts the payloads that were encoded."""

    encoded = 0

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Count each payload."""
        for payload in super().encode(spans, limit=limit):
            self.encoded += 1
            yield payload


class Scene:
    """Spans in flight, of which two fit a payload."""

    def __init__(self, *names: str) -> None:
        self.losses = SpanLosses()
        self.encoder = CountingEncoder()
        self.queue: SpanQueue[SpanData] = SpanQueue(
            100, batch_size=100, wake=lambda: None, refused=lambda closed: None
        )
        self.in_flight = InFlight(self.losses)
        for span in named(*names):
            self.queue.put(span)
        self.in_flight.take(self.queue, 100)

    def encode(self) -> str:
        """Encode the next payload and return it."""
        self.in_flight.encode_next(self.encoder, limit=4)
        assert self.in_flight.payload is not None
        return "".join(self.in_flight.payload.body.decode().split())

    def encode_all(self) -> list[str]:
        """Let one payload after the other leave, and return them."""
        payloads: list[str] = []
        while self.in_flight:
            if self.in_flight.payload is None:
                self.in_flight.encode_next(self.encoder, limit=4)
            else:
                payloads.append("".join(self.in_flight.payload.body.decode().split()))
                self.in_flight.leave()
        return payloads


def test_a_payload_is_encoded_when_the_previous_one_has_left() -> None:
    """However many spans are in flight, there is no more than one payload."""
    scene = Scene(*"abcde")

    assert ("ab", 1) == (scene.encode(), scene.encoder.encoded)
    scene.in_flight.leave()
    assert ("cd", 2) == (scene.encode(), scene.encoder.encoded)


def test_length_is_what_has_not_left() -> None:
    """Spans are in flight until their payload has left, sent or not."""
    scene = Scene("a", "far too long", "b", "c")
    lengths = [len(scene.in_flight)]
    for _ in range(2):
        scene.encode()
        scene.in_flight.leave()
        lengths.append(len(scene.in_flight))

    assert [4, 1, 0] == lengths


def test_encode_again_returns_to_the_first_span_that_has_not_left() -> None:
    """What has left is not encoded again; what has not is, in its order."""
    scene = Scene(*"abcd")
    scene.encode()
    scene.in_flight.leave()
    scene.encode()
    scene.in_flight.encode_again()

    assert ["cd"] == scene.encode_all()


def test_losses_are_counted_when_the_payload_leaves() -> None:
    """A span that is left out is counted with its payload, and once."""
    scene = Scene("a", "far too long", "b")
    scene.encode()
    before = scene.losses.too_large
    scene.in_flight.encode_again()
    scene.encode_all()

    assert (0, 1) == (before, scene.losses.too_large)


def test_spans_behind_the_last_payload_are_counted() -> None:
    """Spans that are left out behind the last payload leave without one."""
    scene = Scene("far too long", "far too long")

    assert [""] == scene.encode_all()
    assert 2 == scene.losses.too_large


@pytest.mark.parametrize(
    ("has_payload", "abandoned", "too_large"), [(False, 4, 0), (True, 3, 1)]
)
def test_abandoned_spans_are_returned_or_counted(
    has_payload: bool, abandoned: int, too_large: int
) -> None:
    """Giving up returns how many spans were still to be sent; others are counted."""
    scene = Scene("far too long", "a", "b", "c")
    if has_payload:
        scene.encode()

    assert abandoned == scene.in_flight.abandon()
    assert too_large == scene.losses.too_large
    assert 0 == len(scene.in_flight)


def test_an_interrupt_skips_no_span() -> None:
    """Interrupted at any bytecode, all spans are encoded; a payload may come twice."""

    def run(at: int) -> str:
        scene = Scene(*"abcde")
        payloads: list[str] = []

        def send() -> None:
            payloads.append(scene.encode())
            scene.in_flight.leave()
            payloads.append(scene.encode())
            scene.in_flight.leave()

        place = call_at(at, interrupt, send)
        payloads += scene.encode_all()
        assert ["ab", "cd", "e"] == sorted(set(payloads)), place
        assert len(payloads) <= 4
        return place

    assert sum(1 for _ in every_place(run)) > 50
