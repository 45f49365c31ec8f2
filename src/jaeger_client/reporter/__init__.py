"""Where finished spans go: a backend, a list, the log, several of them."""

from __future__ import annotations

from jaeger_client.constants import DEFAULT_FLUSH_INTERVAL
from jaeger_client.diagnostics import ErrorReporter
from jaeger_client.diagnostics import logger as default_logger
from jaeger_client.metrics import LegacyMetricsFactory, Metrics
from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.reporter.base import BaseReporter, Channel, CompletedFuture
from jaeger_client.reporter.composite import CompositeReporter
from jaeger_client.reporter.local import (
    InMemoryReporter,
    LoggingReporter,
    NullReporter,
)
from jaeger_client.reporter.remote import Reporter

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


def __getattr__(name: str) -> object:
    # 4.8 had this module's name here. It lies above this room, and a real import
    # would cost every start-up what hardly anybody asks for.
    if name == "thrift":
        import importlib  # noqa: PLC0415 - see above

        return importlib.import_module("jaeger_client.thrift")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
