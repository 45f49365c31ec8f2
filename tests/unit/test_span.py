"""A span from start to finish: times, attributes, repr, finishing twice."""

from __future__ import annotations

import time

import pytest

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.racing import run_together


def test_span_takes_48s_parameters() -> None:
    """`Span(context, tracer, operation_name, tags, start_time, references)` works."""
    context = SpanContext(1, 2, 3, 1)

    span = Span(context, None, "op", {"a": 1}, 4, None)

    assert (context, "op", 4, None) == (
        span.context,
        span.operation_name,
        span.start_time,
        span.references,
    )
    assert [("a", 1)] == [(tag.key, tag.value) for tag in span.tags]


def test_any_attribute_can_be_set() -> None:
    """A span accepts any attribute, over `finish` too."""
    span = MemoryTracer().start_span("op")

    span.anything = 1  # pyright: ignore[reportAttributeAccessIssue]  # on purpose
    span.finish = lambda finish_time=None: None  # type: ignore[method-assign]  # as above
    span.finish()

    assert 1 == span.anything  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # as above
    assert not span.finished


def test_ids_and_flags_are_those_of_the_context() -> None:
    """`trace_id`, `span_id`, `parent_id` and `flags` read from the context."""
    span = Span(SpanContext(1, 2, 3, SAMPLED_FLAG | DEBUG_FLAG), None, "op")

    assert (1, 2, 3, 3) == (span.trace_id, span.span_id, span.parent_id, span.flags)
    assert (True, True) == (span.is_sampled(), span.is_debug())


def test_unsampled_flags() -> None:
    """A span without flags is neither sampled nor debug."""
    span = Span(SpanContext(1, 2, 3, 0), None, "op")

    assert (False, False) == (span.is_sampled(), span.is_debug())


def test_context_under_its_old_name() -> None:
    """`_context` reads and sets the context."""
    span = Span(SpanContext(1, 2, 3, 0), None, "op")
    context = SpanContext(4, 5, 6, 0)

    span._context = context

    assert (context, context) == (span.context, span._context)


def test_tracer_is_the_one_that_started_it() -> None:
    """`span.tracer` is the tracer that started the span."""
    tracer = MemoryTracer()

    assert tracer is tracer.start_span("op").tracer


def test_repr() -> None:
    """The repr is `{trace}:{span}:{parent}:{flags} service.operation`, in hex."""
    tracer = MemoryTracer("svc")
    child = Span(SpanContext(2**127, 2**63, 0xAB, 3), tracer, "op")
    root = Span(SpanContext(0xA, 0xB, None, 1), tracer, "op")

    assert f"{2**127:x}:{2**63:x}:ab:3 svc.op" == repr(child)
    assert "a:b:0:1 svc.op" == str(root)


def test_operation_name_can_be_replaced() -> None:
    """`set_operation_name` replaces the name, on an unsampled span too."""
    span = Span(SpanContext(1, 2, 3, 0), None, "old")

    assert span is span.set_operation_name("new")
    assert "new" == span.operation_name


def test_start_and_finish_take_the_time_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Start and finish look `time.time()` up at the call, so tests may patch it."""
    monkeypatch.setattr(time, "time", iter([10.5, 20.5]).__next__)
    span = MemoryTracer().start_span("op")

    span.finish()

    assert (10.5, 20.5) == (span.start_time, span.end_time)


def test_times_can_be_given() -> None:
    """Start and finish times may be given, in seconds."""
    span = MemoryTracer().start_span("op", start_time=1.5)

    span.finish(finish_time=2.5)

    assert (1.5, 2.5) == (span.start_time, span.end_time)


def test_zero_is_the_epoch() -> None:
    """A time of 0 is the epoch; only `None` is now."""
    span = MemoryTracer().start_span("op", start_time=0)

    span.finish(0)

    assert (0, 0) == (span.start_time, span.end_time)


def test_none_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start or finish time of `None` is now."""
    monkeypatch.setattr(time, "time", lambda: 77.0)
    span = MemoryTracer().start_span("op", start_time=None)

    span.finish(None)

    assert (77.0, 77.0) == (span.start_time, span.end_time)


