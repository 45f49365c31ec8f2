"""The process, and the counts of lost spans."""

from __future__ import annotations

from jaeger_client.model import Process, SpanLosses


def test_a_process_has_no_tags_by_default() -> None:
    """A process consists of a service name and tags."""
    assert () == Process("svc").tags


def test_nothing_is_lost_at_first() -> None:
    """All counts start at 0; the object is mutable and not hashable."""
    losses = SpanLosses()

    assert {0} == {*losses.as_dict().values()}
    assert 0 == losses.dropped
    assert SpanLosses.__hash__ is None


def test_truncated_spans_are_not_lost() -> None:
    """`dropped` is the sum of all causes but truncation."""
    losses = SpanLosses(queue_full=1, closed=2, too_large=4, truncated=8)

    assert 7 == losses.dropped


def test_losses_are_added() -> None:
    """`add` adds each count; a copy stays as it is."""
    losses = SpanLosses(too_large=1, send_failed=2)
    copy = losses.copy()
    losses.add(SpanLosses(too_large=3, truncated=1))

    assert SpanLosses(too_large=4, send_failed=2, truncated=1) == losses
    assert SpanLosses(too_large=1, send_failed=2) == copy


def test_refused_spans_are_counted_by_cause() -> None:
    """Spans that the queue refused are counted by the two `add_` methods."""
    losses = SpanLosses()
    losses.add_queue_full(2)
    losses.add_closed(3)

    assert SpanLosses(queue_full=2, closed=3) == losses


def test_the_repr_shows_the_counts() -> None:
    """The repr names each cause."""
    assert repr(SpanLosses(closed=1)) == (
        "SpanLosses(closed=1, not_encodable=0, queue_full=0, send_failed=0, "
        "too_large=0, truncated=0)"
    )
