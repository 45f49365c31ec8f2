"""
Finalizers that use a span in the middle of one of its operations.

In 3.10 and 3.11, the garbage collector may run wherever C code creates a container. So
each test is run for a collection at the first container, the second and so on. Later
versions run the collector between instructions of Python; there the same must hold.

These tests pass on the plain Python classes as well.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jaeger_client.testing import MemoryTracer
from tests.unit.spans import fields_of, pairs_of

CONTAINERS = 30
"""More than one operation creates."""

TAGS = {str(place): place for place in range(100)}
"""So many that a tuple of them is not one that the interpreter has kept."""

pytestmark = [
    pytest.mark.parametrize("number", range(CONTAINERS)),
    pytest.mark.usefixtures("few_objects"),
]


@pytest.fixture(scope="module")
def few_objects() -> Iterator[None]:
    """Hide what exists already from the garbage collector, which is fast then."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class Garbage:
    """Part of a cycle, so that only the collector frees it; it calls *action* then."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action
        self.cycle = self

    def __del__(self) -> None:
        self.action()


def interrupt(
    number: int, operation: Callable[[], Any], action: Callable[[], object]
) -> Any:
    """Run *operation*, and in it *action*, from about the container *number* on."""
    thresholds = gc.get_threshold()
    gc.collect()
    Garbage(action)
    gc.set_threshold(number + 1)
    try:
        return operation()
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()


def test_a_span_has_one_context(number: int) -> None:
    """Both that read it get the same object, so no change of its flags is lost."""
    span = MemoryTracer().start_span("op")
    seen: list[object] = []

    context = interrupt(number, lambda: span.context, lambda: seen.append(span.context))

    assert [context] == seen
    assert context is seen[0] is span.context


def test_both_first_tags_are_stored(number: int) -> None:
    """Neither of two tags replaces the list in which the other one is."""
    span = MemoryTracer().start_span("op")

    interrupt(number, lambda: span.set_tag("a", 1), lambda: span.set_tag("b", 2))

    assert {("a", 1), ("b", 2)} == {*pairs_of(span)}


@pytest.mark.parametrize("before", [0, 1, 2])
def test_both_logs_are_stored(number: int, before: int) -> None:
    """Neither of two logs replaces the other one, whichever they are of the span."""
    span = MemoryTracer().start_span("op")
    for _ in range(before):
        span.log_kv({"before": True})

    interrupt(number, lambda: span.log_kv({"a": 1}), lambda: span.log_kv({"b": 2}))

    stored = [fields_of(log) for log in span.logs[before:]]
    assert stored in ([{"a": 1}, {"b": 2}], [{"b": 2}, {"a": 1}])


@pytest.mark.parametrize("name", ["first_tags", "log_items"])
def test_both_that_read_get_the_same_object(number: int, name: str) -> None:
    """The dict or list that stands for a tuple of C code is created once."""
    span = MemoryTracer().start_span("op", tags={"a": 1})
    span.log_kv({"event": "one"})
    seen: list[object] = []

    found = interrupt(
        number,
        lambda: getattr(span, name),
        lambda: seen.append(getattr(span, name)),
    )

    assert found is seen[0] is getattr(span, name)


def test_tags_that_grow_while_a_span_starts(number: int) -> None:
    """A tag that is added to the dict meanwhile is stored or not; the others are."""
    tracer, tags = MemoryTracer(), dict(TAGS)

    span = interrupt(
        number,
        lambda: tracer.start_span("op", tags=tags),
        lambda: tags.update(dict.fromkeys(map(str, range(100, 5_000)), 1)),
    )

    assert TAGS.items() <= {*pairs_of(span)} <= {*tags.items()}


def test_tags_that_shrink_while_a_span_starts(number: int) -> None:
    """A tag that is removed from the dict meanwhile is stored or not."""
    tracer, tags = MemoryTracer(), dict(TAGS)

    span = interrupt(
        number,
        lambda: tracer.start_span("op", tags=tags),
        lambda: tags.pop("0"),
    )

    assert tags.items() <= {*pairs_of(span)} <= {*TAGS.items()}


def test_fields_that_shrink_while_they_are_logged(number: int) -> None:
    """The same holds for the fields of a log."""
    fields = dict(TAGS)
    span = MemoryTracer().start_span("op")

    interrupt(number, lambda: span.log_kv(fields), lambda: fields.pop("0"))

    assert fields.items() <= fields_of(span.logs[0]).items() <= TAGS.items()


def test_both_odd_values_are_stored(number: int) -> None:
    """Neither of two values of unusual types is lost with the dict for them."""
    span: Any = MemoryTracer().start_span("op")

    interrupt(
        number,
        lambda: setattr(span, "end_time", "a"),
        lambda: setattr(span, "start_time", "b"),
    )

    assert ("a", "b") == (span.end_time, span.start_time)
