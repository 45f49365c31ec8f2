"""
Locks, counts and values that no signal handler can break.

A signal handler runs on the main thread between any two bytecodes. It may call this
library, and it may raise; Ctrl-C does.

*Locks.* `with lock:` and `try ... finally` leave a lock held for ever if the handler
raises after the lock was acquired and before the block begins, or after the block has
ended and before the lock is released. Every thread that needs the lock later then
hangs. In `Exclusive`, acquiring, working and releasing are all inside one `try`, so
there is no bytecode at which an exception escapes its handler while the lock is held.
That handler does not know whether the lock had been acquired by then. A reentrant lock
does: releasing it raises RuntimeError on a thread that does not own it.

A signal handler that needs the lock of the frame it has interrupted must not wait,
because that frame continues only after the handler, and must not enter, because the
state is half changed. Its call of `run` returns `None` at once.

*Counts.* `count += 1` is several bytecodes: an increment that another thread or a
signal handler makes in between is lost. `SharedCount` advances an iterator instead,
which is a single call into C. That call may also consume what is counted, by `zip`.

*Values.* `Atomic` is replaced by compare-and-set, so no caller ever waits. Each state
is a value and a dict that is empty as long as the state is the latest. `setdefault`
stores the state that succeeds it: the first caller wins, the others start again from
the newer state. `dict.setdefault` with an int as key is one step to other threads, to
signal handlers and to finalizers: it is a single call into C, which runs no Python code
and creates no object that the garbage collector tracks, so nothing can come between its
look-up and its insertion. In CPython without the GIL each dict has an internal lock
with the same effect.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from contextlib import suppress
from itertools import islice
from operator import length_hint
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ResultT = TypeVar("ResultT")
ValueT = TypeVar("ValueT")

State: TypeAlias = "tuple[ValueT, dict[int, State[ValueT]]]"
"""A value, and under `_NEXT` the state that succeeded it."""

_NEXT: Final = 0


class Exclusive:
    """Runs functions, one thread at a time."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner: int | None = None
        """The thread that calls `work`; `None` while it acquires or releases."""

    def run(
        self,
        work: Callable[[], ResultT],
        *,
        timeout: float = -1,
    ) -> ResultT | None:
        """
        Call *work* and return its result, or `None` if it was not called.

        It is not called if other threads hold the lock for *timeout* seconds (-1 means
        no limit), or if this thread holds it: then the caller is a signal handler that
        has interrupted it.
        """
        me = threading.get_ident()
        if self._owner == me:
            return None
        result: ResultT | None = None
        try:
            if not self._lock.acquire(timeout=min(timeout, threading.TIMEOUT_MAX)):
                return None
            # Greenlets have idents of their own, but if gevent has patched the standard
            # library after the lock was created, the lock is the one of their thread.
            if self._owner is None:
                self._owner = me
                result = work()
                self._owner = None
            self._lock.release()
        except BaseException:
            self._release_if_owned(me)
            raise
        return result

    def _release_if_owned(self, me: int) -> None:
        if self._owner == me:
            self._owner = None
        with suppress(RuntimeError):
            self._lock.release()


class SharedCount:
    """A count that threads and signal handlers increase without a lock."""

    __slots__ = ("_left",)

    def __init__(self, value: int = 0) -> None:
        self._left = iter(range(value, sys.maxsize))

    def add(self, number: int) -> None:
        """Increase the count by *number*, which is not negative."""
        # A deque of length 0 consumes an iterator in C.
        deque(islice(self._left, number), maxlen=0)

    def add_each(self, items: Iterable[object]) -> None:
        """
        Increase the count by the number of *items*, which are consumed.

        If *items* is implemented in C, no signal handler finds one consumed that is not
        counted, or counted and not consumed.
        """
        deque(self.counting(items), maxlen=0)

    def counting(self, items: Iterable[object]) -> Iterator[object]:
        """Return an iterator in C that counts each of *items* when it is consumed."""
        return zip(items, self._left, strict=False)

    @property
    def value(self) -> int:
        """The count so far."""
        # Exact for the iterator of a range, and does not advance it.
        return sys.maxsize - length_hint(self._left)


class Atomic(Generic[ValueT]):
    """A value that is replaced by compare-and-set; it must not be changed in place."""

    __slots__ = ("_latest",)

    def __init__(self, value: ValueT) -> None:
        # May lag behind: a thread can be stopped between the two steps of replace().
        # `read` follows the states from there.
        self._latest: State[ValueT] = (value, {})

    def read(self) -> State[ValueT]:
        """Return the latest state; its first element is the value."""
        state = self._latest
        while state[1]:
            state = state[1][_NEXT]
        return state

    def replace(self, state: State[ValueT], value: ValueT) -> bool:
        """Store *value* if *state* is still the latest; return whether it was."""
        successor: State[ValueT] = (value, {})
        if state[1].setdefault(_NEXT, successor) is not successor:
            return False
        self._latest = successor
        return True

    def update(self, change: Callable[[ValueT], ValueT]) -> None:
        """Store what *change* returns for the latest value; may call it repeatedly."""
        is_stored = False
        while not is_stored:
            state = self.read()
            is_stored = self.replace(state, change(state[0]))

    def __repr__(self) -> str:
        return f"Atomic({self.read()[0]!r})"
