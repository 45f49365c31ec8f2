"""Logs: `log_kv`, the older methods, and the log of an exception."""

from __future__ import annotations

import time

import pytest

from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import fields_of, pairs_of


def make_span(flags: int = 1) -> Span:
    """Return a span of no tracer."""
    return Span(SpanContext(1, 2, None, flags), tracer=None, operation_name="op")


def logged(span: Span) -> list[dict[str, object]]:
    """Return the fields of each log of *span*."""
    return [fields_of(log) for log in span.logs]


def test_logs_read_as_objects_of_48() -> None:
    """A log has a `timestamp` in whole microseconds and `fields` like tags."""
    span = make_span().log_kv({"event": "e", "n": 3, "yes": True}, timestamp=1.5)

    fields = [
        Tag("event", 0, vStr="e"),
        Tag("n", 3, vLong=3),
        Tag("yes", 2, vBool=True),
    ]
    assert [Log(1_500_000, fields)] == span.logs
    assert int is type(span.logs[0].timestamp)


def test_log_is_stamped_with_the_time_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a timestamp, `time.time()` is looked up at the call."""
    span = make_span()

    monkeypatch.setattr(time, "time", lambda: 54321.25)
    span.log_kv({"event": "e"})

    assert 54_321_250_000 == span.logs[0].timestamp


def test_log_at_the_epoch() -> None:
    """A timestamp of 0 is the epoch, not now."""
    span = make_span().log_kv({"event": "e"}, timestamp=0)

    assert 0 == span.logs[0].timestamp


@pytest.mark.parametrize("number", range(3))
def test_a_log_is_a_copy(number: int) -> None:
    """A dict that was logged may be changed; whichever log of the span it is."""
    span = MemoryTracer().start_span("op")
    for _ in range(number):
        span.log_kv({"event": "before"})
    fields: dict[str, object] = {"event": "e"}

    span.log_kv(fields)
    fields["more"] = 1

    assert {"event": "e"} == logged(span)[number]


def test_empty_log_is_stored() -> None:
    """A log without fields is a log."""
    span = make_span().log_kv({})

    assert [{}] == logged(span)


def test_long_fields_are_cut_and_others_become_text() -> None:
    """Like tags, fields are cut, and converted to text when they are logged."""
    tracer = MemoryTracer()
    tracer.max_tag_value_length = 5
    span = tracer.start_span("op")

    span.log_kv({"long": "abcdefg", "list": [1, 2, 3], "none": None})

    assert [{"long": "abcde", "list": "[1, 2", "none": "None"}] == logged(span)


def test_logs_of_two_spans_are_apart() -> None:
    """Each span has its own logs."""
    first, second = make_span(), make_span()

    first.log_kv({"event": "e"})

    assert [] == second.logs
    assert [{"event": "e"}] == logged(first)


def test_logs_can_be_replaced() -> None:
    """`span.logs` can be set; later logs are appended to what was set."""
    span = make_span().log_kv({"event": "old"})

    span.logs = [(7, [("event", "new")])]
    span.log_kv({"event": "newer"})
    span.logs.append(Log(8, [("event", "newest")]))

    expected = [{"event": "new"}, {"event": "newer"}, {"event": "newest"}]
    assert expected == logged(span)
    assert 7 == span.logs[0].timestamp


def test_reading_no_logs_does_not_share_them() -> None:
    """The empty `logs` of one span may be appended to without touching another's."""
    first, second = make_span(), make_span()

    first.logs.append(Log(1))

    assert 1 == len(first.logs)
    assert [] == second.logs


def test_info() -> None:
    """`info` logs the message as event, with the payload unless it is empty."""
    span = make_span()

    span.info("a")
    span.info("b", payload={"n": 1})
    span.info("c", payload={})

    expected = [{"event": "a"}, {"event": "b", "payload": "{'n': 1}"}, {"event": "c"}]
    assert expected == logged(span)


def test_error() -> None:
    """`error` sets the tag `error` and logs as `info` does."""
    span = make_span()

    span.error("boo", payload=5)

    assert [("error", True)] == pairs_of(span)
    assert [{"event": "boo", "payload": 5}] == logged(span)


def test_log_event() -> None:
    """`log_event` logs event and payload, an empty one as well, and gives the span."""
    span = make_span()

    assert span is span.log_event("a").log_event("b", 0)
    assert [{"event": "a"}, {"event": "b", "payload": 0}] == logged(span)


def test_log() -> None:
    """`log` takes event, payload and timestamp by keyword."""
    span = make_span()

    span.log(event="e", payload=3, timestamp=2.0)
    span.log(event="f")

    assert [{"event": "e", "payload": 3}, {"event": "f"}] == logged(span)
    assert 2_000_000 == span.logs[0].timestamp


def test_exception_leaves_tag_and_log() -> None:
    """
    A `with span` left by an exception sets `error` and logs event, message, error
    object, its kind and the formatted traceback; the exception propagates.
    """
    tracer = MemoryTracer()

    with pytest.raises(ZeroDivisionError), tracer.start_span("op"):
        _ = 1 / 0

    (span,) = tracer.spans
    (fields,) = logged(span)
    stack = str(fields.pop("stack"))
    assert [("error", True)] == pairs_of(span)
    assert {
        "event": "error",
        "message": "division by zero",
        "error.object": "division by zero",
        "error.kind": "<class 'ZeroDivisionError'>",
    } == fields
    assert stack.startswith(f'  File "{__file__}", line ')
    assert "_ = 1 / 0" in stack


def test_with_span_finishes() -> None:
    """A `with span` left without an exception finishes the span and logs nothing."""
    tracer = MemoryTracer()

    with tracer.start_span("op") as span:
        assert not span.finished

    assert [span] == tracer.spans
    assert [] == span.logs


def test_unsampled_span_logs_nothing_of_an_exception() -> None:
    """On an unsampled span an exception is not recorded, and is raised."""
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)

    with pytest.raises(ZeroDivisionError), tracer.start_span("op") as span:
        _ = 1 / 0

    assert ([], []) == (span.tags, span.logs)