def test_finish_twice_reports_once(caplog: pytest.LogCaptureFixture) -> None:
    """A second `finish` changes and reports nothing, and warns in the log."""
    tracer = MemoryTracer("svc")
    span = tracer.start_span("op")

    span.finish(3)
    span.finish(9)

    assert 3 == span.end_time
    assert [span] == tracer.spans
    assert [
        "span 1:1:0:1 svc.op was finished before; only the first finish counts",
    ] == caplog.messages


def test_unsampled_span_is_never_finished() -> None:
    """On an unsampled span `finish` leaves `finished` false and reports nothing."""
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)
    span = tracer.start_span("op")

    span.finish()

    assert (False, None, []) == (span.finished, span.end_time, tracer.spans)


def test_many_threads_report_a_span_once() -> None:
    """Of many threads that finish the same spans, one alone reports each."""
    tracer = MemoryTracer()
    spans = [tracer.start_span("op") for _ in range(2000)]

    def finish_all() -> None:
        for span in spans:
            span.finish()

    run_together(*[finish_all] * 4)

    assert len(spans) == len(tracer.spans)


def test_many_threads_lose_no_tag_and_no_log() -> None:
    """Tags and logs set by many threads on one span are all stored."""
    span = MemoryTracer().start_span("op")

    def record() -> None:
        for number in range(500):
            span.set_tag("n", number).log_kv({"n": number})

    run_together(*[record] * 4)

    kept = [tag for tag in span.tags if tag.key == "n"]
    assert (2000, 2000) == (len(kept), len(span.logs))


def test_time_that_is_patched_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a test patches `time.time` after the start, logs and end have its time."""
    span = MemoryTracer().start_span("op")
    monkeypatch.setattr(time, "time", lambda: 20.5)
    span.log_kv({"event": "e"}).finish()

    assert (20.5, 20_500_000) == (span.end_time, span.logs[0].timestamp)


def test_time_that_is_patched_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a test patches `time.time` for the start, both ends are the wall clock's."""
    tracer = MemoryTracer()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 20.5)
        started = tracer.start_span("op")
        made = Span(SpanContext(1, 2, None, 1), tracer, "op")
    before = time.time()

    for span in (started, made):
        span.log_kv({"event": "e"}).finish()

        assert 20.5 == span.start_time
        assert before <= span.logs[0].timestamp / 1e6 + 1e-6
        assert before <= (span.end_time or 0)


def test_a_child_has_the_patched_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that starts while `time.time` is patched starts at that time."""
    tracer = MemoryTracer()
    parent = tracer.start_span("parent")
    monkeypatch.setattr(time, "time", lambda: 20.5)

    assert 20.5 == tracer.start_span("child", child_of=parent).start_time


def test_start_time_that_is_assigned() -> None:
    """A start time that is assigned later changes the start and not the end."""
    span = MemoryTracer().start_span("op")
    before = time.time()

    span.start_time = 10.5
    span.log_kv({"event": "e"}).finish()

    assert 10.5 == span.start_time
    assert before - 1 < span.logs[0].timestamp / 1e6 <= (span.end_time or 0) + 1e-6


@pytest.mark.parametrize("make", ["start_span", "Span"])
def test_end_is_not_before_the_start(make: str) -> None:
    """However short a span is, it ends after its start, and its logs lie between."""
    tracer = MemoryTracer()
    for _ in range(2000):
        if make == "Span":
            span = Span(SpanContext(1, 2, None, 1), tracer, "op")
        else:
            span = tracer.start_span("op")
        span.log_kv({}).finish()

        start, end = int(span.start_time * 1e6), int((span.end_time or 0) * 1e6)
        assert span.start_time < (span.end_time or 0)
        assert start <= span.logs[0].timestamp <= end
