"""Starting spans: parents, references, ids, times, first tags."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable
from types import MappingProxyType

import opentracing
import pytest
from opentracing import child_of, follows_from

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler, ProbabilisticSampler, Sampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from jaeger_client.throttler import Throttler
from jaeger_client.tracer import Tracer
from tests.unit.spans import pairs_of

BOTH = SAMPLED_FLAG | DEBUG_FLAG


class NotingSampler(Sampler):
    """Samples no trace, and records the calls."""

    def __init__(self) -> None:
        # Without super().__init__(), as samplers of applications may be.
        self.calls: list[tuple[int, str]] = []

    def is_sampled(
        self,
        trace_id: int,
        operation: str = "",
    ) -> tuple[bool, dict[str, str]]:
        self.calls.append((trace_id, operation))
        return False, {"sampler.type": "noting"}


class Refusing(Throttler):
    """Allows no debug trace."""

    def is_allowed(self, operation: str) -> bool:
        return False


@pytest.fixture
def tracer() -> MemoryTracer:
    """Return a tracer that records everything."""
    return MemoryTracer()


def is_parent(span: opentracing.Span, child: Span) -> bool:
    """Return whether *span* is ours, and the parent of *child*."""
    return isinstance(span, Span) and span.span_id == child.parent_id


def baggage_only() -> SpanContext:
    """Return a context that carries baggage and no trace."""
    return SpanContext(0, 0, None, 0, baggage={"a": "1"})


def test_root(tracer: MemoryTracer) -> None:
    """Without a parent a new trace begins."""
    span = tracer.start_span("op")

    assert (True, None, "op") == (
        span.context.has_trace,
        span.parent_id,
        span.operation_name,
    )
    assert span.trace_id == span.span_id


def test_no_operation_name(tracer: MemoryTracer) -> None:
    """Without an operation name it is empty."""
    assert "" == tracer.start_span().operation_name


@pytest.mark.parametrize("as_context", [False, True])
def test_child_of_a_span_or_a_context(tracer: MemoryTracer, as_context: bool) -> None:
    """`child_of` takes a Span or a SpanContext; it is not among the references."""
    parent = tracer.start_span("parent")

    child = tracer.start_span("child", parent.context if as_context else parent)

    assert (parent.trace_id, parent.span_id) == (child.trace_id, child.parent_id)
    assert child.span_id != parent.span_id
    assert child.references is None


def test_child_of_subclasses(tracer: MemoryTracer) -> None:
    """Spans and contexts of derived classes are parents, too."""

    class OurSpan(Span):
        pass

    class OurContext(SpanContext):
        pass

    context = OurContext(7, 8, None, 1)
    by_context = tracer.start_span("child", child_of=context)
    by_span = tracer.start_span("child", child_of=OurSpan(context, tracer, "parent"))

    assert [(7, 8), (7, 8)] == [
        (s.trace_id, s.parent_id) for s in (by_context, by_span)
    ]


def made_by_its_constructor(tracer: Tracer) -> Span:
    """Return a span that no tracer started."""
    return Span(SpanContext(5, 6, None, SAMPLED_FLAG), tracer, "parent")


def with_another_context(tracer: Tracer) -> Span:
    """Return a started span whose context was replaced."""
    span = tracer.start_span("parent")
    span.context = SpanContext(5, 6, None, SAMPLED_FLAG)
    return span


def after_inject(tracer: Tracer) -> Span:
    """Return a span whose context has been read."""
    span = made_by_its_constructor(tracer)
    tracer.inject(span, opentracing.Format.TEXT_MAP, {})
    return copy.copy(span)


def of_a_subclass(tracer: Tracer) -> Span:
    """Return a span of a subclass that keeps its context itself."""

    class OurSpan(Span):
        @property
        def context(self) -> SpanContext:
            return SpanContext(5, 6, None, SAMPLED_FLAG)

        @context.setter
        def context(self, context: SpanContext) -> None:
            self.replaced_context = context

    return OurSpan(SpanContext(5, 6, None, SAMPLED_FLAG), tracer, "parent")


@pytest.mark.parametrize(
    "make_parent",
    [
        made_by_its_constructor,
        with_another_context,
        after_inject,
        of_a_subclass,
    ],
)
@pytest.mark.parametrize("how", ["child_of", "references", "active"])
def test_child_of_a_span_that_was_not_started(
    tracer: MemoryTracer, make_parent: Callable[[Tracer], Span], how: str
) -> None:
    """A span with a context object is a parent, whatever created the context."""
    parent = make_parent(tracer)

    if how == "child_of":
        child = tracer.start_span("child", child_of=parent)
    elif how == "references":
        child = tracer.start_span("child", references=child_of(parent.context))
    else:
        with tracer.scope_manager.activate(parent, finish_on_close=False):
            child = tracer.start_span("child")

    assert ("child", 5, 6, SAMPLED_FLAG) == (
        child.operation_name,
        child.trace_id,
        child.parent_id,
        child.flags,
    )


def test_child_of_a_span_whose_context_became_unsampled(tracer: MemoryTracer) -> None:
    """Children have the flags of a context that was assigned to their parent."""
    parent = tracer.start_span("parent")
    parent.context = SpanContext(5, 6, None, 0)

    child = tracer.start_span("child", child_of=parent)

    assert (5, 6, 0) == (child.trace_id, child.parent_id, child.flags)


def test_child_inherits_flags_and_not_the_sampler(tracer: MemoryTracer) -> None:
    """A child has its parent's flags; the sampler is not called."""
    tracer.sampler = sampler = NotingSampler()

    sampled = tracer.start_span("child", child_of=SpanContext(1, 2, None, 1))
    refused = tracer.start_span("child", child_of=SpanContext(1, 2, None, 0))

    assert (1, 0, []) == (sampled.flags, refused.flags, sampler.calls)


