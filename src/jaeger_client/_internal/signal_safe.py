"""
Atomic operations of CPython, and locks, counts and values that rely on few of them.

Threads, signal handlers and finalizers use spans, the queue and counts at the same
time, without a lock: a signal handler or a finalizer could find it held by the code
that it interrupts, and would wait for ever. Other modules refer to this section for
what they rely on instead.

**Where the interpreter can be interrupted.** CPython switches threads and runs signal
handlers only where its evaluation loop checks the *eval breaker* (`Python/ceval.c`,
bpo-29988), at these places at most:

| place | versions |
| --- | --- |
| when a Python function begins and when a generator continues | all |
| after a call instruction | all |
| at a jump backwards, which every loop has | all |
| at a conditional jump forwards that is taken | 3.10 only |

A function in C is not interrupted, unless it calls Python code, releases the GIL (for
I/O, or to wait) or checks for signals itself. Instructions other than calls call
Python code if an object implements the operation in Python: a property, `__eq__`,
`__hash__`, `__getitem__`, `__bool__` and so on.

Finalizers (`__del__`, callbacks of weak references) are Python code that runs wherever
an object is freed: where its last reference is dropped, or in the garbage collector.
From 3.12 on, the collector runs at the eval breaker only (gh-97922). In 3.10 and 3.11
it runs inside any instruction that creates a container: a list, tuple, dict, slice,
bound method or instance, but not a number or a string.

**What is atomic** as a consequence, if keys are `str` or `int` and items that are
compared have no `__eq__` in Python:

- loading and storing an attribute, in a slot or in `__dict__`;
- of a list: `append`, `extend` and `+=` with a list, `pop`, `remove`, copying, loading,
  storing and deleting an item, deleting a slice whose `slice` object exists already;
- of a deque: `append`, `pop`, `popleft`, `remove`, `len`;
- of a dict: `setdefault`, `get`, `pop`, loading, storing and deleting an item;
- of a set: `add`, `discard`;
- `next` of an `itertools.count`;
- consuming an iterator by `deque(iterator, maxlen=0)` or `list.extend`, if it is
  made of `itertools`, `zip` and functions in C only;
- acquiring a `threading.Lock` without waiting, and releasing it;
- a sequence of such statements, with comparisons and arithmetic, that has no call
  before its last step and no jump that the table names, creates no container and drops
  no last reference to an object of the application. Comments mark these sequences: "no
  call and no jump". A call inserted there loses data, too rarely for most tests to
  notice.

This holds for CPython 3.10 to 3.14 with the GIL. It is not claimed for free-threaded
builds, in which threads run at the same time, or for other interpreters. Each operation
is tested on every version that runs the tests, by signals that are pending and garbage
collections that are due before it: `tests/unit/_internal/test_atomicity.py`.

The classes of this module rely on single operations only. Their tests run a signal
handler before each of their instructions (`tests/unit/bytecodes.py`).

*Locks.* `with lock:` and `try ... finally` leave a lock held for ever if the handler
raises, as Ctrl-C does, after the lock was acquired and before the block begins, or
after the block has ended and before the lock is released. Every thread that needs the
lock later then hangs. In `Exclusive`, acquiring, working and releasing are all inside
one `try`, so there is no instruction at which an exception escapes its handler while
the lock is held. That handler does not know whether the lock had been acquired by then.
A reentrant lock does: releasing it raises RuntimeError on a thread that does not own
it.

A signal handler that needs the lock of the frame it has interrupted must not wait,
because that frame continues only after the handler, and must not enter, because the
state is half changed. Its call of `run` returns `None` at once.

*Counts.* `count += 1` is several instructions. As soon as a call is among them, for a
property or the number, an increment that another thread or a signal handler makes in
between is lost. `SharedCount` advances an iterator by a single call into C instead.
That call may also consume what is counted, by `zip`.

*Values.* `Atomic` is replaced by compare-and-set, so no caller ever waits. Each state
is a value and a dict that is empty as long as the state is the latest. `setdefault`
stores the state that succeeds it: the first caller wins, the others start again from
the newer state.
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
