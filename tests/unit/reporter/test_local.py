"""Reporters that discard spans, store them or log them."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jaeger_client.reporter import (
    InMemoryReporter,
    LoggingReporter,
    NullReporter,
    default_logger,
)
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext

if TYPE_CHECKING:
    import pytest


def make_span(operation_name: str = "op") -> Span:
    """Return a finished span of no tracer."""
    return Span(SpanContext(1, 2, None, 1), None, operation_name)


def test_null_reporter_discards() -> None:
    """`NullReporter` accepts a span and does nothing; nothing is left to send."""
    reporter = NullReporter()

    reporter.report_span(make_span())

    assert (True, True) == (reporter.flush(), reporter.close().result())


def test_memory_has_the_lock_of_4_8() -> None:
    """Programs that read `spans` acquire it."""
    reporter = InMemoryReporter()

    with reporter.lock:
        assert [] == reporter.spans


def test_memory_stores_spans_in_order() -> None:
    """`InMemoryReporter` stores every span, in the order in which they came."""
    reporter = InMemoryReporter()
    spans = [make_span("a"), make_span("b")]

    for span in spans:
        reporter.report_span(span)

    assert spans == reporter.get_spans()


def test_memory_returns_a_copy() -> None:
    """`get_spans` returns a copy: changing it changes nothing in the reporter."""
    reporter = InMemoryReporter()
    reporter.report_span(make_span())

    reporter.get_spans().clear()

    assert 1 == len(reporter.get_spans())


def test_memory_in_many_threads() -> None:
    """Spans of many threads are all stored."""
    reporter = InMemoryReporter()

    def report() -> None:
        for _ in range(200):
            reporter.report_span(make_span())

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert 800 == len(reporter.get_spans())


def test_logging_reporter_logs_each_span() -> None:
    """`LoggingReporter` calls `logger.info('Reporting span %s', span)`."""
    calls: list[tuple[object, ...]] = []

    def info(*args: object) -> None:
        calls.append(args)

    logger: Any = SimpleNamespace(info=info)
    span = make_span()

    LoggingReporter(logger=logger).report_span(span)

    assert [("Reporting span %s", span)] == calls


def test_logging_reporter_has_a_logger(caplog: pytest.LogCaptureFixture) -> None:
    """Without a logger it uses the library's, `default_logger`."""
    caplog.set_level(logging.INFO)

    LoggingReporter().report_span(make_span())

    assert "jaeger_tracing" == default_logger.name
    assert ["Reporting span 1:2:0:1 .op"] == caplog.messages
