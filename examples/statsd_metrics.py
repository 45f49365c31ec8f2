"""
The metrics of the tracer, for statsd.

Each change of a metric is sent as one datagram, with tags in the format that Datadog's
agent, Telegraf and the statsd exporter of Prometheus read. If nothing listens, the
datagrams are lost and nothing blocks. The argument is the port, 8125 by default.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping

from jaeger_client import Config
from jaeger_client.metrics import CallableMetricsFactory


class Statsd:
    """Sends metrics to a UDP port of this machine."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def count(self, name: str, value: int, tags: Mapping[str, str]) -> None:
        """Add to a counter."""
        self._send(f"{name}:{value}|c", tags)

    def gauge(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        """Set a gauge."""
        self._send(f"{name}:{value:g}|g", tags)

    def timing(self, name: str, milliseconds: float, tags: Mapping[str, str]) -> None:
        """Record a duration."""
        self._send(f"{name}:{milliseconds:.3f}|ms", tags)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, text: str, tags: Mapping[str, str]) -> None:
        shown = ",".join(f"{name}:{value}" for name, value in tags.items())
        line = f"{text}|#{shown}" if shown else text
        self._socket.sendto(line.encode(), self._address)


def main(port: int) -> None:
    """Record three spans, whose metrics are sent to statsd."""
    statsd = Statsd(port)
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name="bakery",
        metrics_factory=CallableMetricsFactory(
            count=statsd.count,
            gauge=statsd.gauge,
            timing=statsd.timing,
        ),
    ).new_tracer()
    for _ in range(3):
        tracer.start_span("bake-bread").finish()
    if tracer.close().result():
        print("sent")
    statsd.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8125)
