"""The tag `sampling.priority`, which changes the flags."""

from __future__ import annotations

import pytest
from opentracing.ext import tags as ext_tags

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from jaeger_client.throttler import Throttler
from tests.unit.spans import Hostile, pairs_of

BOTH = SAMPLED_FLAG | DEBUG_FLAG


class Refusing(Throttler):
    """Allows no debug trace, and records the operations."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def is_allowed(self, operation: str) -> bool:
        self.calls.append(operation)
        return False


def make_span(flags: int) -> Span:
    """Return a span of no tracer."""
    return Span(SpanContext(1, 2, None, flags), tracer=None, operation_name="op")


@pytest.mark.parametrize("flags", [0, SAMPLED_FLAG])
@pytest.mark.parametrize("value", [1, 2, "1", 1.5, True])
def test_more_than_0_sets_both_flags(flags: int, value: object) -> None:
    """A priority of more than 0 sets sampled and debug, and is recorded."""
    span = make_span(flags).set_tag(ext_tags.SAMPLING_PRIORITY, value)

    assert BOTH == span.flags
    assert [("sampling.priority", value)] == pairs_of(span)


@pytest.mark.parametrize("flags", [0, SAMPLED_FLAG, DEBUG_FLAG, BOTH])
@pytest.mark.parametrize("value", [0, "0", False, 0.0])
def test_0_clears_both_flags(flags: int, value: object) -> None:
    """A priority of 0 clears sampled and debug, and is not recorded."""
    span = make_span(flags).set_tag("sampling.priority", value)

    assert (0, []) == (span.flags, span.tags)


@pytest.mark.parametrize("flags", [0, SAMPLED_FLAG, BOTH])
@pytest.mark.parametrize(
    "value",
    ["x", "", "1.5", None, [], float("inf"), float("nan"), Hostile()],
)
def test_what_is_no_number_is_ignored(flags: int, value: object) -> None:
    """A priority that is not a number changes nothing, and is not recorded."""
    span = make_span(flags).set_tag("sampling.priority", value)

    assert (flags, []) == (span.flags, span.tags)


def test_less_than_0_counts_as_more() -> None:
    """A priority of less than 0 sets the flags, as it did in 4.8."""
    span = make_span(SAMPLED_FLAG).set_tag("sampling.priority", -1)

    assert (BOTH, [("sampling.priority", -1)]) == (span.flags, pairs_of(span))


def test_second_priority_is_not_recorded() -> None:
    """A second priority on a debug span changes nothing and is not recorded."""
    span = make_span(SAMPLED_FLAG).set_tag("sampling.priority", 1)

    span.set_tag("sampling.priority", 2)

    assert (BOTH, [("sampling.priority", 1)]) == (span.flags, pairs_of(span))


def test_flags_change_in_the_shared_context() -> None:
    """All who hold the span's context see the flags that a priority sets."""
    context = SpanContext(1, 2, None, SAMPLED_FLAG)
    first, second = Span(context, None, "a"), Span(context, None, "b")

    first.set_tag("sampling.priority", 1)
    assert BOTH == second.flags
    second.set_tag("sampling.priority", 0)
    assert 0 == first.flags


def test_children_inherit_the_flags() -> None:
    """A child that is started after the priority was set has its flags."""
    tracer = MemoryTracer()
    span = tracer.start_span("op").set_tag("sampling.priority", 1)

    assert BOTH == tracer.start_span("child", child_of=span).flags


def test_throttler_may_refuse() -> None:
    """A priority that the throttler refuses changes nothing and is not recorded."""
    tracer = MemoryTracer()
    tracer.throttler = throttler = Refusing()
    span = tracer.start_span("op")

    span.set_tag("sampling.priority", 1)

    assert (SAMPLED_FLAG, []) == (span.flags, pairs_of(span))
    assert ["op"] == throttler.calls


def test_throttler_is_not_called_for_0() -> None:
    """Clearing the flags does not depend on the throttler."""
    tracer = MemoryTracer()
    tracer.throttler = throttler = Refusing()

    span = tracer.start_span("op").set_tag("sampling.priority", 0)

    assert (0, []) == (span.flags, throttler.calls)


def test_priority_among_the_first_tags() -> None:
    """
    An unsampled trace that starts with a priority is recorded from that tag on; the
    sampler, which refused it, leaves no tags.
    """
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)

    span = tracer.start_span(
        "op",
        tags={"before": 1, "sampling.priority": 1, "after": 2},
    )

    assert BOTH == span.flags
    expected = [("sampling.priority", 1), ("after", 2)]
    assert expected == [(tag.key, tag.value) for tag in span.tags]


def test_0_among_the_first_tags() -> None:
    """A sampled trace that starts with priority 0 is not recorded from there on."""
    tracer = MemoryTracer()

    span = tracer.start_span(
        "op",
        tags={"before": 1, "sampling.priority": 0, "after": 2},
    )
    span.finish()

    assert [("before", 1)] == [(tag.key, tag.value) for tag in span.tags]
    assert [] == tracer.spans


def test_priority_makes_an_unsampled_span_finish() -> None:
    """A span that a priority made sampled is reported when it finishes."""
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)
    span = tracer.start_span("op").set_tag("sampling.priority", 1)

    span.finish()

    assert (True, [span]) == (span.finished, tracer.spans)
