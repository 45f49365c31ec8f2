"""The Thrift types of spans."""

from __future__ import annotations

from jaeger_client.thrift_gen.jaeger import ttypes

__all__ = ["ttypes"]
