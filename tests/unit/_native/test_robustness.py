"""What could crash or confuse compiled code: deep chains, patches, exchanged parts."""

# Applications without type checkers do what is tested here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock  # noqa: TID251 - as applications patch

import opentracing
import pytest

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client.codecs import B3Codec, TextCodec, W3CCodec
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.scope import ContextScope
from tests.unit.spans import Anything

DEPTH = 100_000


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Span, "references"),
        (Span, "start_time"),  # not a number, so it is stored in a dict
        (Span, "own"),
        (SpanContext, "baggage"),
        (ContextScope, "previous"),
        (Tracer, "sampler"),
    ],
)
def test_a_long_chain_of_objects_is_freed(cls: Any, name: str) -> None:
    """Freeing the first object does not recurse into the last one."""
    gc.disable()  # with this many objects it takes longer than the test
    try:
        before = chain = cls.__new__(cls)
        last = weakref.ref(chain)
        for _ in range(DEPTH):
            before, chain = chain, cls.__new__(cls)
            setattr(chain, name, [before])
        del before, chain
    finally:
        gc.enable()

    assert last() is None


@pytest.mark.parametrize("name", ["baggage", "stored_context", "_tracer"])
def test_a_deleted_value_is_freed(name: str) -> None:
    """Deleting an attribute drops the reference to its value."""
    span = make_tracer().start_span("op")
    context = SpanContext(1, 2, None, 1)
    setattr(span, name, context)
    count = sys.getrefcount(context)

    delattr(span, name)

    assert count - 1 == sys.getrefcount(context)


def make_tracer() -> Tracer:
    """Return a tracer that stores its spans."""
    return Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))


def test_an_attribute_of_the_random_source_may_be_exchanged_for_another() -> None:
    """The replaced function is noticed, even if as many attributes as before exist."""
    tracer: Any = make_tracer()
    tracer.random.own = 5
    tracer.start_span("op")

    del tracer.random.own
    tracer.random.getrandbits = lambda bits: bits

    assert 64 == tracer.start_span("op").trace_id


def test_a_patched_property_of_contexts_is_used() -> None:
    """Whether a context is a parent may be patched."""
    tracer = make_tracer()

    with mock.patch.object(SpanContext, "has_trace", new=False):
        span = tracer.start_span("op", child_of=SpanContext(1, 2, None, 1))

    assert span.parent_id is None


