"""Span contexts to carriers and back: one codec for each format on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import classes_of
from jaeger_client.codecs.b3 import B3Codec as B3Codec
from jaeger_client.codecs.b3 import B3SingleCodec as B3SingleCodec
from jaeger_client.codecs.baggage import BaggageLimits as BaggageLimits
from jaeger_client.codecs.base import Codec as Codec
from jaeger_client.codecs.binary import BinaryCodec as BinaryCodec
from jaeger_client.codecs.registry import CodecOptions as CodecOptions
from jaeger_client.codecs.registry import CompositeCodec as CompositeCodec
from jaeger_client.codecs.registry import codec_names as codec_names
from jaeger_client.codecs.registry import register_codec as register_codec
from jaeger_client.codecs.text import TextCodec as TextCodec
from jaeger_client.codecs.trace_id import header_to_hex as header_to_hex
from jaeger_client.codecs.trace_id import (
    span_context_from_string as span_context_from_string,
)
from jaeger_client.codecs.trace_id import (
    span_context_to_string as span_context_to_string,
)
from jaeger_client.codecs.zipkin import ZipkinCodec as ZipkinCodec
from jaeger_client.codecs.zipkin import ZipkinSpanFormat as ZipkinSpanFormat

if TYPE_CHECKING:
    from jaeger_client.codecs.w3c import W3CCodec as W3CCodec
else:
    # 1 ms of a start.
    __getattr__, __dir__ = classes_of(__name__, "w3c")
