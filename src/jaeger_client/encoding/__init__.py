"""Spans to bytes, in every format that a backend takes. No I/O, no threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
    from jaeger_client.encoding.base import Encoder, Payload
    from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
    from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
    from jaeger_client.encoding.otlp import OtlpEncoder
    from jaeger_client.encoding.zipkin_json import ZipkinJsonEncoder
else:
    # Imported when they are asked for: see `lazy`. A process needs one of them.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.encoding.base": "Encoder Payload",
            "jaeger_client.encoding.jaeger_binary": "JaegerBinaryEncoder",
            "jaeger_client.encoding.jaeger_compact": "JaegerCompactEncoder",
            "jaeger_client.encoding.otlp": "OtlpEncoder",
            "jaeger_client.encoding.zipkin_json": "ZipkinJsonEncoder",
        },
    )

__all__ = [
    "Encoder",
    "JaegerBinaryEncoder",
    "JaegerCompactEncoder",
    "OtlpEncoder",
    "Payload",
    "ZipkinJsonEncoder",
]
