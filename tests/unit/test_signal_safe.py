"""Locks and counts that no signal handler can break."""

from __future__ import annotations

import threading

import pytest

from jaeger_client.signal_safe import Exclusive, SharedCount
from tests.unit.bytecodes import call_at, every_place, interrupt

PATIENCE = 5.0


def run_elsewhere(exclusive: Exclusive, timeout: float = PATIENCE) -> str | None:
    """Return what `run` returns on another thread."""
    results: list[str | None] = []
    thread = threading.Thread(
        target=lambda: results.append(exclusive.run(lambda: "done", timeout=timeout)),
    )
    thread.start()
    thread.join()
    return results[0]


def test_run_returns_the_result() -> None:
    """The function is called, and its result is returned."""
    assert "done" == Exclusive().run(lambda: "done")


def test_other_threads_wait_for_the_timeout() -> None:
    """While one thread is at work, another one gives up after its timeout."""
    exclusive = Exclusive()

    assert exclusive.run(lambda: run_elsewhere(exclusive, timeout=0)) is None
    assert "done" == run_elsewhere(exclusive)


def test_a_timeout_may_be_longer_than_a_lock_takes() -> None:
    """A timeout of centuries is no error."""
    assert "done" == Exclusive().run(lambda: "done", timeout=1e12)


def test_the_thread_that_is_at_work_is_turned_away() -> None:
    """A function that comes back to where it is called is not called, nor waits."""
    exclusive = Exclusive()

    assert exclusive.run(lambda: exclusive.run(lambda: "again")) is None
    assert "done" == run_elsewhere(exclusive)


def test_an_error_does_not_leave_it_locked() -> None:
    """What the function raises reaches the caller; another thread may go on."""
    exclusive = Exclusive()

    def fail() -> None:
        raise ValueError(1)

    with pytest.raises(ValueError, match="1"):
        exclusive.run(fail)
    assert "done" == run_elsewhere(exclusive)


def test_an_interrupt_does_not_leave_it_locked() -> None:
    """After an interrupt at any bytecode other threads and this one may go on."""

    def run(at: int) -> str:
        exclusive = Exclusive()
        place = call_at(at, interrupt, lambda: exclusive.run(lambda: "interrupted"))

        assert "done" == run_elsewhere(exclusive), place
        assert "done" == exclusive.run(lambda: "done"), place
        return place

    assert sum(1 for _ in every_place(run)) > 20


def test_an_interrupt_while_waiting_leaves_the_owner_alone() -> None:
    """A thread that is interrupted while it waits does not let a third one in."""

    def run(at: int) -> str:
        exclusive = Exclusive()
        began, end = threading.Event(), threading.Event()

        def work() -> None:
            began.set()
            end.wait(PATIENCE)

        owner = threading.Thread(target=exclusive.run, args=(work,))
        owner.start()
        assert began.wait(PATIENCE)
        place = call_at(at, interrupt, lambda: exclusive.run(lambda: "", timeout=0))
        third = exclusive.run(lambda: "let in", timeout=0)
        end.set()
        owner.join()

        assert third is None, place
        return place

    assert sum(1 for _ in every_place(run)) > 10


def test_a_signal_handler_may_come_at_any_bytecode() -> None:
    """A handler that runs something is called or turned away, and nothing hangs."""

    def run(at: int) -> str:
        exclusive = Exclusive()
        place = call_at(
            at,
            lambda: exclusive.run(lambda: "handler"),
            lambda: exclusive.run(lambda: "main"),
        )

        assert "done" == run_elsewhere(exclusive), place
        return place

    assert sum(1 for _ in every_place(run)) > 20


def test_a_count_is_the_sum_of_what_was_added() -> None:
    """It starts with a value, and reading does not change it."""
    count = SharedCount(3)
    count.add(0)
    count.add(4)

    assert (7, 7) == (count.value, count.value)


def test_a_count_loses_nothing_to_a_signal_handler() -> None:
    """What a handler adds at any bytecode of an addition counts, too."""

    def run(at: int) -> str:
        count = SharedCount()
        place = call_at(at, lambda: count.add(10), lambda: count.add(1))

        assert count.value == (11 if place else 1), place
        return place

    assert sum(1 for _ in every_place(run)) > 5


def test_greenlets_of_one_thread_exclude_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They have idents of their own, as gevent gives them, but may share the lock."""
    exclusive = Exclusive()
    idents = iter([1, 2, 3])
    monkeypatch.setattr(threading, "get_ident", lambda: next(idents))

    assert exclusive.run(lambda: exclusive.run(lambda: "other greenlet")) is None
    assert "later" == exclusive.run(lambda: "later")
