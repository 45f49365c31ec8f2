"""Exits while a sampler of the application's own waits for a strategy."""

from __future__ import annotations

import sys
import threading

from jaeger_client import RemoteControlledSampler


class Channel:
    """Never responds."""

    def __init__(self) -> None:
        self.has_request = threading.Event()

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Wait without end."""
        del service_name
        self.has_request.set()
        threading.Event().wait()
        return b""


channel = Channel()
sampler = RemoteControlledSampler(channel, "exit", sampling_refresh_interval=60)
sampler.is_sampled(1, "get")
assert channel.has_request.wait(60)
sys.exit(0)
