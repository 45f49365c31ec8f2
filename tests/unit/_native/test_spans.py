"""
Attributes and methods of spans, contexts and tracers that the compiled core implements.

These tests pass on the plain Python classes as well: an application cannot tell which
it has.
"""

# Applications without type checkers do what is tested here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from __future__ import annotations

import copy
import gc
import inspect
import os
import pickle
import random
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest import mock  # noqa: TID251 - as applications patch

import pytest

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client._internal.ids import IdRandom
from jaeger_client.reporter import InMemoryReporter, NullReporter
from jaeger_client.sampler import Decision, Sampler
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Anything, Hostile, pairs_of

SPAN_ATTRIBUTES = [
    "_tracer",
    "baggage",
    "clock_offset",
    "decision_tags",
    "dropped_logs",
    "dropped_tags",
    "end_time",
    "finished",
    "first_tags",
    "has_random_trace_id",
    "log_items",
    "more_tags",
    "operation_name",
    "own_flags",
    "parent_id",
    "references",
    "shares_span_id",
    "span_id",
    "start_time",
    "stored_context",
    "trace_id",
]
CONTEXT_ATTRIBUTES = [
    "baggage",
    "debug_id",
    "flags",
    "has_random_trace_id",
    "parent_id",
    "sampling_undecided",
    "span_id",
    "trace_id",
    "trace_state",
]
TRACER_ATTRIBUTES = [
    "_active_scope",
    "_process_mark",
    "clock",
    "max_logs_per_span",
    "max_tag_value_length",
    "max_tags_per_span",
    "max_trace_id_bits",
    "metrics",
    "one_span_per_rpc",
    "random",
    "reporter",
    "sampler",
]
BY_DEFAULT = {
    "dropped_logs",
    "dropped_tags",
    "sampling_undecided",
    "shares_span_id",
    "trace_state",
}
"""Attributes that have a value if they were never assigned, or were deleted."""

VALUES: list[Anything] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**32,
    2**63,
    2**64 - 1,
    2**64,
    2**127 + 1,
    2**128 - 1,
    2**128,
    10**400,
    0.0,
    -0.0,
    1.5,
    float("inf"),
    "text",
    b"bytes",
    [],
    {},
    object(),
    Hostile(),
    Hostile,
]


def make_tracer(sampler: Sampler | None = None) -> Tracer:
    """Return a tracer with random ids that stores its spans."""
    return Tracer("svc", InMemoryReporter(), sampler or ConstSampler(decision=True))


def span_attributes() -> Iterator[tuple[Callable[[], object], str]]:
    """Yield a function that creates an object, and the name of an attribute."""
    for name in SPAN_ATTRIBUTES:
        yield lambda: MemoryTracer().start_span("op"), name
    for name in CONTEXT_ATTRIBUTES:
        yield lambda: SpanContext(1, 2, 3, 1), name
    for name in TRACER_ATTRIBUTES:
        yield make_tracer, name


ATTRIBUTES = list(span_attributes())
NAMES = [f"{number}-{name}" for number, (_, name) in enumerate(ATTRIBUTES)]


@pytest.mark.parametrize(("make", "name"), ATTRIBUTES, ids=NAMES)
def test_any_value_may_be_assigned(make: Callable[[], object], name: str) -> None:
    """Each attribute holds any value that is assigned, of exactly its type."""
    thing = make()
    for value in VALUES:
        setattr(thing, name, value)
        read = getattr(thing, name)

        assert type(read) is type(value)
        assert read is value or repr(read) == repr(value)


@pytest.mark.parametrize(("make", "name"), ATTRIBUTES, ids=NAMES)
def test_nan_may_be_assigned(make: Callable[[], object], name: str) -> None:
    """NaN is a value like others, not the absence of one."""
    thing = make()

    setattr(thing, name, float("nan"))

    read = getattr(thing, name)
    assert (float, True) == (type(read), read != read)  # noqa: PLR0124 - NaN


@pytest.mark.parametrize(("make", "name"), ATTRIBUTES, ids=NAMES)
@pytest.mark.parametrize("value", [5, [1]])
def test_an_attribute_may_be_deleted(
    make: Callable[[], object], name: str, value: object
) -> None:
    """A deleted attribute is absent until it is assigned again."""
    thing = make()
    setattr(thing, name, value)

    delattr(thing, name)

    assert (name in BY_DEFAULT) is hasattr(thing, name)
    if name not in BY_DEFAULT:
        with pytest.raises(AttributeError):
            delattr(thing, name)
    setattr(thing, name, value)
    assert value == getattr(thing, name)


