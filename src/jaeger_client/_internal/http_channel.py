"""
The ways out over HTTP: to a collector, or to OTLP beside an agent that is none.

Imported where one is needed: the encoders and the HTTP client take 15 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from jaeger_client._internal.frozen import Frozen
from jaeger_client.encoding import (
    Encoder,
    JaegerBinaryEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.senders import HttpSender, OtlpHttpSender, Sender

if TYPE_CHECKING:
    from jaeger_client._internal.http_client.options import HttpOptions

OTLP_PATH: Final = "/v1/traces"
ZIPKIN_PATH: Final = "/api/v2/spans"
OTLP_PORT: Final = 4318
"""Port of OTLP over HTTP."""


class HttpChannel(Frozen):
    """A way out over HTTP."""

    encoder: Encoder
    sender: Sender


def format_of(endpoint: str) -> str:
    """Return what the path of *endpoint* asks for: OTLP, Zipkin or Thrift."""
    path = urlsplit(endpoint).path.rstrip("/")
    if path.endswith(OTLP_PATH):
        return "OTLP"
    return "Zipkin" if path.endswith(ZIPKIN_PATH) else "Thrift"


def dial_collector(
    endpoint: str,
    *,
    options: HttpOptions,
    gzip: bool | None,
) -> HttpChannel:
    """
    Return the channel to the collector at *endpoint*, whose path selects the format.

    *gzip* is whether to compress; `None` leaves it to the format.

    Raises:
        ConfigError: If a setting of it cannot be used.
    """
    options.check_files("collector.")
    match format_of(endpoint):
        case "OTLP":
            encoder = OtlpEncoder(SpanLosses())
            sender = OtlpHttpSender(
                endpoint,
                options=options,
                gzip=True if gzip is None else gzip,
            )
            return HttpChannel(encoder, sender)
        case "Zipkin":
            return _post(ZipkinJsonEncoder(SpanLosses()), endpoint, options, gzip)
        case _:
            return _post(JaegerBinaryEncoder(SpanLosses()), endpoint, options, gzip)


def dial_otlp(host: str) -> HttpChannel | None:
    """Return the way to OTLP on *host*, or `None` if nothing answers there."""
    name = f"[{host}]" if ":" in host else host
    sender = OtlpHttpSender(f"http://{name}:{OTLP_PORT}{OTLP_PATH}")
    if sender.probe():
        return HttpChannel(OtlpEncoder(SpanLosses()), sender)
    sender.close()
    return None


def _post(
    encoder: Encoder,
    endpoint: str,
    options: HttpOptions,
    gzip: bool | None,  # noqa: FBT001
) -> HttpChannel:
    sender = HttpSender(
        endpoint,
        content_type=encoder.content_type,
        options=options,
        gzip=bool(gzip),
    )
    return HttpChannel(encoder, sender)
