"""Reporters: finished spans to a backend, into a list, to the log, to several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.diagnostics import ErrorReporter
from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client._internal.lazy import names_of
from jaeger_client.constants import DEFAULT_FLUSH_INTERVAL
from jaeger_client.metrics import LegacyMetricsFactory, Metrics
from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.reporter.base import BaseReporter, Channel, SimpleChannel
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
    # Imported on first use, because most tracers have no reporter of `local`, and
    # `concurrent.futures` takes 1 ms. The other modules are listed, because programs
    # for 4.8 may use them from here.
    __getattr__, __dir__ = names_of(
        __name__,
        "local",
        "future",
        "TCompactProtocol",
        Agent="jaeger_client.thrift_gen.agent.Agent",
        ioloop_util="jaeger_client.ioloop_util",
        thrift="jaeger_client.thrift",
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
    "SimpleChannel",
    "default_logger",
]
