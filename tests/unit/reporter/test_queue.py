"""The queue between the application and the worker."""

from __future__ import annotations

import inspect
import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol
from unittest import mock  # noqa: TID251 - as applications patch

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import Reporter
from tests.implementations import implementations
from tests.unit.reporter.line_encoder import LineChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from jaeger_client.reporter.queue import SpanQueue


class MakeQueue(Protocol):
    """Creates a queue of text instead of spans."""

    def __call__(
        self,
        capacity: int = 100,
        refused: list[bool] | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> SpanQueue[str]:
        """Return a queue whose refusals are appended to *refused*."""
        ...


@pytest.fixture(params=implementations("reporter.queue", "queue"))
def make_queue(request: pytest.FixtureRequest) -> MakeQueue:
    """Return a function that creates a queue of either implementation."""
    module: ModuleType = request.param

    def make(
        capacity: int = 100,
        refused: list[bool] | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> SpanQueue[str]:
        ignored: list[bool] = []
        queue: SpanQueue[str] = module.SpanQueue(
            capacity,
            batch_size=10,
            wake=wake,
            refused=(ignored if refused is None else refused).append,
        )
        return queue

    return make


class WakeCounter:
    """Counts how often the worker was woken."""

    def __init__(self) -> None:
        self.count = 0

    def wake(self) -> None:
        """Count."""
        self.count += 1


def take(queue: SpanQueue[str], count: int) -> list[str]:
    """Return up to *count* of the oldest spans."""
    taken: list[str] = []
    queue.move(count, taken.extend)
    return taken


def test_full_queue_refuses_the_newest(make_queue: MakeQueue) -> None:
    """A full queue refuses the newest span and reports it; the older ones stay."""
    refused: list[bool] = []
    queue = make_queue(1, refused)

    assert queue.put("old")
    assert not queue.put("new")
    assert ["old"] == take(queue, 10)
    assert [False] == refused


def test_closed_queue_refuses_everything(make_queue: MakeQueue) -> None:
    """A closed queue refuses spans, and still returns the older ones."""
    refused: list[bool] = []
    queue = make_queue(refused=refused)
    queue.put("before")
    queue.close()

    assert not queue.put("after")
    assert ["before"] == take(queue, 10)
    assert [True] == refused


def test_first_span_wakes_the_worker(make_queue: MakeQueue) -> None:
    """The first span into an empty queue wakes the worker; the second does not."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.put("a")
    queue.put("b")

    assert 1 == wakes.count


def test_full_batch_wakes_the_worker_once(make_queue: MakeQueue) -> None:
    """While the interval runs, nothing wakes the worker but a full batch, once."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.wake_at_batch(3)
    for _ in range(5):
        queue.put("x")

    assert 1 == wakes.count


def test_another_batch_wakes_the_worker_again(make_queue: MakeQueue) -> None:
    """If no spans are taken, each further batch wakes the worker again."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.wake_at_batch(3)
    for _ in range(9):
        queue.put("x")

    assert 3 == wakes.count


def test_an_interrupted_wake_is_repeated(make_queue: MakeQueue) -> None:
    """If a signal handler raises while the worker is woken, the next span wakes it."""
    wakes = WakeCounter()
    count = iter([KeyboardInterrupt, None])

    def wake() -> None:
        wakes.wake()
        if (interrupt := next(count)) is not None:
            raise interrupt

    queue = make_queue(wake=wake)
    with pytest.raises(KeyboardInterrupt):
        queue.put("first")
    queue.put("second")

    assert 2 == wakes.count
    assert ["first", "second"] == take(queue, 10)


def test_an_interrupted_wake_is_repeated_by_the_first_of_the_next_spans(
    make_queue: MakeQueue,
) -> None:
    """The span of the interrupted call may have been removed meanwhile."""
    wakes = WakeCounter()

    def wake() -> None:
        wakes.wake()
        if wakes.count == 1:
            raise KeyboardInterrupt

    queue = make_queue(wake=wake)
    with pytest.raises(KeyboardInterrupt):
        queue.put("first")
    take(queue, 1)
    queue.put("second")

    assert 2 == wakes.count


def test_a_span_below_the_thresholds_is_accepted(
    make_queue: MakeQueue,
) -> None:
    """`put` returns this also where it neither wakes nor refuses."""
    queue = make_queue()
    queue.wake_at_batch(3)

    assert [True, True, True, True] == [queue.put("x") for _ in range(4)]


def test_a_closed_queue_stays_closed(make_queue: MakeQueue) -> None:
    """Neither threshold that the worker sets opens a queue that was closed."""
    queue = make_queue()
    queue.close()
    queue.wake_at_first()
    queue.wake_at_batch(3)

    assert not queue.put("x")


def test_clear_moves_all(make_queue: MakeQueue) -> None:
    """What is in the queue is appended to a list, and the queue is empty."""
    queue = make_queue(capacity=2)
    queue.put("a")
    queue.put("b")

    cleared: list[str] = []
    queue.clear(cleared.extend)

    assert ["a", "b"] == cleared
    assert [] == take(queue, 10)


def test_child_begins_empty(make_queue: MakeQueue) -> None:
    """After a fork the queue is empty, open, and its first span wakes again."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.put("parent's")
    queue.after_fork_in_child()
    queue.put("child's")

    assert ["child's"] == take(queue, 10)
    assert 2 == wakes.count


def test_child_counts_its_own_spans(make_queue: MakeQueue) -> None:
    """It does not matter what the parent has removed before the fork."""
    queue = make_queue(capacity=9)
    for _ in range(9):
        queue.put("parent's")
    take(queue, 2)
    queue.after_fork_in_child()
    accepted = [queue.put("child's") for _ in range(10)]

    assert [True] * 9 + [False] == accepted
    assert 9 == len(queue)


def test_child_of_closed_queue_stays_closed(make_queue: MakeQueue) -> None:
    """A queue that was closed before a fork refuses spans in the child, too."""
    queue = make_queue()
    queue.close()
    queue.after_fork_in_child()

    assert not queue.put("x")


def test_no_span_is_lost_between_threads(make_queue: MakeQueue) -> None:
    """What many threads put is accepted or refused."""
    refused: list[bool] = []
    queue = make_queue(2_000, refused)
    threads = [
        threading.Thread(target=lambda: [queue.put("x") for _ in range(1_000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 4_000 == len(take(queue, 5_000)) + len(refused)


def test_repr_shows_state_and_fill(make_queue: MakeQueue) -> None:
    """The repr shows whether the queue is open, its fill and its capacity."""
    queue = make_queue(capacity=5)
    queue.put("x")

    assert "<SpanQueue open, 1 of 5>" == repr(queue)
    queue.close()
    assert "<SpanQueue closed, 1 of 5>" == repr(queue)


def test_spans_are_removed_in_the_order_of_their_puts(make_queue: MakeQueue) -> None:
    """Spans put between removals follow those that stayed."""
    queue = make_queue()
    moved: list[str] = []
    for name in ("a", "b", "c", "d", "e"):
        queue.put(name)
    for count in (1, 1, 1):
        moved += take(queue, count)
        queue.put(f"after {moved[-1]}")

    assert ["a", "b", "c"] == moved
    assert ["d", "e", "after a", "after b", "after c"] == take(queue, 10)


def test_spans_that_are_not_consumed_stay(make_queue: MakeQueue) -> None:
    """If the call raises before it consumes all spans, the others stay queued."""
    queue = make_queue()
    for name in ("a", "b"):
        queue.put(name)
    moved: list[str] = []

    def take_one(spans: Iterable[str]) -> None:
        moved.append(next(iter(spans)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.move(2, take_one)

    assert ["a"] == moved
    assert ["b"] == take(queue, 10)


def test_the_wake_may_empty_the_queue(make_queue: MakeQueue) -> None:
    """If waking removes the span that was just put, the span was accepted."""
    moved: list[str] = []
    queue = make_queue(wake=lambda: queue.move(10, moved.extend))

    assert queue.put("a")
    assert (["a"], 0) == (moved, len(queue))


def test_puts_during_a_refusal(make_queue: MakeQueue) -> None:
    """A span put while the queue reports another as refused is counted as well."""
    refused: list[bool] = []

    class Reenter(list[bool]):
        def append(self, closed: bool) -> None:
            refused.append(closed)
            if len(refused) < 3:
                assert not queue.put("again")

    queue = make_queue(1, Reenter())
    queue.put("old")

    assert not queue.put("new")
    assert [False, False, False] == refused
    assert ["old"] == take(queue, 10)


def test_a_receiver_queues_spans(make_queue: MakeQueue) -> None:
    """`report_span` of a receiver puts the span, whatever it is."""
    queue = make_queue()
    receiver = receiver_of(queue)

    receiver.report_span("a")
    receiver.report_span(span=None)

    assert ["a", None] == take(queue, 10)


def test_a_receiver_without_a_queue_raises(make_queue: MakeQueue) -> None:
    """Before `Reporter.__init__` has set the queue, a report raises AttributeError."""
    receiver = type(receiver_of(make_queue()))()

    with pytest.raises(AttributeError):
        receiver.report_span("a")


def test_report_span_may_be_replaced(make_queue: MakeQueue) -> None:
    """On the class, in a derived class and on the object."""
    queue = make_queue()
    receiver = receiver_of(queue)
    calls: list[tuple[str, object]] = []

    class Derived(type(receiver)):  # type: ignore[misc]
        def report_span(self, span: str) -> None:
            calls.append(("derived", span))
            super().report_span(span)  # pyright: ignore[reportUnknownMemberType]  # its base is not known before

    def of_class(receiver: object, span: str) -> None:
        calls.append(("class", span))

    def of_object(span: str) -> None:
        calls.append(("object", span))

    derived: Any = Derived()
    derived._queue = queue
    derived.report_span("a")
    type(receiver).report_span = of_class
    receiver.report_span("b")
    receiver.report_span = of_object
    receiver.report_span("c")

    assert [("derived", "a"), ("class", "b"), ("object", "c")] == calls
    assert ["a"] == take(queue, 10)


def test_signature_of_report_span(make_queue: MakeQueue) -> None:
    """Tools can read the parameters of the method."""
    signature = inspect.signature(receiver_of(make_queue()).report_span)

    assert ["span"] == list(signature.parameters)


def receiver_of(queue: SpanQueue[str]) -> Any:
    """Return a receiver of the implementation of *queue*."""
    module = sys.modules[type(queue).__module__]

    class Receiver(getattr(module, "SpanReceiver", object)):  # type: ignore[misc]
        report_span = Reporter.report_span

    receiver: Any = Receiver()
    receiver._queue = queue
    return receiver


def test_another_object_as_the_queue(make_queue: MakeQueue) -> None:
    """Any object may replace the queue of a reporter, as mocks do, and is removed."""
    queue = make_queue()
    receiver = receiver_of(queue)

    with mock.patch.object(receiver, "_queue") as replaced:
        receiver.report_span("replaced")
    receiver.report_span("queued")

    assert [mock.call.put("replaced")] == replaced.mock_calls
    assert receiver._queue is queue
    assert 1 == len(queue)


def test_autospec_records_the_reporter() -> None:
    """`mock.patch.object` with `autospec` records `self`, as for any function."""
    tracer = Tracer("svc", Reporter(LineChannel()), ConstSampler(decision=True))
    span = tracer.start_span("op")

    with mock.patch.object(Reporter, "report_span", autospec=True) as replaced:
        span.finish()

    assert [mock.call(tracer.reporter, span)] == replaced.mock_calls
    assert inspect.isfunction(Reporter.report_span)
