"""Jaeger's headers in OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jaeger_client.errors import ConfigError
from jaeger_client.metrics import MetricsFactory
from jaeger_client.otel.debug import debug_id_of, with_debug_id
from jaeger_client.otel.propagator import JaegerPropagator
from tests.unit.metrics.recording_factory import RecordingFactory
from tests.unit.spans import Anything, Hostile

TRACE: Final = 0x4BF92F3577B34DA6A3CE929D0E0E4736
SPAN: Final = 0x00F067AA0BA902B7
PARENT: Final = 0x00000000DEADBEEF
WRITTEN: Final = "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0000000000000000"
DROPPED: Final = "jaeger:dropped_baggage_items"
CORRUPT: Final = "jaeger:span_context_decoding_errors"

PROPAGATOR: Final = JaegerPropagator()


@pytest.fixture
def counted() -> RecordingFactory:
    """Return the factory of `counting`."""
    return RecordingFactory()


@pytest.fixture
def counting(counted: RecordingFactory) -> JaegerPropagator:
    """Return a propagator that counts by `counted`."""
    return JaegerPropagator(metrics_factory=counted)


def extracted(headers: Mapping[str, object]) -> trace.SpanContext:
    """Return the span context of the caller."""
    return span_context_in(PROPAGATOR.extract(headers))


def span_context_in(context: Context) -> trace.SpanContext:
    """Return the span context in *context*."""
    return trace.get_current_span(context).get_span_context()


def baggage_in(headers: Mapping[str, object]) -> dict[str, object]:
    """Return the baggage of a request."""
    return dict(baggage.get_all(PROPAGATOR.extract(headers)))


def written(context: Context) -> dict[str, str]:
    """Inject into an empty dict."""
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers, context)
    return headers


def context_with(flags: int = 0, state: str = "") -> Context:
    """Return a context with a span that another process started."""
    ids = trace.SpanContext(
        TRACE,
        SPAN,
        is_remote=True,
        trace_flags=trace.TraceFlags(flags),
        trace_state=trace.TraceState.from_header([state]),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(ids), Context())


def with_baggage(**items: object) -> Context:
    """Return a context with baggage alone."""
    context = Context()
    for key, value in items.items():
        context = baggage.set_baggage(key, value, context)
    return context


# Ids and flags


@pytest.mark.parametrize(
    ("value", "trace_id", "span_id"),
    [
        (f"{WRITTEN}:01", TRACE, SPAN),
        (f"{TRACE:x}:{SPAN:x}:0:1", TRACE, SPAN),
        (f"{TRACE:X}:{SPAN:X}:0:1", TRACE, SPAN),
        ("a3ce929d0e0e4736:f067aa0ba902b7:0:1", 0xA3CE929D0E0E4736, SPAN),
        ("1:2:3:1", 1, 2),
        ("0001:0002:0003:001", 1, 2),
        (f"{'f' * 32}:{'f' * 16}:{'f' * 16}:1", 2**128 - 1, 2**64 - 1),
        ("1%3A2%3A3%3A1", 1, 2),
        ("1%3a2%3a3%3a1", 1, 2),
        (" 1:2:3:1 ", 1, 2),
        (["1:2:3:1"], 1, 2),
        (("1:2:3:1",), 1, 2),
        (["1:2:3:1", "4:5:6:1"], 1, 2),
        ([b"1:2:3:1"], 1, 2),
    ],
)
@pytest.mark.parametrize("name", ["uber-trace-id", "Uber-Trace-Id", "UBER-TRACE-ID"])
def test_every_spelling_is_read(
    name: str, value: object, trace_id: int, span_id: int
) -> None:
    """Ids of any length and case, encoded or not, and names of any case."""
    ids = extracted({"accept": "*/*", name: value})

    assert (trace_id, span_id) == (ids.trace_id, ids.span_id)
    assert ids.trace_flags.sampled
    assert ids.is_remote
    assert ids.is_valid


@pytest.mark.parametrize(
    ("flags", "sampled", "state"),
    [
        ("0", 0, ""),
        ("00", 0, ""),
        ("1", 1, ""),
        ("01", 1, ""),
        ("2", 1, "jaeger=debug"),
        ("3", 1, "jaeger=debug"),
        ("03", 1, "jaeger=debug"),
        ("8", 0, ""),
        ("b", 1, "jaeger=debug"),
        ("ff", 1, "jaeger=debug"),
        ("100000001", 1, ""),
    ],
)
def test_flags_are_read(flags: str, sampled: int, state: str) -> None:
    """Debug becomes a trace state, and never the flag of random trace ids."""
    ids = extracted({"uber-trace-id": f"{TRACE:x}:{SPAN:x}:0:{flags}"})

    assert sampled == ids.trace_flags
    assert state == ids.trace_state.to_header()


@pytest.mark.parametrize(
    ("flags", "state", "text"),
    [
        (0, "", "00"),
        (1, "", "01"),
        (2, "", "00"),
        (3, "", "01"),
        (1, "jaeger=debug", "03"),
        (3, "a=1,jaeger=debug", "03"),
        (0, "jaeger=debug", "03"),
        (1, "jaeger=other", "01"),
        (255, "", "01"),
    ],
)
def test_flags_are_written(flags: int, state: str, text: str) -> None:
    """Sampled is 1, debug is 3; the flag of random trace ids is not written."""
    headers = written(context_with(flags, state))

    assert {"uber-trace-id": f"{WRITTEN}:{text}"} == headers


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_what_was_extracted_is_injected(flags: str) -> None:
    """A service that starts no span passes the header on."""
    header = {"uber-trace-id": f"{WRITTEN}:{flags}"}

    assert header == written(PROPAGATOR.extract(header))


def test_a_span_of_the_sdk_is_written_with_its_parent() -> None:
    """The third part is the id of the parent, and 0 for roots."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("root", context=Context()) as root:
        root_headers: dict[str, str] = {}
        PROPAGATOR.inject(root_headers)
        with tracer.start_as_current_span("child") as child:
            child_headers: dict[str, str] = {}
            PROPAGATOR.inject(child_headers)

    ids = root.get_span_context()
    trace_id, root_id = f"{ids.trace_id:032x}", f"{ids.span_id:016x}"
    child_id = f"{child.get_span_context().span_id:016x}"
    zeros = "0" * 16
    assert {"uber-trace-id": f"{trace_id}:{root_id}:{zeros}:01"} == root_headers
    assert {"uber-trace-id": f"{trace_id}:{child_id}:{root_id}:01"} == child_headers


