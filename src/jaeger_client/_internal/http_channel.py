"""
Channels over HTTP: to a collector, or to an OTLP backend if no agent listens.

Imported only where one is needed: importing encoders and HTTP client takes 15 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.constants import OTLP_TRACES_PATH
from jaeger_client.encoding import (
    Encoder,
    JaegerBinaryEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.reporter.base import SimpleChannel
from jaeger_client.senders import HttpSender, OtlpHttpSender

OTLP_PORT: Final = 4318
"""Port of OTLP over HTTP."""

_FORMATS: Final[Mapping[str, tuple[Callable[[], Encoder], type[HttpSender]]]] = {
    "OTLP": (OtlpEncoder, OtlpHttpSender),
    "Thrift": (JaegerBinaryEncoder, HttpSender),
    "Zipkin": (ZipkinJsonEncoder, HttpSender),
}


def dial_collector(
    endpoint: str,
    *,
    format_: str | None,
    options: HttpOptions,
    gzip: bool,
) -> SimpleChannel:
    """
    Return a channel to the collector at *endpoint*.

    Args:
        endpoint: Its URL.
        format_: `OTLP`, `Zipkin` or `Thrift`, the format that it accepts; by default
            `Thrift`.
        options: Options of the HTTP client.
        gzip: Whether to compress batches.

    Raises:
        ConfigError: If a setting cannot be used.
    """
    new_encoder, new_sender = _FORMATS[format_ or "Thrift"]
    encoder = new_encoder()
    sender = new_sender(
        endpoint, content_type=encoder.content_type, options=options, gzip=gzip
    )
    return SimpleChannel(encoder, sender)


def dial_otlp(host: str) -> SimpleChannel | None:
    """Return a channel to the OTLP backend on *host*, or `None` if none responds."""
    name = f"[{host}]" if ":" in host else host
    sender = OtlpHttpSender(f"http://{name}:{OTLP_PORT}{OTLP_TRACES_PATH}")
    if sender.probe():
        return SimpleChannel(OtlpEncoder(), sender)
    sender.close()
    return None
