"""Ways out of the process: bytes in, network out."""

from __future__ import annotations

from jaeger_client.senders.base import Sender
from jaeger_client.senders.http import HttpSender, OtlpHttpSender
from jaeger_client.senders.memory import MemorySender
from jaeger_client.senders.udp import UdpSender

__all__ = ["HttpSender", "MemorySender", "OtlpHttpSender", "Sender", "UdpSender"]
