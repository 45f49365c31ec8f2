"""The bytes of OTLP, decoded by OpenTelemetry's classes and compared with its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link

from jaeger_client.encoding.base import Payload
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from jaeger_client.otel.readable import OtlpConverter, grouped
from tests.foreign.decoders import attribute_pairs, decode_otlp
from tests.foreign.otel_spans import make_context, make_span, many_spans, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT: Final = 4 << 20


def encode(
    read: Sequence[ReadableSpan],
    *,
    limit: int = LIMIT,
    encoder: OtlpSpanEncoder | None = None,
) -> list[Payload]:
    """Return the payloads of *read*."""
    converter = OtlpConverter()
    plain = grouped([converter.convert(span) for span in read])
    encoder = encoder or OtlpSpanEncoder()
    return [*encoder.encode(cast("Sequence[SpanData]", plain), limit=limit)]


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


def iter_spans(request: Any) -> Iterator[Any]:
    """Yield all spans of *request*."""
    for group in request.resource_spans:
        for scope in group.scope_spans:
            yield from scope.spans


def one(payload: Payload) -> Any:
    """Return the only span of *payload*."""
    (span,) = iter_spans(decode_otlp(payload.body))
    return span


@given(st.lists(spans(), min_size=1, max_size=4, unique_by=lambda s: s.context.span_id))
def test_spans_are_written_as_by_opentelemetry(read: list[ReadableSpan]) -> None:
    """Spans of several resources and scopes are the same as in its own exporter."""
    expected = add_what_ours_adds(encode_spans(read), read)
    payloads = encode(read)

    assert flat([expected]) == flat([decode_otlp(part.body) for part in payloads])


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


def test_groups_share_a_request() -> None:
    """Spans of two resources and three scopes are one request."""
    scopes = [InstrumentationScope(name) for name in ("a", "b")]
    other = Resource({"service.name": "café"})
    read = [
        *many_spans(3, scope=scopes[0]),
        *many_spans(2, scope=scopes[1]),
        *many_spans(2, resource=other),
    ]
    (payload,) = encode(read)

    assert (7, 7) == (payload.span_count, payload.consumed)
    assert [3, 2, 2] == [
        len(scope.spans)
        for group in decode_otlp(payload.body).resource_spans
        for scope in group.scope_spans
    ]


def test_equal_scopes_are_one_group() -> None:
    """Each `get_tracer` creates a scope; equal ones are written once."""
    read = [
        *many_spans(1, scope=InstrumentationScope("a", "1")),
        *many_spans(1, scope=InstrumentationScope("a", "1")),
    ]
    (payload,) = encode(read)

    (group,) = decode_otlp(payload.body).resource_spans
    assert 2 == len(group.scope_spans[0].spans)


def test_losses_belong_to_the_payload_that_covers_the_span() -> None:
    """A span lost in the second group is not counted with the first payload."""
    first = many_spans(1, scope=InstrumentationScope("a"))
    links = [Link(make_context(number, 1)) for number in range(1, 100)]
    second = [
        make_span(links=links, scope=InstrumentationScope("b")),
        *many_spans(6, scope=InstrumentationScope("b")),
    ]
    encoder = OtlpSpanEncoder()
    encoder.losses = losses = SpanLosses()
    converter = OtlpConverter()
    plain = [converter.convert(span) for span in (*first, *second)]
    seen = [
        (payload.span_count, payload.consumed, losses.too_large)
        for payload in encoder.encode(cast("Sequence[SpanData]", plain), limit=400)
    ]

    assert (1, 1, 0) == seen[0]
    assert 1 == losses.too_large
    assert (8, 1) == seen[-1][1:]
    assert 7 == sum(count for count, _, _ in seen)


def test_a_large_span_loses_its_oldest_events_first() -> None:
    """The newest events stay, and the lists of attributes stay lists."""
    events = [Event(f"e{number}", {"k": "v" * 100}, number) for number in range(50)]
    span = make_span(attributes={"list": [1, 2]}, events=events)
    encoder = OtlpSpanEncoder()
    (payload,) = encode([span], limit=2_000, encoder=encoder)
    shown = one(payload)

    names = [event.name for event in shown.events]
    assert names == [f"e{number}" for number in range(50 - len(names), 50)]
    assert 5 < len(names) < 50
    assert "array_value" == shown.attributes[0].value.WhichOneof("value")
    assert ("jaeger.truncated", True) in attribute_pairs(shown.attributes)
    assert 1 == encoder.losses.truncated


def test_a_larger_span_loses_the_ends_of_its_longest_values() -> None:
    """Short values stay whole."""
    span = make_span(attributes={"short": "s" * 20, "long": "l" * 9_000})
    (payload,) = encode([span], limit=1_000)
    shown = dict(attribute_pairs(one(payload).attributes))

    assert "s" * 20 == shown["short"]
    assert 100 < len(cast("str", shown["long"])) < 1_000


def test_as_a_last_resort_lists_are_cut_as_json() -> None:
    """A huge list becomes the beginning of its JSON; links lose their attributes."""
    link = Link(make_context(1, 2), {"a": "b" * 2_000, "c": "d"})
    span = make_span(attributes={"list": [1] * 5_000}, links=[link])
    (payload,) = encode([span], limit=1_000)
    shown = one(payload)

    assert cast("str", dict(attribute_pairs(shown.attributes))["list"]).startswith(
        "[1,1,1,"
    )
    assert ([], 2) == (
        [*shown.links[0].attributes],
        shown.links[0].dropped_attributes_count,
    )


def test_a_span_that_nothing_makes_fit_is_counted() -> None:
    """It is left out; the others are written."""
    links = [Link(make_context(number, 1)) for number in range(1, 100)]
    encoder = OtlpSpanEncoder()
    payloads = encode(
        [make_span(links=links), *many_spans(3)], limit=900, encoder=encoder
    )

    assert 3 == sum(payload.span_count for payload in payloads)
    assert 1 == encoder.losses.too_large


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_resource_without_a_name_of_the_service(name: Any) -> None:
    """The attribute is written as it is."""
    (payload,) = encode([make_span(resource=Resource({"service.name": name}))])
    (group,) = decode_otlp(payload.body).resource_spans
    (attribute,) = group.resource.attributes
    kind = attribute.value.WhichOneof("value")

    assert "service.name" == attribute.key
    assert name == (getattr(attribute.value, kind) if kind else None)
