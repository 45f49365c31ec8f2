"""Settings, and the tracer that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
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
else:
    # Imported on demand; see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.codecs": "B3Codec",
            "jaeger_client.config.facade": "Config",
            "jaeger_client.config.table": "DEFAULT_REPORTING_HOST "
            "DEFAULT_REPORTING_PORT DEFAULT_SAMPLING_PORT DEFAULT_THROTTLER_PORT",
            "jaeger_client.reporter": "CompositeReporter LoggingReporter Reporter",
            "jaeger_client.sampler": "ConstSampler ProbabilisticSampler "
            "RateLimitingSampler RemoteControlledSampler",
            "jaeger_client.throttler": "RemoteThrottler",
            "jaeger_client.tracer": "Tracer",
        },
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
