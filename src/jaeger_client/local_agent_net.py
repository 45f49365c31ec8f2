"""The local agent by the name that programs gave it."""

from __future__ import annotations

from jaeger_client._internal.agent_channel import AgentChannel as LocalAgentSender

__all__ = ["LocalAgentSender"]
