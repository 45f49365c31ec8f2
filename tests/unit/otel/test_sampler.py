"""Jaeger's remote sampler for OpenTelemetry's SDK."""

from __future__ import annotations

import logging
import math
import threading
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, ParentBased
from opentelemetry.trace import INVALID_SPAN, TraceState, set_span_in_context

from jaeger_client.errors import ConfigError
from jaeger_client.otel import JaegerRemoteSampler
from jaeger_client.otel.debug import with_debug_id
from tests.unit.otel.following import (
    ALL,
    NONE,
    attributes_of,
    decide,
    description_of,
    following,
    parent,
)

OPERATIONS = {
    **NONE,
    "operation_strategies": [
        {"operation": "bake", "type": "probabilistic", "param": 1}
    ],
}


@pytest.mark.parametrize(
    ("strategy", "kind", "param"),
    [
        (ALL, "probabilistic", 1.0),
        ({"type": "ratelimiting", "param": 400}, "ratelimiting", 400.0),
        (OPERATIONS, "probabilistic", 1.0),
    ],
)
def test_a_sampled_root_has_the_attributes_of_the_strategy(
    tmp_path: Path, strategy: dict[str, object], kind: str, param: float
) -> None:
    """`sampler.type` and `sampler.param` are added to its own attributes."""
    own = {"loaves": "2"}
    with following(tmp_path, strategy) as sampler:
        # A token bucket may be empty at first.
        results = [decide(sampler, attributes=own) for _ in range(400)]
    sampled = [each for each in results if each.decision is Decision.RECORD_AND_SAMPLE]

    expected = {"loaves": "2", "sampler.type": kind, "sampler.param": param}
    assert expected == attributes_of(sampled[0])
    assert {"loaves": "2"} == own


def test_a_root_that_is_not_sampled_has_no_attributes(tmp_path: Path) -> None:
    """It is not recorded either."""
    with following(tmp_path, NONE) as sampler:
        result = decide(sampler, attributes={"loaves": "2"})

    assert (Decision.DROP, {}) == (result.decision, attributes_of(result))


def test_operations_have_rates_of_their_own(tmp_path: Path) -> None:
    """An operation that the strategy does not list has the default rate."""
    with following(tmp_path, OPERATIONS) as sampler:
        decisions = [decide(sampler, name=name).decision for name in ("bake", "sell")]

    assert [Decision.RECORD_AND_SAMPLE, Decision.DROP] == decisions


@pytest.mark.parametrize("is_sampled", [True, False])
def test_the_plain_sampler_decides_on_children(
    tmp_path: Path, *, is_sampled: bool
) -> None:
    """The decision of the parent does not matter, as with `traceidratio`."""
    with following(tmp_path, NONE if is_sampled else ALL) as sampler:
        result = decide(sampler, parent(is_sampled=is_sampled))

    assert is_sampled is (result.decision is Decision.DROP)


def test_a_child_has_no_attributes_of_the_strategy(tmp_path: Path) -> None:
    """Jaeger would count it as a trace."""
    with following(tmp_path, ALL) as sampler:
        result = decide(sampler, parent(is_sampled=True), attributes={"loaves": "2"})

    assert {"loaves": "2"} == attributes_of(result)


@pytest.mark.parametrize("strategy", [ALL, NONE])
def test_trace_state_is_passed_on(tmp_path: Path, strategy: dict[str, object]) -> None:
    """A child has the trace state of its parent, whether or not it is sampled."""
    with following(tmp_path, strategy) as sampler:
        result = decide(sampler, parent(is_sampled=True, vendor="value"))

    assert result.trace_state is not None
    assert [("vendor", "value")] == list(result.trace_state.items())


@pytest.mark.parametrize("is_sampled", [True, False])
@pytest.mark.parametrize("is_remote", [True, False])
def test_in_parent_based_children_have_their_parents_decision(
    tmp_path: Path, *, is_sampled: bool, is_remote: bool
) -> None:
    """The strategy is used for roots only."""
    context = parent(is_sampled=is_sampled, is_remote=is_remote)
    with following(tmp_path, NONE if is_sampled else ALL) as sampler:
        child = decide(ParentBased(sampler), context)
        root = decide(ParentBased(sampler))

    sampled, dropped = Decision.RECORD_AND_SAMPLE, Decision.DROP
    expected = [sampled, dropped] if is_sampled else [dropped, sampled]
    assert expected == [child.decision, root.decision]


def test_an_invalid_parent_is_no_parent(tmp_path: Path) -> None:
    """A context without ids starts a trace, as in the SDK."""
    context = set_span_in_context(INVALID_SPAN, Context())
    with following(tmp_path, ALL) as sampler:
        result = decide(sampler, context)

    assert "probabilistic" == attributes_of(result)["sampler.type"]


def test_a_debug_id_is_sampled_in_any_case(tmp_path: Path) -> None:
    """The root has the debug id, and the trace state marks the trace."""
    context = with_debug_id("why-so-slow", Context())
    with following(tmp_path, NONE) as sampler:
        result = decide(ParentBased(sampler), context, attributes={"loaves": "2"})

    expected = {"loaves": "2", "jaeger-debug-id": "why-so-slow"}
    assert Decision.RECORD_AND_SAMPLE is result.decision
    assert expected == attributes_of(result)
    assert TraceState([("jaeger", "debug")]) == result.trace_state


