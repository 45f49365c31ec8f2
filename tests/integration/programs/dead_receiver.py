"""
Reports spans to a receiver that is dead, and prints what became of them.

The arguments are the cause (`refused`, `hanging` or `unresolvable`), the protocol
(`udp`, or the path of an endpoint), the number of spans in millions, and how many
threads report them.
"""

from __future__ import annotations

import gc
import json
import socket
import sys
import threading
import tracemalloc
from collections import Counter, deque
from collections.abc import Mapping
from itertools import repeat
from typing import Final

from jaeger_client import Config, Tracer
from jaeger_client._internal import http_channel
from jaeger_client.metrics import CallableMetricsFactory
from jaeger_client.reporter import Reporter
from tests.integration.programs.memory_meter import BLOCKS, rss

CAUSE, PROTOCOL = sys.argv[1:3]
MILLIONS, THREADS = map(int, sys.argv[3:])

MILLION: Final = 1_000_000
TRACED: Final = 20_000
"""Spans between two measurements by `tracemalloc`, which makes each 4 times slower."""

TIMEOUT: Final = 60.0

COUNTS: Final = Counter[str]()

system_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host: str, *args: object, **kwargs: object) -> object:
    """Fail for `nowhere.test`, as the system's resolver does."""
    if host == "nowhere.test":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return system_getaddrinfo(host, *args, **kwargs)  # type: ignore[arg-type]  # as they came


def receiver() -> tuple[str, int]:
    """Return the host and port of a receiver for `CAUSE` and `PROTOCOL`."""
    if CAUSE == "unresolvable":
        return "nowhere.test", 9
    kind = socket.SOCK_DGRAM if PROTOCOL == "udp" else socket.SOCK_STREAM
    KEPT.append(sock := socket.socket(socket.AF_INET, kind))
    sock.bind(("127.0.0.1", 0))
    port = int(sock.getsockname()[1])
    if CAUSE == "hanging":
        # Like a stopped process: its socket accepts until its buffer is full.
        if PROTOCOL != "udp":
            sock.listen(128)
    elif PROTOCOL == "udp":
        sock.close()
    # A port that is bound but does not listen refuses, and no other process gets it.
    return "127.0.0.1", port


def count(name: str, value: int, tags: Mapping[str, str]) -> None:
    """Count the spans by what the reporter did with them."""
    if name == "jaeger.reporter_spans":
        COUNTS[tags["result"]] += value


def make_tracer() -> Tracer:
    """Return a tracer that reports to this address."""
    host, port = receiver()
    # A Jaeger on this machine must not receive the spans instead.
    setattr(http_channel, "OTLP_PORT", port)  # noqa: B010 - a constant
    settings: dict[str, object] = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_host": host, "reporting_port": port},
        "reporter_timeout": 1,
    }
    if PROTOCOL != "udp":
        settings["collector"] = {"endpoint": f"http://{host}:{port}{PROTOCOL}"}
    factory = CallableMetricsFactory(count=count)
    config = Config(settings, service_name="dead", metrics_factory=factory)
    return config.new_tracer()


def report(number: int) -> None:
    """Report one finished span *count* times, on `THREADS` threads."""
    each = number // THREADS
    threads = [
        threading.Thread(target=deque, args=(map(put, repeat(span, each)), 0))
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


KEPT: Final = list[socket.socket]()
socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # a resolver of our own
tracer = make_tracer()
reporter = tracer.reporter
assert isinstance(reporter, Reporter)
put = reporter.report_span
span = tracer.start_span("request", tags={"http.method": "GET"})
span.finish()

resident, traced = list[int](), list[int]()
for _ in range(10):
    report(MILLIONS * MILLION // 10)
    resident.append(rss())
tracemalloc.start()
for _ in range(BLOCKS):
    report(TRACED)
    gc.collect()
    traced.append(tracemalloc.get_traced_memory()[0])
tracemalloc.stop()
tracer.close(1)
# When the thread has ended, the spans that it could not send are counted, too.
for thread in threading.enumerate():
    if thread.name == "jaeger-client":
        thread.join(TIMEOUT)
reported = 1 + MILLIONS * MILLION + BLOCKS * TRACED
for sock in KEPT:
    sock.close()
print(
    json.dumps(
        {
            "reported": reported,
            "counts": COUNTS,
            "losses": reporter.losses.as_dict(),
            "rss": resident,
            "traced": traced,
            "operations": TRACED,
        }
    )
)
