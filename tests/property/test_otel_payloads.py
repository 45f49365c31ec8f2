"""Payloads of OTLP for any spans of OpenTelemetry's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from tests.foreign.decoders import decode_otlp
from tests.foreign.otel_spans import spans
from tests.unit.otel.otlp_payloads import encode, iter_spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


@given(st.lists(spans(), min_size=1, max_size=6), st.integers(900, 4000))
def test_payloads_keep_the_limit(read: list[ReadableSpan], limit: int) -> None:
    """No payload is longer, each span is in one or counted, and each is covered."""
    encoder = OtlpSpanEncoder()
    payloads = encode(read, limit=limit, encoder=encoder)
    sent = sum(payload.span_count for payload in payloads)

    assert all(len(payload.body) <= limit for payload in payloads)
    assert sent == sum(
        1 for payload in payloads for _ in iter_spans(decode_otlp(payload.body))
    )
    assert len(read) == sent + encoder.losses.dropped
    covered = [payload.consumed for payload in payloads]
    assert sorted(covered) == covered
