"""The Thrift service of an agent."""

from __future__ import annotations

from jaeger_client.thrift_gen.agent import Agent, ttypes

__all__ = ["Agent", "ttypes"]
