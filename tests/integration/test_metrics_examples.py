"""The examples for metrics systems other than Prometheus, run as a user would."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.integration.span_sink import SpanSink

ROOT = Path(__file__).parents[2]
TIMEOUT = 50.0


def run(sink: SpanSink, example: str, *arguments: str) -> str:
    """Run an example to its end, every warning an error; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", f"examples/{example}", *arguments],
        env={**os.environ, "JAEGER_AGENT_PORT": str(sink.port)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


def test_metrics_for_statsd(sink: SpanSink) -> None:
    """A statsd server receives each count as a datagram with tags."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        assert "sent\n" == run(sink, "statsd_metrics.py", str(server.getsockname()[1]))
        lines = datagrams_of(server)

    counts = Counter(line for line in lines if "|c" in line)
    assert 3 == counts["jaeger.traces:1|c|#state:started,sampled:y"]
    assert 3 == counts["jaeger.finished_spans:1|c"]
    sent = [line for line in lines if line.endswith("|c|#result:ok")]
    assert 3 == sum(int(line.split(":")[1].partition("|")[0]) for line in sent)
    assert "jaeger.reporter_queue_length:0|g" in lines
    assert any(
        line.startswith("jaeger.reporter_send_seconds:") and line.endswith("|ms")
        for line in lines
    )


def datagrams_of(server: socket.socket) -> list[str]:
    """Return what has arrived; the sender has ended."""
    lines: list[str] = []
    while select.select([server], [], [], 0)[0]:
        lines.append(server.recv(1_000).decode())
    return lines


def test_metrics_for_opentelemetry(sink: SpanSink) -> None:
    """A reader of the SDK gets the numbers of finished and sent spans."""
    exported = json.loads(run(sink, "opentelemetry_metrics.py") or "{}")

    metrics: dict[str, Any] = {
        metric["name"]: metric
        for metric in exported["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    }
    (finished,) = metrics["jaeger.finished_spans"]["data"]["data_points"]
    assert 3 == finished["value"]
    assert "{span}" == metrics["jaeger.reporter_spans"]["unit"]
