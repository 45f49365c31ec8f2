"""The module names of the Thrift code generated for jaeger-client 4.8."""

from __future__ import annotations

from jaeger_client.thrift_gen import agent, jaeger

__all__ = ["agent", "jaeger"]
