"""The bytes of OTLP, decoded by OpenTelemetry's classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.status import Status, StatusCode

from jaeger_client.encoding.base import Payload
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from jaeger_client.otel.otlp_spans import OtlpConverter
from jaeger_client.testing import FakeClock
from tests.foreign.decoders import attribute_pairs, decode_otlp
from tests.foreign.otel_spans import (
    START_NS,
    make_context,
    make_span,
    many_spans,
)
from tests.unit.otel.otlp_payloads import encode, iter_spans

ALL_FIELDS: Final = {
    "resourceSpans": [
        {
            "resource": {
                "attributes": [
                    {
                        "key": "l",
                        "value": {"arrayValue": {"values": [{"intValue": "1"}]}},
                    },
                    {"key": "service.name", "value": {"stringValue": "bakery"}},
                ]
            },
            "schemaUrl": "https://resource",
            "scopeSpans": [
                {
                    "scope": {
                        "name": "baking",
                        "version": "1.2",
                        "attributes": [
                            {
                                "key": "a",
                                "value": {
                                    "kvlistValue": {
                                        "values": [
                                            {"key": "b", "value": {"intValue": "5"}}
                                        ]
                                    }
                                },
                            }
                        ],
                    },
                    "schemaUrl": "https://scope",
                    "spans": [
                        {
                            "traceId": "CvdlGRbNQ92ESOshHIAxnA==",
                            "spanId": "DduhEAAAAAE=",
                            "traceState": "a=b",
                            "parentSpanId": "AAAAAAAAAAc=",
                            "name": "bake",
                            "kind": "SPAN_KIND_CLIENT",
                            "startTimeUnixNano": str(START_NS),
                            "endTimeUnixNano": str(START_NS + 1),
                            "attributes": [
                                {
                                    "key": "kept",
                                    "value": {
                                        "arrayValue": {
                                            "values": [{"bytesValue": "eA=="}, {}]
                                        }
                                    },
                                }
                            ],
                            "droppedAttributesCount": 1,
                            "events": [
                                {
                                    "timeUnixNano": "1234",
                                    "name": "e",
                                    "attributes": [
                                        {"key": "y", "value": {"doubleValue": 2.5}}
                                    ],
                                    "droppedAttributesCount": 1,
                                }
                            ],
                            "links": [
                                {
                                    "traceId": "AAAAAAAAAAAAAAAAAAAAAQ==",
                                    "spanId": "AAAAAAAAAAI=",
                                    "traceState": "c=d",
                                    "attributes": [
                                        {"key": "z", "value": {"boolValue": True}}
                                    ],
                                    "flags": 0x101,
                                }
                            ],
                            "status": {
                                "message": "burnt",
                                "code": "STATUS_CODE_ERROR",
                            },
                            "flags": 0x303,
                        }
                    ],
                }
            ],
        }
    ]
}
"""The request of `test_all_fields` as protobuf's JSON; bytes are Base64."""


def one(payload: Payload) -> Any:
    """Return the only span of *payload*."""
    (span,) = iter_spans(decode_otlp(payload.body))
    return span


def test_all_fields() -> None:
    """Each field of a span is one of OTLP, in its own type."""
    span = ReadableSpan(
        "bake",
        context=make_context(flags=3, state=[("a", "b")]),
        parent=make_context(span_id=7, is_remote=True),
        resource=Resource({"service.name": "bakery", "l": [1]}, "https://resource"),
        attributes=BoundedAttributes(1, {"dropped": 1, "kept": [b"x", None]}),
        events=[Event("e", BoundedAttributes(1, {"x": 1, "y": 2.5}), 1_234)],
        links=[Link(make_context(1, 2, state=[("c", "d")]), {"z": True})],
        kind=SpanKind.CLIENT,
        status=Status(StatusCode.ERROR, "burnt"),
        start_time=START_NS,
        end_time=START_NS + 1,
        instrumentation_scope=InstrumentationScope(
            "baking", "1.2", "https://scope", {"a": {"b": 5}}
        ),
    )
    (payload,) = encode([span])

    assert ALL_FIELDS == MessageToDict(decode_otlp(payload.body))


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


def test_no_spans_are_no_payload() -> None:
    """Not even an empty one."""
    assert [] == encode([])


def test_large_spans_among_small_ones() -> None:
    """All are written, in their order."""
    large = make_span("large", attributes={"text": "x" * 50_000})
    (payload,) = encode([*many_spans(2), large, *many_spans(2)])
    names = [span.name for span in iter_spans(decode_otlp(payload.body))]

    assert ["bake 0", "bake 1", "large", "bake 0", "bake 1"] == names


def test_while_spans_are_left_out_the_caller_may_stop() -> None:
    """A payload without spans is yielded after a quarter of a second."""

    class SlowClock(FakeClock):
        def monotonic(self) -> float:
            self.advance(0.2)
            return super().monotonic()

    links = [Link(make_context(number, 1)) for number in range(1, 100)]
    spans_without_space = many_spans(6, links=links)
    encoder = OtlpSpanEncoder(clock=SlowClock())
    payloads = encode(spans_without_space, limit=900, encoder=encoder)

    assert {0} == {payload.span_count for payload in payloads}
    assert 2 < len(payloads)
    assert 6 == encoder.losses.too_large
