"""What the sink stores, decodes and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from benchmarks.comparison.sink.decoding import AGENT, decode
from benchmarks.comparison.sink.store import Store
from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
)
from jaeger_client.model import Process, SpanLosses
from tests.foreign.spans import FinishedSpan, Ids, encode_one

# By import_module, because it has no types.
msgpack: Any = import_module("msgpack")


def payload(make_encoder: Callable[[SpanLosses], Any], span_id: int = 7) -> bytes:
    """Return the bytes of one span."""
    encoder = make_encoder(SpanLosses())
    encoder.set_process(Process("shop", ()))
    return encode_one(encoder, FinishedSpan(Ids(span_id=span_id), "GET"))


def datadog_maps() -> bytes:
    """Return one span in version 0.4 of Datadog's format."""
    span = {"name": "GET", "trace_id": 1, "span_id": 7}
    packed: bytes = msgpack.packb([[span]])
    return packed


def datadog_rows() -> bytes:
    """Return one span in version 0.5, with numbers as keys of its maps."""
    strings = ["", "shop", "GET"]
    span = [1, 2, 2, 1, 7, 0, 0, 0, 0, {1: 2}, {1: 0.5}, 0]
    packed: bytes = msgpack.packb([strings, [[span]]])
    return packed


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (AGENT, payload(JaegerCompactEncoder)),
        ("/api/traces", payload(JaegerBinaryEncoder)),
        ("/v1/traces", payload(OtlpEncoder)),
        ("/v0.4/traces", datadog_maps()),
        ("/v0.5/traces", datadog_rows()),
    ],
)
def test_every_way_in_is_decoded(kind: str, body: bytes) -> None:
    """A span is decoded from each format that a peer sends."""
    (span,) = decode(kind, body)

    span_id = span.span_id
    as_number = span_id if isinstance(span_id, int) else int.from_bytes(span_id, "big")
    assert ("GET", 7) == (span.name, as_number)


def test_store_counts_spans_and_distinct_ones() -> None:
    """A span that came twice counts twice, and once as a distinct one."""
    store = Store()
    for span_id in (1, 1, 2):
        store.put(AGENT, payload(JaegerCompactEncoder, span_id))

    count = store.count()

    assert (3, 2, 3) == (count.spans, count.distinct, count.payloads)
    assert {"GET": 2} == count.names


def test_store_forgets() -> None:
    """After a reset, earlier spans are not counted."""
    store = Store()
    store.put(AGENT, payload(JaegerCompactEncoder))
    store.reset()

    assert 0 == store.count().spans


def test_store_refuses_too_much() -> None:
    """If more bytes come than the sink may store, its count is an error."""
    store = Store(max_bytes=10)
    store.put(AGENT, bytes(11))

    assert "more than 10 undecoded bytes arrived" == store.count().error


def test_what_cannot_be_decoded_is_an_error() -> None:
    """Bytes that cannot be decoded are an error with their length."""
    store = Store()
    store.put("/v0.4/traces", b"\xc1")

    assert store.count().error.startswith("/v0.4/traces: cannot decode 1 bytes")


def test_wait_ends_when_all_is_there() -> None:
    """Waiting for spans that have arrived takes no time."""
    store = Store()
    store.put(AGENT, payload(JaegerCompactEncoder))

    assert 1 == store.wait(1, quiet=60).distinct


def test_wait_ends_when_nothing_comes() -> None:
    """Waiting for more spans than come ends after the quiet time."""
    assert 0 == Store().wait(1, quiet=0.01).distinct


def test_count_is_sent_over_the_connection() -> None:
    """A count converted to plain values and back is equal."""
    store = Store()
    store.put(AGENT, payload(JaegerCompactEncoder))
    count = store.count()

    assert count == replace(count, **count.to_json())  # type: ignore[arg-type]  # its own fields
