"""Nothing grows without bound: programs repeat operations and measure themselves."""

from __future__ import annotations

import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

import pytest

from jaeger_client import Config
from tests.integration.conftest import RunProgram
from tests.integration.http_servers import make_response, serve_http
from tests.integration.memory_report import RecordProperty, Report, run_meter
from tests.integration.span_sink import SpanSink

DEAD_RECEIVERS: Final = [
    ("refused", "udp", 10, 1),
    ("hanging", "/v1/traces", 10, 1),
    ("unresolvable", "udp", 10, 1),
    ("hanging", "udp", 1, 4),
    ("refused", "/api/traces", 1, 4),
    ("refused", "/v1/traces", 1, 4),
    ("unresolvable", "/v1/traces", 1, 4),
]
"""Cause, protocol, millions of spans, and threads that report them."""


def is_exact(report: Report) -> bool:
    """Return whether each span reported is sent or lost, in the counts and losses."""
    values = report.others
    losses = {**values["losses"], "truncated": 0}
    sent = values["counts"].get("ok", 0)
    return bool(
        values["reported"] == sum(values["counts"].values())
        and values["reported"] == sent + sum(losses.values())
    )


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_is_flat_and_losses_exact_at_a_dead_receiver(
    record_property: RecordProperty,
) -> None:
    """10,000,000 spans to a receiver that cannot be reached leave nothing behind."""

    def run(receiver: tuple[str, str, int, int]) -> Report:
        return run_meter(record_property, "dead_receiver.py", *receiver)

    with ThreadPoolExecutor(2) as two:
        reports = [*two.map(run, DEAD_RECEIVERS)]

    assert [] == [report for report in reports if not report.is_flat]
    assert [] == [report for report in reports if not is_exact(report)]


@pytest.mark.parametrize(
    "scene",
    [
        *(
            pytest.param(scene, marks=pytest.mark.long)
            for scene in ("names", "binary", "otlp", "zipkin", "carriers")
        ),
        "corrupt",
        "debug_ids",
        *(
            pytest.param(scene, marks=pytest.mark.long)
            for scene in ("prometheus", "statsd")
        ),
    ],
)
@pytest.mark.timeout(300)
def test_memory_is_flat_with_names_that_never_repeat(
    record_property: RecordProperty, scene: str
) -> None:
    """Names, keys and values of spans, baggage, headers, debug ids and endpoints."""
    report = run_meter(record_property, "memory_of_names.py", scene)

    assert report.is_flat, report


@pytest.mark.parametrize(
    ("scene", "operations", "kind"),
    [
        pytest.param("tracers", 84, "traced", marks=pytest.mark.long),
        ("threads", 300, "traced"),
        pytest.param("threads", 8_334, "resident", marks=pytest.mark.long),
        pytest.param("forks", 84, "traced", marks=pytest.mark.long),
        ("unfinished", 1_000, "traced"),
        ("callbacks", 2_000, "traced"),
        ("one_span", 5_000, "traced"),
        pytest.param("one_span", 166_667, "resident", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(300)
def test_memory_is_flat_whatever_the_application_does(
    record_property: RecordProperty, scene: str, operations: int, kind: str
) -> None:
    """Tracers, threads, forks, unfinished traces, callbacks, and one huge span."""
    report = run_meter(record_property, "memory_of_tracers.py", scene, operations, kind)

    assert report.is_flat, report


@pytest.mark.long
def test_closed_tracers_leave_nothing_behind(run_program: RunProgram) -> None:
    """1,000 closed tracers leave no thread, descriptor, handler, logger or object."""
    with serve_http(lambda _request: make_response(200, b"{}")) as server:
        printed = run_program("closed_tracers.py", server.url("/api/traces"))

    assert not printed


@pytest.mark.parametrize(
    ("scene", "operations"),
    [
        ("hanging_flushes", 2_000),
        pytest.param("endless_bodies", 10, marks=pytest.mark.long),
        pytest.param("resolver", 50, marks=pytest.mark.long),
        pytest.param("strategies", 30, marks=pytest.mark.long),
        pytest.param("operations_sampled", 30, marks=pytest.mark.long),
        ("credits_of_debug_traces", 100),
    ],
)
@pytest.mark.timeout(300)
def test_memory_is_flat_whatever_servers_respond(
    record_property: RecordProperty, scene: str, operations: int
) -> None:
    """Responses without end, new addresses, strategies and credits at each request."""
    report = run_meter(record_property, "memory_of_servers.py", scene, operations)

    assert report.is_flat, report


@contextmanager
def receiver(path: str) -> Generator[dict[str, object], None, None]:
    """Yield the settings for a receiver that responds: by UDP, or for a *path*."""
    if path == "udp":
        with SpanSink() as sink:
            yield {"local_agent": {"reporting_port": sink.port}}
    else:
        with serve_http(lambda _request: make_response(200, b"{}")) as server:
            yield {"collector": {"endpoint": server.url(path)}}


@pytest.mark.parametrize("path", ["udp", "/api/traces", "/v1/traces"])
def test_a_tracer_holds_no_value_of_a_span_that_was_sent(path: str) -> None:
    """Encoders cache nothing: a value is freed with the last span that has it."""
    secret = str(uuid4())
    with receiver(path) as settings:
        config = {"sampler": {"type": "const", "param": 1}, **settings}
        tracer = Config(config, service_name="memory").new_tracer()
        before = sys.getrefcount(secret)
        span = tracer.start_span("login", tags={"password": secret})
        held = sys.getrefcount(secret)
        span.finish()
        del span
        assert tracer.flush(30)
        after = sys.getrefcount(secret)
        tracer.close(30)

    assert before < held
    assert before == after