def test_debug_counts_as_sampled(tracer: MemoryTracer) -> None:
    """A child of a context whose only flag is debug is sampled."""
    child = tracer.start_span("child", child_of=SpanContext(1, 2, None, DEBUG_FLAG))

    assert BOTH == child.flags


def test_context_without_flags_is_no_parent(tracer: MemoryTracer) -> None:
    """A context whose flags are `None` has no trace, so a new one begins."""
    child = tracer.start_span("child", child_of=SpanContext(1, 2, None, None))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # on purpose

    assert child.parent_id is None


@pytest.mark.parametrize("ids", [(0, 8), (7, 0)])
def test_context_that_lacks_an_id_is_no_parent(
    tracer: MemoryTracer, ids: tuple[int, int]
) -> None:
    """Without a trace id or a span id, a new trace begins."""
    child = tracer.start_span("child", child_of=SpanContext(*ids, None, 1))

    assert (1, None) == (child.trace_id, child.parent_id)


def test_trace_state_is_passed_on(tracer: MemoryTracer) -> None:
    """A child carries its parent's `tracestate`."""
    parent = SpanContext(1, 2, None, 1)
    parent.trace_state = "vendor=1"

    child = tracer.start_span("child", child_of=parent)

    assert "vendor=1" == child.context.trace_state


def test_active_span_is_the_parent(tracer: MemoryTracer) -> None:
    """Without `child_of` the active span is the parent."""
    with tracer.start_active_span("parent") as scope:
        child = tracer.start_span("child")

    assert is_parent(scope.span, child)


def test_child_of_beats_the_active_span(tracer: MemoryTracer) -> None:
    """`child_of` is the parent, whatever is active."""
    other = tracer.start_span("other")

    with tracer.start_active_span("active"):
        child = tracer.start_span("child", child_of=other)

    assert other.span_id == child.parent_id


def test_active_span_can_be_ignored(tracer: MemoryTracer) -> None:
    """With `ignore_active_span` a new trace begins, or the reference is the parent."""
    other = tracer.start_span("other")

    with tracer.start_active_span("active"):
        root = tracer.start_span("root", ignore_active_span=True)
        child = tracer.start_span(
            "child",
            references=follows_from(other.context),
            ignore_active_span=True,
        )

    assert (None, other.span_id) == (root.parent_id, child.parent_id)


def test_active_span_beats_references(tracer: MemoryTracer) -> None:
    """The active span is the parent even if there are references, which are stored."""
    reference = follows_from(tracer.start_span("other").context)

    with tracer.start_active_span("active") as scope:
        child = tracer.start_span("child", references=[reference])

    assert is_parent(scope.span, child)
    assert [reference] == child.references


def test_child_of_beats_references(tracer: MemoryTracer) -> None:
    """`child_of` is the parent; the references are stored as well."""
    parent, other = tracer.start_span("parent"), tracer.start_span("other")
    references = [follows_from(other.context)]

    child = tracer.start_span("child", child_of=parent, references=references)

    assert parent.span_id == child.parent_id
    assert references == child.references


def test_first_reference_is_the_parent(tracer: MemoryTracer) -> None:
    """Without another parent it is the first reference, of whatever type."""
    first, second = tracer.start_span("first"), tracer.start_span("second")
    references = [follows_from(first.context), child_of(second.context)]

    child = tracer.start_span("child", references=references)

    assert (first.trace_id, first.span_id) == (child.trace_id, child.parent_id)
    assert references == child.references


def test_one_reference_needs_no_list(tracer: MemoryTracer) -> None:
    """`references` takes a single Reference as well."""
    reference = follows_from(tracer.start_span("first").context)

    child = tracer.start_span("child", references=reference)

    assert [reference] == child.references


