"""The local agent by the name that programs gave it."""

from __future__ import annotations

from jaeger_client.config.channel import AgentChannel as LocalAgentSender

__all__ = ["LocalAgentSender"]
