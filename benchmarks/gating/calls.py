"""
The calls whose instructions are counted, and the program that runs them.

Strategy: `main` is the program of a process under callgrind. `os.getppid()` is its
marker: the interpreter never calls it by itself, it is in the symbol table of every C
library, and callgrind writes its count and begins again each time
(`--dump-before=getppid`). Between the two markers of a pair is one loop over one call
and nothing else. The arguments of a call are created before the loop, with new ids for
each turn, so that no cache hits where an application would miss.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from opentracing import Format

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client._native import IS_COMPILED
from jaeger_client.encoding import (
    Encoder,
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.model import Process, SpanLosses
from jaeger_client.reporter import BaseReporter, NullReporter, Reporter
from jaeger_client.senders.memory import MemorySender

TURNS: Final = 500
"""Number of calls in the loop that is counted."""

WARM_UP: Final = 300 if sys.version_info >= (3, 11) else 1_100
"""Number of calls before it; Python 3.10 optimizes code only at its 1024th run."""

ENCODED_AT_ONCE: Final = 100
"""Number of spans that the encoder gets at once, as from the reporter."""

Call = Callable[[], object]
MakeCall = Callable[[int], Call]
"""Creates a call from its arguments, which are enough for *turns* calls."""


class LimitSpan:
    """The slotted object of `limit`."""

    __slots__ = ("end", "span_id", "start", "tags")

    start: float
    end: float
    span_id: int
    tags: dict[str, object]


class SleepingWorker(BackgroundWorker):
    """A worker whose thread never starts, because its instructions would count."""

    def wake(self) -> None:
        """Do nothing."""


class MemoryChannel(NamedTuple):
    """The reporter's channel, which is never used."""

    encoder: JaegerCompactEncoder
    sender: MemorySender


def make_nothing(_turns: int) -> Call:
    """Return the empty call, whose cost is subtracted from all others."""

    def nothing() -> None:
        pass

    return nothing


def make_limit(_turns: int) -> Call:
    """Return the minimum for any tracer in Python."""
    source, queue = random.Random(1), list[LimitSpan]()  # noqa: S311 - as ids are made

    def limit() -> None:
        span = LimitSpan()
        span.start = time.time()
        span.span_id = source.getrandbits(64)
        span.tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        span.end = time.time()
        queue.append(span)

    return limit


def make_tracer(
    reporter: BaseReporter | None = None, *, sampled: bool = True
) -> Tracer:
    """Return a tracer of an application."""
    sampler = ConstSampler(decision=sampled)
    return Tracer("gates", reporter or NullReporter(), sampler)


def make_reporter(turns: int) -> Reporter:
    """Return the reporter of an application, with space for every span."""
    channel = MemoryChannel(JaegerCompactEncoder(SpanLosses()), MemorySender())
    return Reporter(channel, queue_capacity=4 * turns, worker=SleepingWorker())


def make_root(tracer: Tracer) -> Call:
    """Return a call for a root span with three tags that is finished at once."""

    def root() -> None:
        tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        tracer.start_span("GET /customer", tags=tags).finish()

    return root


def make_sampled_root(turns: int) -> Call:
    """Return a call for a root span that passes through the real reporter's queue."""
    return make_root(make_tracer(make_reporter(turns)))


def make_unsampled_root(_turns: int) -> Call:
    """Return a call for a root span that is not recorded."""
    return make_root(make_tracer(sampled=False))


def make_child(_turns: int) -> Call:
    """Return a call for a child span that is finished at once."""
    tracer = make_tracer()
    parent = tracer.start_span("parent")
    return lambda: tracer.start_span("SELECT", child_of=parent).finish()


def make_active_child(_turns: int) -> Call:
    """Return a call for an active span in an active span."""
    tracer = make_tracer()

    def active_child() -> None:
        with tracer.start_active_span("GET /customer"):
            tracer.start_active_span("SELECT").close()

    return active_child


def make_set_tag(_turns: int) -> Call:
    """Return a call that adds a tag to a span."""
    span = make_tracer().start_span("GET /customer")
    return lambda: span.set_tag("http.method", "GET")


def make_log_kv(_turns: int) -> Call:
    """Return a call that adds a log to a span."""
    span = make_tracer().start_span("GET /customer")
    return lambda: span.log_kv({"event": "retry", "attempt": 1})


def make_contexts(tracer: Tracer, turns: int) -> list[SpanContext]:
    """Return contexts of traces that have nothing in common."""
    return [tracer.start_span("context").context for _ in range(turns)]


def make_inject(turns: int) -> Call:
    """Return a call that injects into empty HTTP headers."""
    tracer = make_tracer()
    take = iter(make_contexts(tracer, turns)).__next__
    return lambda: tracer.inject(take(), Format.HTTP_HEADERS, {})


