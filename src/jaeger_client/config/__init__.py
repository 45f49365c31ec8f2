"""Settings, and the creation of a tracer from them."""

from __future__ import annotations

from jaeger_client.codecs import B3Codec
from jaeger_client.config.facade import Config
from jaeger_client.config.table import (
    DEFAULT_REPORTING_HOST,
    DEFAULT_REPORTING_PORT,
    DEFAULT_SAMPLING_PORT,
    DEFAULT_THROTTLER_PORT,
)
from jaeger_client.reporter import CompositeReporter, LoggingReporter, Reporter
from jaeger_client.sampler import (
    ConstSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RemoteControlledSampler,
)
from jaeger_client.throttler import RemoteThrottler
from jaeger_client.tracer import Tracer

__all__ = [
    "DEFAULT_REPORTING_HOST",
    "DEFAULT_REPORTING_PORT",
    "DEFAULT_SAMPLING_PORT",
    "DEFAULT_THROTTLER_PORT",
    "B3Codec",
    "CompositeReporter",
    "Config",
    "ConstSampler",
    "LoggingReporter",
    "ProbabilisticSampler",
    "RateLimitingSampler",
    "RemoteControlledSampler",
    "RemoteThrottler",
    "Reporter",
    "Tracer",
]
