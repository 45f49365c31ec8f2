"""Both writers of OTLP spans write the same bytes, for any spans."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.encoding import OtlpEncoder, otlp_writer
from jaeger_client.model import SpanLosses
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import FakeClock
from tests.foreign.decoders import decode_otlp
from tests.foreign.spans import FinishedSpan, encode_all
from tests.property.test_encoding_roundtrip import (
    ANY_SPAN,
    ANYTHING,
    REFERENCES,
    SECONDS,
    SPANS,
    TEXT,
    VALUES,
)

compiled = pytest.importorskip(
    "jaeger_client._native.writers", reason="the compiled writers are not built"
)


class Plain(OtlpEncoder):
    """An encoder with the writer in Python."""

    _span_writer = None


class Compiled(OtlpEncoder):
    """An encoder with the compiled writer."""

    _span_writer = compiled.OtlpWriter(otlp_writer)


KEYS = TEXT | st.sampled_from(
    [
        "span.kind",
        "error",
        "otel.status_code",
        "otel.status_description",
        "http.status_code",
        "http.status_message",
        "event",
    ]
)
ANY_VALUES = (
    VALUES
    | ANYTHING
    | st.sampled_from(["server", "client", "OK", "error", "404", " 500 ", 404, 500])
)
ITEMS = st.lists(st.tuples(KEYS, ANY_VALUES), max_size=40)
MAPPINGS = st.dictionaries(KEYS, ANY_VALUES, max_size=8)
ANY_ITEMS: st.SearchStrategy[Any] = (
    ITEMS | ITEMS.map(tuple) | MAPPINGS.map(dict[str, Any].items) | MAPPINGS
)
SPECIAL = st.builds(
    FinishedSpan,
    tag_items=ANY_ITEMS,
    log_items=st.lists(st.tuples(st.integers(), ANY_ITEMS), max_size=4),
    references=REFERENCES,
    dropped_tags=st.integers() | ANYTHING,
)


@st.composite
def own_spans(draw: st.DrawFn) -> Span:
    """Return a span of this client, some of whose attributes were assigned."""
    ids = st.integers(1, 2**64 - 1)
    context = SpanContext(
        draw(st.integers(1, 2**128 - 1)),
        draw(ids),
        draw(st.none() | ids),
        draw(st.sampled_from([1, 3])),
    )
    references: Any = draw(st.none() | REFERENCES)
    span = Span(context, None, draw(TEXT), draw(MAPPINGS), draw(SECONDS), references)
    for key, value in draw(ITEMS):
        span.set_tag(key, value)
    for fields in draw(st.lists(MAPPINGS, max_size=3)):
        span.log_kv(fields)
    if draw(st.booleans()):
        _ = span.tags, span.logs  # they become objects
    span.finish(draw(SECONDS))
    for name, value in draw(st.dictionaries(ATTRIBUTES, ANYTHING, max_size=2)).items():
        with suppress(Exception):  # not every attribute accepts any object
            setattr(span, name, value)
    return span


ATTRIBUTES = st.sampled_from(
    [
        *("operation_name", "start_time", "end_time", "references", "flags"),
        *("trace_id", "span_id", "parent_id", "tags", "logs", "log_items"),
        *("dropped_tags", "dropped_logs", "first_tags", "more_tags", "decision_tags"),
    ]
)


@given(
    st.lists(SPANS | ANY_SPAN | SPECIAL | own_spans(), max_size=4),
    st.integers(200, 5_000),
)
def test_same_payloads(spans: list[Any], limit: int) -> None:
    """Payloads and losses are equal; the foreign decoder reads them."""
    losses, other_losses = SpanLosses(), SpanLosses()
    # No time passes, so that payloads do not depend on it.
    payloads = encode_all(Plain(losses, clock=FakeClock()), spans, limit)

    encoder = Compiled(other_losses, clock=FakeClock())
    assert payloads == encode_all(encoder, spans, limit)
    assert losses == other_losses
    for payload in payloads:
        decode_otlp(payload.body)


@given(st.lists(SPANS | SPECIAL | own_spans(), max_size=3), st.integers(1, 2_000))
def test_same_bytes_and_ends(spans: list[Any], max_size: int) -> None:
    """The writers stop and raise at the same span."""
    written: list[object] = []
    for encoder in (Plain(), Compiled()):
        out, ends = bytearray(), list[int]()
        error: object = None
        try:
            encoder._write_spans(out, ends, spans, max_size)
        except Exception as raised:  # noqa: BLE001 - compared below
            error = type(raised)
            del out[ends[-1] if ends else 0 :]  # as the encoder does
        written.append((out, ends, error))

    assert written[0] == written[1]