def make_headers(tracer: Tracer, context: SpanContext) -> dict[str, str]:
    """Return the nine headers of a request."""
    headers = {
        "host": "shop.example",
        "user-agent": "gates",
        "accept": "*/*",
        "accept-encoding": "gzip",
        "connection": "keep-alive",
        "content-type": "application/json",
        "content-length": "17",
        "x-request-id": "b1946ac9",
    }
    tracer.inject(context, Format.HTTP_HEADERS, headers)
    return headers


def make_extract(turns: int) -> Call:
    """Return a call that extracts from nine HTTP headers."""
    tracer = make_tracer()
    contexts = make_contexts(tracer, turns)
    requests = [make_headers(tracer, context) for context in contexts]
    take = iter(requests).__next__
    return lambda: tracer.extract(Format.HTTP_HEADERS, take())


def make_finished_span(tracer: Tracer, parent: Span | None) -> Span:
    """Return a span of eight tags, whose values repeat."""
    span = tracer.start_span("GET /customer", child_of=parent)
    tags: dict[str, object] = {
        "span.kind": "client",
        "component": "http",
        "http.method": "GET",
        "http.url": "http://shop.example/customers/17",
        "http.status_code": 200,
        "peer.service": "customers",
        "peer.port": 8080,
        "cached": True,
    }
    for key, value in tags.items():
        span.set_tag(key, value)
    span.finish()
    return span


def make_finished_spans(tracer: Tracer) -> list[Span]:
    """Return the spans of one encoder call: families of a parent and three children."""
    parents = [make_finished_span(tracer, None) for _ in range(ENCODED_AT_ONCE // 4)]
    children = [make_finished_span(tracer, parent) for parent in parents * 3]
    return parents + children


def make_encode(make_encoder: Callable[[SpanLosses], Encoder]) -> MakeCall:
    """Return a function that creates encoder calls for spans with new ids and times."""

    def make(turns: int) -> Call:
        tracer = make_tracer()
        # The same ids in each run: their size as varints differs.
        tracer.random.seed(1)
        batches = [make_finished_spans(tracer) for _ in range(turns)]
        take = iter(batches).__next__
        encoder = make_encoder(SpanLosses())
        encoder.set_process(Process("gates", (("hostname", "host"),)))

        def encode() -> None:
            for _ in encoder.encode(take(), limit=65_000):
                pass

        return encode

    return make


class HotCall(NamedTuple):
    """One row of the table."""

    name: str
    make: MakeCall
    size: int = 1
    """Number of operations of one call."""


HOT_CALLS: Final = (
    HotCall("nothing", make_nothing),
    HotCall("limit", make_limit),
    HotCall("root start + finish", make_sampled_root),
    HotCall("root, unsampled", make_unsampled_root),
    HotCall("child start + finish", make_child),
    HotCall("active parent and child", make_active_child),
    HotCall("set_tag", make_set_tag),
    HotCall("log_kv", make_log_kv),
    HotCall("inject", make_inject),
    HotCall("extract", make_extract),
    HotCall("encode a span", make_encode(JaegerCompactEncoder), ENCODED_AT_ONCE),
    HotCall("encode, binary", make_encode(JaegerBinaryEncoder), ENCODED_AT_ONCE),
    HotCall("encode, OTLP", make_encode(OtlpEncoder), ENCODED_AT_ONCE),
    HotCall("encode, Zipkin", make_encode(ZipkinJsonEncoder), ENCODED_AT_ONCE),
)


def loop(call: Call, turns: int) -> None:
    """Call *call* *turns* times, from C: bytecode is specialized for what it calls."""
    deque(itertools.starmap(call, itertools.repeat((), turns)), maxlen=0)


def count(hot_call: HotCall) -> int:
    """Run the loop between two markers; return the number of operations."""
    turns = TURNS // hot_call.size
    warm_up = max(1, WARM_UP // hot_call.size)
    call = hot_call.make(warm_up + turns)
    loop(call, warm_up)
    os.getppid()
    loop(call, turns)
    os.getppid()
    return turns * hot_call.size


def print_implementation() -> None:
    """Print the implementation of the package that is imported."""
    print("compiled" if IS_COMPILED else "pure Python")


def main() -> None:
    """
    Count each call in a fork of this process, one after the other.

    So no call finds code specialized or memory used by the one before. Each prints its
    process id, by which callgrind names its counts, its name and how often it ran.
    """
    gc.disable()
    for hot_call in HOT_CALLS:
        pid = os.fork()
        if not pid:
            done = count(hot_call)
            print(os.getpid(), done, hot_call.name, flush=True)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status:
            sys.exit(f"counting {hot_call.name} failed")
