"""
A program that uses everything of the client that can be seen in a trace.

It runs unchanged on jaeger-client 4.8 and on 5. Each function below makes one
trace. The clock stands still and is moved by hand, so that two runs give the
same times; ids are random, and the ids of the traces are printed as JSON.

Usage: ``python everything.py``; where spans go is read from the environment.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from opentracing import Format, child_of, follows_from
from opentracing.ext import tags as ext_tags

from jaeger_client import Config, SpanContext

BEGINNING = 1_700_000_000.0
"""Start of the first trace: 2023-11-14 22:13:20 UTC."""


class HandClock:
    """Replaces `time.time`; advances only by `step`."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> float:
        """Return the current time of this clock."""
        return self.now

    def step(self, seconds: float = 0.001) -> None:
        """Advance by *seconds*."""
        self.now += seconds


CLOCK = HandClock()
MOMENTS = itertools.count(BEGINNING - 1_000_000)


class Opinion:
    """A value of a type that the client does not know."""

    def __str__(self) -> str:
        return "an opinion"


class Unprintable:
    """A value that cannot be converted to text."""

    def __str__(self) -> str:
        raise ValueError("no words for it")


class Lazy:
    """A value whose text changes after it was recorded."""

    text = "at first"

    def __str__(self) -> str:
        return self.text


def make_tracer(service: str, **config: Any) -> Any:
    """Create a tracer as an application with several of them does."""
    config.setdefault("sampler", {"type": "const", "param": 1})
    config.setdefault("reporter_queue_size", 1000)
    config.setdefault("logging", False)
    # 4.8 seeds its ids with the time: tracers created at one moment have the same ids.
    with mock.patch("time.time", side_effect=MOMENTS):
        return Config(config=config, service_name=service).new_tracer()


class Shop:
    """The services of this program, each with its tracer, created at first use."""

    def __init__(self) -> None:
        self.elsewhere: Any = None
        self._tracers: dict[str, Any] = {}

    def tracer(self, service: str = "everything", **config: Any) -> Any:
        """Return the tracer of *service*."""
        if service not in self._tracers:
            self._tracers[service] = make_tracer(service, **config)
        return self._tracers[service]

    def close(self, timeout: float = 10.0) -> None:
        """Send what is queued; 4.8 completes its futures without notification."""
        futures = [tracer.close() for tracer in self._tracers.values()]
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not all(future.done() for future in futures):
            if time.monotonic() > deadline:
                sys.exit("the tracers did not close in time")
            pause.wait(0.01)


def tag_values(shop: Shop) -> Any:
    """Every type that a tag may have, at the start and later."""
    root = shop.tracer().start_span(
        "tag values", tags={"start.text": "at the start", "start.number": 7}
    )
    values = {
        "text": "plain",
        "text.empty": "",
        "text.unicode": "Grüße, 世界 🌍",
        "text.control": "tab\tnewline\nnull\0end",
        "text.1024": "x" * 1024,
        "text.cut": "y" * 1025,
        "text.cut.unicode": "ü🌍" * 1000,
        "bool.true": True,
        "bool.false": False,
        "int.zero": 0,
        "int.negative": -1,
        "int.largest": 2**63 - 1,
        "int.smallest": -(2**63),
        "float": 0.1,
        "float.whole": 3.0,
        "float.large": 1.7976931348623157e308,
        "float.small": 5e-324,
        "bytes": b"\x00\xff bytes",
        "bytes.empty": b"",
        "bytes.text": b"only ASCII",
        "none": None,
        "list": [1, "two", None],
        "dict": {"a": 1},
        "object": Opinion(),
        "type": int,
        "exception": KeyError("lost"),
        "clé 🔑": "a key that is not ASCII",
    }
    for key, value in values.items():
        root.set_tag(key, value)
    CLOCK.step()
    root.finish()
    return root


def changing_value(shop: Shop) -> Any:
    """A value is recorded as it was when it was set."""
    root = shop.tracer().start_span("changing value")
    value = Lazy()
    numbers = [1]
    root.set_tag("lazy", value)
    root.set_tag("numbers", numbers)
    value.text = "later"
    numbers.append(2)
    CLOCK.step()
    root.finish()
    return root


