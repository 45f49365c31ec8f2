"""
The codecs of the formats that are configured.

Imported where something is not the default, for b3 and w3c take 2 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import opentracing

from jaeger_client.codecs import CompositeCodec
from jaeger_client.codecs.baggage import DEFAULT_LIMITS, BaggageLimits
from jaeger_client.codecs.binary import BinaryCodec
from jaeger_client.codecs.registry import CodecOptions, make_codec

if TYPE_CHECKING:
    from jaeger_client.codecs import Codec
    from jaeger_client.config.settings import PropagationSettings

_B3_ALONE: Final = ("b3",)
_JAEGER_ALONE: Final = ("jaeger",)


def make_codecs(settings: PropagationSettings) -> dict[str, Codec]:
    """Return the codecs that replace those a tracer has by itself."""
    options = _options(settings)
    # As 4.8: with b3 alone text maps stay in Jaeger's format.
    in_text = _JAEGER_ALONE if settings.formats == _B3_ALONE else settings.formats
    codecs = {
        opentracing.Format.HTTP_HEADERS: _codec(settings.formats, options),
        opentracing.Format.TEXT_MAP: _codec(
            in_text, options._replace(url_encoding=False)
        ),
    }
    if options.baggage_limits != DEFAULT_LIMITS:
        codecs[opentracing.Format.BINARY] = BinaryCodec(options.baggage_limits)
    elif settings.formats == _B3_ALONE:
        del codecs[opentracing.Format.TEXT_MAP]
    return codecs


def _codec(formats: tuple[str, ...], options: CodecOptions) -> Codec:
    codecs = [make_codec(name, options) for name in formats]
    return codecs[0] if len(codecs) == 1 else CompositeCodec(codecs)


def _options(settings: PropagationSettings) -> CodecOptions:
    return CodecOptions(
        generate_128bit_trace_id=settings.generate_128bit_trace_id,
        trace_id_header=settings.trace_id_header,
        baggage_header_prefix=settings.baggage_header_prefix,
        debug_id_header=settings.debug_id_header,
        baggage_header=settings.baggage_header,
        baggage_limits=BaggageLimits(
            settings.max_baggage_items, settings.max_baggage_value_length
        ),
    )
