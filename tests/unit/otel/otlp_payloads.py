"""Encodes spans of OpenTelemetry's SDK as OTLP, and finds them in the messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from jaeger_client.encoding.base import Payload
from jaeger_client.model import SpanData
from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from jaeger_client.otel.otlp_spans import OtlpConverter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

LIMIT: Final = 4 << 20


def encode(
    read: Sequence[ReadableSpan],
    *,
    limit: int = LIMIT,
    encoder: OtlpSpanEncoder | None = None,
) -> list[Payload]:
    """Return the payloads of *read*."""
    converter = OtlpConverter()
    plain = [converter.convert(span) for span in read]
    groups = [id(converter.group_of(span)) for span in plain]
    plain.sort(key=lambda span: groups.index(id(converter.group_of(span))))
    encoder = encoder or OtlpSpanEncoder()
    return [*encoder.encode(cast("Sequence[SpanData]", plain), limit=limit)]


def iter_spans(request: Any) -> Iterator[Any]:
    """Yield all spans of *request*."""
    for group in request.resource_spans:
        for scope in group.scope_spans:
            yield from scope.spans
