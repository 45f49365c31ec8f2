"""
The queue when something else happens between any two bytecodes of its methods.

That of plain Python; `test_queue_compiled.py` tests the other one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jaeger_client.reporter.queue import SpanQueue
from tests.unit.bytecodes import call_at, every_place, interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 3
CAPACITY = 5


class Account:
    """A queue, and what became of every span that was put into it."""

    def __init__(self, queued: int = 0) -> None:
        self.reported = 0
        self.delivered: list[int] = []
        self.abandoned: list[int] = []
        self.refused = 0
        """Spans that the queue refused, and reported."""
        self.woken = 0
        self.queue: SpanQueue[int] = SpanQueue(
            CAPACITY,
            batch_size=BATCH,
            wake=self._wake,
            refused=self._count_refused,
        )
        for _ in range(queued):
            self.put()

    def _wake(self) -> None:
        self.woken += 1

    def _count_refused(self, closed: bool) -> None:
        self.refused += 1

    def put(self) -> None:
        """Report one span more."""
        self.reported += 1
        self.queue.put(self.reported)

    def deliver(self) -> None:
        """Take spans as the worker does."""
        self.queue.move(2, self.delivered.extend)

    def close(self) -> None:
        """Close, deliver some, and discard the rest: all that a reporter does."""
        self.queue.close()
        self.deliver()
        self.queue.clear(self.abandoned.extend)

    def is_exact(self) -> bool:
        """Return whether each reported span is delivered, discarded or counted."""
        assert len(set(self.delivered)) == len(self.delivered)
        known = len(self.delivered) + len(self.abandoned) + self.refused
        return self.reported == known + len(self.queue)


PUTS = [
    pytest.param(0, id="first span"),
    pytest.param(1, id="between marks"),
    pytest.param(BATCH, id="full batch"),
    pytest.param(CAPACITY, id="full queue"),
]


def places(
    queued: int,
    operation: Callable[[Account], object],
    action: Callable[[Account], object],
    check: Callable[[Account], bool],
) -> int:
    """Run *action* at every bytecode of *operation*; return at how many it ran."""

    def run(at: int) -> str:
        account = Account(queued)
        place = call_at(at, lambda: action(account), lambda: operation(account))
        assert not place or check(account), f"{account.refused} refused at {place}"
        return place

    return sum(1 for _ in every_place(run))


def all_is_accounted_after_close(account: Account) -> bool:
    """Close again, and return whether nothing is left or lost."""
    account.close()
    return account.is_exact() and 0 == len(account.queue)


@pytest.mark.parametrize("queued", PUTS)
def test_close_during_put(queued: int) -> None:
    """Closed at any bytecode of `put`, no span is lost without a count."""

    def check(account: Account) -> bool:
        return account.is_exact() and all_is_accounted_after_close(account)

    assert places(queued, Account.put, Account.close, check) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_nothing_stays_in_a_cleared_queue(queued: int) -> None:
    """A span whose `put` ends after the queue was cleared does not stay in it."""

    def close_and_put(account: Account) -> None:
        account.close()
        account.put()

    def check(account: Account) -> bool:
        return account.is_exact() and 0 == len(account.queue)

    assert places(queued, Account.put, close_and_put, check) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_put_during_close(queued: int) -> None:
    """A span put at any bytecode of closing and clearing is delivered or counted."""

    def close(account: Account) -> None:
        account.queue.close()
        account.deliver()
        account.queue.clear(account.abandoned.extend)

    assert places(queued, close, Account.put, all_is_accounted_after_close) > 20


@pytest.mark.parametrize("queued", PUTS)
def test_take_during_put(queued: int) -> None:
    """Spans that the worker takes at any bytecode of `put` are delivered once."""
    assert places(queued, Account.put, Account.deliver, Account.is_exact) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_put_during_take(queued: int) -> None:
    """Spans put at any bytecode of `move` stay queued or are reported as refused."""

    def put_and_close(account: Account) -> None:
        account.put()
        account.queue.close()
        account.put()

    assert places(queued, Account.deliver, put_and_close, Account.is_exact) > 10


def wake_at_batch(queue: SpanQueue[int]) -> None:
    """Set the threshold for a full batch."""
    queue.wake_at_batch(BATCH)


@pytest.mark.parametrize("queued", PUTS)
@pytest.mark.parametrize(
    "move",
    [SpanQueue[int].wake_at_first, wake_at_batch],
    ids=["first", "batch"],
)
def test_close_and_put_while_the_worker_sets_a_threshold(
    move: Callable[[SpanQueue[int]], None], queued: int
) -> None:
    """A closed queue accepts no span, even if the worker is setting a threshold."""

    def close_and_put(account: Account) -> None:
        account.close()
        account.put()
        account.put()

    def check(account: Account) -> bool:
        return account.is_exact() and 0 == len(account.queue)

    def move_mark(account: Account) -> None:
        move(account.queue)

    assert places(queued, move_mark, close_and_put, check) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_put_during_put(queued: int) -> None:
    """Two puts at once lose no span without a count, and no wake-up."""

    def check(account: Account) -> bool:
        return account.is_exact() and account.woken > 0

    assert places(queued, Account.put, Account.put, check) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_fork_during_put(queued: int) -> None:
    """After a fork at any bytecode of `put`, the child's next span wakes its worker."""

    def fork(account: Account) -> None:
        account.queue.after_fork_in_child()
        account.woken = 0

    def check(account: Account) -> bool:
        account.queue.put(0)
        child: list[int] = []
        account.queue.move(CAPACITY, child.extend)
        # The span that was being put is the parent's, the child's or both's.
        return account.woken > 0 and child in ([0], [queued + 1, 0])

    assert places(queued, Account.put, fork, check) > 5


@pytest.mark.parametrize("queued", PUTS)
def test_interrupt_during_put(queued: int) -> None:
    """After an interrupt at any bytecode of `put`, later spans wake the worker."""

    def check(account: Account) -> bool:
        account.queue.clear(account.abandoned.extend)
        assert CAPACITY + 1 >= len(account.abandoned)
        account.queue.wake_at_first()
        account.woken = 0
        account.put()
        return account.woken > 0

    def check_without_a_turn(account: Account) -> bool:
        # The worker sleeps, as it has not been woken: nothing but the next span may.
        if queued == 0 and not account.woken:
            account.put()
            return account.woken > 0
        return check(account)

    def interrupt_account(account: Account) -> None:
        interrupt()

    assert places(queued, Account.put, interrupt_account, check_without_a_turn) > 5


def test_a_span_that_comes_into_a_cleared_queue_is_refused() -> None:
    """Its `put` began before the queue was closed, and no one would remove it."""
    account = Account()
    account.queue.close()
    account.queue.clear(account.abandoned.extend)
    account.queue._spans.append(1)
    account.queue.wake_at_first()

    assert (0, 1) == (len(account.queue), account.refused)
