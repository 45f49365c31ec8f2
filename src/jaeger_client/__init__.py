"""
A tracer for Python that reports to Jaeger.

`Config` makes a tracer of settings; the other names are its parts. After
`import jaeger_client` the modules of the package are there as attributes.
"""

from __future__ import annotations

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
from jaeger_client._version import __version__
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

_OLD_DOORS = {"TUDPTransport", "local_agent_net", "thrift", "thrift_gen", "utils"}


def __getattr__(name: str) -> object:
    # Hardly a program uses these, and they would take a tenth of the start.
    if name in _OLD_DOORS:
        import importlib  # noqa: PLC0415 - see above

        return importlib.import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
