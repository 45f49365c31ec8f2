"""Reporters that keep spans in this process: discarded, in a list, or in the log."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client.reporter.base import BaseReporter

if TYPE_CHECKING:
    from jaeger_client.span import Span


class NullReporter(BaseReporter):
    """Discards every span."""

    def report_span(self, span: Span) -> None:
        """Do nothing."""


class InMemoryReporter(BaseReporter):
    """
    Stores every span in a list, for tests.

    Safe in any thread, signal handler and forked child: appending to a list and copying
    it are atomic in CPython.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.lock = threading.RLock()
        """Not used; for programs that have used it since 4.8."""

    def report_span(self, span: Span) -> None:
        """Store *span*."""
        self.spans.append(span)

    def get_spans(self) -> list[Span]:
        """Return a copy of the list of all spans so far."""
        return self.spans[:]


class LoggingReporter(BaseReporter):
    """Logs a line for every span."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self.logger = default_logger if logger is None else logger

    def report_span(self, span: Span) -> None:
        """Log *span* at level INFO."""
        self.logger.info("Reporting span %s", span)
