"""The flag of W3C Trace Context for random trace ids, 0x02, in spans of the tracer."""

from __future__ import annotations

import pytest

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client.codecs import CompositeCodec, TextCodec, W3CCodec
from jaeger_client.constants import SAMPLED_FLAG
from jaeger_client.reporter import NullReporter

HTTP = "http_headers"
IDS = f"{17:032x}-{18:016x}"


def new_tracer(*, sampled: bool = True, wide: bool = False) -> Tracer:
    """Return a tracer that reads and writes both formats."""
    codec = CompositeCodec([TextCodec(url_encoding=True), W3CCodec()])
    return Tracer(
        "random",
        NullReporter(),
        ConstSampler(decision=sampled),
        generate_128bit_trace_id=wide,
        extra_codecs={HTTP: codec},
    )


def trace_flags(span: Span | SpanContext, tracer: Tracer | None = None) -> str:
    """Return the flags of the `traceparent` that is injected."""
    headers: dict[str, str] = {}
    (tracer or new_tracer()).inject(span, HTTP, headers)
    return headers["traceparent"][-2:]


@pytest.mark.parametrize("wide", [False, True], ids=["64 bits", "128 bits"])
@pytest.mark.parametrize(("sampled", "flags"), [(True, "03"), (False, "02")])
def test_roots_have_random_ids(*, wide: bool, sampled: bool, flags: str) -> None:
    """The flag is set on roots and all their descendants."""
    tracer = new_tracer(sampled=sampled, wide=wide)
    span = tracer.start_span("root")
    assert flags == trace_flags(span)

    for _ in range(3):
        span = tracer.start_span("child", child_of=span)
        assert flags == trace_flags(span)


def test_descendants_whose_context_was_never_read_inherit_the_flag() -> None:
    """Spans pass the flag on without creating contexts."""
    tracer = new_tracer()
    span = tracer.start_span("root")
    for _ in range(3):
        span = tracer.start_span("child", child_of=span)

    assert "03" == trace_flags(span)


@pytest.mark.parametrize(
    "carried", [{"jaeger-baggage": "k=v"}, {"jaeger-debug-id": "d"}]
)
def test_roots_with_baggage_or_a_debug_id_have_random_ids(
    carried: dict[str, str],
) -> None:
    """A context without a trace changes nothing."""
    tracer = new_tracer()

    span = tracer.start_span("root", child_of=tracer.extract(HTTP, carried))

    assert "03" == trace_flags(span)


@pytest.mark.parametrize("flags", ["00", "01", "02", "03"])
def test_a_traceparent_is_continued_with_its_flags(flags: str) -> None:
    """Spans that join a trace have the flag only if the caller had sent it."""
    tracer = new_tracer()
    span = tracer.start_span(
        "serve", child_of=tracer.extract(HTTP, {"traceparent": f"00-{IDS}-{flags}"})
    )
    assert int(flags, 16) & SAMPLED_FLAG == span.flags

    assert flags == trace_flags(span)
    assert flags == trace_flags(tracer.start_span("child", child_of=span))


def test_other_formats_have_no_such_flag() -> None:
    """Nothing is known about a trace id that was received in another format."""
    tracer = new_tracer()
    headers = {"uber-trace-id": "17:18:0:1"}
    span = tracer.start_span("serve", child_of=tracer.extract(HTTP, headers))

    assert "01" == trace_flags(span)
    assert "01" == trace_flags(tracer.start_span("child", child_of=span))


def test_the_flag_is_not_written_in_other_formats() -> None:
    """Jaeger's flags stay sampled and debug, of which 0x02 is debug."""
    headers: dict[str, str] = {}
    new_tracer().inject(new_tracer().start_span("root"), HTTP, headers)

    assert headers["uber-trace-id"].endswith(":1")


def test_debug_does_not_change_the_flag() -> None:
    """A trace that becomes a debug trace keeps the flag, or its absence."""
    tracer = new_tracer(sampled=False)
    root = tracer.start_span("root").set_tag("sampling.priority", 1)
    headers = {"traceparent": f"00-{IDS}-00"}
    joined = tracer.start_span("serve", child_of=tracer.extract(HTTP, headers))
    joined.set_tag("sampling.priority", 1)

    assert ["03", "01"] == [trace_flags(root), trace_flags(joined)]


def test_baggage_does_not_change_the_flag() -> None:
    """Setting baggage, which replaces the context, keeps the flag."""
    tracer = new_tracer()
    span = tracer.start_span("root").set_baggage_item("k", "v")

    assert "03" == trace_flags(span)
    assert "03" == trace_flags(span.context.with_baggage_item("l", "w"))
    assert "03" == trace_flags(tracer.start_span("child", child_of=span))


def test_contexts_of_the_application_do_not_have_the_flag() -> None:
    """Nothing is known about the trace id of a context that the application creates."""
    context = SpanContext(17, 18, None, 1)

    assert "01" == trace_flags(context)
    assert "01" == trace_flags(Span(context, new_tracer(), "made"))
    context.has_random_trace_id = True
    assert "03" == trace_flags(Span(context, new_tracer(), "made"))