def test_spans_inherit_debug() -> None:
    """Spans of the SDK hand the trace state on, and debug with it."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    context = PROPAGATOR.extract({"uber-trace-id": "1:2:0:3"})
    for _ in range(2):
        span = tracer.start_span("child", context)
        context = trace.set_span_in_context(span, context)

    assert written(context)["uber-trace-id"].endswith(":03")


def test_an_unsampled_trace_stays_unsampled() -> None:
    """The decision of the caller is passed on by OpenTelemetry's sampler."""
    sampler = sampling.ParentBased(sampling.ALWAYS_ON)
    tracer = TracerProvider(sampler, shutdown_on_exit=False).get_tracer("test")
    context = PROPAGATOR.extract({"uber-trace-id": "1:2:0:0"})

    span = tracer.start_span("child", context)

    headers = written(trace.set_span_in_context(span, context))
    assert headers["uber-trace-id"].endswith(":00")


def test_a_parent_of_another_type_is_not_written() -> None:
    """Some spans have a `parent` that is no span context."""

    class Span(trace.NonRecordingSpan):
        parent = Hostile()

    span = Span(span_context_in(context_with(1)))

    headers = written(trace.set_span_in_context(span, Context()))
    assert {"uber-trace-id": f"{WRITTEN}:01"} == headers


def test_without_a_span_nothing_is_written() -> None:
    """An empty context gives no headers."""
    assert {} == written(Context())


