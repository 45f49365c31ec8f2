"""
A tracer for Python that reports to Jaeger.

`Config` creates a tracer from settings; the other names are its parts. After
`import jaeger_client` the public modules of the package are its attributes. Modules
that a start does not need are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client import (
    codecs,
    config,
    constants,
    errors,
    metrics,
    rate_limiter,
    reporter,
    sampler,
    scope,
    senders,
    span,
    span_context,
    tracer,
)
from jaeger_client._internal.fork import forks_wait as _forks_wait
from jaeger_client._native import IMPLEMENTATION as implementation  # noqa: N811 - for users
from jaeger_client.config import Config
from jaeger_client.constants import __version__
from jaeger_client.sampler import (
    ConstSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
)
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.tracer import Tracer

if TYPE_CHECKING:
    from jaeger_client import TUDPTransport as TUDPTransport
    from jaeger_client import encoding as encoding
    from jaeger_client import ioloop_util as ioloop_util
    from jaeger_client import local_agent_net as local_agent_net
    from jaeger_client import thrift as thrift
    from jaeger_client import thrift_gen as thrift_gen
    from jaeger_client import throttler as throttler
    from jaeger_client import utils as utils
    from jaeger_client.sampler import RemoteControlledSampler
else:

    def __getattr__(name: str) -> object:
        """Import a public module of the package, or a rare class (PEP 562)."""
        if name == "RemoteControlledSampler":
            return sampler.RemoteControlledSampler
        msg = f"module {__name__!r} has no attribute {name!r}"
        if name.startswith("_"):
            raise AttributeError(msg)
        try:
            with _forks_wait():
                from importlib import import_module  # noqa: PLC0415 - not needed at start-up

                return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(msg) from error

    def __dir__() -> list[str]:
        """Return the public names, including those of modules not imported yet."""
        with _forks_wait():
            import pkgutil  # noqa: PLC0415 - for interactive use only
        modules = {module.name for module in pkgutil.iter_modules(__path__)}
        return sorted(n for n in modules | {*globals()} if not n.startswith("_"))


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
    "errors",
    "implementation",
    "metrics",
    "rate_limiter",
    "reporter",
    "sampler",
    "scope",
    "senders",
    "span",
    "span_context",
    "throttler",
    "tracer",
]
