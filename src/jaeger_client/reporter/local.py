"""Reporters that do no I/O: discard, store, log, or forward to other reporters."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client._internal.limits import usable_timeout
from jaeger_client.reporter.base import (
    DEFAULT_CLOSE_TIMEOUT,
    BaseReporter,
    close_reporter,
    completed,
    flush_reporter,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.span import Span

_REPORTER_FAILED = RateLimitedWarning("reporter %r raised %r; the others continue")


class NullReporter(BaseReporter):
    """Discards every span."""

    def report_span(self, span: Span) -> None:
        """Do nothing."""


class InMemoryReporter(BaseReporter):
    """
    Stores every span in a list, for tests.

    Safe in threads, signal handlers and forked children without a lock, because CPython
    appends to a list, and copies it, in one uninterrupted step.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.lock = threading.RLock()
        """Not used; exists for programs that used it in 4.8."""

    def report_span(self, span: Span) -> None:
        """Store *span*."""
        self.spans.append(span)

    def get_spans(self) -> list[Span]:
        """Return a copy of the list of spans reported so far."""
        return self.spans[:]


class LoggingReporter(BaseReporter):
    """Logs a line for every span."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self.logger = default_logger if logger is None else logger

    def report_span(self, span: Span) -> None:
        """Log *span* at level INFO."""
        self.logger.info("Reporting span %s", span)


class CompositeReporter(BaseReporter):
    """Forwards every call to each of *reporters*, in their order."""

    def __init__(self, *reporters: BaseReporter) -> None:
        self.reporters = reporters

    def set_process(
        self,
        service_name: str,
        tags: Mapping[str, object],
        max_length: int,
    ) -> None:
        """Set the process of every reporter."""
        for reporter in self.reporters:
            reporter.set_process(
                service_name=service_name,
                tags=tags,
                max_length=max_length,
            )

    def report_span(self, span: Span) -> None:
        """Report *span* to every reporter."""
        for reporter in self.reporters:
            try:
                reporter.report_span(span)
            except Exception as error:  # noqa: BLE001, PERF203 - an application's reporter may raise anything
                _REPORTER_FAILED.warn(reporter, error)

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """Flush every reporter; they share *timeout* seconds."""
        return self._all(flush_reporter, timeout)

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:
        """Close every reporter; they share *timeout* seconds."""
        return completed(self._all(close_reporter, timeout))

    def _all(self, call: Callable[[object, float], bool], timeout: float) -> bool:
        deadline = SYSTEM_CLOCK.monotonic() + usable_timeout(timeout)
        results = [
            call(reporter, max(0.0, deadline - SYSTEM_CLOCK.monotonic()))
            for reporter in self.reporters
        ]
        return all(results)
