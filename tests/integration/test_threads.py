"""
One span and one tracer used by many threads, in processes of their own.

The interpreter switches threads as often as it can; see `programs/switches.c`.
"""

from __future__ import annotations

import gzip
import itertools
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.foreign.decoders import attribute_pairs, decode_otlp, tag_pairs
from tests.integration.conftest import PROGRAMS, RunProgram, printed_json
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.span_sink import SpanSink

if TYPE_CHECKING:
    from tests.conftest import RequireTool

# As in `programs/threads_*.py`.
THREADS = 16
WRITERS = 12
WRITES = 1500
WRITES_PER_ITEM = 50
SPANS = 600
WRITES_PER_SPAN = 2
TRACES = 100

STRATEGIES: list[dict[str, object]] = [
    {"strategyType": 0, "probabilisticSampling": {"samplingRate": 0.7}},
    {"strategyType": 1, "rateLimitingSampling": {"maxTracesPerSecond": 400}},
    {
        "strategyType": 0,
        "operationSampling": {
            "defaultSamplingProbability": 0.3,
            "defaultLowerBoundTracesPerSecond": 1.0,
            "perOperationStrategies": [
                {"operation": "0.1 root", "probabilisticSampling": {"samplingRate": 1}},
            ],
        },
    },
]
"""An agent's responses, in turn."""


@pytest.fixture(autouse=True)
def switches(
    require_tool: RequireTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build the library that makes threads switch."""
    cc = require_tool("cc", "install a C compiler, such as Debian's package gcc")
    library = tmp_path / "switches.so"
    source = PROGRAMS / "switches.c"
    subprocess.run([cc, "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("TEST_SWITCHES", str(library))


def by_key(pairs: list[tuple[str, object]]) -> dict[str, list[object]]:
    """Return the values of each key, in their order."""
    values: dict[str, list[object]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return values


def of_writers(values: dict[str, list[object]]) -> dict[str, list[object]]:
    """Return what threads recorded before a span was finished."""
    return {key: each for key, each in values.items() if key.startswith("w")}


def logged(logs: Any) -> dict[str, list[object]]:
    """Return the values of each field of the logs of a `jaeger.Span`."""
    return by_key([pair for log in logs or () for pair in tag_pairs(log.fields)])


@pytest.mark.long
def test_one_span_of_16_threads_loses_nothing(
    run_program: RunProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A span that 12 threads write to for 10 s, and all finish, is sent once.

    It has every tag, log and baggage item, those of each thread in order, while 4
    threads read.
    """
    with serve_http(lambda request: make_response()) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        baggage: dict[str, str] = printed_json(run_program("threads_one_span.py"))
        (span,) = itertools.chain(*map(spans_of, server.requests))
    attributes = attribute_pairs(span.attributes)
    tags = by_key([(key.partition(".")[0], value) for key, value in attributes])
    logs = [attribute_pairs(event.attributes) for event in span.events]
    writes = by_key([pair for log in logs for pair in log if pair[0][0] == "w"])
    items = [dict(log) for log in logs if log[0][0] == "key"]

    writers = [f"w{number}" for number in range(WRITERS)]
    numbers = [*range(WRITES)]
    set_to = [str(number) for number in numbers[::WRITES_PER_ITEM]]
    assert dict.fromkeys(writers, numbers) == {key: tags[key] for key in writers}
    assert [True] == tags["first"]
    assert dict.fromkeys(writers, numbers) == writes
    assert dict.fromkeys(writers, set_to) == by_key(
        [(str(item["key"]), item["value"]) for item in items]
    )
    assert dict.fromkeys(writers, set_to[-1]) == baggage


def spans_of(request: Request) -> list[Any]:
    """Return the spans of an OTLP request."""
    resources = decode_otlp(gzip.decompress(request.body)).resource_spans
    return [span for resource in resources for span in resource.scope_spans[0].spans]


@pytest.mark.long
def test_spans_finished_by_16_threads_arrive_once(
    run_program: RunProgram, sink: SpanSink
) -> None:
    """
    If 16 threads finish a span at once, one reports it, with all recorded before.

    What they record later is sent or not, and breaks nothing.
    """
    printed = printed_json(run_program("threads_many_spans.py"))
    counts, baggage = printed["counts"], printed["baggage"]

    recorded = {f"w{n}": [*range(WRITES_PER_SPAN)] for n in range(THREADS)}
    late = {f"late w{n}" for n in range(THREADS)}
    assert sink.wait_for(SPANS)
    assert {f"span {n}": 1 for n in range(SPANS)} == Counter(sink.names)
    for span in sink.spans:
        tags, logs = by_key(tag_pairs(span.tags)), logged(span.logs)
        assert [span.operationName] == tags["first"]
        assert recorded == of_writers(tags)
        assert recorded == of_writers(logs)
        for key in late:
            for values in (tags.get(key, []), logs.get(key, [])):
                assert [*range(len(values))] == values
    items = {key: str(values[-1]) for key, values in recorded.items()}
    assert [items] * SPANS == baggage
    assert SPANS == counts["jaeger.started_spans y"]
    assert SPANS == counts["jaeger.finished_spans"]
    assert SPANS == counts["jaeger.reporter_spans ok"]


@pytest.mark.long
def test_one_tracer_of_16_threads_counts_exactly(
    run_program: RunProgram, sink: SpanSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Each thread has its own active span, and counts are those of the arrived spans.

    Meanwhile sampling strategies change, metrics are read and the tracer is flushed.
    """
    strategies = itertools.cycle(json.dumps(each).encode() for each in STRATEGIES)
    with serve_http(lambda request: make_response(body=next(strategies))) as server:
        monkeypatch.setenv("JAEGER_SAMPLING_ENDPOINT", server.url())
        result = printed_json(run_program("threads_one_tracer.py"))
    sampled: list[str] = result["sampled"]
    counts: dict[str, float] = result["counts"]

    spans = len(sampled) * 3
    unsampled = 3 * THREADS * TRACES - spans
    assert spans
    assert unsampled
    assert sink.wait_for(spans)
    names = {span.spanId: span.operationName for span in sink.spans}
    parents = {span.operationName: names.get(span.parentSpanId) for span in sink.spans}
    expected: dict[str, str | None] = {}
    for name in sampled:
        expected[f"{name} root"] = None
        expected[f"{name} child"] = f"{name} root"
        expected[f"{name} grandchild"] = f"{name} child"
    assert spans == len(sink.spans)
    assert expected == parents
    assert spans == counts["jaeger:started_spans_total y"]
    assert unsampled == counts["jaeger:started_spans_total n"]
    assert spans == counts["jaeger:finished_spans_total"]
    assert spans == counts["jaeger:reporter_spans_total ok"]
    assert len(sampled) == sum(
        value
        for name, value in counts.items()
        if name.startswith("jaeger:traces_total") and "y" in name.split()
    )
