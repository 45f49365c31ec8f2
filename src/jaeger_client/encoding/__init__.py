"""Encoders: spans to bytes in every supported format. No I/O, no threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.encoding.base import Encoder, Payload

if TYPE_CHECKING:
    from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
    from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
    from jaeger_client.encoding.otlp import OtlpEncoder
    from jaeger_client.encoding.zipkin_json import ZipkinJsonEncoder
else:
    # Imported on first use: each takes 2 ms, and a process needs one of them.
    __getattr__, __dir__ = names_of(
        __name__, "jaeger_compact", "jaeger_binary", "otlp", "zipkin_json"
    )

__all__ = [
    "Encoder",
    "JaegerBinaryEncoder",
    "JaegerCompactEncoder",
    "OtlpEncoder",
    "Payload",
    "ZipkinJsonEncoder",
]