def test_a_property_of_contexts_that_was_deleted_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A context whose class does not tell whether it is a parent is none."""
    tracer = make_tracer()
    tracer.start_span("op", child_of=SpanContext(1, 2, None, 1))

    monkeypatch.delattr(SpanContext, "has_trace")

    assert not tracer.start_span("op", child_of=SpanContext(1, 2, None, 1)).parent_id


@pytest.mark.parametrize(
    ("codec", "headers"),
    [
        (TextCodec(), {"uber-trace-id": "1:2:3:1"}),
        (B3Codec(), {"x-b3-traceid": "1", "x-b3-spanid": "2", "x-b3-sampled": "1"}),
        (W3CCodec(), {"traceparent": f"00-{1:032x}-{2:016x}-01"}),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["__init__", "flags"])
def test_codecs_create_contexts_of_a_patched_class(
    codec: Anything, headers: dict[str, str], name: str
) -> None:
    """The class may be patched when a context is extracted."""
    used = []
    patches: dict[str, Any] = {
        "__init__": lambda *_, **__: used.append("__init__"),
        "flags": property(lambda _: 0, lambda _, __: used.append("flags")),
    }

    with mock.patch.object(SpanContext, name, patches[name]):
        codec.extract(headers)

    assert name in used


@pytest.mark.parametrize("name", ["report_span", "finish"])
def test_calls_that_never_end(name: str) -> None:
    """Methods in C that call each other are stopped by the limit on recursion."""
    tracer: Any = make_tracer()
    span: Any = tracer.start_span("op", references=[])
    if name == "report_span":
        tracer.reporter = tracer
    else:
        scope = tracer.scope_manager.activate(opentracing.tracer, finish_on_close=True)
        scope.span = mock.Mock(finish=scope.close)
        with pytest.raises(RecursionError):
            scope.close()

    span.finish()

    assert span.finished


PATCHED_BEFORE = """
import random
random.Random.getrandbits = lambda self, bits: bits
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter
print(Tracer("svc", InMemoryReporter(), ConstSampler(True)).start_span("op").trace_id)
"""


def test_the_source_of_ids_may_be_patched_before_the_import() -> None:
    """What a test has replaced in `random.Random` is used."""
    command = [sys.executable, "-c", PATCHED_BEFORE]

    done = subprocess.run(command, capture_output=True, check=True)

    assert b"64" == done.stdout.strip()


@contextmanager
def exchanged(function: Any, other: Any) -> Generator[None, None, None]:
    """Let *function* run the code of *other*, as time-machine does it in C."""

    def place_of(builtin: Any) -> ctypes.c_void_p:
        # An object has the address of its definition, whose second field is the code.
        address = ctypes.c_void_p.from_address(id(builtin) + object.__basicsize__).value
        return ctypes.c_void_p.from_address(
            (address or 0) + ctypes.sizeof(ctypes.c_void_p)
        )

    place = place_of(function)
    before, place.value = place.value, place_of(other).value
    try:
        yield
    finally:
        place.value = before


def test_the_code_of_the_wall_clock_may_be_exchanged() -> None:
    """A span starts at the time that `time.time` returns then."""
    tracer = make_tracer()
    with exchanged(time.time, time.perf_counter):
        before = time.perf_counter()
        sampled = tracer.start_span("op").start_time
        tracer.sampler = ConstSampler(decision=False)
        unsampled = tracer.start_span("op").start_time
        after = time.perf_counter()

    assert before <= sampled <= unsampled <= after


def test_the_code_of_the_steady_clock_may_be_exchanged() -> None:
    """A span ends by the time that the steady clock returns then."""
    span: Any = make_tracer().start_span("op")
    span.clock_offset = 0.0
    with exchanged(time.monotonic, time.time):
        before = time.time()
        span.finish()
        after = time.time()

    assert before <= span.end_time <= after


IMPORTED_IN_A_TEST = """
import time
time.time, time.monotonic = lambda: 1000.0, lambda: 5.0
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter
tracer = Tracer("svc", InMemoryReporter(), ConstSampler(True))
with tracer.start_span("op") as span:
    pass
print(span.start_time, round(span.end_time))
"""


def test_clocks_may_be_patched_during_the_import() -> None:
    """Functions that a test has replaced before are used, as freezegun's are."""
    command = [sys.executable, "-c", IMPORTED_IN_A_TEST]

    done = subprocess.run(command, capture_output=True, check=True)

    assert b"1000.0 1000" == done.stdout.strip()


REPLACES_ATTRIBUTES = """
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter

class Key:
    def __hash__(self):
        return hash("finish")

    def __eq__(self, other):
        scope.span.__dict__ = {}
        return False

reporter = InMemoryReporter()
tracer = Tracer("svc", reporter, ConstSampler(True))
for _ in range(100):
    scope = tracer.start_active_span("op")
    scope.span.__dict__[Key()] = 1
    scope.close()
print(len(reporter.get_spans()))
"""


def test_a_key_may_replace_the_attributes_that_are_searched() -> None:
    """The `__dict__` of a span is not freed during the search for `finish`."""
    command = [sys.executable, "-c", REPLACES_ATTRIBUTES]
    # Overwrites memory that is freed.
    environment = {**os.environ, "PYTHONMALLOC": "debug"}

    done = subprocess.run(command, capture_output=True, check=False, env=environment)

    assert (0, b"100") == (done.returncode, done.stdout.strip())
