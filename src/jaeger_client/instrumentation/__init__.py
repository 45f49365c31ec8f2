"""Integrations with servers and frameworks; each module can be imported by itself."""

from __future__ import annotations

from jaeger_client.instrumentation.functions import traced

__all__ = ["traced"]
