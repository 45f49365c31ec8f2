"""
Times the calls of a tracer that cannot send, and what they do besides computing.

The argument is the condition; see `CONDITIONS`. Prints a line of JSON: under `seconds`
how long each call took, under `events` the audit events of the calls that record,
under `queue_full` how many spans were dropped meanwhile, and under `end` the time when
the end of the process begins, with a tracer that still has a span to send.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import opentracing
import prometheus_client

from jaeger_client import Config, Tracer
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import Reporter

TEST_TIMEOUT = 40.0
"""Seconds that the test may take in all."""
TIMEOUT = 0.3
"""Seconds that each call may wait."""
ROUNDS = 1_000
QUEUE_SIZE = 100

stuck, released = threading.Event(), threading.Event()
system_getaddrinfo = socket.getaddrinfo
registry = prometheus_client.CollectorRegistry()
metrics_factory = PrometheusMetricsFactory(registry=registry)
seconds: dict[str, float] = {}


def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
    """Hang for `hangs.test`, as the system's resolver may."""
    if host == "hangs.test":
        stuck.set()
        released.wait(TEST_TIMEOUT)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return system_getaddrinfo(host, *args, **kwargs)


def listen() -> int:
    """Return a port where connections are accepted, and nothing is ever sent."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            held.append(listener.accept()[0])
            stuck.set()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def unused_port() -> int:
    """Return a port where nothing listens."""
    stuck.set()
    reserved.bind(("127.0.0.1", 0))
    return int(reserved.getsockname()[1])


reserved = socket.socket()
CONDITIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "collector refuses": lambda: {
        "collector": {"endpoint": f"http://127.0.0.1:{unused_port()}/v1/traces"}
    },
    "collector is silent": lambda: {
        "collector": {"endpoint": f"http://127.0.0.1:{listen()}/v1/traces"}
    },
    "handshake stalls": lambda: {
        "collector": {"endpoint": f"https://127.0.0.1:{listen()}/v1/traces"}
    },
    "name of the collector": lambda: {
        "collector": {"endpoint": "http://hangs.test/v1/traces"}
    },
    "name of the agent": lambda: {"local_agent": {"reporting_host": "hangs.test"}},
    "strategies are silent": lambda: {
        "sampler": {"type": "remote", "param": 1},
        "sampling_endpoint": f"http://127.0.0.1:{listen()}/sampling",
        "throttler": {"port": listen()},
        "collector": {"endpoint": f"http://127.0.0.1:{listen()}/v1/traces"},
    },
}
"""
What prevents the tracer from sending, and its settings.

A name of a host here is one whose name server does not respond.
"""


def config() -> Config:
    """Return the configuration of a tracer that is stuck once it has a span."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        # Longer than any test may take: a call that waits this long fails.
        "reporter_timeout": 300,
        "reporter_flush_interval": 0,
        "reporter_queue_size": QUEUE_SIZE,
        **condition,
    }
    return Config(settings, service_name="stuck", metrics_factory=metrics_factory)


def stuck_tracer() -> Tracer:
    """Return a tracer with a span that it cannot send."""
    tracer = config().new_tracer()
    tracer.start_span("first").finish()
    assert stuck.wait(TEST_TIMEOUT)
    return tracer


@dataclass
class Recorder:
    """Collects the names of the audit events on this thread, while it is on."""

    events: set[str]
    is_on: bool = False
    thread: int = threading.get_ident()

    def hook(self, event: str, _arguments: tuple[object, ...]) -> None:
        """Receive an audit event."""
        if self.is_on and threading.get_ident() == self.thread:
            self.events.add(event)


def record(tracer: Tracer) -> None:
    """Call everything that records or propagates."""
    carrier: dict[str, str] = {}
    with tracer.start_active_span("op", tags={"a": 1}) as scope:
        span = scope.span
        span.set_tag("b", "text").set_baggage_item("c", "d")
        span.log_kv({"event": "e", "f": 1.5})
        span.set_operation_name("other")
        tracer.inject(span, opentracing.Format.HTTP_HEADERS, carrier)
    assert tracer.extract(opentracing.Format.HTTP_HEADERS, carrier)


def timed(name: str, call: Callable[[], object]) -> None:
    """Call *call* and note its seconds."""
    start = time.monotonic()
    call()
    seconds[name] = time.monotonic() - start


def record_often() -> None:
    """Record more than the queue can hold."""
    for _ in range(ROUNDS):
        record(tracer)


def fork() -> None:
    """Fork a child that ends at once."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    children.append(pid)


children: list[int] = []
socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # a resolver of our own
condition = CONDITIONS[sys.argv[1]]()
tracer = stuck_tracer()
record(tracer)
recorder = Recorder(set())
sys.addaudithook(recorder.hook)
recorder.is_on = True
timed("record", record_often)
recorder.is_on = False
reporter = tracer.reporter
assert isinstance(reporter, Reporter)
dropped = reporter.losses.queue_full
timed("scrape", lambda: prometheus_client.generate_latest(registry))
timed("explain", config().explain)
timed("fork", fork)
timed("flush", lambda: tracer.flush(TIMEOUT))
timed("reporter.flush", lambda: reporter.flush(TIMEOUT))
timed("sampler.close", tracer.sampler.close)
timed("close", lambda: tracer.close(TIMEOUT))
timed("second close", lambda: tracer.close(TIMEOUT))
other = stuck_tracer().reporter
timed("reporter.close", lambda: other.close(TIMEOUT))
tracer = stuck_tracer()
timed("aclose", lambda: asyncio.run(tracer.aclose(TIMEOUT)))
last = stuck_tracer()
for pid in children:
    os.waitpid(pid, 0)


@atexit.register
def print_results() -> None:
    """Print what was measured; called before the tracers are flushed."""
    end = time.monotonic()
    results = {"events": sorted(recorder.events), "queue_full": dropped, "end": end}
    print(json.dumps({"seconds": seconds, **results}), flush=True)