@pytest.mark.parametrize(("make", "name"), ATTRIBUTES, ids=NAMES)
def test_mock_patches_an_attribute(make: Callable[[], object], name: str) -> None:
    """`mock.patch.object` on an instance replaces a value and restores it."""
    thing = make()
    before = getattr(thing, name)

    with mock.patch.object(thing, name, "patched"):
        assert "patched" == getattr(thing, name)

    assert before == getattr(thing, name)


@pytest.mark.parametrize("name", SPAN_ATTRIBUTES)
@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_methods_of_a_span_with_a_wrong_attribute(name: str, value: object) -> None:
    """Whatever was assigned, methods do not crash, and raise no error of the core."""
    tracer = MemoryTracer()
    for use in (
        lambda span: span.set_tag("key", "value"),
        lambda span: span.log_kv({"event": "x"}),
        lambda span: tracer.start_span("child", child_of=span),
        lambda span: span.context,
        lambda span: span.flags,
        lambda span: span.is_sampled(),
        lambda span: [*span.tag_items],
        repr,
        lambda span: span.finish(),
    ):
        span = tracer.start_span("op", tags={"a": 1}).set_tag("b", 2)
        setattr(span, name, value)
        # What plain Python code raises.
        with suppress(
            ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError
        ):
            use(span)


def test_unusual_times_are_reported() -> None:
    """A span whose start time is not a number is reported like others."""
    tracer = MemoryTracer()
    span = tracer.start_span("op")

    span.start_time = [1]  # type: ignore[assignment]
    span.finish()

    (reported,) = tracer.spans
    assert "[1]" == repr(reported.start_time)


@pytest.mark.parametrize("name", ["set_tag", "log_kv", "finish", "is_sampled"])
def test_a_method_may_be_replaced(name: str) -> None:
    """Methods may be assigned, to the span and to the class, and are restored."""
    span = MemoryTracer().start_span("op")
    original = getattr(Span, name)

    with mock.patch.object(span, name, return_value="instance"):
        assert "instance" == getattr(span, name)()
    with mock.patch.object(Span, name, return_value="class"):
        assert "class" == getattr(span, name)()

    assert original == getattr(Span, name)
    assert getattr(span, name).__self__ is span


