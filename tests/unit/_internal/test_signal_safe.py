"""Locks, counts and values that no signal handler can break."""

from __future__ import annotations

import threading

import pytest

from jaeger_client._internal.signal_safe import Atomic, Exclusive, SharedCount
from tests.unit.bytecodes import call_at, every_place, interrupt

TIMEOUT = 30.0


def run_elsewhere(exclusive: Exclusive, timeout: float = TIMEOUT) -> str | None:
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
    """While one thread is in `run`, another thread returns after its timeout."""
    exclusive = Exclusive()

    assert exclusive.run(lambda: run_elsewhere(exclusive, timeout=0)) is None
    assert "done" == run_elsewhere(exclusive)


def test_a_timeout_may_exceed_the_maximum_of_locks() -> None:
    """A timeout of centuries is not an error."""
    assert "done" == Exclusive().run(lambda: "done", timeout=1e12)


def test_a_nested_call_returns_none() -> None:
    """A nested call of `run` does not wait and does not call its function."""
    exclusive = Exclusive()

    assert exclusive.run(lambda: exclusive.run(lambda: "again")) is None
    assert "done" == run_elsewhere(exclusive)


def test_an_error_does_not_leave_it_locked() -> None:
    """An error of the function is raised, and the lock is released."""
    exclusive = Exclusive()

    def fail() -> None:
        raise ValueError(1)

    with pytest.raises(ValueError, match="1"):
        exclusive.run(fail)
    assert "done" == run_elsewhere(exclusive)


def test_an_interrupt_does_not_leave_it_locked() -> None:
    """After an interrupt at any bytecode the lock is free for all threads."""

    def run(at: int) -> str:
        exclusive = Exclusive()
        place = call_at(at, interrupt, lambda: exclusive.run(lambda: "interrupted"))

        assert "done" == run_elsewhere(exclusive), place
        assert "done" == exclusive.run(lambda: "done"), place
        return place

    assert sum(1 for _ in every_place(run)) > 20


def test_an_interrupt_while_waiting_leaves_the_owner_alone() -> None:
    """An interrupt of a waiting thread does not release the lock of the owner."""

    def run(at: int) -> str:
        exclusive = Exclusive()
        began, end = threading.Event(), threading.Event()

        def work() -> None:
            began.set()
            end.wait(TIMEOUT)

        owner = threading.Thread(target=exclusive.run, args=(work,))
        owner.start()
        assert began.wait(TIMEOUT)
        place = call_at(at, interrupt, lambda: exclusive.run(lambda: "", timeout=0))
        third = exclusive.run(lambda: "let in", timeout=0)
        end.set()
        owner.join()

        assert third is None, place
        return place

    assert sum(1 for _ in every_place(run)) > 10


def test_a_signal_handler_may_run_at_any_bytecode() -> None:
    """A handler's call of `run` returns at once, and the lock is free afterwards."""

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
    """An increment by a handler at any bytecode of another one is not lost."""

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


def add_one(value: Atomic[int]) -> None:
    """Add 1, whatever other threads and signal handlers add."""
    value.update(lambda number: number + 1)


def test_a_value_is_replaced() -> None:
    """`read` returns the value that was stored last."""
    value = Atomic("a")

    assert value.replace(value.read(), "b")
    assert "b" == value.read()[0]
    assert "Atomic('b')" == repr(value)


def test_only_one_of_two_callers_replaces_a_state() -> None:
    """The other one fails, and reads the newer value."""
    value = Atomic("a")
    state = value.read()

    assert value.replace(state, "b")
    assert not value.replace(state, "c")
    assert "b" == value.read()[0]


def test_an_interruption_at_any_bytecode_loses_nothing() -> None:
    """Neither the interrupted update nor that of the handler is lost."""
    value = Atomic(0)

    def add() -> None:
        add_one(value)

    places = list(every_place(lambda at: call_at(at, add, add)))

    assert 2 * len(places) + 1 == value.read()[0]


def test_threads_lose_nothing() -> None:
    """Each addition is made once, whichever threads add at the same time."""
    value = Atomic(0)

    def add_many() -> None:
        for _ in range(5_000):
            add_one(value)

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 20_000 == value.read()[0]


def test_states_of_the_past_are_freed() -> None:
    """However often the value was replaced, only the latest state is in memory."""
    value = Atomic(object())
    first = value.read()

    for _ in range(100_000):
        value.replace(value.read(), object())

    # The first state refers to all later ones: freeing it frees the whole chain.
    del first
    assert not value.read()[1]
