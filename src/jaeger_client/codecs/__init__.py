"""Codecs write span contexts to carriers and read them, one for each wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.codecs.base import Codec
from jaeger_client.codecs.binary import BinaryCodec
from jaeger_client.codecs.items import BaggageLimits
from jaeger_client.codecs.registry import (
    CodecOptions,
    CompositeCodec,
    codec_names,
    register_codec,
)
from jaeger_client.codecs.text import TextCodec
from jaeger_client.codecs.trace_id import (
    header_to_hex,
    span_context_from_string,
    span_context_to_string,
)
from jaeger_client.codecs.zipkin import ZipkinCodec, ZipkinSpanFormat

if TYPE_CHECKING:
    from jaeger_client.codecs.b3 import B3Codec, B3SingleCodec
    from jaeger_client.codecs.w3c import W3CCodec
else:
    # Imported on first use, because most tracers have the format of Jaeger only.
    __getattr__, __dir__ = names_of(__name__, "b3", "w3c")

__all__ = [
    "B3Codec",
    "B3SingleCodec",
    "BaggageLimits",
    "BinaryCodec",
    "Codec",
    "CodecOptions",
    "CompositeCodec",
    "TextCodec",
    "W3CCodec",
    "ZipkinCodec",
    "ZipkinSpanFormat",
    "codec_names",
    "header_to_hex",
    "register_codec",
    "span_context_from_string",
    "span_context_to_string",
]
