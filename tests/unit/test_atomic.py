"""A value that is replaced without a lock."""

from __future__ import annotations

import threading

from jaeger_client.atomic import Atomic
from tests.unit.bytecodes import call_at, every_place


def add_one(value: Atomic[int]) -> None:
    """Add 1, whoever else does."""
    is_added = False
    while not is_added:
        state = value.read()
        is_added = value.replace(state, state[0] + 1)


def test_a_value_is_replaced() -> None:
    """What was stored last is what is read."""
    value = Atomic("a")

    assert value.replace(value.read(), "b")
    assert "b" == value.read()[0]
    assert "Atomic('b')" == repr(value)


def test_of_two_who_read_the_same_state_one_replaces_it() -> None:
    """The other one is told, and finds the newer value."""
    value = Atomic("a")
    state = value.read()

    assert value.replace(state, "b")
    assert not value.replace(state, "c")
    assert "b" == value.read()[0]


def test_an_interruption_at_any_bytecode_loses_nothing() -> None:
    """Neither what it adds nor what it interrupts."""
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
    """Only the latest state is kept, however often the value was replaced."""
    value = Atomic(object())
    first = value.read()

    for _ in range(100_000):
        value.replace(value.read(), object())

    # The first one leads to the latest; freeing the chain at once is no trouble.
    del first
    assert not value.read()[1]
