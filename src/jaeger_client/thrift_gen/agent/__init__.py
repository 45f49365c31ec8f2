"""The agent's service of the IDL."""

from __future__ import annotations

__all__ = ["Agent", "ttypes"]

from jaeger_client.thrift_gen.agent import Agent, ttypes
