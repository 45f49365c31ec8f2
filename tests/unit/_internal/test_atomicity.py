"""
What is atomic on the running interpreter; see `jaeger_client._internal.signal_safe`.

Each test makes the interpreter call a handler as soon as it can: for a signal that is
pending, or for a garbage collection that is due. If what the handler finds is half
done, the operation is not atomic.

The signal is raised by a subscription that is implemented in C. It is neither a call
instruction nor a jump, so the interpreter does not handle the signal at once.
"""

from __future__ import annotations

import _thread
import gc
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from itertools import count, islice, repeat, starmap
from operator import length_hint
from types import FrameType
from typing import Any, Final, NamedTuple

import pytest

_CALLS: Final = 60
"""Enough for the interpreter, from 3.11 on, to specialize the instructions."""

_COLLECTIONS: Final = 5

_GARBAGE: Final = 5_000
"""More containers than the collector lets be created between two collections."""


class _Raiser:
    """Raises a signal without a call instruction: `raiser[signal.SIGINT]`."""

    __getitem__ = _thread.interrupt_main


class _Object:
    """Has slots, as a span has, and a `__dict__`."""

    __slots__ = ("__dict__", "done", "first", "items", "number", "second")

    def __init__(self) -> None:
        self.done = False
        self.number = 0
        self.items: Any = [1]
        self.first: Any = None
        self.second: Any = None


def _consumer_and_source() -> tuple[Any, Any]:
    source = iter(range(10))
    return islice(source, 3), source


def _queue_and_list() -> tuple[Any, Any]:
    spans = deque([1, 2, 3])
    return starmap(spans.popleft, repeat((), 2)), (spans, [])


def _zip_and_sources() -> tuple[Any, Any]:
    sources = iter(range(5)), iter(range(9))
    return zip(*sources, strict=False), sources


def _held_lock() -> tuple[Any, Any]:
    lock = threading.Lock()
    lock.acquire()
    return lock, None


def _first_of(x: object, _: object) -> object:
    return x


def _second_of(_: object, y: object) -> object:
    return y


def _left_in(_: object, y: object) -> object:
    return length_hint(y)


def _left_in_each(_: object, y: tuple[object, object]) -> object:
    return length_hint(y[0]), length_hint(y[1])


def _is_held(x: threading.Lock, _: object) -> object:
    return x.locked()


class Operation(NamedTuple):
    """Statements that use `x` and `y`, and what shows their progress."""

    code: str
    setup: Callable[[], tuple[Any, Any]]
    state: Callable[[Any, Any], object] = _first_of


def _state_of(x: Any, _: Any) -> object:
    values: list[object] = [x.done, x.number, *x.items, x.first, x.second, x.__dict__]
    return values


CALLS: Final = [
    Operation("x.append(y)", lambda: ([1], 2)),
    Operation("x.extend(y)", lambda: ([1], [2, 3])),
    Operation("x.pop()", lambda: ([1, 2], None)),
    Operation("x.remove(y)", lambda: ([1, 2], 2)),
    Operation("x.append(y)", lambda: (deque([1]), 2)),
    Operation("x.popleft()", lambda: (deque([1, 2]), None)),
    Operation("x.pop()", lambda: (deque([1, 2]), None)),
    Operation("x.remove(y)", lambda: (deque([1, 2]), 2)),
    Operation("x.setdefault('key', y)", lambda: (dict[object, int](), 1)),
    Operation("x.setdefault(0, y)", lambda: (dict[object, int](), 1)),
    Operation("x.pop('key', y)", lambda: ({"key": 1}, None)),
    Operation("x.add(y)", lambda: ({1}, 2)),
    Operation("x.discard(y)", lambda: ({1, 2}, 2)),
    Operation("next(x)", lambda: (count(1), None), _first_of),
    Operation("deque(x, maxlen=0)", _consumer_and_source, _left_in),
    Operation("deque(x, maxlen=0)", _zip_and_sources, _left_in_each),
    Operation("x.acquire(False)", lambda: (threading.Lock(), None), _is_held),
    Operation("x.release()", _held_lock, _is_held),
    Operation("y[1].extend(x)", _queue_and_list, _second_of),
]
"""Calls of functions that are implemented in C."""

