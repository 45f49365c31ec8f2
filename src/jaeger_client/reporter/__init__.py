"""Reporters of finished spans: to a backend, into a list, to the log, to several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.diagnostics import ErrorReporter
from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client._internal.lazy import names_from
from jaeger_client.constants import DEFAULT_FLUSH_INTERVAL
from jaeger_client.metrics import LegacyMetricsFactory, Metrics
from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.reporter.base import BaseReporter, Channel
from jaeger_client.reporter.batch import Reporter

if TYPE_CHECKING:
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.reporter.local import (
        CompositeReporter,
        InMemoryReporter,
        LoggingReporter,
        NullReporter,
    )
else:
    # Imported at first use: see `lazy`. The first two lines are modules that the module
    # of 4.8 imported; they are above this package.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client": "ioloop_util thrift",
            "jaeger_client.thrift_gen.agent": "Agent",
            "jaeger_client.reporter.future": "CompletedFuture",
            "jaeger_client.reporter.local": "CompositeReporter InMemoryReporter "
            "LoggingReporter NullReporter",
        },
        rooms="TCompactProtocol",
    )

__all__ = [
    "DEFAULT_FLUSH_INTERVAL",
    "BaseReporter",
    "Channel",
    "CompletedFuture",
    "CompositeReporter",
    "ErrorReporter",
    "InMemoryReporter",
    "LegacyMetricsFactory",
    "LoggingReporter",
    "Metrics",
    "NullReporter",
    "Reporter",
    "ReporterMetrics",
    "default_logger",
]
