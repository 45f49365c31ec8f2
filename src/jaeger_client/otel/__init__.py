"""
Jaeger's sampler, propagator and exporters for OpenTelemetry's SDK.

The extra `opentelemetry` installs what this package needs. OpenTelemetry finds its
parts by entry points, so that environment variables select them. Nothing is imported
before it is used.
"""

from __future__ import annotations
