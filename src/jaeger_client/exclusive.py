"""
Mutual exclusion that an interrupt cannot leave locked.

A signal handler may raise between any two bytecodes of the main thread; Ctrl-C does.
`with lock:` and `try ... finally` leave a lock held for ever if that happens after
the lock was acquired and before the block begins, or after the block has ended and
before the lock is released. Every thread that needs the lock later then hangs.

Strategy: acquiring, working and releasing are all inside one `try`, so there is no
bytecode at which an exception escapes its handler while the lock is held. What the
handler cannot know is whether the lock had been acquired by then. A reentrant lock
knows: it refuses to be released by a thread that does not own it.

A signal handler that comes back here on a thread that is at work already must not wait,
because the frame it waits for continues only after the handler, and must not enter,
because the state is half changed. It is turned away.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")


class Exclusive:
    """Runs functions, one thread at a time."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner: int | None = None
        """The thread that is at work; unset while it acquires and releases."""

    def run(
        self,
        work: Callable[[], ResultT],
        *,
        timeout: float = threading.TIMEOUT_MAX,
    ) -> ResultT | None:
        """
        Call *work* and return its result, or `None` if it could not be called.

        That is so if other threads are at work for *timeout* seconds, or if this
        thread is: a signal handler has interrupted it.
        """
        me = threading.get_ident()
        if self._owner == me:
            return None
        try:
            if not self._lock.acquire(timeout=min(timeout, threading.TIMEOUT_MAX)):
                return None
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
