"""Ways out of the process: bytes in, network out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
    from jaeger_client.senders.base import Sender
    from jaeger_client.senders.http import HttpSender
    from jaeger_client.senders.memory import MemorySender
    from jaeger_client.senders.otlp import OtlpHttpSender
    from jaeger_client.senders.udp import UdpSender
else:
    # Imported at the first access, because a process needs one of them; see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.senders.base": "Sender",
            "jaeger_client.senders.http": "HttpSender",
            "jaeger_client.senders.memory": "MemorySender",
            "jaeger_client.senders.otlp": "OtlpHttpSender",
            "jaeger_client.senders.udp": "UdpSender",
        },
    )

__all__ = ["HttpSender", "MemorySender", "OtlpHttpSender", "Sender", "UdpSender"]
