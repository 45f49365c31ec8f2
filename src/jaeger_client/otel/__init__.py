"""
Jaeger's sampler, propagator and exporters for OpenTelemetry's SDK.

OpenTelemetry finds them by entry points, so environment variables select them; see
`docs/opentelemetry.md`. Nothing of OpenTelemetry is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaeger_client._internal.fork import forks_wait as _forks_wait

_MODULES: Final = {
    "JaegerOtlpExporter": "exporters",
    "JaegerPropagator": "propagator",
    "JaegerRemoteSampler": "sampler",
    "JaegerThriftHttpExporter": "exporters",
    "JaegerThriftUdpExporter": "exporters",
}
"""The module of each public name."""

if TYPE_CHECKING:
    from jaeger_client.otel.exporters import (
        JaegerOtlpExporter,
        JaegerThriftHttpExporter,
        JaegerThriftUdpExporter,
    )
    from jaeger_client.otel.propagator import JaegerPropagator
    from jaeger_client.otel.sampler import JaegerRemoteSampler
else:

    def __getattr__(name: str) -> object:
        """Import a public name on first use (PEP 562)."""
        if name not in _MODULES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        try:
            with _forks_wait():
                from importlib import import_module  # noqa: PLC0415 - not for a start

                found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("opentelemetry"):
                raise
            msg = (
                f"{__name__}.{name} requires OpenTelemetry's SDK ({error}): "
                "pip install 'jaeger-client[opentelemetry]' opentelemetry-sdk"
            )
            raise ImportError(msg, name=error.name) from error
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """Return the public names, including those not imported yet."""
        return sorted(_MODULES)


__all__ = [
    "JaegerOtlpExporter",
    "JaegerPropagator",
    "JaegerRemoteSampler",
    "JaegerThriftHttpExporter",
    "JaegerThriftUdpExporter",
]
