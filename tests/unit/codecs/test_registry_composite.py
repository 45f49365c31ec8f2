"""The combination of several formats."""

from __future__ import annotations

import pytest

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    Codec,
    CompositeCodec,
    TextCodec,
    W3CCodec,
)
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

TEXT = TextCodec(url_encoding=True)
ALL = CompositeCodec([TEXT, B3Codec(), B3SingleCodec(), W3CCodec()])

JAEGER_HEADERS = {"uber-trace-id": "1:1:0:1"}
B3_HEADERS = {"x-b3-traceid": "2", "x-b3-spanid": "2"}
W3C_HEADERS = {"traceparent": f"00-{4:032x}-{4:016x}-01"}


def trace_id(codec: CompositeCodec, *headers: dict[str, str]) -> int | None:
    """Extract from all of *headers* together and return the trace id."""
    carrier = {name: value for part in headers for name, value in part.items()}
    context = codec.extract(carrier)
    return None if context is None else context.trace_id


def test_every_format_is_written() -> None:
    """`inject` writes the headers of all formats."""
    carrier: dict[str, object] = {}
    ALL.inject(SpanContext(1, 2, None, 1), carrier)

    assert {
        "uber-trace-id",
        "X-B3-TraceId",
        "X-B3-SpanId",
        "X-B3-Sampled",
        "b3",
        "traceparent",
    } == set(carrier)


def test_the_first_format_with_a_context_is_read() -> None:
    """Formats are tried in the configured order."""
    assert 1 == trace_id(ALL, W3C_HEADERS, B3_HEADERS, JAEGER_HEADERS)
    assert 2 == trace_id(ALL, W3C_HEADERS, B3_HEADERS)
    assert 4 == trace_id(ALL, W3C_HEADERS)
    assert 4 == trace_id(
        CompositeCodec([W3CCodec(), TEXT]), JAEGER_HEADERS, W3C_HEADERS
    )


def test_no_format_with_a_context_gives_none() -> None:
    """Without headers of any format, there is no context."""
    assert ALL.extract({"Host": "a"}) is None
    assert CompositeCodec([]).extract({}) is None


def test_a_context_with_a_trace_comes_before_one_without() -> None:
    """A debug id or baggage of one format does not hide the trace of another."""
    assert 2 == trace_id(ALL, {"jaeger-debug-id": "x"}, B3_HEADERS)


def test_the_first_context_without_trace_is_better_than_none() -> None:
    """Without a trace in any format, the first other context is used."""
    context = ALL.extract({"jaeger-debug-id": "x", "baggage": "k=v"})

    assert context is not None
    assert "x" == context.debug_id


@pytest.mark.parametrize("codecs", [ALL, CompositeCodec(reversed(ALL.codecs))])
def test_contexts_without_a_trace_are_merged(codecs: CompositeCodec) -> None:
    """A decision of one format does not hide baggage or debug id of another."""
    context = codecs.extract(
        {"jaeger-debug-id": "x", "X-B3-Sampled": "0", "baggage": "k=v"}
    )

    assert context is not None
    assert not context.has_trace
    assert ("x", 0, {"k": "v"}) == (context.debug_id, context.flags, context.baggage)


def test_the_first_format_takes_precedence() -> None:
    """The first of two decisions, or of two sets of baggage, is used."""
    headers = {"b3": "1", "X-B3-Sampled": "0", "uberctx-k": "v", "baggage": "l=w"}
    context = ALL.extract(headers)

    assert context is not None
    assert (0, {"k": "v"}) == (context.flags, context.baggage)


class ZeroCodec(Codec):
    """A format of an application, with ids of 0 for no trace."""

    def extract(self, carrier: object) -> SpanContext | None:
        return SpanContext(0, 0, None, 0, {"k": "v"})


def test_flags_beside_ids_of_0_are_no_decision() -> None:
    """The tracer then uses its sampler, as it does without the other format."""
    context = CompositeCodec([TEXT, ZeroCodec()]).extract({"jaeger-debug-id": "x"})

    assert context is not None
    assert not context.decides_sampling_only
    assert ("x", {"k": "v"}) == (context.debug_id, context.baggage)


def test_the_items_that_each_format_drops_are_counted() -> None:
    """The callback is passed on to all formats."""
    counted: list[int] = []
    codec = CompositeCodec([TextCodec(url_encoding=True), B3Codec()])
    codec.count_dropped_baggage(counted.append)

    codec.inject(SpanContext(1, 2, None, 1, {"a b": "v"}), {})

    assert [1, 1] == counted


def test_a_corrupt_format_is_skipped() -> None:
    """A format that cannot be read does not hide the next one."""
    assert 2 == trace_id(ALL, {"uber-trace-id": "x"}, B3_HEADERS)


def test_a_corrupt_format_is_an_error_if_no_other_has_a_context() -> None:
    """The first error is raised if nothing can be read."""
    with pytest.raises(CorruptContextError, match="'x'"):
        ALL.extract({"uber-trace-id": "x", "b3": "y"})


def test_a_wrong_carrier_is_an_error() -> None:
    """A carrier that no format supports raises an error."""
    with pytest.raises(InvalidCarrierError):
        ALL.extract(None)
    with pytest.raises(InvalidCarrierError):
        ALL.inject(SpanContext(1, 2, None, 1), None)


def test_the_codecs_can_be_read() -> None:
    """`codecs` contains the formats in order."""
    assert (TEXT,) == CompositeCodec([TEXT]).codecs