def test_finish_calls_the_report_span_of_the_tracer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`report_span` may be replaced on the tracer and on its class."""
    tracer, reported = MemoryTracer(), []

    with mock.patch.object(
        Tracer, "report_span", lambda _, span: reported.append(span)
    ):
        tracer.start_span("class").finish()
    monkeypatch.setattr(tracer, "report_span", reported.append)
    tracer.start_span("instance").finish()

    assert ["class", "instance"] == [span.operation_name for span in reported]
    assert [] == tracer.spans


def test_finish_calls_the_report_span_of_the_reporter() -> None:
    """`report_span` may be replaced on the reporter and on its class."""
    tracer, reported = MemoryTracer(), []

    with mock.patch.object(
        InMemoryReporter, "report_span", lambda _, span: reported.append(span)
    ):
        tracer.start_span("class").finish()
    with mock.patch.object(tracer.reporter, "report_span", reported.append):
        tracer.start_span("instance").finish()

    assert ["class", "instance"] == [span.operation_name for span in reported]


@pytest.mark.parametrize("name", ["flags", "start_time", "own_flags", "context"])
def test_an_attribute_of_the_class_may_be_replaced(name: str) -> None:
    """A property that replaces an attribute of `Span` is used until it is removed."""
    tracer = MemoryTracer()
    with mock.patch.object(Span, name, new_callable=mock.PropertyMock) as replaced:
        replaced.return_value = 0
        span = tracer.start_span("op")
        assert 0 == getattr(span, name)
        span.set_tag("key", "value")
        span.finish()

    span = tracer.start_span("later").set_tag("key", "value")
    assert [("key", "value")] == pairs_of(span)


@pytest.mark.parametrize("flags", [0, 1, 2**31, 2**40 + 1])
def test_flags_that_are_assigned_to_a_context(flags: int) -> None:
    """They are those of its span, whatever number they are."""
    span = make_tracer().start_span("op")

    span.context.flags = flags

    assert (flags, bool(flags & 1)) == (span.flags, span.is_sampled())


def test_flags_of_patched_contexts() -> None:
    """A property of `SpanContext` counts for a span whose context was read."""
    span = make_tracer().start_span("op")
    before = span.context.flags

    with mock.patch.object(SpanContext, "flags", 0):
        patched = span.flags, span.is_sampled()

    assert (1, (0, False)) == (before, patched)


def test_patched_access_to_attributes() -> None:
    """A `__getattribute__` of `Span` that is assigned is used by its methods."""
    span = make_tracer().start_span("op")

    def access(self: Span, name: str) -> Any:
        return 0 if name == "flags" else object.__getattribute__(self, name)

    with mock.patch.object(Span, "__getattribute__", access):
        span.set_tag("patched", 1)
    span.set_tag("restored", 1)

    assert [("restored", 1)] == pairs_of(span)


def test_a_tracer_with_properties() -> None:
    """A subclass of `Tracer` may compute the attributes that spans depend on."""

    class Computed(MemoryTracer):
        @property
        def max_tag_value_length(self) -> int:
            return 3

        @max_tag_value_length.setter
        def max_tag_value_length(self, value: int) -> None:
            pass

        @property
        def sampler(self) -> Sampler:
            return ConstSampler(decision=True)

        @sampler.setter
        def sampler(self, value: Sampler) -> None:
            pass

    span = Computed().start_span("op", tags={"a": "12345"}).set_tag("b", "12345")

    assert [("a", "123"), ("b", "123")] == pairs_of(span)


def test_a_span_of_a_subclass() -> None:
    """A subclass of `Span` may override what methods use."""

    class Loud(Span):
        @property
        def flags(self) -> int:
            return 1

        @flags.setter
        def flags(self, flags: int) -> None:
            pass

    span = Loud(SpanContext(1, 2, None, 0), MemoryTracer(), "op").set_tag("a", 1)

    assert [("a", 1)] == pairs_of(span)


class TestIds:
    """Which generator ids come from."""

    def test_a_seed_makes_ids_repeatable(self) -> None:
        """`tracer.random.seed(number)` gives the same ids each time."""
        first, second = make_tracer(), make_tracer()
        for tracer in (first, second):
            tracer.random.seed(42)

        assert [first.start_span("op").trace_id for _ in range(3)] == [
            second.start_span("op").trace_id for _ in range(3)
        ]

    def test_a_state_makes_ids_repeatable(self) -> None:
        """So does `tracer.random.setstate`."""
        tracer = make_tracer()
        state = tracer.random.getstate()

        tracer.random.setstate(state)
        first = tracer.start_span("op").trace_id
        tracer.random.setstate(state)

        assert first == tracer.start_span("op").trace_id

    def test_a_function_of_the_instance(self) -> None:
        """`getrandbits` may be replaced on the instance, and restored."""
        tracer = make_tracer()
        tracer.start_span("op")

        with mock.patch.object(tracer.random, "getrandbits", lambda bits: bits):
            assert 64 == tracer.start_span("op").trace_id
            parent = SpanContext(1, 2, None, 1)
            assert 64 == tracer.start_span("op", child_of=parent).span_id

        assert 64 != tracer.start_span("op").trace_id

    def test_a_function_of_the_class(self) -> None:
        """`getrandbits` may be replaced on the class, and restored."""
        tracer = make_tracer()
        tracer.start_span("op")

        for patched in (IdRandom, random.Random):
            with mock.patch.object(
                patched, "getrandbits", lambda _, bits: bits, create=True
            ):
                assert 64 == tracer.start_span("op").trace_id
            assert 64 != tracer.start_span("op").trace_id

    def test_another_number_of_bits(self) -> None:
        """Trace ids have as many bits as the tracer says, not only 64 or 128."""
        tracer = make_tracer()
        tracer.max_trace_id_bits = 16

        assert all(tracer.start_span("op").trace_id < 1 << 16 for _ in range(10))

    def test_another_source(self) -> None:
        """`tracer.random` may be any object with `getrandbits`."""
        tracer = make_tracer()

        for number in (7, 2**64, 2**128 - 1, 2**200, -5, 0):
            tracer.random = mock.Mock(getrandbits=lambda _, number=number: number)
            span = tracer.start_span("op")

            assert (number or 1) == span.trace_id
            assert (number & (2**64 - 1) or 1) == span.span_id

    def test_children_of_a_fork_have_ids_of_their_own(self) -> None:
        """Neither a parent nor another child has the ids of a forked child."""
        tracer = make_tracer()
        tracer.start_span("op")
        ids = set()
        for _ in range(3):
            reader, writer = os.pipe()
            if not os.fork():
                found = [tracer.start_span("op").trace_id for _ in range(10)]
                os.write(writer, repr(found).encode())
                os._exit(0)
            os.wait()
            ids.update(eval(os.read(reader, 10_000)))
            os.close(reader)
            os.close(writer)
        ids.update(tracer.start_span("op").trace_id for _ in range(10))

        assert 40 == len(ids)

    def test_bits_are_uniform(self) -> None:
        """Each bit of an id is 1 in about half of the cases."""
        tracer = Tracer(
            "svc",
            InMemoryReporter(),
            ConstSampler(decision=False),
            generate_128bit_trace_id=True,
        )
        ids = [tracer.start_span("op").trace_id for _ in range(4000)]

        for bit in range(128):
            assert 1750 < sum(number >> bit & 1 for number in ids) < 2250


class TestTime:
    """Which clock spans are read from."""

    def test_time_is_patched_in_the_middle(self) -> None:
        """`time.time` is looked up at each call."""
        span = MemoryTracer().start_span("op")

        with mock.patch.object(time, "time", return_value=5.0):
            assert 5.0 == MemoryTracer().start_span("op").start_time
            span.log_kv({"event": "x"})
            span.finish()

        assert (5.0, 5_000_000) == (span.end_time, span.logs[0].timestamp)

    def test_a_patched_clock_may_return_anything(self) -> None:
        """What `time.time` returns is stored as it is."""
        with mock.patch.object(time, "time", return_value=5):
            start = MemoryTracer().start_span("op").start_time

        assert (int, 5) == (type(start), start)

    def test_times_are_those_of_the_system(self) -> None:
        """A span begins and ends between two calls of `time.time`."""
        before = time.time()
        span = MemoryTracer().start_span("op")
        span.finish()

        assert before - 1e-3 < span.start_time < (span.end_time or 0)
        assert (span.end_time or 0) < time.time() + 1e-3


class GarbageSampler(Sampler):
    """Returns what it was created with."""

    def __init__(self, decision: Any) -> None:
        super().__init__()
        self.decision = decision

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        return self.decision  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "decision",
    [None, 5, (), (True,), (True, {}, 3), Hostile(), (Hostile(), {}), [True], "ab", ""],
    ids=lambda value: type(value).__name__,
)
def test_a_sampler_that_returns_garbage(decision: object) -> None:
    """What is not a decision means that the trace is not sampled."""
    span = make_tracer(GarbageSampler(decision)).start_span("op")

    assert 0 == span.flags


@pytest.mark.parametrize(
    "decision",
    [(True, None), (1, {"a": 1}), [True, {}], iter([True, {}]), (True, {"a": [1]})],
    ids=lambda value: type(value).__name__,
)
def test_decisions_of_other_types(decision: object) -> None:
    """Anything that unpacks as two values is a decision."""
    assert make_tracer(GarbageSampler(decision)).start_span("op").is_sampled()


class Meddling:
    """A key, or a value, whose own code changes the span and the mapping it is in."""

    def __init__(self) -> None:
        self.meddle: Callable[[], object] = lambda: None

    def __hash__(self) -> int:
        self.meddle()
        return hash("sampling.priority")

    def __eq__(self, other: object) -> bool:
        self.meddle()
        return False

    def __str__(self) -> str:
        self.meddle()
        return "meddling"


def test_keys_and_values_that_change_the_span() -> None:
    """Code of keys and values may change the span, its lists and the tags."""
    tracer = MemoryTracer()
    key = Meddling()
    tags: Anything = {key: 1, "a": key}
    span = tracer.start_span("op")

    def meddle() -> None:
        key.meddle = lambda: None
        tags.clear()
        span.more_tags = []
        span.first_tags = {}
        span.log_items = []
        del span.operation_name
        span.operation_name = "new"

    for use in (
        lambda: span.set_tag(key, "v"),  # type: ignore[arg-type]
        lambda: span.set_tag("k", key),
        lambda: span.log_kv(tags),
        lambda: span.log_kv({key: 1}),  # type: ignore[dict-item]
        lambda: tracer.start_span("op", tags=tags),
        lambda: tracer.start_span(key, child_of=span),  # type: ignore[arg-type]
        lambda: span.context,
    ):
        tags.update({key: 1, "a": key})
        key.meddle = meddle
        use()

    assert span.is_sampled()


def test_finalizers_that_use_the_span() -> None:
    """Finalizers in the garbage collector may set tags of the span that is changed."""
    tracer = MemoryTracer()
    span = tracer.start_span("op")
    finalized = 0

    class Cycle:
        def __init__(self) -> None:
            self.cycle = self

        def __del__(self) -> None:
            nonlocal finalized
            finalized += 1
            span.set_tag("finalizer", finalized)
            span.log_kv({"finalizer": finalized})
            _ = span.context

    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for number in range(200):
            Cycle()
            span.set_tag("n", number)
            span.log_kv({"n": number})
            tracer.start_span("child", child_of=span, tags={"a": 1}).finish()
            if number % 20 == 0:
                span = tracer.start_span("op")
    finally:
        gc.set_threshold(*before)

    values = [value for key, value in span.tag_items if key == "n"]
    assert [*range(181, 200)] == values


def test_a_replaced_value_is_dropped_after_the_change() -> None:
    """The finalizer of a value that is replaced sees the new one."""
    span = MemoryTracer().start_span("op")
    seen = []

    class Last:
        def __del__(self) -> None:
            seen.append(span.baggage)
            span.baggage = {"c": "d"}

    span.baggage = Last()  # type: ignore[assignment]
    span.baggage = {"a": "b"}

    assert ([{"a": "b"}], {"c": "d"}) == (seen, span.baggage)


def test_an_odd_value_is_dropped_after_the_change() -> None:
    """The same with a value that is of an unusual type."""
    span = MemoryTracer().start_span("op")
    seen = []

    class Last:
        def __del__(self) -> None:
            seen.append(span.start_time)

    for new in (5.0, "text"):
        span.start_time = Last()  # type: ignore[assignment]
        span.start_time = new  # type: ignore[assignment]

    assert [5.0, "text"] == seen


def test_the_finalizer_of_an_odd_value_may_assign_others() -> None:
    """None of these is lost, whether or not they are of an unusual type."""
    span = MemoryTracer().start_span("op")

    class Last:
        def __del__(self) -> None:
            for value in ("odd", 7.0, "odd again"):
                span.end_time = value  # type: ignore[assignment]

    span.start_time = Last()  # type: ignore[assignment]
    span.start_time = 5.0

    assert [5.0, "odd again"] == [span.start_time, span.end_time]


def test_copies_of_a_context() -> None:
    """A context can be copied and pickled, with attributes of the application."""
    context = SpanContext(2**127, 2, None, 3, {"a": "b"}, "debug")
    context.trace_state = "state"
    context.own = 5
    names = [*CONTEXT_ATTRIBUTES, "own"]

    for other in (
        copy.copy(context),
        copy.deepcopy(context),
        pickle.loads(pickle.dumps(context)),
        context.with_baggage_item("a", "b"),
    ):
        assert other is not context
        assert [getattr(context, name) for name in names] == [
            getattr(other, name) for name in names
        ]


def test_copies_of_a_span() -> None:
    """A span can be copied and, without a tracer, pickled."""
    span = Span(SpanContext(1, 2, 3, 1), None, "op", tags={"a": 1}, start_time=5.0)
    span.end_time = "later"  # type: ignore[assignment]

    for other in (copy.copy(span), copy.deepcopy(span)):
        assert [getattr(span, name) for name in ("trace_id", "end_time")] == [
            getattr(other, name) for name in ("trace_id", "end_time")
        ]
        assert pairs_of(span) == pairs_of(other)


def test_attributes_are_those_of_spans_only() -> None:
    """A mock that claims to be a span is not read as one."""
    for cls, name in ((Span, "start_time"), (SpanContext, "flags")):
        attribute = inspect.getattr_static(cls, name)
        for other in (mock.Mock(spec=cls), object(), cls):
            with pytest.raises(TypeError):
                attribute.__get__(other)
            with pytest.raises(TypeError):
                attribute.__set__(other, 1)


def test_methods_have_signatures() -> None:
    """Tools such as `help` find the parameters of the methods."""
    names = [*inspect.signature(Tracer.start_span).parameters]

    assert ["self", "operation_name", "child_of", "references", "tags"] == names[:5]
    for name in ("set_tag", "log_kv", "finish"):
        assert "self" in inspect.signature(getattr(Span, name)).parameters
        assert getattr(Span, name).__doc__


def test_spans_are_ordinary_objects() -> None:
    """A span has a `__dict__`, and weak references."""
    span = MemoryTracer().start_span("op")
    span.own = 5
    reference = weakref.ref(span)

    assert {"own": 5} == vars(span)
    assert reference() is span

    del span
    assert reference() is None


def test_a_cycle_of_spans_is_collected() -> None:
    """The garbage collector frees spans that refer to each other."""
    tracer = MemoryTracer()
    span, other = tracer.start_span("op"), tracer.start_span("op")
    span.references, other.operation_name = other, span
    span.start_time = span
    reference = weakref.ref(span)

    del span, other
    gc.collect()

    assert reference() is None


@pytest.mark.long
def test_spans_leave_nothing_behind() -> None:
    """After a million spans there are no more objects and blocks of memory."""

    class Forgetting(InMemoryReporter):
        def report_span(self, span: Span) -> None:
            pass

    tracer = Tracer("svc", Forgetting(), ConstSampler(decision=True))
    text, tags = "x" * 50, {"a": "text", "b": 1, "c": object()}

    def use(times: int) -> None:
        for _ in range(times):
            with tracer.start_active_span(text, tags=tags) as scope:
                child = tracer.start_span(text, tags={"a": text}).set_tag("k", text)
                child.log_kv({"event": text})
                child.start_time = text  # type: ignore[assignment]
                child.start_time = 5.0
                _ = child.context, scope.span.context
                del child.operation_name
                child.operation_name = text
                child.finish()

    def counts() -> tuple[int, int, int]:
        gc.collect()
        return sys.getallocatedblocks(), sys.getrefcount(text), len(gc.get_objects())

    use(1_000)
    before = counts()
    use(500_000)
    after = counts()

    assert all(abs(new - old) < 50 for old, new in zip(before, after, strict=True))


REPLACED_NEW = """
from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client.reporter import InMemoryReporter