def duplicate_tags(shop: Shop) -> Any:
    """One key set repeatedly, with another type each time."""
    root = shop.tracer().start_span("duplicate tags", tags={"key": "start"})
    for value in ("text", 1, 2.5, True):
        root.set_tag("key", value)
    root.set_tag("other", "first").set_tag("other", "second")
    CLOCK.step()
    root.finish()
    return root


def logs(shop: Shop) -> Any:
    """Logs by every method, with and without a timestamp."""
    root = shop.tracer().start_span("logs")
    root.log_kv({"event": "with a time", "n": 1}, timestamp=BEGINNING + 0.5)
    root.log_kv({"event": "before the start"}, timestamp=BEGINNING - 1.000001)
    CLOCK.step()
    root.log_kv(
        {
            "event": "every type",
            "text": "t",
            "bool": True,
            "int": 2**40,
            "float": 1.25,
            "bytes": b"\x01\x02",
            "none": None,
            "object": Opinion(),
            "long": "z" * 2000,
        }
    )
    CLOCK.step()
    root.log_kv({"no event": "here"})
    CLOCK.step()
    root.log_event("by log_event")
    CLOCK.step()
    root.log_event("by log_event", payload={"with": "payload"})
    CLOCK.step()
    root.log(event="by log", payload="paid")
    CLOCK.step()
    root.log(event="by log", timestamp=BEGINNING + 0.25)
    CLOCK.step()
    root.info("by info")
    root.info("by info", payload={"more": "info"})
    CLOCK.step()
    root.error("by error")
    root.error("by error", payload="worse")
    CLOCK.step()
    root.finish()
    return root


def left_by_exception(shop: Shop) -> Any:
    """A span left through an exception, and its parent, which is left normally."""
    with shop.tracer().start_span("left well") as root:
        try:
            with shop.tracer().start_span("left by exception", child_of=root):
                CLOCK.step()
                raise LookupError("nothing there")
        except LookupError:
            CLOCK.step()
    return root


def errors(shop: Shop) -> Any:
    """What Jaeger treats as an error: the tag, and status codes of HTTP."""
    tracer = shop.tracer()
    root = tracer.start_span("errors", tags={"error": True})
    cases = {
        "error as text": {"error": "true"},
        "error is false": {"error": False},
        "server 404": {"span.kind": "server", "http.status_code": 404},
        "server 500": {"span.kind": "server", "http.status_code": 500},
        "client 404": {"span.kind": "client", "http.status_code": 404},
        "client 200": {"span.kind": "client", "http.status_code": 200},
    }
    for name, tags in cases.items():
        CLOCK.step()
        with tracer.start_span(name, child_of=root, tags=tags):
            CLOCK.step()
    root.finish()
    return root


def span_kinds(shop: Shop) -> Any:
    """Each kind of span, and the standard tags of OpenTracing."""
    tracer = shop.tracer()
    root = tracer.start_span("span kinds")
    for kind in ("client", "server", "producer", "consumer"):
        tags = {ext_tags.SPAN_KIND: kind, ext_tags.COMPONENT: "everything"}
        span = tracer.start_span(kind, child_of=root, tags=tags)
        span.set_tag(ext_tags.PEER_SERVICE, "peer")
        span.set_tag(ext_tags.PEER_PORT, 8080)
        span.set_tag(ext_tags.PEER_HOST_IPV4, "127.0.0.1")
        span.set_tag(ext_tags.HTTP_URL, "http://127.0.0.1:8080/?q=1")
        CLOCK.step()
        span.finish()
    root.finish()
    return root


def elsewhere(shop: Shop) -> Any:
    """A trace that others refer to."""
    root = shop.elsewhere = shop.tracer().start_span("elsewhere")
    CLOCK.step()
    root.finish()
    return root


