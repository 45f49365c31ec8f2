"""
The ways out over HTTP: to a collector, or to OTLP beside an agent that is none.

Imported where one is needed: the encoders and the HTTP client take 15 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from jaeger_client._internal.frozen import Frozen
from jaeger_client.config.collector_params import ZIPKIN_PATH
from jaeger_client.config.opentelemetry import OTLP_PATH
from jaeger_client.encoding import (
    Encoder,
    JaegerBinaryEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.senders import HttpSender, OtlpHttpSender, Sender

if TYPE_CHECKING:
    from jaeger_client.config.settings import CollectorSettings

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


def dial_collector(collector: CollectorSettings) -> HttpChannel:
    """
    Return the way to the collector, which its path tells.

    Raises:
        ConfigError: If a setting of it cannot be used.
    """
    collector.http.check_files("collector.")
    match format_of(collector.endpoint):
        case "OTLP":
            encoder = OtlpEncoder(SpanLosses())
            gzip = True if collector.gzip is None else collector.gzip
            sender = OtlpHttpSender(
                collector.endpoint,
                options=collector.http,
                gzip=gzip,
            )
            return HttpChannel(encoder, sender)
        case "Zipkin":
            return _post(ZipkinJsonEncoder(SpanLosses()), collector)
        case _:
            return _post(JaegerBinaryEncoder(SpanLosses()), collector)


def dial_otlp(host: str) -> HttpChannel | None:
    """Return the way to OTLP on *host*, or `None` if nothing answers there."""
    name = f"[{host}]" if ":" in host else host
    sender = OtlpHttpSender(f"http://{name}:{OTLP_PORT}{OTLP_PATH}")
    if sender.probe():
        return HttpChannel(OtlpEncoder(SpanLosses()), sender)
    sender.close()
    return None


def _post(encoder: Encoder, collector: CollectorSettings) -> HttpChannel:
    sender = HttpSender(
        collector.endpoint,
        content_type=encoder.content_type,
        options=collector.http,
        gzip=bool(collector.gzip),
    )
    return HttpChannel(encoder, sender)
