"""Reporters that keep spans in this process, and the base of all reporters."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from jaeger_client.reporter import (
    BaseReporter,
    InMemoryReporter,
    LoggingReporter,
    NullReporter,
    default_logger,
)
from jaeger_client.reporter.base import (
    CompletedFuture,
    close_reporter,
    flush_reporter,
)
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext


def make_span(operation_name: str = "op") -> Span:
    """Return a finished span of no tracer."""
    return Span(SpanContext(1, 2, None, 1), None, operation_name)


def test_null_reporter_throws_away() -> None:
    """`NullReporter` takes a span and does nothing; its close says that all left."""
    reporter = NullReporter()

    reporter.report_span(make_span())

    assert (True, True) == (reporter.flush(), reporter.close().result())


def test_memory_keeps_spans_in_order() -> None:
    """`InMemoryReporter` keeps every span, in the order in which they came."""
    reporter = InMemoryReporter()
    spans = [make_span("a"), make_span("b")]

    for span in spans:
        reporter.report_span(span)

    assert spans == reporter.get_spans()


def test_memory_gives_a_copy() -> None:
    """`get_spans` gives a copy: changing it changes nothing in the reporter."""
    reporter = InMemoryReporter()
    reporter.report_span(make_span())

    reporter.get_spans().clear()

    assert 1 == len(reporter.get_spans())


def test_memory_in_many_threads() -> None:
    """Spans of many threads are all kept."""
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


def test_base_reporter_asks_for_report_span() -> None:
    """A derived reporter has to have `report_span`; all else has a default."""
    reporter = BaseReporter()

    reporter.set_process(service_name="svc", tags={}, max_length=10)
    assert (True, True) == (reporter.flush(), reporter.close().result())
    with pytest.raises(NotImplementedError):
        reporter.report_span(make_span())


@pytest.mark.parametrize("all_left", [False, True])
def test_completed_future(all_left: bool) -> None:
    """The future of `close` is done already, and can be awaited in any loop."""
    future = CompletedFuture(all_left)

    async def wait() -> bool:
        return await future

    assert (True, all_left) == (future.done(), future.result())
    assert all_left == asyncio.run(wait())
    assert all_left == asyncio.run(wait())


class Closing:
    """A reporter whose `close` and `flush` do as the test says."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def _do(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> object:
        """Take no timeout, as in 4.8."""
        return self._do()

    def flush(self, timeout: float) -> object:
        """Take a timeout."""
        return self._do()


def never_done() -> Future[bool]:
    """Return a future that nobody completes."""
    return Future()


@pytest.mark.parametrize(
    ("answer", "all_left"),
    [
        (None, True),
        ("done", True),
        (CompletedFuture(result=True), True),
        (CompletedFuture(result=False), False),
        (never_done(), False),
        (RuntimeError("broken"), False),
    ],
    ids=["nothing", "text", "all", "some", "never", "error"],
)
def test_close_reporter(answer: object, all_left: bool) -> None:
    """A reporter's `close` may return anything and raise anything."""
    assert all_left == close_reporter(Closing(answer), timeout=0.01)


@pytest.mark.parametrize(
    ("answer", "all_left"),
    [(None, False), (True, True), (RuntimeError("broken"), False)],
)
def test_flush_reporter(answer: object, all_left: bool) -> None:
    """A reporter's `flush` may return anything and raise anything."""
    assert all_left == flush_reporter(Closing(answer), timeout=0.01)


def test_reporter_of_neither() -> None:
    """A reporter without `close` and `flush` keeps nothing back."""
    reporter = object()

    assert (True, True) == (
        close_reporter(reporter, 1.0),
        flush_reporter(reporter, 1.0),
    )


def test_timeout_is_passed_on() -> None:
    """A `close` that takes a timeout is given it."""
    timeouts: list[float] = []

    class Reporter:
        def close(self, timeout: float) -> None:
            timeouts.append(timeout)

    close_reporter(Reporter(), 1.5)

    assert [1.5] == timeouts
