"""The channel to the local agent under its name in jaeger-client 4.8."""

from __future__ import annotations

from jaeger_client._internal.agent_channel import AgentChannel as LocalAgentSender

__all__ = ["LocalAgentSender"]