def references(shop: Shop) -> Any:
    """Parents, links and both, within the trace and to another one."""
    tracer = shop.tracer()
    root = tracer.start_span("references")
    first = tracer.start_span("child by child_of", child_of=root)
    second = tracer.start_span("child by context", child_of=root.context)
    cases: dict[str, dict[str, Any]] = {
        "child by reference": {"references": child_of(root.context)},
        "follower": {"references": follows_from(first.context)},
        "two parents": {
            "references": [child_of(first.context), child_of(second.context)]
        },
        "parent and follower": {
            "references": [follows_from(first.context), child_of(root.context)]
        },
        "to another trace": {
            "references": [
                child_of(root.context),
                follows_from(shop.elsewhere.context),
            ]
        },
        "child_of beats references": {
            "child_of": root,
            "references": [follows_from(second.context)],
        },
        "none is dropped": {"references": [child_of(None), child_of(root.context)]},
    }
    spans = [tracer.start_span(name, **how) for name, how in cases.items()]
    CLOCK.step()
    for span in [*spans, second, first, root]:
        span.finish()
    return root


def active_spans(shop: Shop) -> Any:
    """Spans whose parent is the active span."""
    tracer = shop.tracer()
    with tracer.start_active_span("outer") as outer:
        with tracer.start_active_span("inner"):
            CLOCK.step()
            with tracer.start_span("innermost"):
                CLOCK.step()
        with tracer.start_active_span("not closed", finish_on_close=False) as scope:
            pass
        links = follows_from(shop.elsewhere.context)
        with tracer.start_span("active beats references", references=links):
            CLOCK.step()
        with tracer.start_span("child_of beats active", child_of=scope.span):
            CLOCK.step()
        scope.span.finish()
    return outer.span


def ignoring_the_active_span(shop: Shop) -> Any:
    """A root although a span is active."""
    tracer = shop.tracer()
    with tracer.start_active_span("left aside"):
        root = tracer.start_span("ignores the active", ignore_active_span=True)
        CLOCK.step()
        root.finish()
    return root


def baggage(shop: Shop) -> Any:
    """Baggage that is set, overridden, deleted, propagated and logged."""
    tracer = shop.tracer()
    root = tracer.start_span("baggage")
    root.set_baggage_item("Customer", "Ada & Co")
    CLOCK.step()
    root.set_baggage_item("Customer", "Grace/£")
    root.set_baggage_item("session", "one")
    CLOCK.step()
    root.set_baggage_item("session", None)
    child = tracer.start_span("heir", child_of=root)
    child.set_tag("seen", str(child.get_baggage_item("Customer")))
    child.set_tag("gone", str(child.get_baggage_item("session")))
    for where in (Format.TEXT_MAP, Format.HTTP_HEADERS):
        carrier: dict[str, str] = {}
        tracer.inject(child.context, where, carrier)
        context = tracer.extract(where, carrier)
        with tracer.start_span(f"heir by {where}", child_of=context) as heir:
            heir.set_tag("baggage", json.dumps(dict(context.baggage), sort_keys=True))
            CLOCK.step()
    child.finish()
    root.finish()
    return root


def priority_up(shop: Shop) -> Any:
    """A trace that the sampler refused, sampled by tag from then on."""
    tracer = shop.tracer("seldom", sampler={"type": "const", "param": 0})
    root = tracer.start_span("priority up", tags={"lost": "not sampled yet"})
    root.set_tag("lost too", True)
    root.set_tag(ext_tags.SAMPLING_PRIORITY, 1)
    root.set_tag(ext_tags.SAMPLING_PRIORITY, 1)
    root.set_tag("kept", True)
    with tracer.start_span("child of priority", child_of=root):
        CLOCK.step()
    root.finish()
    return root


def priority_down(shop: Shop) -> Any:
    """A child that requests not to be sampled, and one with an invalid priority."""
    tracer = shop.tracer()
    root = tracer.start_span("priority down")
    root.set_tag(ext_tags.SAMPLING_PRIORITY, "nonsense")
    tags = {ext_tags.SAMPLING_PRIORITY: 0}
    silent = tracer.start_span("silent", child_of=root, tags=tags)
    with tracer.start_span("silent too", child_of=silent):
        CLOCK.step()
    silent.finish()
    with tracer.start_span("heard", child_of=root):
        CLOCK.step()
    root.finish()
    return root