def test_the_current_context_is_the_default() -> None:
    """Without a context, the current one is injected."""
    headers: dict[str, str] = {}
    token = attach(context_with(1))
    try:
        PROPAGATOR.inject(headers)
    finally:
        detach(token)

    assert {"uber-trace-id": f"{WRITTEN}:01"} == headers


def test_an_empty_context_is_the_default() -> None:
    """Without a context, the result has only what the carrier contains."""
    token = attach(context_with(1))
    try:
        assert {} == PROPAGATOR.extract({"accept": "*/*"})
    finally:
        detach(token)


def test_without_headers_the_context_is_returned() -> None:
    """A request of a caller that is not traced leaves it as it is."""
    context = context_with(1)

    assert context is PROPAGATOR.extract({"accept": "*/*"}, context)


# Beside other propagators


def test_the_trace_state_of_the_same_span_is_kept() -> None:
    """W3C's headers of the same span give trace state and random flag."""
    ids = f"{TRACE:032x}-{SPAN:016x}"
    headers = {
        "traceparent": f"00-{ids}-03",
        "tracestate": "a=1",
        "uber-trace-id": f"{TRACE:x}:{SPAN:x}:0:3",
    }
    both = CompositePropagator([TraceContextTextMapPropagator(), PROPAGATOR])

    found = span_context_in(both.extract(headers))

    assert 3 == found.trace_flags
    assert "jaeger=debug,a=1" == found.trace_state.to_header()


def test_the_trace_state_of_another_span_is_not_kept() -> None:
    """Where the headers differ, the later propagator counts."""
    headers = {
        "traceparent": f"00-{TRACE:032x}-{SPAN:016x}-03",
        "tracestate": "a=1",
        "uber-trace-id": f"{TRACE:x}:5:0:1",
    }
    both = CompositePropagator([TraceContextTextMapPropagator(), PROPAGATOR])

    found = span_context_in(both.extract(headers))

    assert (TRACE, 5, 1) == (found.trace_id, found.span_id, found.trace_flags)
    assert "" == found.trace_state.to_header()


def test_debug_is_passed_on_by_w3c() -> None:
    """OpenTelemetry's propagator for W3C writes debug, and not as the random flag."""
    headers: dict[str, str] = {}
    context = PROPAGATOR.extract({"uber-trace-id": f"{TRACE:x}:{SPAN:x}:0:3"})

    TraceContextTextMapPropagator().inject(headers, context)

    assert f"00-{TRACE:032x}-{SPAN:016x}-01" == headers["traceparent"]
    assert "jaeger=debug" == headers["tracestate"]


def test_debug_of_w3c_is_written() -> None:
    """Debug in W3C's trace state is written as Jaeger's flag."""
    headers = {
        "traceparent": f"00-{TRACE:032x}-{SPAN:016x}-01",
        "tracestate": "jaeger=debug,a=1",
    }

    context = TraceContextTextMapPropagator().extract(headers)

    assert {"uber-trace-id": f"{WRITTEN}:03"} == written(context)


# Baggage


def test_baggage_is_read() -> None:
    """Values are decoded, a plus is a blank, keys are in lower case."""
    headers = {
        "uber-trace-id": "1:2:0:1",
        "uberctx-user": "17",
        "Uberctx-City": "K%C3%B6ln+am%20Rhein",
        "UBERCTX-SUM": ["1%2B1"],
        "jaeger-baggage": ["a=1, b=2", "c=3"],
        "other-key": "x",
    }

    expected = {"user": "17", "city": "Köln am Rhein", "sum": "1+1"}
    assert expected | {"a": "1", "b": "2", "c": "3"} == baggage_in(headers)


def test_baggage_needs_no_trace() -> None:
    """Baggage is read and written without ids."""
    headers = {"uberctx-user": "17"}

    assert {"user": "17"} == baggage_in(headers)
    assert headers == written(PROPAGATOR.extract(headers))


