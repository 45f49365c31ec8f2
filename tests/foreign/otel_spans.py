"""Finished spans of OpenTelemetry's SDK, made by hand or by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

TRACE_ID: Final = 0x0AF7651916CD43DD8448EB211C80319C
SPAN_ID: Final = 0x0DDBA11000000001
START_NS: Final = 1_700_000_000_123_456_789
RESOURCE: Final = Resource({"service.name": "bakery", "host.name": "oven"})
SCOPE: Final = InstrumentationScope("baking", "1.2")


def make_context(
    trace_id: int = TRACE_ID,
    span_id: int = SPAN_ID,
    *,
    is_remote: bool = False,
    flags: int = 1,
    state: Sequence[tuple[str, str]] = (),
) -> SpanContext:
    """Return a span context."""
    return SpanContext(
        trace_id, span_id, is_remote, TraceFlags(flags), TraceState([*state])
    )


def make_span(
    name: str = "bake",
    *,
    context: SpanContext | None = None,
    parent: SpanContext | None = None,
    resource: Resource = RESOURCE,
    scope: InstrumentationScope | None = SCOPE,
    attributes: Mapping[Any, Any] | None = None,
    events: Sequence[Event] = (),
    links: Sequence[Link] = (),
    kind: SpanKind = SpanKind.INTERNAL,
    status: Status | None = None,
    start_ns: int = START_NS,
    end_ns: int | None = START_NS + 1_500_999,
) -> ReadableSpan:
    """Return a finished span."""
    return ReadableSpan(
        name,
        context=context or make_context(),
        parent=parent,
        resource=resource,
        attributes=attributes,
        events=events,
        links=links,
        kind=kind,
        status=status or Status(StatusCode.UNSET),
        start_time=start_ns,
        end_time=end_ns,
        instrumentation_scope=scope,
    )


def many_spans(count: int, **fields: Any) -> list[ReadableSpan]:
    """Return *count* spans with the names `bake 0`, `bake 1` and so on."""
    return [
        make_span(
            f"bake {number}", context=make_context(span_id=SPAN_ID + number), **fields
        )
        for number in range(count)
    ]


# ---- by hypothesis: what the SDK accepts and OpenTelemetry's own exporter can write

_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
_keys = st.text(
    st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=4
)
_scalars = st.one_of(
    _texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=6),
    st.none(),
)
values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_keys, inner, max_size=3)
    ),
    max_leaves=6,
)
"""Values of attributes."""

attribute_maps = st.dictionaries(_keys, values, max_size=4)
MAX_TIME: Final = 2**63 - 1
"""Nanoseconds; the year 2262."""

MAX_THRIFT_TIME: Final = 2**51 * 1000
"""Nanoseconds until which microseconds are exact in our Thrift; the year 2041."""

times = st.integers(0, MAX_THRIFT_TIME)
_dropped = st.integers(0, 3)


@st.composite
def attributes(draw: st.DrawFn) -> BoundedAttributes:
    """Attributes as the SDK stores them, some of them dropped."""
    wanted = draw(attribute_maps)
    return BoundedAttributes(max(1, len(wanted) - draw(_dropped)), wanted)


@st.composite
def contexts(draw: st.DrawFn) -> SpanContext:
    """Contexts of other spans."""
    return make_context(
        draw(st.integers(1, 2**128 - 1)),
        draw(st.integers(1, 2**64 - 1)),
        is_remote=draw(st.booleans()),
        flags=draw(st.integers(0, 255)),
        state=draw(
            st.lists(
                st.tuples(_keys, st.sampled_from(["b", "c:1", "x y"])),
                max_size=3,
                unique_by=lambda pair: pair[0],
            )
        ),
    )


events = st.builds(Event, _texts, attributes(), times)
links = st.builds(Link, contexts(), attributes())


def _bounded(items: Sequence[Any], dropped: int) -> BoundedList[Any]:
    bounded: BoundedList[Any] = BoundedList(max(1, len(items) - dropped))
    bounded.extend(items)
    return bounded


def _resource(name: str, rest: Mapping[str, Any], url: str) -> Resource:
    return Resource({**rest, "service.name": name}, url)


def _error(text: str | None) -> Status:
    return Status(StatusCode.ERROR, text)


resources = st.builds(
    _resource,
    _texts,
    attribute_maps,
    st.sampled_from(["", "https://example.org/resource"]),
)
scopes = st.builds(
    InstrumentationScope,
    _texts,
    st.none() | _texts,
    st.sampled_from(["", "https://example.org/scope"]),
    attribute_maps,
)
statuses = st.one_of(
    st.just(Status(StatusCode.UNSET)),
    st.just(Status(StatusCode.OK)),
    st.builds(_error, st.none() | _texts),
)


@st.composite
def spans(draw: st.DrawFn, max_time: int = MAX_TIME) -> ReadableSpan:
    """Finished spans that use all fields."""
    start = draw(st.integers(0, max_time))
    return ReadableSpan(
        draw(_texts),
        context=draw(contexts()),
        parent=draw(st.none() | contexts()),
        resource=draw(resources),
        attributes=draw(attributes()),
        events=_bounded(draw(st.lists(events, max_size=3)), draw(_dropped)),
        links=_bounded(draw(st.lists(links, max_size=3)), draw(_dropped)),
        kind=draw(st.sampled_from(SpanKind)),
        status=draw(statuses),
        start_time=start,
        end_time=min(max_time, start + draw(st.integers(0, 10**12))),
        instrumentation_scope=draw(st.none() | scopes),
    )