def debug_id(shop: Shop) -> Any:
    """A request with a debug id and without a trace."""
    tracer = shop.tracer("seldom", sampler={"type": "const", "param": 0})
    headers = {"Jaeger-Debug-ID": "ticket 42"}
    context = tracer.extract(Format.HTTP_HEADERS, headers)
    root = tracer.start_span("debug id", child_of=context)
    with tracer.start_span("child of debug", child_of=root):
        CLOCK.step()
    root.finish()
    return root


def one_span_per_rpc(shop: Shop) -> Any:
    """A client span and a server span that share one id, as in Zipkin."""
    client = shop.tracer()
    server = shop.tracer("one-span-server")
    server.one_span_per_rpc = True
    root = client.start_span("one span per rpc")
    tags = {ext_tags.SPAN_KIND: ext_tags.SPAN_KIND_RPC_CLIENT}
    call = client.start_span("shared call", child_of=root, tags=tags)
    headers: dict[str, str] = {}
    client.inject(call, Format.HTTP_HEADERS, headers)
    CLOCK.step()
    answer = server.start_span(
        "shared answer",
        child_of=server.extract(Format.HTTP_HEADERS, headers),
        tags={ext_tags.SPAN_KIND: ext_tags.SPAN_KIND_RPC_SERVER},
    )
    with server.start_span("below the answer", child_of=answer):
        CLOCK.step()
    answer.finish()
    CLOCK.step()
    call.finish()
    root.finish()
    return root


def times(shop: Shop) -> Any:
    """Start and finish times that are passed, to the microsecond."""
    tracer = shop.tracer()
    root = tracer.start_span("times", start_time=BEGINNING)
    cases = {
        "microseconds": (0.000001, 0.000003),
        "thirds": (1 / 3, 2 / 3),
        "cut, not rounded": (0.0000019, 0.0000099),
        "long ago": (-1_000_000_000.5, -999_999_999.25),
        "a day": (0.0, 86_400.0),
    }
    for name, (start, finish) in cases.items():
        span = tracer.start_span(name, child_of=root, start_time=BEGINNING + start)
        span.finish(finish_time=BEGINNING + finish)
    root.finish(finish_time=BEGINNING + 1.5)
    return root


def odd_times(shop: Shop) -> Any:
    """No duration, a finish before the start, and a start at the epoch."""
    tracer = shop.tracer()
    root = tracer.start_span("odd times")
    cases = {"no duration": (0.0, 0.0), "backwards": (0.25, -0.5)}
    for name, (start, finish) in cases.items():
        span = tracer.start_span(name, child_of=root, start_time=BEGINNING + start)
        span.finish(finish_time=BEGINNING + finish)
    epoch = tracer.start_span("since the epoch", child_of=root, start_time=0)
    epoch.finish(finish_time=CLOCK.now + 1)
    CLOCK.step()
    root.finish()
    return root


def long_ids(shop: Shop) -> Any:
    """A trace id of 128 bits, through text and binary, into a short-id service."""
    tracer = shop.tracer("long-ids", generate_128bit_trace_id=True)
    other = shop.tracer()
    root = tracer.start_span("128 bits")
    for where in (Format.TEXT_MAP, Format.BINARY):
        carrier: Any = bytearray() if where == Format.BINARY else {}
        tracer.inject(root, where, carrier)
        context = other.extract(where, carrier)
        with other.start_span(f"64 bits by {where}", child_of=context):
            CLOCK.step()
    root.finish()
    return root


def b3(shop: Shop) -> Any:
    """Services that use B3, one with long ids."""
    front = shop.tracer("b3-front", propagation="b3")
    back = shop.tracer("b3-back", propagation="b3", generate_128bit_trace_id=True)
    root = front.start_span("b3")
    headers: dict[str, str] = {}
    front.inject(root, Format.HTTP_HEADERS, headers)
    lower = {key.lower(): value for key, value in headers.items()}
    for name, carrier in (("as sent", headers), ("lower case", lower)):
        CLOCK.step()
        context = back.extract(Format.HTTP_HEADERS, carrier)
        with back.start_span(f"b3 {name}", child_of=context) as span:
            span.set_tag("headers", ",".join(sorted(headers)))
            CLOCK.step()
    root.finish()
    return root


