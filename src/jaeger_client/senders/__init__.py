"""Senders: payloads out of the process, over UDP or HTTP or into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.senders.udp import UdpSender

if TYPE_CHECKING:
    from jaeger_client.senders.base import Sender
    from jaeger_client.senders.http import HttpSender
    from jaeger_client.senders.memory import MemorySender
    from jaeger_client.senders.otlp import OtlpHttpSender
else:
    # Imported on first use, because the HTTP client takes 10 ms.
    __getattr__, __dir__ = names_of(__name__, "base", "memory", "http", "otlp")

__all__ = ["HttpSender", "MemorySender", "OtlpHttpSender", "Sender", "UdpSender"]
