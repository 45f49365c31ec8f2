"""The queue between the application and the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from jaeger_client.reporter.queue import SpanQueue


class WakeCounter:
    """Counts how often the worker was woken."""

    def __init__(self) -> None:
        self.count = 0

    def wake(self) -> None:
        """Count."""
        self.count += 1


def make_queue(
    capacity: int = 100,
    refused: list[bool] | None = None,
    wake: Callable[[], None] = lambda: None,
) -> SpanQueue[str]:
    """Return a queue of text instead of spans."""
    ignored: list[bool] = []
    return SpanQueue(
        capacity,
        batch_size=10,
        wake=wake,
        refused=(ignored if refused is None else refused).append,
    )


def take(queue: SpanQueue[str], count: int) -> list[str]:
    """Return up to *count* of the oldest spans."""
    taken: list[str] = []
    queue.move(count, taken.extend)
    return taken


def test_full_queue_refuses_the_newest() -> None:
    """A full queue refuses the newest span and reports it; the older ones stay."""
    refused: list[bool] = []
    queue = make_queue(1, refused)

    assert queue.put("old")
    assert not queue.put("new")
    assert ["old"] == take(queue, 10)
    assert [False] == refused


def test_closed_queue_refuses_everything() -> None:
    """A closed queue refuses spans, and still returns the older ones."""
    refused: list[bool] = []
    queue = make_queue(refused=refused)
    queue.put("before")
    queue.close()

    assert not queue.put("after")
    assert ["before"] == take(queue, 10)
    assert [True] == refused


def test_first_span_wakes_the_worker() -> None:
    """The first span into an empty queue wakes the worker; the second does not."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.put("a")
    queue.put("b")

    assert 1 == wakes.count


def test_full_batch_wakes_the_worker_once() -> None:
    """While the interval runs, nothing wakes the worker but a full batch, once."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.wake_at_batch(3)
    for _ in range(5):
        queue.put("x")

    assert 1 == wakes.count


def test_another_batch_wakes_the_worker_again() -> None:
    """If no spans are taken, each further batch wakes the worker again."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.wake_at_batch(3)
    for _ in range(9):
        queue.put("x")

    assert 3 == wakes.count


def test_an_interrupted_wake_is_repeated() -> None:
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


def test_an_interrupted_wake_is_repeated_by_the_first_of_the_next_spans() -> None:
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


def test_a_span_below_the_thresholds_is_accepted() -> None:
    """`put` returns this also where it neither wakes nor refuses."""
    queue = make_queue()
    queue.wake_at_batch(3)

    assert [True, True, True, True] == [queue.put("x") for _ in range(4)]


def test_a_span_that_comes_into_a_cleared_queue_is_refused() -> None:
    """Its `put` began before the queue was closed, and no one would remove it."""
    refused: list[bool] = []
    queue = make_queue(refused=refused)
    queue.close()
    queue.clear(lambda _: None)
    queue._spans.append("late")
    queue.wake_at_first()

    assert (0, [True]) == (len(queue), refused)


def test_a_closed_queue_stays_closed() -> None:
    """Neither threshold that the worker sets opens a queue that was closed."""
    queue = make_queue()
    queue.close()
    queue.wake_at_first()
    queue.wake_at_batch(3)

    assert not queue.put("x")


def test_clear_moves_all() -> None:
    """What is in the queue is appended to a list, and the queue is empty."""
    queue = make_queue(capacity=2)
    queue.put("a")
    queue.put("b")

    cleared: list[str] = []
    queue.clear(cleared.extend)

    assert ["a", "b"] == cleared
    assert [] == take(queue, 10)


def test_child_begins_empty() -> None:
    """After a fork the queue is empty, open, and its first span wakes again."""
    wakes = WakeCounter()
    queue = make_queue(wake=wakes.wake)
    queue.put("parent's")
    queue.after_fork_in_child()
    queue.put("child's")

    assert ["child's"] == take(queue, 10)
    assert 2 == wakes.count


def test_child_of_closed_queue_stays_closed() -> None:
    """A queue that was closed before a fork refuses spans in the child, too."""
    queue = make_queue()
    queue.close()
    queue.after_fork_in_child()

    assert not queue.put("x")


def test_no_span_is_lost_between_threads() -> None:
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


def test_repr_shows_state_and_fill() -> None:
    """The repr shows whether the queue is open, its fill and its capacity."""
    queue = make_queue(capacity=5)
    queue.put("x")

    assert "<SpanQueue open, 1 of 5>" == repr(queue)
    queue.close()
    assert "<SpanQueue closed, 1 of 5>" == repr(queue)
