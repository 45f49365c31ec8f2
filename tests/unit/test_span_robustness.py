"""Recording never raises into the application, whatever is passed."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import (
    HOSTILE_VALUES,
    Anything,
    Hostile,
    HostileText,
    fields_of,
    pairs_of,
)

hostile = pytest.mark.parametrize(
    "value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES))
)


@pytest.fixture
def span() -> Span:
    """Return a sampled span."""
    return MemoryTracer().start_span("op")


@hostile
def test_any_tag_value(span: Span, value: Anything) -> None:
    """A tag of any value is recorded as one of the types that tags have."""
    span.set_tag("key", value)

    ((_, kept),) = pairs_of(span)
    assert type(kept) in {str, bool, int, float, bytes}


@hostile
def test_any_tag_key(span: Span, value: Anything) -> None:
    """A tag of any key raises nothing."""
    assert span is span.set_tag(value, 1)


def test_key_that_raises_is_ignored(
    span: Span,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A tag whose key cannot be compared is dropped, with a warning."""
    span.set_tag(HostileText("key"), 1)

    assert [] == pairs_of(span)
    assert [
        "setting a tag raised RuntimeError('touched'); the tag is ignored"
    ] == caplog.messages


@hostile
def test_any_priority(span: Span, value: Anything) -> None:
    """Any value of `sampling.priority` raises nothing."""
    assert span is span.set_tag("sampling.priority", value)


@hostile
def test_any_log(span: Span, value: Anything) -> None:
    """A log of anything raises nothing."""
    assert span is span.log_kv(value)


@hostile
def test_any_log_field(span: Span, value: Anything) -> None:
    """A log field of any value is recorded as one of the types that tags have."""
    span.log_kv({"key": value})

    assert {"key"} == set(fields_of(span.logs[0]))


@hostile
def test_any_time(span: Span, value: Anything) -> None:
    """Any time of a log or a finish raises nothing and fits 64 bits of µs."""
    span.log_kv({"event": "e"}, timestamp=value)
    span.finish(value)

    assert abs(span.logs[0].timestamp) < 2**63
    assert abs(span.end_time or 0) * 1e6 < 2**63


@hostile
def test_any_message(span: Span, value: Anything) -> None:
    """`info`, `error`, `log_event` and `log` take anything."""
    span.info(value, value)
    span.error(value, value)
    span.log_event(value, value)
    span.log(event=value, payload=value, timestamp=value)

    assert 4 == len(span.logs)


@hostile
def test_any_baggage(span: Span, value: Anything) -> None:
    """Baggage of any key and value raises nothing."""
    assert span is span.set_baggage_item("key", value)
    assert span is span.set_baggage_item(value, "value")
    assert span is span.set_baggage_item(value, value)
    assert span.get_baggage_item(value) in {None, "value"} or value is not None


def test_baggage_key_that_cannot_be_hashed(span: Span) -> None:
    """A baggage item whose key cannot be a key is ignored, and reads as `None`."""
    key: Any = ["list"]

    span.set_baggage_item(key, "value")

    assert {} == span.context.baggage
    assert span.get_baggage_item(key) is None


@hostile
def test_any_operation_name(span: Span, value: Anything) -> None:
    """An operation name of any type becomes text."""
    span.set_operation_name(value)

    assert str is type(span.operation_name)
    assert repr(span).endswith(f" test.{span.operation_name}")


def test_exception_that_has_no_text() -> None:
    """An exception whose `str()` raises is recorded, and propagates unchanged."""

    class MuteError(Exception):
        def __str__(self) -> str:
            return str(Hostile())

    tracer = MemoryTracer()

    with pytest.raises(MuteError), tracer.start_span("op"):
        raise MuteError

    assert "touched" == fields_of(tracer.spans[0].logs[0])["message"]


def test_payload_whose_bool_raises_is_logged(span: Span) -> None:
    """A payload whose `__bool__` raises is logged."""
    span.info("message", Hostile())

    assert {"event": "message", "payload": "touched"} == fields_of(span.logs[0])


def test_time_that_is_none_is_now(
    span: Span,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A time that is not a number, or is out of range, is replaced by now."""
    text: Any = "noon"

    span.finish(text)

    assert (span.end_time or 0) >= span.start_time
    assert [
        (
            "a time must be a number of seconds since the epoch, got str; the current "
            "time is used"
        ),
    ] == caplog.messages
