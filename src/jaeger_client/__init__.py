"""
A tracer for Python that reports to Jaeger.

`Config` makes a tracer of settings; the other names are its parts. After
`import jaeger_client` the modules of the package are there as attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from
from jaeger_client.constants import __version__

if TYPE_CHECKING:
    from jaeger_client import (
        codecs,
        config,
        constants,
        metrics,
        rate_limiter,
        reporter,
        sampler,
        span,
        span_context,
        throttler,
        tracer,
    )
    from jaeger_client.config import Config
    from jaeger_client.sampler import (
        ConstSampler,
        ProbabilisticSampler,
        RateLimitingSampler,
        RemoteControlledSampler,
    )
    from jaeger_client.span import Span
    from jaeger_client.span_context import SpanContext
    from jaeger_client.tracer import Tracer
else:
    # Imported when they are asked for: see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.config": "Config",
            "jaeger_client.sampler": "ConstSampler ProbabilisticSampler "
            "RateLimitingSampler RemoteControlledSampler",
            "jaeger_client.span": "Span",
            "jaeger_client.span_context": "SpanContext",
            "jaeger_client.tracer": "Tracer",
        },
        rooms="TUDPTransport codecs constants encoding errors ioloop_util "
        "local_agent_net metrics model rate_limiter reporter scope senders thrift "
        "thrift_gen throttler utils",
    )

__all__ = [
    "Config",
    "ConstSampler",
    "ProbabilisticSampler",
    "RateLimitingSampler",
    "RemoteControlledSampler",
    "Span",
    "SpanContext",
    "Tracer",
    "__version__",
    "codecs",
    "config",
    "constants",
    "metrics",
    "rate_limiter",
    "reporter",
    "sampler",
    "span",
    "span_context",
    "throttler",
    "tracer",
]
