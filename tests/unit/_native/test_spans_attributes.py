"""
Attributes of tracers are in `vars(tracer)`, those of spans are slots.

These tests pass on the plain Python classes as well: an application cannot tell which
it has.
"""

# Applications without type checkers do what is tested here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any
from unittest import mock  # noqa: TID251 - as applications patch

import pytest

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client.reporter import InMemoryReporter, NullReporter
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Anything, pairs_of

TRACER_ATTRIBUTES = {
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
    "service_name",
}
SPAN_ATTRIBUTES = {"context", "finish", "finished", "operation_name", "tags", "tracer"}


def make_tracer() -> Anything:
    """Return a tracer that has started a span."""
    tracer = Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))
    tracer.start_span("first").finish()
    return tracer


def test_vars_of_a_tracer() -> None:
    """`vars` has all attributes of a tracer, with their values."""
    tracer = make_tracer()

    attributes = vars(tracer)

    assert attributes.keys() >= TRACER_ATTRIBUTES
    assert attributes is tracer.__dict__
    assert [*attributes.values()] == [getattr(tracer, name) for name in attributes]


def set_item(attributes: dict[str, Any], name: str, value: object) -> None:
    """Assign by `[]`."""
    attributes[name] = value


def update(attributes: dict[str, Any], name: str, value: object) -> None:
    """Assign by `update`."""
    attributes.update({name: value})


def add(attributes: dict[str, Any], name: str, value: object) -> None:
    """Delete, then assign by `setdefault`."""
    attributes.pop(name)
    attributes.setdefault(name, value)


def replace_all(attributes: dict[str, Any], name: str, value: object) -> None:
    """Remove all and add them again."""
    values = {**attributes, name: value}
    attributes.clear()
    attributes |= values


CHANGES = [set_item, update, add, replace_all]


@pytest.mark.parametrize("change", CHANGES)
def test_vars_of_a_tracer_may_be_changed(
    change: Callable[[dict[str, Any], str, object], None],
) -> None:
    """What is assigned to an item of `vars(tracer)` is used by the next span."""
    tracer = make_tracer()
    for number in range(3):
        reporter = InMemoryReporter()
        change(tracer.__dict__, "reporter", reporter)
        change(tracer.__dict__, "max_tag_value_length", number)
        tracer.start_span("op", tags={"a": "text"}).finish()

        (span,) = reporter.get_spans()
        assert [("a", "text"[:number])] == pairs_of(span)


def test_vars_of_a_tracer_may_be_patched() -> None:
    """`mock.patch.dict` replaces an attribute and restores it."""
    tracer = make_tracer()

    with mock.patch.dict(vars(tracer), {"sampler": ConstSampler(decision=False)}):
        assert not tracer.start_span("op").is_sampled()

    assert tracer.start_span("op").is_sampled()


def test_vars_of_a_tracer_may_be_replaced() -> None:
    """A tracer can use the attributes of another one."""
    tracer, other = make_tracer(), make_tracer()

    tracer.__dict__ = other.__dict__
    tracer.sampler = ConstSampler(decision=False)

    assert not tracer.start_span("op").is_sampled()
    assert not other.start_span("op").is_sampled()


def test_vars_of_a_tracer_may_be_copied() -> None:
    """A subclass that copies the attributes of a tracer starts the same spans."""

    class Wrapper(Tracer):
        def __init__(self, tracer: Tracer) -> None:
            self.__dict__.update(tracer.__dict__)

    tracer = make_tracer()
    tracer.max_tag_value_length = 2
    wrapper = Wrapper(tracer)

    span = wrapper.start_span("op", tags={"a": "text"})

    assert [("a", "te")] == pairs_of(span)
    assert wrapper.reporter is tracer.reporter


def test_an_attribute_of_a_tracer_that_was_deleted() -> None:
    """A span is not recorded without it, and the next one is when it is back."""
    tracer = make_tracer()
    sampler = tracer.__dict__.pop("sampler")

    assert not tracer.start_span("op").is_sampled()

    tracer.sampler = sampler
    assert tracer.start_span("op").is_sampled()


def test_a_tracer_without_init() -> None:
    """A tracer whose attributes do not exist yet starts no span that is recorded."""
    tracer = Tracer.__new__(Tracer)

    assert {} == vars(tracer)
    with pytest.raises(AttributeError):
        _ = tracer.sampler


