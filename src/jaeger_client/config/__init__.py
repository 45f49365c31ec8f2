"""Settings, and the creation of a tracer from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.config.facade import Config
from jaeger_client.config.table import (
    DEFAULT_REPORTING_HOST,
    DEFAULT_REPORTING_PORT,
    DEFAULT_SAMPLING_PORT,
    DEFAULT_THROTTLER_PORT,
)
from jaeger_client.reporter import Reporter
from jaeger_client.sampler import (
    ConstSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
)
from jaeger_client.tracer import Tracer

if TYPE_CHECKING:
    from jaeger_client.codecs import B3Codec
    from jaeger_client.reporter import CompositeReporter, LoggingReporter
    from jaeger_client.sampler import RemoteControlledSampler
    from jaeger_client.throttler import RemoteThrottler
else:
    # Imported on first use, because other tracers do not need them.
    __getattr__, __dir__ = names_of(
        __name__,
        B3Codec="jaeger_client.codecs.b3:B3Codec",
        CompositeReporter="jaeger_client.reporter.local:CompositeReporter",
        LoggingReporter="jaeger_client.reporter.local:LoggingReporter",
        RemoteControlledSampler="jaeger_client.sampler.remote:RemoteControlledSampler",
        RemoteThrottler="jaeger_client.throttler.remote:RemoteThrottler",
    )

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