STATEMENTS: Final = [
    Operation("x.first = y", lambda: (_Object(), 1), _state_of),
    Operation("x.other = y", lambda: (_Object(), 1), _state_of),
    Operation("x['key'] = y", lambda: (dict[object, int](), 1)),
    Operation("del x['key']", lambda: ({"key": 1}, None)),
    Operation("x[0] = y", lambda: ([1], 2)),
    Operation("del x[y]", lambda: ([*range(9)], slice(2, 5))),
    Operation("x += y", lambda: ([1], [2, 3])),
    Operation("x.number += y", lambda: (_Object(), 1), _state_of),
    Operation("x.first = y; x.second = y", lambda: (_Object(), 1), _state_of),
    Operation("_ = x[8]; del x[y]", lambda: ([*range(9)], slice(2, 5))),
    Operation(
        "if not x.done: x.done = True; x.number = y", lambda: (_Object(), 1), _state_of
    ),
    Operation(
        "if x.first is None and x.second is None: x.items += y; x.first = x.second = y",
        lambda: (_Object(), [2]),
        _state_of,
    ),
    Operation("if x[0] is y: x[0] = None", lambda: ([1], 1)),
]
"""Statements, and sequences of them, without a call and without a jump."""


def _name(operation: Operation) -> str:
    return f"{type(operation.setup()[0]).__name__}: {operation.code}"


def _compile(first: str, code: str) -> Callable[[Any, Any, Any], None]:
    scope: dict[str, Any] = {"deque": deque, "SIGNAL": signal.SIGINT}
    exec(f"def run(trigger, x, y):\n    {first}\n    {code}\n", scope)
    return scope["run"]  # type: ignore[no-any-return]  # it is untyped


def states_found_by_signals(operation: Operation) -> list[tuple[str, str]]:
    """Return the states that signal handlers found, and those that they should have."""
    run = _compile("trigger[SIGNAL]", operation.code)
    found: list[str] = []
    expected: list[str] = []
    x: Any = None
    y: Any = None

    def handle(_number: int, _frame: FrameType | None) -> None:
        found.append(repr(operation.state(x, y)))

    raiser = _Raiser()
    previous = signal.signal(signal.SIGINT, handle)
    try:
        for _ in range(_CALLS):
            x, y = operation.setup()
            run(raiser, x, y)
            expected.append(repr(operation.state(x, y)))
    finally:
        signal.signal(signal.SIGINT, previous)
    return list(zip(found, expected, strict=True))


def states_found_by_collections(operation: Operation) -> list[tuple[str, str, str]]:
    """Return the states that garbage collections found, with those before and after."""
    run = _compile("trigger()", operation.code)
    found: list[str] = []
    states: list[tuple[str, str, str]] = []
    x: Any = None
    y: Any = None

    def handle(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            found.append(repr(operation.state(x, y)))

    gc.disable()
    gc.callbacks.append(handle)
    try:
        for _ in range(_COLLECTIONS):
            x, y = operation.setup()
            before = repr(operation.state(x, y))
            garbage: list[list[None]] = [[] for _ in range(_GARBAGE)]
            run(gc.enable, x, y)
            gc.get_count()  # Any call, because a collection may wait for one.
            gc.disable()
            del garbage
            after = repr(operation.state(x, y))
            states += [(before, each, after) for each in found]
            found.clear()
    finally:
        gc.callbacks.remove(handle)
        gc.enable()
    return states


@pytest.mark.parametrize("operation", [*CALLS, *STATEMENTS], ids=_name)
def test_no_signal_handler_runs_within_it(operation: Operation) -> None:
    """A handler whose signal is pending before the operation runs after it."""
    states = states_found_by_signals(operation)

    assert _CALLS == len(states)
    assert {expected for _, expected in states} == {found for found, _ in states}


@pytest.mark.parametrize("operation", [*CALLS, *STATEMENTS], ids=_name)
def test_no_garbage_is_collected_within_it(operation: Operation) -> None:
    """A collection that is due before the operation runs before or after it."""
    for before, found, after in states_found_by_collections(operation):
        assert found in {before, after}


@pytest.mark.parametrize(
    "code",
    [
        "(lambda: None)(); x.append(y)",
        "x.append(y); ord('a'); x.append(y)",
        "for _ in (1, 2): x.append(y)",
    ],
)
def test_a_call_or_a_loop_lets_signal_handlers_run(code: str) -> None:
    """They run when a function begins, after a call into C, and at a jump back."""
    states = states_found_by_signals(Operation(code, lambda: (list[int](), 1)))

    assert all(found != expected for found, expected in states)


def test_a_jump_that_is_taken_lets_signal_handlers_run_in_3_10() -> None:
    """From 3.11 on, only a jump back does."""
    operation = Operation("if y: x[0] = 3\n    x[0] = 2", lambda: ([1], 0))
    states = states_found_by_signals(operation)

    is_interrupted = any(found != expected for found, expected in states)
    assert (sys.version_info < (3, 11)) == is_interrupted


def test_a_new_container_lets_the_collector_run_up_to_3_11() -> None:
    """From 3.12 on, it runs only where signal handlers run."""
    operation = Operation("x[0] = 2; x[1] = []", lambda: ([1, 1], None))
    states = states_found_by_collections(operation)

    assert states
    is_interrupted = any(
        found not in {before, after} for before, found, after in states
    )
    assert (sys.version_info < (3, 12)) == is_interrupted
