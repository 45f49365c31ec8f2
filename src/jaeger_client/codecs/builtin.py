"""The codecs that every tracer has, by their formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentracing import Format

from jaeger_client.codecs.baggage import DEFAULT_LIMITS, BaggageLimits
from jaeger_client.codecs.binary import BinaryCodec
from jaeger_client.codecs.text import TextCodec
from jaeger_client.codecs.zipkin import ZipkinCodec, ZipkinSpanFormat

if TYPE_CHECKING:
    from jaeger_client.codecs.base import Codec


def make_codecs(
    *,
    trace_id_header: str,
    baggage_header_prefix: str,
    debug_id_header: str,
    baggage_limits: BaggageLimits = DEFAULT_LIMITS,
) -> dict[str, Codec]:
    """Return a new codec for each format of OpenTracing, and for TChannel's."""

    def text(*, url_encoding: bool) -> TextCodec:
        return TextCodec(
            url_encoding=url_encoding,
            trace_id_header=trace_id_header,
            baggage_header_prefix=baggage_header_prefix,
            debug_id_header=debug_id_header,
            baggage_limits=baggage_limits,
        )

    return {
        Format.TEXT_MAP: text(url_encoding=False),
        Format.HTTP_HEADERS: text(url_encoding=True),
        Format.BINARY: BinaryCodec(baggage_limits),
        ZipkinSpanFormat: ZipkinCodec(),
    }