def test_a_debug_id_in_the_current_context_counts(tmp_path: Path) -> None:
    """The SDK passes no context if the application passes none."""
    with following(tmp_path, NONE) as sampler:
        token = attach(with_debug_id("why-so-slow", Context()))
        try:
            result = sampler.should_sample(None, 1, "bake")
        finally:
            detach(token)

    assert Decision.RECORD_AND_SAMPLE is result.decision


def test_a_debug_id_does_not_change_a_trace(tmp_path: Path) -> None:
    """Only a root can start a debug trace."""
    context = with_debug_id("why-so-slow", parent(is_sampled=True))
    with following(tmp_path, NONE) as sampler:
        result = decide(sampler, context)

    assert Decision.DROP is result.decision


@pytest.mark.parametrize("is_sampled", [True, False])
def test_spans_of_a_debug_trace_are_sampled(
    tmp_path: Path, *, is_sampled: bool
) -> None:
    """If the parent is sampled, also by the plain sampler; the mark is passed on."""
    context = parent(is_sampled=is_sampled, vendor="value", jaeger="debug")
    with following(tmp_path, NONE) as sampler:
        result = decide(sampler, context, attributes={"loaves": "2"})

    assert is_sampled is (result.decision is Decision.RECORD_AND_SAMPLE)
    assert ({"loaves": "2"} if is_sampled else {}) == attributes_of(result)
    assert result.trace_state is not None
    assert "debug" == result.trace_state.get("jaeger")


def test_the_description_names_the_strategy(tmp_path: Path) -> None:
    """The SDK shows it in the description of `ParentBased`."""
    with following(tmp_path, ALL) as sampler:
        description = description_of(ParentBased(sampler))

    start = "ParentBased{root:JaegerRemoteSampler{ProbabilisticSampler(1.0)},"
    assert description.startswith(start)
    assert "JaegerRemoteSampler('bakery', ProbabilisticSampler(1.0))" == repr(sampler)


def test_a_name_that_is_no_text_is_accepted(tmp_path: Path) -> None:
    """The SDK does not check names, and sampling must not raise."""
    name: Any = ["bake"]
    with following(tmp_path, OPERATIONS) as sampler:
        assert Decision.DROP is decide(sampler, name=name).decision


def test_spans_of_the_sdk_are_sampled(tmp_path: Path) -> None:
    """A trace of the SDK is recorded whole, and its root has the attributes."""
    exporter = InMemorySpanExporter()
    with following(tmp_path, OPERATIONS) as sampler:
        provider = TracerProvider(sampler=ParentBased(sampler), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("test")
        for name in ("bake", "sell"):
            with tracer.start_as_current_span(name):
                tracer.start_span("knead").end()
        provider.shutdown()

    expected = {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert [("knead", {}), ("bake", expected)] == [
        (span.name, dict(span.attributes or {}))
        for span in exporter.get_finished_spans()
    ]


def test_creation_starts_no_thread() -> None:
    """The first decision starts the polling, and `close` ends it."""
    before = threading.enumerate()
    sampler = JaegerRemoteSampler("bakery", endpoint="http://127.0.0.1:9")

    assert before == threading.enumerate()
    sampler.close()
    sampler.close()
    assert Decision.DROP is decide(sampler).decision
    assert before == threading.enumerate()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"service_name": ""}, "service_name must be text, got ''"),
        ({"service_name": None}, "service_name must be text, got None"),
        ({"endpoint": "http:/jaeger"}, "endpoint must be an http or https URL, or "),
        ({"endpoint": 5778}, "endpoint must be text, got 5778"),
        ({"polling_interval": 0}, "polling_interval must be more than 0, got 0"),
        ({"polling_interval": "1"}, "polling_interval must be more than 0, got '1'"),
        ({"initial_sampling_rate": 2}, "initial_sampling_rate must be a number from "),
        ({"max_operations": 0}, "max_operations must be more than 0, got 0"),
    ],
)
def test_an_invalid_argument_is_an_error(
    arguments: dict[str, Any], message: str
) -> None:
    """The error names the argument, what was expected and what was passed."""
    create: Any = JaegerRemoteSampler

    with pytest.raises(ConfigError, match=f"^{message}"):
        create(**{"service_name": "bakery", **arguments})


def test_an_infinite_interval_is_accepted() -> None:
    """It is the longest interval, as elsewhere in the package."""
    JaegerRemoteSampler("bakery", polling_interval=math.inf).close()


def test_the_port_of_grpc_is_logged_with_the_remedy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same host is polled over HTTP."""
    with caplog.at_level(logging.WARNING):
        JaegerRemoteSampler("bakery", endpoint="http://jaeger:14250").close()

    assert (
        "endpoint: port 14250 is for gRPC, which is not supported: "
        "'http://jaeger:5778/sampling' is polled instead; set an HTTP address, "
        "got 'http://jaeger:14250/sampling'"
    ) == caplog.messages[0]
