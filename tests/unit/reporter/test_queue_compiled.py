"""The compiled queue: threads, signals, forks, finalizers, references."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.implementations import compiled_module
from tests.unit.racing import run_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jaeger_client.reporter.queue import SpanQueue

PUTS = 20_000
MANY = 1_000_000

module = compiled_module("queue")


class Account:
    """A queue, and what became of every span that was put into it."""

    def __init__(self, capacity: int = 50) -> None:
        self.refused: list[bool] = []
        self.moved: list[object] = []
        self.queue: SpanQueue[object] = module.SpanQueue(
            capacity,
            batch_size=10,
            wake=lambda: None,
            refused=self.refused.append,
        )

    def put_many(self) -> None:
        """Put `PUTS` spans."""
        for number in range(PUTS):
            self.queue.put(number)

    def move_until(self, is_done: Callable[[], bool]) -> None:
        """Remove spans as the worker does."""
        while not is_done():
            self.queue.move(7, self.moved.extend)
            self.queue.wake_at_first()
            self.queue.wake_at_batch(10)


@pytest.fixture
def account() -> Account:
    """Return an open, empty queue."""
    return Account()


def test_threads_that_put_and_one_that_removes(account: Account) -> None:
    """Each span that several threads put is removed once or refused."""
    ended: list[None] = []

    def put() -> None:
        account.put_many()
        ended.append(None)

    run_together(put, put, put, lambda: account.move_until(lambda: len(ended) == 3))
    account.queue.clear(account.moved.extend)

    assert 3 * PUTS == len(account.moved) + len(account.refused)
    assert 0 == len(account.queue)


def test_a_queue_that_is_closed_while_threads_put(account: Account) -> None:
    """After it was closed and cleared, the queue is empty, and all is accounted for."""

    def close() -> None:
        while not account.refused:
            account.queue.move(3, account.moved.extend)
        account.queue.close()
        account.queue.clear(account.moved.extend)

    run_together(account.put_many, account.put_many, close)

    assert 0 == len(account.queue)
    assert 2 * PUTS == len(account.moved) + len(account.refused)


@pytest.fixture
def signals() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Return a function: its argument is called by a signal every 200 microseconds."""
    before = signal.getsignal(signal.SIGALRM)

    def start(call: Callable[[], None]) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: call())
        signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_signal_handlers_that_use_the_queue(
    account: Account, signals: Callable[[Callable[[], None]], None]
) -> None:
    """Each span that a signal handler puts or removes is accounted for."""
    handled: list[None] = []

    def handle() -> None:
        handled.append(None)
        account.queue.put(handled)
        account.queue.move(2, account.moved.extend)

    signals(handle)
    puts = 0
    while len(handled) < 100:
        account.queue.put(puts)
        account.queue.move(1, account.moved.extend)
        puts += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    account.queue.clear(account.moved.extend)

    assert puts + len(handled) == len(account.moved) + len(account.refused)


class InterruptError(Exception):
    """What the signal handler raises."""


def test_signal_handlers_that_raise_while_spans_are_removed(
    account: Account, signals: Callable[[Callable[[], None]], None]
) -> None:
    """A span that is being removed is in the queue or in the list."""
    may_raise: list[None] = []

    def interrupt() -> None:
        if may_raise:
            may_raise.clear()
            raise InterruptError

    def move_all() -> None:
        while len(account.queue):
            account.queue.move(1, account.moved.extend)

    signals(interrupt)
    rounds = interrupts = 0
    while interrupts < 50:
        for number in range(50):
            account.queue.put(number)
        try:
            may_raise.append(None)
            # No loop here: Python 3.13 does not catch what is raised at its jump back.
            move_all()
            may_raise.clear()
        except InterruptError:
            interrupts += 1
        account.queue.clear(account.moved.extend)
        rounds += 1

    assert list(range(50)) * rounds == account.moved


def test_a_fork_empties_the_child(account: Account) -> None:
    """A forked child that resets its queue sends its own spans only."""
    account.queue.put("parent's")
    child = os.fork()
    if not child:
        account.queue.after_fork_in_child()
        account.queue.put("child's")
        account.queue.clear(account.moved.extend)
        os._exit(0 if ["child's"] == account.moved else 1)
    _, status = os.waitpid(child, 0)
    account.queue.clear(account.moved.extend)

    assert 0 == status
    assert ["parent's"] == account.moved


