"""Our OTLP compared with that of OpenTelemetry's own exporter, span by span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from tests.foreign.decoders import decode_otlp
from tests.foreign.otel_spans import spans
from tests.unit.otel.otlp_payloads import encode, iter_spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


@pytest.mark.timeout(300)  # 100 examples take 5 s on an idle machine
@settings(max_examples=100, deadline=None)
@given(st.lists(spans(), min_size=1, max_size=4, unique_by=lambda s: s.context.span_id))
def test_spans_are_written_as_by_opentelemetry(read: list[ReadableSpan]) -> None:
    """Spans of several resources and scopes are the same as in its own exporter."""
    expected = add_what_ours_adds(encode_spans(read), read)
    payloads = encode(read)

    assert flat([expected]) == flat([decode_otlp(part.body) for part in payloads])


def flat(requests: Sequence[Any]) -> list[tuple[bytes, ...]]:
    """Return each span with its resource and scope, whatever message they are in."""
    return sorted(
        (
            b"".join(sorted(_bytes(item) for item in group.resource.attributes)),
            group.schema_url.encode(),
            _bytes(scope.scope),
            scope.schema_url.encode(),
            _bytes(span),
        )
        for request in requests
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    )


def _bytes(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def add_what_ours_adds(request: Any, read: Sequence[ReadableSpan]) -> Any:
    """Add W3C's flags and trace states of links, which the SDK's exporter omits."""
    by_id = {span.get_span_context().span_id: span for span in read}  # type: ignore[union-attr]
    for span in iter_spans(request):
        own = by_id[int.from_bytes(span.span_id, "big")]
        span.flags |= own.get_span_context().trace_flags  # type: ignore[union-attr]
        for link, original in zip(span.links, own.links, strict=True):
            link.flags |= original.context.trace_flags
            link.trace_state = original.context.trace_state.to_header()
    return request
