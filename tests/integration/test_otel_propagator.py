"""The propagator by its entry points, and beside OpenTelemetry's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.propagators import jaeger as theirs
from opentelemetry.sdk.trace import TracerProvider

from jaeger_client.otel.propagator import JaegerPropagator

if TYPE_CHECKING:
    from opentelemetry.propagators.textmap import TextMapPropagator

OURS: Final = JaegerPropagator()
THEIRS: Final = theirs.JaegerPropagator()
TIMEOUT: Final = 50.0


def output_of(program: str, **variables: str) -> Any:
    """Run a program with nothing but *variables* set for it; return what it printed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAEGER_", "OTEL_"))
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment | variables,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


PASSED_ON: Final = """
import json
from opentelemetry import propagate
incoming = {"uber-trace-id": "1:2:0:3", "uberctx-user": "17"}
outgoing = {}
propagate.inject(outgoing, propagate.extract(incoming))
print(json.dumps(outgoing))
"""


def test_a_variable_selects_it() -> None:
    """`OTEL_PROPAGATORS=jaeger_client` is all that a process needs."""
    outgoing = output_of(PASSED_ON, OTEL_PROPAGATORS="jaeger_client")

    ids = f"{1:032x}:{2:016x}:{0:016x}"
    assert {"uber-trace-id": f"{ids}:03", "uberctx-user": "17"} == outgoing


def test_it_has_two_names() -> None:
    """`jaeger` is ours, too, where OpenTelemetry's package is not installed."""
    for name in ("jaeger", "jaeger_client"):
        found = entry_points(group="opentelemetry_propagator", name=name)
        assert JaegerPropagator in {point.load() for point in found}


NOT_SELECTED: Final = """
import json, sys
from opentelemetry import propagate
print(json.dumps([name for name in sys.modules if name.startswith("jaeger_client")]))
"""


@pytest.mark.parametrize(
    "variables", [{}, {"OTEL_PROPAGATORS": "tracecontext,baggage"}]
)
def test_without_the_variable_nothing_is_imported(variables: dict[str, str]) -> None:
    """A process that does not select it has nothing of this library."""
    assert [] == output_of(NOT_SELECTED, **variables)


COUNTED: Final = """
import json
from opentelemetry import metrics, propagate
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
assert reader.get_metrics_data() is None
propagate.extract({"uber-trace-id": "x"})
propagate.extract({f"uberctx-{number}": "v" for number in range(190)})
(resource,) = reader.get_metrics_data().resource_metrics
(scope,) = resource.scope_metrics
print(json.dumps([
    [metric.name, point.value]
    for metric in scope.metrics for point in metric.data.data_points
]))
"""


def test_it_counts_by_the_global_meter_provider() -> None:
    """A provider that is set after the propagator was created has its counts."""
    counts = dict(output_of(COUNTED, OTEL_PROPAGATORS="jaeger_client"))

    assert {
        "jaeger.span_context_decoding_errors": 1,
        "jaeger.dropped_baggage_items": 10,
    } == counts


WITHOUT_OPENTELEMETRY: Final = """
import json, sys
sys.modules["opentelemetry"] = None
try:
    import jaeger_client.otel.propagator
except ModuleNotFoundError as error:
    print(json.dumps(str(error)))
"""


def test_a_missing_package_is_named() -> None:
    """Without OpenTelemetry's API, the error names the extra."""
    message = output_of(WITHOUT_OPENTELEMETRY)

    assert "pip install 'jaeger-client[opentelemetry]'" in message


# Beside OpenTelemetry's own propagator


def written(writer: TextMapPropagator, context: Context) -> dict[str, str]:
    """Return the headers that a propagator writes."""
    headers: dict[str, str] = {}
    writer.inject(headers, context)  # pyright: ignore[reportArgumentType]  # their default
    return headers


def new_trace(*, sampled: bool = True) -> Context:
    """Return a context with a child span of the SDK, and baggage."""
    ids = trace.SpanContext(
        1, 2, is_remote=True, trace_flags=trace.TraceFlags(int(sampled))
    )
    context = trace.set_span_in_context(trace.NonRecordingSpan(ids), Context())
    context = baggage.set_baggage("user", "Zoë 1+1=2", context)
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    return trace.set_span_in_context(tracer.start_span("child", context), context)


def ids_in(context: Context) -> tuple[int, int, bool]:
    """Return trace id, span id and whether the trace is sampled."""
    found = trace.get_current_span(context).get_span_context()
    return found.trace_id, found.span_id, found.trace_flags.sampled


@pytest.mark.parametrize("sampled", [True, False])
def test_each_reads_what_the_other_writes(*, sampled: bool) -> None:
    """Ids, the sampling decision and baggage come over in both directions."""
    context = new_trace(sampled=sampled)

    for there, back in ((OURS, THEIRS), (THEIRS, OURS)):
        found = back.extract(written(there, context))
        assert ids_in(context) == ids_in(found)
        assert {"user": "Zoë 1+1=2"} == dict(baggage.get_all(found))


def test_both_write_the_same_header_of_an_unsampled_trace() -> None:
    """Ids and the parent's id are padded with zeros as OpenTelemetry pads them."""
    context = new_trace(sampled=False)

    ours, others = written(OURS, context), written(THEIRS, context)

    assert others["uber-trace-id"] == ours["uber-trace-id"]
    assert others["uberctx-user"] == ours["uberctx-user"]


def test_only_theirs_makes_every_sampled_trace_a_debug_trace() -> None:
    """Ours writes flag 1 of a sampled trace, theirs 3."""
    context = new_trace()

    ours, others = written(OURS, context), written(THEIRS, context)

    assert f"{ours['uber-trace-id'][:-2]}03" == others["uber-trace-id"]
    assert ours["uber-trace-id"].endswith(":01")
