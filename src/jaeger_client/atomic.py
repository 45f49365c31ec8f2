"""
A value that threads, signal handlers and forked children share without a lock.

A lock on the application's side can hang it. Python runs signal handlers, finalizers
and trace functions between any two bytecodes, also while the interrupted frame holds
the lock: a plain lock then waits for ever for the frame that waits for the handler, and
a reentrant one lets the handler see an update that is half made. A child that is forked
while another thread holds the lock never gets it.

Strategy: compare and set. Each state is a value and a dict that is empty as long as the
state is the latest. `setdefault` stores the state that succeeds it: whoever comes first
wins, everyone else starts again from the newer state. Nobody ever waits.

`dict.setdefault` with an int as key is one step to other threads, to signal handlers
and to finalizers: it is a single call into C, which runs no Python code and creates no
object that the garbage collector tracks, so nothing can come between its look-up and
its insertion. In CPython without the GIL each dict has an internal lock with the same
effect.
"""

from __future__ import annotations

from typing import Final, Generic, TypeAlias, TypeVar

T = TypeVar("T")

State: TypeAlias = "tuple[T, dict[int, State[T]]]"
"""A value, and under `_NEXT` the state that succeeded it."""

_NEXT: Final = 0


class Atomic(Generic[T]):
    """A value that is replaced by compare-and-set; it must not be changed in place."""

    __slots__ = ("_latest",)

    def __init__(self, value: T) -> None:
        # May lag behind: a thread can be stopped between the two steps of replace().
        # `read` follows the states from there.
        self._latest: State[T] = (value, {})

    def read(self) -> State[T]:
        """Return the latest state; its first element is the value."""
        state = self._latest
        while state[1]:
            state = state[1][_NEXT]
        return state

    def replace(self, state: State[T], value: T) -> bool:
        """Store *value* if *state* is still the latest; return whether it was."""
        successor: State[T] = (value, {})
        if state[1].setdefault(_NEXT, successor) is not successor:
            return False
        self._latest = successor
        return True

    def __repr__(self) -> str:
        return f"Atomic({self.read()[0]!r})"