def test_a_fork_that_is_noticed_during_put(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If `put` finds that this process is a child, the span is its first."""
    for _ in range(10):
        account.queue.put("parent's")
    monkeypatch.setattr(module, "notice_fork", account.queue.after_fork_in_child)
    # It fills a batch after the first span, so that `put` looks.
    account.queue.put("child's")
    account.queue.clear(account.moved.extend)

    assert ["child's"] == account.moved


class Finalized:
    """Calls a function when it is freed."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def __del__(self) -> None:
        self._call()


def test_a_finalizer_of_a_parents_span_that_puts(account: Account) -> None:
    """What a finalizer puts while the parent's spans are freed is the child's."""
    for _ in range(3):
        account.queue.put(Finalized(lambda: account.queue.put("child's")))
    account.queue.after_fork_in_child()
    account.queue.clear(account.moved.extend)

    assert ["child's"] * 3 == account.moved


def test_a_finalizer_that_uses_a_queue_that_is_garbage() -> None:
    """A finalizer may use the queue while the garbage collector frees both."""
    results: list[object] = []

    class Holder:
        queue: Any
        finalized: Any

    for _ in range(100):
        holder = Holder()
        account = Account(capacity=5)
        holder.queue = account.queue
        account.queue.put(holder)
        queue = account.queue
        # Not tracked by the collector, so it is freed in the middle of its work.
        holder.finalized = Finalized(
            lambda queue=queue: results.append(  # type: ignore[misc]
                (queue.put("late"), len(queue), queue.clear(list))
            )
        )
        del account, queue, holder
    gc.collect()

    assert 100 == len(results)


def test_references_are_released() -> None:
    """Neither spans nor blocks of memory are left after 1,000,000 puts."""
    account = Account(capacity=1_000)
    span = object()

    def use(times: int) -> None:
        for _ in range(times // 1_000):
            for _ in range(1_001):
                account.queue.put(span)
            account.queue.move(300, account.moved.extend)
            account.queue.move(900, account.moved.extend)
            account.moved.clear()
            account.refused.clear()

    use(5_000)
    references, blocks = sys.getrefcount(span), sys.getallocatedblocks()
    use(MANY)

    assert references == sys.getrefcount(span)
    assert abs(sys.getallocatedblocks() - blocks) < 50


def list_of(account: Account) -> list[Any]:
    """Return the list in which a queue stores its spans."""
    objects: list[Any] = gc.get_referents(account.queue)
    (found,) = (each for each in objects if type(each).__name__ == "list")
    return found  # type: ignore[no-any-return]


def test_the_list_shrinks_as_spans_are_removed(account: Account) -> None:
    """A queue that never becomes empty does not keep the places of removed spans."""
    for number in range(10):
        account.queue.put(number)
    for _ in range(10_000):
        account.queue.put(0)
        account.queue.move(1, account.moved.extend)

    assert len(list_of(account)) <= 30


def test_a_list_that_was_changed_from_outside_does_no_harm(account: Account) -> None:
    """What a debugger does with the list of spans does not crash the process."""
    for number in range(10):
        account.queue.put(number)
    account.queue.move(3, account.moved.extend)
    list_of(account).clear()

    account.queue.put("a")
    account.queue.move(100, account.moved.extend)
    account.queue.clear(account.moved.extend)

    assert 0 == len(account.queue)


@pytest.mark.parametrize("value", ["1", None, 2**70])
def test_a_capacity_that_is_no_number(value: object) -> None:
    """What is no number raises, and what does not fit one, too."""
    with pytest.raises((TypeError, OverflowError)):
        module.SpanQueue(value, batch_size=1, wake=print, refused=print)


def test_an_iterator_that_outlives_its_call(account: Account) -> None:
    """The iterator that `move` passes may be consumed later, by any code."""
    kept: list[Any] = []
    account.queue.put("a")
    account.queue.move(5, kept.append)
    account.queue.put("b")

    assert ["a", "b"] == list(kept[0])
    assert [] == list(kept[0])


def test_an_iterator_without_a_queue(account: Account) -> None:
    """One that is created by its class is empty; it does not crash the process."""
    kept: list[Any] = []
    account.queue.move(5, kept.append)

    assert [] == list(type(kept[0])())
