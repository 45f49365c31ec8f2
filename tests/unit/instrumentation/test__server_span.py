"""The span of a request, whatever the application and its tracer do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import opentracing
import pytest

from jaeger_client import Span
from jaeger_client.instrumentation._request import Request
from jaeger_client.instrumentation._server_span import (
    RequestTracing,
    ServerSpan,
    never_raises,
)
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import pairs_of

REQUEST = Request("GET", "http://bakery/", {})


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


@pytest.fixture
def span(tracer: MemoryTracer) -> ServerSpan:
    """Return the span of a request."""
    return RequestTracing("test", tracer).start(REQUEST, lambda: None)


def ours(span: ServerSpan) -> Span:
    """Return the span of a request as that of our tracer."""
    assert isinstance(span.span, Span)
    return span.span


def tags_of(span: ServerSpan) -> dict[str, object]:
    """Return the tags of a span."""
    return dict(pairs_of(ours(span)))


def test_finish_counts_once(tracer: MemoryTracer, span: ServerSpan) -> None:
    """Later calls, also of the other methods, have no effect."""
    span.finish()
    span.finish()
    span.record(LookupError())
    span.log("late")
    span.set_failed()

    assert 1 == len(tracer.spans)
    assert [] == ours(span).logs
    assert "error" not in tags_of(span)


def test_exception_is_not_kept(tracer: MemoryTracer) -> None:
    """A finished request is freed without a garbage collection."""

    class BurntError(Exception):
        """An exception that weak references can refer to."""

    def burn() -> None:
        raise BurntError

    def serve() -> weakref.ref[BurntError]:
        span = RequestTracing("test", tracer).start(REQUEST, lambda: None)
        try:
            burn()
        except BurntError as error:
            span.record(error)
            span.finish()
            return weakref.ref(error)
        raise AssertionError

    gc.disable()
    try:
        assert serve()() is None
    finally:
        gc.enable()


def test_exception_is_recorded_once(span: ServerSpan) -> None:
    """The framework and the middleware may both report it."""
    error = LookupError()
    span.record(error)
    span.record(error)

    assert 1 == len(ours(span).logs)


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError()])
def test_cancellation(span: ServerSpan, error: BaseException) -> None:
    """It is logged, and is no error of the server."""
    span.record(error)
    span.finish()

    assert "error" not in tags_of(span)
    assert "http.status_code" not in tags_of(span)
    assert 1 == len(ours(span).logs)


def test_result_that_was_cancelled(span: ServerSpan) -> None:
    """An exception of the same name, of a future that is waited for, is an error."""
    span.record(concurrent.futures.CancelledError())

    assert tags_of(span)["error"] is True


@pytest.mark.parametrize("status", [None, "", "x", "\u0662\u0660\u0660", object()])
def test_status_that_is_no_number(span: ServerSpan, status: object) -> None:
    """It is no tag."""
    span.set_status(status)
    span.finish()

    assert "http.status_code" not in tags_of(span)


def test_name_of_a_root_and_of_a_child(tracer: MemoryTracer) -> None:
    """The route is found at the start if a sampler may need the name."""
    calls: list[str] = []

    def find() -> str:
        calls.append("found")
        return "GET /cakes"

    tracing = RequestTracing("test", tracer)
    headers = {"uber-trace-id": "abc:def:0:1"}
    root = tracing.start(REQUEST, find)
    child = tracing.start(Request("GET", "http://bakery/", headers), find)

    assert ["found"] == calls
    assert ("GET /cakes", "GET") == (
        ours(root).operation_name,
        ours(child).operation_name,
    )
    root.name_after(find)
    child.name_after(find)
    assert ["found"] * 2 == calls
    assert "GET /cakes" == ours(child).operation_name


def test_debug_id_without_a_trace(tracer: MemoryTracer) -> None:
    """The request begins a trace, whose name is known from the start."""
    request = Request("GET", "http://bakery/", {"jaeger-debug-id": "ticket-42"})

    span = RequestTracing("test", tracer).start(request, lambda: "GET /cakes")

    assert "GET /cakes" == ours(span).operation_name
    assert ("jaeger-debug-id", "ticket-42") in tags_of(span).items()


def test_active_span_is_no_parent(tracer: MemoryTracer) -> None:
    """What is active when a request arrives belongs to another one."""
    with tracer.start_active_span("left over"):
        span = RequestTracing("test", tracer).start(REQUEST, lambda: None)

    assert ours(span).parent_id is None


def test_trace_id_of_other_tracers() -> None:
    """It is not known."""
    span = RequestTracing("test", opentracing.Tracer()).start(REQUEST, lambda: None)

    assert "" == span.trace_id


def test_context_that_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """A tracer without a format for headers begins a trace, and that is logged."""

    class Deaf(MemoryTracer):
        def extract(self, format: str, carrier: object) -> Any:
            raise opentracing.UnsupportedFormatException

    with Deaf() as tracer:
        span = RequestTracing("test", tracer).start(REQUEST, lambda: None)

    assert ours(span).parent_id is None


def test_function_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """Only exceptions of the tracing are suppressed, not those that end a process."""

    @never_raises
    def fail(error: BaseException) -> None:
        raise error

    fail(LookupError())
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    with pytest.raises(SystemExit):
        fail(SystemExit())