def test_baggage_is_added_to_that_of_the_context() -> None:
    """Items that another propagator has read stay."""
    context = PROPAGATOR.extract(
        {"uberctx-a": "new", "uberctx-b": "2"}, with_baggage(a="old", c="3")
    )

    assert {"a": "new", "b": "2", "c": "3"} == dict(baggage.get_all(context))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("17", "17"),
        ("a b+c/d", "a%20b%2Bc/d"),
        ("Köln", "K%C3%B6ln"),
        ("a\r\nX-Forged: 1", "a%0D%0AX-Forged%3A%201"),
        ("\ud800", "%EF%BF%BD"),
        (17, "17"),
        (1.5, "1.5"),
        (True, "True"),
        (None, "None"),
        (b"\xc3\xb6", "%C3%B6"),
        ("", ""),
    ],
    ids=ascii,
)
def test_baggage_is_written(value: object, text: str) -> None:
    """Values of any type are percent-encoded text."""
    assert {"uberctx-key": text} == written(with_baggage(key=value))


@pytest.mark.parametrize(
    "key", ["a b", "a:b", "k\r\nX-Forged: 1", "k\0", "Köln", "\ud800", 5, None, b"\xff"]
)
def test_a_key_that_is_no_token_is_dropped_and_counted(
    counting: JaegerPropagator,
    counted: RecordingFactory,
    caplog: pytest.LogCaptureFixture,
    key: Anything,
) -> None:
    """A key that cannot be part of a header name is not written; the others are."""
    context = baggage.set_baggage(key, "x", with_baggage(user="17"))
    headers: dict[str, str] = {}

    for _ in range(2):
        counting.inject(headers, context)

    assert {"uberctx-user": "17"} == headers
    assert 2 == counted.values[DROPPED]
    (line,) = caplog.messages
    assert "Rename the key" in line


def test_a_value_without_text_is_dropped_and_counted(
    counting: JaegerPropagator, counted: RecordingFactory
) -> None:
    """A value whose `str()` raises does not affect the others."""
    headers: dict[str, str] = {}

    counting.inject(headers, with_baggage(bad=Hostile(), user="17"))

    assert {"uberctx-user": "17"} == headers
    assert 1 == counted.values[DROPPED]


@pytest.mark.parametrize("suffix", ["", "-"])
def test_no_key_overwrites_another_header(suffix: str) -> None:
    """With a prefix that allows it, baggage never replaces the ids."""
    propagator = JaegerPropagator(baggage_header_prefix="uber")
    headers: dict[str, str] = {}
    context = baggage.set_baggage("-trace-id" + suffix, "1:1:0:1", context_with(1))

    propagator.inject(headers, context)

    assert f"{WRITTEN}:01" == headers["uber-trace-id"]