def test_a_class_attribute_of_a_tracer() -> None:
    """An attribute of a subclass is read if the tracer has none."""

    class Short(MemoryTracer):
        max_tag_value_length = 2

    tracer = Short()
    del tracer.max_tag_value_length

    assert [("a", "te")] == pairs_of(tracer.start_span("op", tags={"a": "text"}))


def test_pickled_attributes_of_a_tracer() -> None:
    """The state of a tracer is its `vars`."""
    tracer = make_tracer()

    function, arguments, state, *_ = tracer.__reduce_ex__(4)

    assert isinstance(function(*arguments), Tracer)
    assert state == vars(tracer)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_tracer_has_the_slots_of_its_class(
    duplicate: Callable[[Anything], Anything],
) -> None:
    """A derived class may have slots."""
    derived: Anything = type("Derived", (Tracer,), {"__slots__": ("note", "unset")})
    tracer = derived("test", NullReporter(), ConstSampler(decision=True))
    tracer.note = ["note"]

    copied = duplicate(tracer)

    assert (["note"], False) == (copied.note, hasattr(copied, "unset"))
    assert copied.start_span("op").is_sampled()


@pytest.mark.parametrize("name", ["context", "flags"])
def test_a_property_of_a_span_cannot_be_deleted(name: str) -> None:
    """As any property, it raises an `AttributeError`."""
    span = make_tracer().start_span("op")

    with pytest.raises(AttributeError):
        delattr(span, name)


def test_a_mock_with_the_attributes_of_a_tracer() -> None:
    """`mock.create_autospec` of a tracer has its attributes and methods only."""
    fake: Anything = mock.create_autospec(make_tracer())

    assert Tracer == getattr(fake, "__class__")  # noqa: B009 - type checkers narrow it
    fake.reporter.report_span("span")
    fake.start_span("op")
    for name in TRACER_ATTRIBUTES:
        assert hasattr(fake, name)
    with pytest.raises(AttributeError):
        _ = fake.sampler_of_another_name


@pytest.mark.parametrize("make", [make_tracer, lambda: make_tracer().start_span("op")])
def test_dir_is_complete(make: Callable[[], object]) -> None:
    """`dir` of a tracer and of a span has the attributes and methods."""
    thing = make()

    expected = TRACER_ATTRIBUTES if isinstance(thing, Tracer) else SPAN_ATTRIBUTES
    assert {*dir(thing)} >= {*expected, "__dict__", "__weakref__", "__init__"}


def test_a_span_has_slots() -> None:
    """Its attributes are not in `vars(span)`, which has those of the application."""
    span = make_tracer().start_span("op", tags={"a": 1})
    span.set_tag("b", 2)
    span.finish()
    assert {} == vars(span)

    vars(span)["own"] = 5
    span.other = 6

    assert (5, {"own": 5, "other": 6}) == (span.own, vars(span))


@pytest.mark.parametrize(
    "make_copy",
    [copy.copy, copy.deepcopy, lambda span: pickle.loads(pickle.dumps(span))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_of_a_span(make_copy: Callable[[Span], Span]) -> None:
    """It has all attributes, and those that are assigned to it are its own."""
    context = SpanContext(2**65, 2, 3, 1, {"item": "value"})
    span: Anything = Span(context, None, "op", tags={"a": 1}, start_time=5.0)
    span.set_tag("b", "text")
    span.own = [1]
    span.finish(7.0)

    other: Anything = make_copy(span)
    other.operation_name = "copy"

    assert pairs_of(span) == pairs_of(other)
    assert [5.0, 7.0, True, 2**65, "op", [1]] == [
        span.start_time, span.end_time, other.finished, other.trace_id,
        span.operation_name, other.own,
    ]  # fmt: skip
    assert (5.0, 7.0) == (other.start_time, other.end_time)
    assert {"item": "value"} == other.context.baggage


def test_a_shallow_copy_of_a_span_shares_its_context() -> None:
    """`copy.copy` copies references; `copy.deepcopy` does not."""
    span = Span(SpanContext(1, 2, None, 1), None, "op")

    assert copy.copy(span).context is span.context
    assert copy.deepcopy(span).context is not span.context