def test_references_to_nothing_are_dropped(tracer: MemoryTracer) -> None:
    """References with a `None` context, as a failed extract leaves, are dropped."""
    first = tracer.start_span("first")
    reference = follows_from(first.context)

    child = tracer.start_span("child", references=[child_of(None), reference])
    root = tracer.start_span("root", references=child_of(None))

    assert ([reference], []) == (child.references, root.references)
    assert first.span_id == child.parent_id
    assert root.parent_id is None


def test_debug_id_forces_the_trace(tracer: MemoryTracer) -> None:
    """
    A context with only a debug id begins a debug trace, with a tag named after the
    debug header; the sampler is not called.
    """
    tracer.sampler = sampler = NotingSampler()
    context = SpanContext.with_debug_id("Coraline")

    span = tracer.start_span("op", child_of=context, tags={"a": 1})

    assert (BOTH, None) == (span.flags, span.parent_id)
    assert [("a", 1), ("jaeger-debug-id", "Coraline")] == pairs_of(span)
    assert [] == sampler.calls


def test_debug_id_by_reference(tracer: MemoryTracer) -> None:
    """A debug id may come by a reference as well."""
    context = SpanContext.with_debug_id("Coraline")

    span = tracer.start_span("op", references=follows_from(context))

    assert (BOTH, [("jaeger-debug-id", "Coraline")]) == (span.flags, pairs_of(span))


def test_debug_header_names_the_tag() -> None:
    """The tag of a debug id is named after the tracer's own debug header."""
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=False),
        debug_id_header="x-debug",
    )

    span = tracer.start_span("op", child_of=SpanContext.with_debug_id("Coraline"))

    assert [("x-debug", "Coraline")] == pairs_of(span)


def test_debug_id_needs_the_throttlers_leave(tracer: MemoryTracer) -> None:
    """If the throttler refuses a debug id, the sampler decides, as for other traces."""
    tracer.throttler = Refusing()

    span = tracer.start_span("op", child_of=SpanContext.with_debug_id("Coraline"))

    assert SAMPLED_FLAG == span.flags
    assert [("sampler.type", "const"), ("sampler.param", True)] == [
        (tag.key, tag.value) for tag in span.tags
    ]


def test_debug_id_brings_baggage(tracer: MemoryTracer) -> None:
    """Baggage that comes with a debug id is propagated."""
    context = SpanContext(0, 0, None, 0, {"a": "1"}, debug_id="Coraline")

    span = tracer.start_span("op", child_of=context)

    assert (BOTH, {"a": "1"}) == (span.flags, span.context.baggage)


def test_baggage_without_a_trace_begins_one(tracer: MemoryTracer) -> None:
    """
    A context with only baggage is not a parent: a new trace begins that carries it
    over, and the sampler is called.
    """
    tracer.sampler = sampler = NotingSampler()

    span = tracer.start_span("op", child_of=baggage_only())

    assert (None, {"a": "1"}, 0) == (span.parent_id, span.context.baggage, span.flags)
    assert [(span.trace_id, "op")] == sampler.calls


def test_baggage_without_a_trace_can_be_sampled(tracer: MemoryTracer) -> None:
    """The sampler decides about a trace that starts with baggage only."""
    assert SAMPLED_FLAG == tracer.start_span("op", child_of=baggage_only()).flags


def test_baggage_without_a_trace_under_an_active_span(tracer: MemoryTracer) -> None:
    """A context with only baggage begins a new trace even under an active span."""
    with tracer.start_active_span("active"):
        span = tracer.start_span("op", child_of=baggage_only())

    assert (None, {"a": "1"}) == (span.parent_id, span.context.baggage)


def test_new_trace_has_baggage_of_its_own(tracer: MemoryTracer) -> None:
    """The baggage of an extracted context is copied, not shared."""
    context = baggage_only()

    span = tracer.start_span("op", child_of=context)

    assert span.context.baggage is not context.baggage


def test_sampler_tags_on_the_sampled_root_only(tracer: MemoryTracer) -> None:
    """Only the root span has the tags `sampler.type` and `sampler.param`, typed."""
    tracer.sampler = ProbabilisticSampler(1.0)

    root = tracer.start_span("root", tags={"a": 1})
    child = tracer.start_span("child", child_of=root)

    expected = [("a", 1), ("sampler.type", "probabilistic"), ("sampler.param", 1.0)]
    assert expected == [(tag.key, tag.value) for tag in root.tags]
    assert [] == child.tags


def test_no_sampler_tags_on_an_unsampled_root(tracer: MemoryTracer) -> None:
    """A root that is not sampled has no tags of the sampler."""
    tracer.sampler = NotingSampler()

    assert [] == tracer.start_span("root").tags


