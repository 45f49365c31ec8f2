"""Every encoder with its decoder, for tests that apply to all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.model import SpanLosses
from tests.foreign.decoders import (
    decode_batch,
    decode_emit_batch,
    decode_otlp,
    decode_zipkin,
)

MakeEncoder = Callable[[SpanLosses], PackingEncoder]
ReadNames = Callable[[bytes], list[str]]


def thrift_names(payload: bytes) -> list[str]:
    """Return the operation names of a bare Batch."""
    return [span.operationName for span in decode_batch(payload).spans]


def message_names(payload: bytes) -> list[str]:
    """Return the operation names of an emitBatch message."""
    return [span.operationName for span in decode_emit_batch(payload).spans]


def otlp_names(payload: bytes) -> list[str]:
    """Return the operation names of an OTLP request."""
    return [span.name for span in otlp_spans(payload)]


def otlp_spans(payload: bytes) -> Any:
    """Return the spans of an OTLP request."""
    return decode_otlp(payload).resource_spans[0].scope_spans[0].spans


def zipkin_names(payload: bytes) -> list[str]:
    """Return the operation names of a Zipkin list."""
    return [span["name"] for span in decode_zipkin(payload)]


FORMATS: list[tuple[MakeEncoder, ReadNames]] = [
    (JaegerCompactEncoder, message_names),
    (JaegerBinaryEncoder, thrift_names),
    (OtlpEncoder, otlp_names),
    (ZipkinJsonEncoder, zipkin_names),
]

ALL_FORMATS = pytest.mark.parametrize(
    ("make_encoder", "names"),
    FORMATS,
    ids=["compact", "binary", "otlp", "zipkin"],
)