def propagation(shop: Shop) -> Any:
    """Three services in a row, each call in another format."""
    formats = (Format.TEXT_MAP, Format.HTTP_HEADERS, Format.BINARY)
    root = span = shop.tracer().start_span("propagation")
    root.set_baggage_item("hop", "Ünïcode/ & more")
    tracer = shop.tracer()
    spans = [root]
    for hop, where in enumerate(formats):
        CLOCK.step()
        carrier: Any = bytearray() if where == Format.BINARY else {}
        tracer.inject(span.context, where, carrier)
        tracer = shop.tracer(f"hop-{hop}")
        span = tracer.start_span(
            f"hop by {where}", child_of=tracer.extract(where, carrier)
        )
        span.set_tag("hop", str(span.get_baggage_item("hop")))
        spans.append(span)
    CLOCK.step()
    for span in reversed(spans):
        span.finish()
    return root


def headers_of_our_own(shop: Shop) -> Any:
    """A tracer whose headers have other names."""
    names = {
        "trace_id_header": "X_Trace",
        "baggage_header_prefix": "x-bag-",
        "debug_id_header": "x-debug",
    }
    tracer = shop.tracer("own-headers", **names)
    root = tracer.start_span("own headers")
    root.set_baggage_item("some_key", "v")
    carrier: dict[str, str] = {}
    tracer.inject(root, Format.HTTP_HEADERS, carrier)
    context = tracer.extract(Format.HTTP_HEADERS, carrier)
    with tracer.start_span("own headers inside", child_of=context) as span:
        span.set_tag("headers", ",".join(sorted(carrier)))
        CLOCK.step()
    debug = tracer.extract(Format.HTTP_HEADERS, {"x-debug": "ticket 43"})
    span.set_tag("debug", str(debug.debug_id))
    root.finish()
    return root


def names(shop: Shop) -> Any:
    """Operations renamed, in other scripts, and long."""
    tracer = shop.tracer()
    root = tracer.start_span("first name")
    root.set_operation_name("names")
    for name in ("GET /größe/世界", "n" * 2000, ""):
        with tracer.start_span(name, child_of=root):
            CLOCK.step()
    renamed = tracer.start_span("before", child_of=root)
    renamed.operation_name = "after"
    CLOCK.step()
    renamed.finish()
    root.finish()
    return root


def samplers(shop: Shop) -> Any:
    """Only the root has the sampler's tags."""
    probable = shop.tracer("probable", sampler={"type": "probabilistic", "param": 1})
    limited = shop.tracer("limited", sampler={"type": "ratelimiting", "param": 100})
    root = probable.start_span("samplers", references=None)
    with limited.start_span("joined", child_of=root):
        CLOCK.step()
    root.finish()
    return root


def rate_limited(shop: Shop) -> Any:
    """A root that a rate limit accepted."""
    limited = shop.tracer("limited", sampler={"type": "ratelimiting", "param": 100})
    root = limited.start_span("rate limited")
    CLOCK.step()
    root.finish()
    return root


def process_tags(shop: Shop) -> Any:
    """Tags of the process, which override those of the client."""
    tags = {"a number": 12, "a ratio": 0.5, "a flag": True, "hostname": "our own"}
    tracer = shop.tracer("tagged", tags=tags, max_tag_value_length=10)
    root = tracer.start_span("process tags")
    root.set_tag("cut at ten", "0123456789abc")
    CLOCK.step()
    root.finish()
    return root


def many_spans(shop: Shop) -> Any:
    """More bytes than fit one packet."""
    tracer = shop.tracer()
    root = tracer.start_span("many spans")
    for number in range(20):
        tags = {f"text {place}": f"{number:03} " * 255 for place in range(4)}
        with tracer.start_span(f"number {number}", child_of=root, tags=tags):
            CLOCK.step()
    root.finish()
    return root