def test_first_tags_are_never_changed(tracer: MemoryTracer) -> None:
    """The caller's `tags` dict is copied, whether or not its values are converted."""
    for given in ({"a": 1}, {"a": 1, "sampling.priority": 1}, {"a": [1]}):
        tags: dict[str, object] = dict(given)

        span = tracer.start_span("op", tags=tags)
        span.set_tag("b", 2)

        assert given == tags


def test_tags_of_any_mapping(tracer: MemoryTracer) -> None:
    """Initial tags may be any mapping."""
    span = tracer.start_span("op", tags=MappingProxyType({"a": 1}))

    assert [("a", 1)] == pairs_of(span)


def test_one_span_per_rpc(tracer: MemoryTracer) -> None:
    """With `one_span_per_rpc` a server span has its parent's span id and parent id."""
    tracer.one_span_per_rpc = True
    client = tracer.start_span("client", child_of=SpanContext(1, 2, None, 1))

    server = tracer.start_span("server", client, tags={"span.kind": "server"})
    other = tracer.start_span("other", client, tags={"span.kind": "client"})

    assert (client.span_id, client.parent_id) == (server.span_id, server.parent_id)
    assert client.span_id == other.parent_id
    assert client.span_id == tracer.start_span("plain", client).parent_id


def test_server_span_is_a_child_by_default(tracer: MemoryTracer) -> None:
    """Without `one_span_per_rpc` a server span is a child with an id of its own."""
    client = tracer.start_span("client")

    server = tracer.start_span("server", client, tags={"span.kind": "server"})

    assert client.span_id == server.parent_id
    assert client.span_id != server.span_id


def test_ids_come_from_random_at_call_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids come from `random.Random.getrandbits`, looked up at the call."""
    tracer = Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))
    calls: list[int] = []

    def getrandbits(_self: random.Random, bits: int) -> int:
        calls.append(bits)
        return 12345

    monkeypatch.setattr(random.Random, "getrandbits", getrandbits)
    root = tracer.start_span("op")
    child = tracer.start_span("op", child_of=root)

    assert (12345, 12345, 12345) == (root.trace_id, root.span_id, child.span_id)
    assert [64, 64] == calls


def test_start_time_is_looked_up_at_call_time(
    tracer: MemoryTracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The start time is `time.time()`, looked up at the call."""
    monkeypatch.setattr(time, "time", lambda: 54321)

    assert 54321 == tracer.start_span("op").start_time


def test_ids_are_never_0(
    tracer: MemoryTracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the random number is 0, the ids are 1: 0 means that there is no trace."""

    def getrandbits(_bits: int) -> int:
        return 0

    monkeypatch.setattr(tracer.random, "getrandbits", getrandbits)

    root = tracer.start_span("op")
    child = tracer.start_span("op", child_of=root)

    assert (1, 1, 1, 1) == (
        root.trace_id,
        root.span_id,
        child.span_id,
        tracer.random_id(),
    )


def test_trace_ids_of_128_bits() -> None:
    """With `generate_128bit_trace_id` trace ids have 128 bits, span ids 64."""
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        generate_128bit_trace_id=True,
    )

    spans = [tracer.start_span("op") for _ in range(100)]

    assert 128 == tracer.max_trace_id_bits
    assert max(span.trace_id for span in spans).bit_length() > 64
    assert max(span.span_id for span in spans).bit_length() <= 64


def test_trace_ids_of_64_bits_by_default() -> None:
    """By default trace ids have 64 bits, and differ."""
    tracer = Tracer("svc", InMemoryReporter(), ConstSampler(decision=True))

    ids = {tracer.start_span("op").trace_id for _ in range(100)}

    assert 100 == len(ids)
    assert max(ids).bit_length() <= 64


def test_sampler_is_called_with_id_and_name(tracer: MemoryTracer) -> None:
    """The sampler is called once per new trace, with its id and first name."""
    tracer.sampler = sampler = NotingSampler()

    span = tracer.start_span("op")

    assert [(span.trace_id, "op")] == sampler.calls


def test_noop_span_is_no_parent(tracer: MemoryTracer) -> None:
    """OpenTracing's no-op span means that there is no trace: a new one begins."""
    noop = opentracing.Tracer().start_span("noop")

    span = tracer.start_span("op", child_of=noop)  # pyright: ignore[reportArgumentType]  # applications do

    assert span.parent_id is None


def test_start_active_span(tracer: MemoryTracer) -> None:
    """`start_active_span` starts a span as `start_span` does, and makes it active."""
    parent = tracer.start_span("parent")

    with tracer.start_active_span(
        "op",
        child_of=parent,
        references=[follows_from(parent.context)],
        tags={"a": 1},
        start_time=5.0,
    ) as scope:
        assert scope.span is tracer.active_span

    (span,) = tracer.spans
    assert span is scope.span
    assert (parent.span_id, 5.0, [("a", 1)]) == (
        span.parent_id,
        span.start_time,
        pairs_of(span),
    )
    assert tracer.active_span is None