def test_baggage_has_limits(
    counting: JaegerPropagator,
    counted: RecordingFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """180 items, each of at most 4,096 bytes, are read and written."""
    incoming = {f"uberctx-{number}": "v" for number in range(200)}
    context = counting.extract(incoming)
    assert 180 == len(baggage.get_all(context))
    assert 20 == counted.values[DROPPED]

    outgoing: dict[str, str] = {}
    many = {f"k{number}": "v" for number in range(200)}
    counting.inject(outgoing, with_baggage(**many))
    counting.inject(outgoing, with_baggage(long="x" * 4097))
    assert 180 == len(outgoing)
    assert 41 == counted.values[DROPPED]

    (line,) = caplog.messages
    assert "20 baggage items dropped: at most 180 items are carried" in line


# Debug ids


def test_a_debug_id_is_stored_for_the_sampler() -> None:
    """In a request without a trace, it is in the context, and no span is."""
    context = PROPAGATOR.extract({"Jaeger-Debug-Id": "order%2017"})

    assert "order 17" == debug_id_of(context)
    assert not span_context_in(context).is_valid


def test_a_debug_id_beside_a_trace_is_ignored() -> None:
    """The trace has its own flags."""
    context = PROPAGATOR.extract({"uber-trace-id": "1:2:0:1", "jaeger-debug-id": "x"})

    assert debug_id_of(context) is None
    assert "" == span_context_in(context).trace_state.to_header()


def test_a_debug_id_is_passed_on_until_a_trace_begins() -> None:
    """A service that starts no span writes it; one that does writes the trace."""
    context = with_debug_id("a\r\nb", Context())
    assert {"jaeger-debug-id": "a%0D%0Ab"} == written(context)

    span = trace.get_current_span(context_with(1))
    context = trace.set_span_in_context(span, context)
    assert {"uber-trace-id": f"{WRITTEN}:01"} == written(context)


def test_a_debug_id_is_bounded() -> None:
    """Its first 8,192 characters are read."""
    context = PROPAGATOR.extract({"jaeger-debug-id": "x" * 10_000})

    assert "x" * 8192 == debug_id_of(context)


# Input that cannot be read


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "1:2:3",
        "1:2:3:4:5",
        "0:2:0:1",
        "1:0:0:1",
        "-1:2:0:1",
        "0x1:2:0:1",
        "1_0:2:0:1",
        f"{'f' * 33}:2:0:1",
        f"1:{'f' * 17}:0:1",
        "x" * 100_000,
        "\u0661:2:0:1",
        5,
        [[]],
        object(),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_corrupt_header_is_counted_and_logged(
    counting: JaegerPropagator,
    counted: RecordingFactory,
    caplog: pytest.LogCaptureFixture,
    value: object,
) -> None:
    """The context keeps its span, and gets baggage and debug id."""
    context = context_with(1)
    headers = {"Uber-Trace-Id": value, "uberctx-user": "17", "jaeger-debug-id": "x"}

    counting.extract(headers, context)
    found = counting.extract(headers, context)

    assert span_context_in(context) == span_context_in(found)
    assert {"user": "17"} == dict(baggage.get_all(found))
    assert "x" == debug_id_of(found)
    assert 2 == counted.values[CORRUPT]
    (line,) = caplog.messages
    assert "the span context of a request is ignored, and a new trace begins" in line
    assert 400 > len(line)


@pytest.mark.parametrize("value", [None, [], ()])
def test_a_header_without_a_value_is_none(
    value: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Getters return `None` or an empty list where there is no such header."""
    assert {} == PROPAGATOR.extract({"uber-trace-id": value, "uberctx-k": value})
    assert [] == caplog.messages


class NoKeys(Getter[Mapping[str, str]]):
    """A getter like those for Celery and Pika, which know no keys."""

    def get(self, carrier: Mapping[str, str], key: str) -> Any:
        """Return text instead of a list, as some do."""
        return carrier.get(key)

    def keys(self, carrier: Mapping[str, str]) -> Any:
        """Return nothing."""


def test_a_getter_without_keys_finds_all_but_baggage() -> None:
    """The headers of fixed names are looked up by name."""
    headers = {"uber-trace-id": "1:2:0:1", "jaeger-baggage": "a=1", "uberctx-b": "2"}
    context = PROPAGATOR.extract(headers, getter=NoKeys())

    assert 1 == span_context_in(context).trace_id
    assert {"a": "1"} == dict(baggage.get_all(context))
    assert "x" == debug_id_of(
        PROPAGATOR.extract({"jaeger-debug-id": "x"}, getter=NoKeys())
    )


class Pairs(Getter[list[tuple[bytes, bytes]]], Setter[list[tuple[bytes, bytes]]]):
    """The headers of ASGI."""

    def get(self, carrier: list[tuple[bytes, bytes]], key: str) -> list[str]:
        """Return all values."""
        return [value.decode() for name, value in carrier if name.decode() == key]

    def keys(self, carrier: list[tuple[bytes, bytes]]) -> list[str]:
        """Return all names."""
        return [name.decode() for name, _ in carrier]

    def set(self, carrier: list[tuple[bytes, bytes]], key: str, value: str) -> None:
        """Append a pair."""
        carrier.append((key.encode(), value.encode()))


def test_getters_and_setters_are_used() -> None:
    """Carriers of any type are read and written by their getter and setter."""
    carrier: list[tuple[bytes, bytes]] = []
    PROPAGATOR.inject(
        carrier, baggage.set_baggage("k", "ü", context_with(1)), setter=Pairs()
    )

    assert [
        (b"uber-trace-id", f"{WRITTEN}:01".encode()),
        (b"uberctx-k", b"%C3%BC"),
    ] == carrier
    found = PROPAGATOR.extract(carrier, getter=Pairs())
    assert TRACE == span_context_in(found).trace_id
    assert {"k": "ü"} == dict(baggage.get_all(found))


# Errors of others


@pytest.mark.parametrize("carrier", [None, 5, "text", [], Hostile()])
def test_extract_never_raises(
    carrier: Anything, caplog: pytest.LogCaptureFixture
) -> None:
    """A carrier that the getter cannot read leaves the context as it is."""
    context = context_with(1)

    assert context is PROPAGATOR.extract(carrier, context)
    (line,) = caplog.messages
    assert "no span context was read from a carrier of type" in line


@pytest.mark.parametrize("carrier", [None, 5, "text", (), Hostile()])
def test_inject_never_raises(
    carrier: Anything, caplog: pytest.LogCaptureFixture
) -> None:
    """A carrier that the setter cannot write is left as it is."""
    PROPAGATOR.inject(carrier, context_with(1))

    (line,) = caplog.messages
    assert "the span context was not written to a carrier of type" in line


def test_a_span_that_raises_is_not_injected(caplog: pytest.LogCaptureFixture) -> None:
    """Spans of any library may be in the context."""

    class Broken(trace.NonRecordingSpan):
        def get_span_context(self) -> trace.SpanContext:
            msg = "broken"
            raise RuntimeError(msg)

    span = Broken(span_context_in(context_with(1)))

    assert {} == written(trace.set_span_in_context(span, Context()))
    (line,) = caplog.messages
    assert "RuntimeError('broken')" in line


class RaisingFactory(MetricsFactory):
    """Cannot create a counter."""

    def create_counter(self, name: str, tags: Any = None) -> Any:
        """Raise an error."""
        raise RuntimeError(name)


def test_a_metrics_factory_that_raises_costs_only_the_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The rest of the request is read."""
    propagator = JaegerPropagator(metrics_factory=RaisingFactory())

    context = propagator.extract({"uber-trace-id": "x", "uberctx-k": "v"})

    assert {"k": "v"} == dict(baggage.get_all(context))
    assert f"{CORRUPT} was not counted" in caplog.messages[-1]


def test_a_counter_is_created_once(
    counting: JaegerPropagator, counted: RecordingFactory
) -> None:
    """Not with the propagator, but when there is something to count."""
    assert [] == counted.made

    for _ in range(3):
        counting.extract({"uber-trace-id": "x"})
    assert [CORRUPT] == counted.made


# Names


def test_fields_are_the_headers_of_fixed_name() -> None:
    """These headers are removed from a carrier that is used again."""
    assert {"uber-trace-id", "jaeger-debug-id"} == PROPAGATOR.fields


def test_all_names_can_be_configured() -> None:
    """Each of the four headers can have another name."""
    propagator = JaegerPropagator(
        trace_id_header="X-Trace",
        baggage_header_prefix="x-item-",
        debug_id_header="x-debug",
        baggage_header="x-items",
    )
    headers = {"X-TRACE": f"{WRITTEN}:01", "x-item-a": "1", "x-items": "b=2"}
    outgoing: dict[str, str] = {}

    propagator.inject(outgoing, propagator.extract(headers))

    expected = {"x-trace": f"{WRITTEN}:01", "x-item-a": "1", "x-item-b": "2"}
    assert expected == outgoing
    assert "x" == debug_id_of(propagator.extract({"x-debug": "x"}))
    assert {"x-trace", "x-debug"} == propagator.fields


def test_a_name_must_be_that_of_a_header() -> None:
    """A configured name that could break requests is refused."""
    with pytest.raises(ConfigError, match="trace_id_header"):
        JaegerPropagator(trace_id_header="a b")
