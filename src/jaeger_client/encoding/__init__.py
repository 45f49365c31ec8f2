"""Spans to bytes, in every format that a backend takes. No I/O, no threads."""

from __future__ import annotations

from jaeger_client.encoding.base import Encoder, Payload
from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
from jaeger_client.encoding.otlp import OtlpEncoder
from jaeger_client.encoding.zipkin_json import ZipkinJsonEncoder

__all__ = [
    "Encoder",
    "JaegerBinaryEncoder",
    "JaegerCompactEncoder",
    "OtlpEncoder",
    "Payload",
    "ZipkinJsonEncoder",
]