def unsampled(shop: Shop) -> Any:
    """A trace that the sampler refused: nothing of it is visible."""
    tracer = shop.tracer("seldom", sampler={"type": "const", "param": 0})
    root = tracer.start_span("unsampled")
    with tracer.start_span("unsampled child", child_of=root):
        CLOCK.step()
    root.finish()
    return root


def only_baggage(shop: Shop) -> Any:
    """A request with baggage and without a trace."""
    tracer = shop.tracer()
    headers = {"uberctx-customer": "Ada", "jaeger-baggage": "more=beside"}
    context = tracer.extract(Format.HTTP_HEADERS, headers)
    root = tracer.start_span("only baggage", child_of=context)
    root.set_tag("customer", str(root.get_baggage_item("customer")))
    CLOCK.step()
    root.finish()
    return root


# The following traces lose spans on 4.8, and sometimes others of their batch: so each
# has a tracer of its own, with its own reporter and socket.


def huge_integers(shop: Shop) -> Any:
    """Integers outside 64 bits."""
    root = shop.tracer("huge").start_span("huge integers")
    root.set_tag("huge", 2**63).set_tag("huge negative", -(2**63) - 1)
    root.log_kv({"event": "huge", "number": 10**30})
    CLOCK.step()
    root.finish()
    return root


def lone_surrogates(shop: Shop) -> Any:
    """Text that is not Unicode, as os.fsdecode returns it for a file name."""
    root = shop.tracer("surrogates").start_span("lone \udcff surrogate")
    root.set_tag("file", "caf\udce9.txt").set_tag("k\udcffy", 1)
    root.log_kv({"event": "named \udcff"})
    CLOCK.step()
    root.finish()
    return root


def unprintable(shop: Shop) -> Any:
    """A value that cannot be converted to text."""
    root = shop.tracer("unprintable").start_span("unprintable")
    root.set_tag("unprintable", Unprintable())
    CLOCK.step()
    root.finish()
    return root


def reference_to_nothing(shop: Shop) -> Any:
    """A link to a context that has no trace."""
    tracer = shop.tracer("to-nothing")
    root = tracer.start_span("reference to nothing")
    nowhere: Any = None
    nothing = SpanContext(nowhere, nowhere, parent_id=None, flags=0)
    links = [child_of(root.context), follows_from(nothing)]
    with tracer.start_span("linked to nothing", references=links):
        CLOCK.step()
    root.finish()
    return root


def too_large(shop: Shop) -> Any:
    """A span that no packet holds, between two that fit."""
    tracer = shop.tracer("too-large", max_tag_value_length=20_000)
    root = tracer.start_span("too large")
    with tracer.start_span("large", child_of=root) as large:
        for number in range(5):
            CLOCK.step()
            large.log_kv({"event": f"page {number}", "text": "t" * 20_000})
    with tracer.start_span("small", child_of=root):
        CLOCK.step()
    root.finish()
    return root


SCENARIOS: tuple[Callable[[Shop], Any], ...] = (
    tag_values,
    changing_value,
    duplicate_tags,
    logs,
    left_by_exception,
    errors,
    span_kinds,
    elsewhere,
    references,
    active_spans,
    ignoring_the_active_span,
    baggage,
    priority_up,
    priority_down,
    debug_id,
    one_span_per_rpc,
    times,
    odd_times,
    long_ids,
    b3,
    propagation,
    headers_of_our_own,
    names,
    samplers,
    rate_limited,
    process_tags,
    many_spans,
    unsampled,
    only_baggage,
    huge_integers,
    lone_surrogates,
    unprintable,
    reference_to_nothing,
    too_large,
)


def main() -> None:
    """Create every trace, close, and print the ids as one JSON object."""
    shop = Shop()
    found: dict[str, str] = {}
    with mock.patch("time.time", CLOCK):
        for number, scenario in enumerate(SCENARIOS):
            CLOCK.now = BEGINNING + number
            found[scenario.__name__] = f"{scenario(shop).trace_id:x}"
        shop.close()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
