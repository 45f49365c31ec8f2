"""
Channels over HTTP: to a collector, or to OTLP if no agent listens.

Imported only where one is needed, because the encoders and the HTTP client take 15 ms.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.encoding import (
    Encoder,
    JaegerBinaryEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.senders import HttpSender, OtlpHttpSender, Sender

OTLP_PATH: Final = "/v1/traces"
ZIPKIN_PATH: Final = "/api/v2/spans"
OTLP_PORT: Final = 4318
"""Port of OTLP over HTTP."""


class HttpChannel(NamedTuple):
    """A channel over HTTP."""

    encoder: Encoder
    sender: Sender


def format_of(endpoint: str) -> str:
    """Return the format that the path of *endpoint* selects: OTLP, Zipkin or Thrift."""
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

    *gzip* is whether to compress; `None` is the default of the format.

    Raises:
        ConfigError: If a setting cannot be used.
    """
    options.check_files("collector.")
    match format_of(endpoint):
        case "OTLP":
            is_compressed = True if gzip is None else gzip
            sender = OtlpHttpSender(endpoint, options=options, gzip=is_compressed)
            return HttpChannel(OtlpEncoder(SpanLosses()), sender)
        case "Zipkin":
            encoder: Encoder = ZipkinJsonEncoder(SpanLosses())
        case _:
            encoder = JaegerBinaryEncoder(SpanLosses())
    return HttpChannel(
        encoder,
        HttpSender(
            endpoint,
            content_type=encoder.content_type,
            options=options,
            gzip=bool(gzip),
        ),
    )


def dial_otlp(host: str) -> HttpChannel | None:
    """Return the channel to OTLP on *host*, or `None` if no backend responds there."""
    name = f"[{host}]" if ":" in host else host
    sender = OtlpHttpSender(f"http://{name}:{OTLP_PORT}{OTLP_PATH}")
    if sender.probe():
        return HttpChannel(OtlpEncoder(SpanLosses()), sender)
    sender.close()
    return None
