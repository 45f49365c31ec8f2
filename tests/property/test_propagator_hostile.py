"""Any input to OpenTelemetry's propagator: no errors, valid headers, bounded data."""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.context import Context

from jaeger_client.codecs.baggage import MAX_DEBUG_ID_LENGTH
from jaeger_client.codecs.items import MAX_BAGGAGE_SIZE
from jaeger_client.constants import MAX_BAGGAGE_ITEMS
from jaeger_client.otel.debug import DEBUG_ID_KEY, debug_id_of, is_debug
from jaeger_client.otel.propagator import JaegerPropagator

PROPAGATOR: Final = JaegerPropagator()

# RFC 9110, sections 5.6.2 and 5.5.
TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
VALUE: Final = re.compile(r"([!-~]([\t -~]*[!-~])?)?").fullmatch
IDS: Final = re.compile(r"[0-9a-f]{32}:[0-9a-f]{16}:[0-9a-f]{16}:0[013]").fullmatch

NAMES: Final = ["uber-trace-id", "uberctx-", "uberctx-k", "jaeger-debug-id"]
IDS_READ: Final = ["1:2:0:1", "4bf92f3577b34da6:f067aa0ba902b7:0:3", "1%3A2%3A0%3A2"]
ODD: Final = st.sampled_from(
    [*":-,=%;+_ .\n\0\x7f0x1fFgG", "\u0661", "\ud800", "\u00e9"]
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[str]) -> str:
    """A good text with a few characters changed, put in or taken out."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(ODD) + text[at + draw(st.integers(0, 2)) :]
    return text


texts = st.sampled_from(IDS_READ) | mutated(IDS_READ) | st.text(max_size=40) | ODD
scalars = (
    texts
    | st.binary(max_size=40)
    | st.none()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.builds(object)
)
values = scalars | st.lists(scalars, max_size=3) | st.tuples(scalars)
names = (
    st.sampled_from([*NAMES, "jaeger-baggage"])
    | st.sampled_from(NAMES).map(str.title)
    | st.sampled_from(NAMES).map(str.encode)
    | mutated(NAMES)
    | st.text(max_size=20)
    | st.none()
    | st.integers()
)
header_sets: Any = st.lists(st.tuples(names, values), max_size=8).map(dict)
states = st.dictionaries(
    st.sampled_from(["jaeger", "a", "b"]), st.sampled_from(["debug", "x"])
)


def written(context: Context) -> dict[str, str]:
    """Inject into an empty dict; check that any client can send the headers."""
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers, context)
    for name, value in headers.items():
        assert TOKEN(name), name
        assert isinstance(value, str)
        assert VALUE(value), value
    return headers


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(header_sets)
def test_any_headers_are_read(headers: dict[Any, Any]) -> None:
    """What comes from outside raises nothing, is bounded, and can be injected."""
    before = [*headers.items()]

    context = PROPAGATOR.extract(headers)

    assert before == [*headers.items()]
    items = baggage.get_all(context)
    assert len(items) <= MAX_BAGGAGE_ITEMS
    size = sum(len(key) + len(str(value)) for key, value in items.items())
    assert size <= MAX_BAGGAGE_SIZE
    assert len(debug_id_of(context) or "") <= MAX_DEBUG_ID_LENGTH
    ids = trace.get_current_span(context).get_span_context()
    assert ids.trace_flags in {0, 1}
    outgoing = written(context)
    assert ids.is_valid == ("uber-trace-id" in outgoing)
    again = PROPAGATOR.extract(outgoing)
    assert ids == trace.get_current_span(again).get_span_context()
    assert written(again) == written(PROPAGATOR.extract(written(again)))


@given(
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.integers(0, 255),
    states,
)
def test_any_span_context_is_written(
    trace_id: int, span_id: int, flags: int, state: dict[str, str]
) -> None:
    """The header has ids of full length and flags 0, 1 or 3, and is read again."""
    ids = trace.SpanContext(
        trace_id,
        span_id,
        is_remote=False,
        trace_flags=trace.TraceFlags(flags),
        trace_state=trace.TraceState([*state.items()]),
    )
    span = trace.NonRecordingSpan(ids)

    headers = written(trace.set_span_in_context(span, Context()))

    assert IDS(headers["uber-trace-id"])
    found = trace.get_current_span(PROPAGATOR.extract(headers)).get_span_context()
    assert (trace_id, span_id) == (found.trace_id, found.span_id)
    assert is_debug(ids.trace_state) == is_debug(found.trace_state)
    assert bool(flags & 1 or is_debug(ids.trace_state)) == found.trace_flags.sampled


@given(st.dictionaries(texts | scalars, scalars, max_size=6), scalars)
def test_any_baggage_is_written(items: dict[Any, Any], debug_id: object) -> None:
    """Baggage and debug ids of the application give headers that can be sent."""
    context = Context({DEBUG_ID_KEY: debug_id})
    for key, value in items.items():
        context = baggage.set_baggage(key, value, context)

    headers = written(context)

    again = dict(baggage.get_all(PROPAGATOR.extract(headers)))
    assert {name.removeprefix("uberctx-").lower() for name in headers} >= {*again}


@given(scalars | st.builds(object))
def test_any_carrier(carrier: Any) -> None:
    """A carrier of any type raises nothing."""
    assert {} == PROPAGATOR.extract(carrier)
    PROPAGATOR.inject(carrier, baggage.set_baggage("k", "v", Context()))
