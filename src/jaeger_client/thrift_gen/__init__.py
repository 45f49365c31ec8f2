"""The names of the generated Thrift code of jaeger-client 4.8, without Thrift."""

from __future__ import annotations

from jaeger_client.thrift_gen import agent, jaeger

__all__ = ["agent", "jaeger"]