class Other:
    flags = 0

    @property
    def context(self):
        return self

def new(cls):
    return Other()

{cls}.__new__ = new
tracer = Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))
print(type(tracer.start_span("op").context).__name__)
"""


@pytest.mark.parametrize("cls", ["Span", "SpanContext"])
def test_a_replaced_new_may_return_any_object(cls: str) -> None:
    """It is not taken for a span or a context; in a process that may crash."""
    command = [sys.executable, "-c", REPLACED_NEW.format(cls=cls)]

    done = subprocess.run(command, capture_output=True, check=False)

    assert b"Other\n" == done.stdout


@pytest.mark.parametrize("offset", [1e308, float("inf"), float("-inf")])
def test_a_log_at_no_plausible_time_is_ignored(offset: float) -> None:
    """The number of microseconds is infinite."""
    span = make_tracer().start_span("op")
    span.clock_offset = offset

    span.log_kv({"event": "x"})

    assert [] == span.logs


def test_copies_of_a_tracer() -> None:
    """A copy of a tracer has its attributes and starts spans."""
    tracer = Tracer("svc", NullReporter(), ConstSampler(decision=True))
    tracer.max_tag_value_length = 5

    for other in (copy.copy(tracer), copy.deepcopy(tracer)):
        span = other.start_span("op").set_tag("a", "123456")
        assert [("a", "12345")] == pairs_of(span)


def test_classes_have_the_defaults() -> None:
    """They can be read without an object."""
    assert (0, 0, False) == (Span.dropped_tags, Span.dropped_logs, Span.shares_span_id)
    assert (None, False) == (SpanContext.trace_state, SpanContext.sampling_undecided)
