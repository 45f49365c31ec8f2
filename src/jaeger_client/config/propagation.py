"""
The codecs of the formats that are configured.

Imported where one is not the default, for b3 and w3c take 2 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import opentracing

# For the names that applications patch; see `build`.
import jaeger_client.config as rooms
from jaeger_client.codecs import B3SingleCodec, CompositeCodec, TextCodec, W3CCodec

if TYPE_CHECKING:
    from jaeger_client.codecs import Codec
    from jaeger_client.config.settings import PropagationSettings

_B3_ALONE: Final = ("b3",)


def make_codecs(settings: PropagationSettings) -> dict[str, Codec]:
    """Return the codecs that replace those a tracer has by itself."""
    if settings.formats == _B3_ALONE:
        # As 4.8: text maps stay in Jaeger's format.
        return {opentracing.Format.HTTP_HEADERS: _codec("b3", settings)}
    return {
        opentracing.Format.HTTP_HEADERS: _codecs(settings, url_encoding=True),
        opentracing.Format.TEXT_MAP: _codecs(settings, url_encoding=False),
    }


def _codecs(settings: PropagationSettings, *, url_encoding: bool) -> Codec:
    codecs = [
        _codec(name, settings, url_encoding=url_encoding) for name in settings.formats
    ]
    return codecs[0] if len(codecs) == 1 else CompositeCodec(codecs)


def _codec(
    name: str,
    settings: PropagationSettings,
    *,
    url_encoding: bool = True,
) -> Codec:
    is_long = settings.generate_128bit_trace_id
    match name:
        case "b3":
            return rooms.B3Codec(generate_128bit_trace_id=is_long)
        case "b3single":
            return B3SingleCodec(generate_128bit_trace_id=is_long)
        case "w3c":
            return W3CCodec()
        case _:
            return TextCodec(
                url_encoding=url_encoding,
                trace_id_header=settings.trace_id_header,
                baggage_header_prefix=settings.baggage_header_prefix,
                debug_id_header=settings.debug_id_header,
                baggage_header=settings.baggage_header,
            )
