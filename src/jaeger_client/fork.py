"""
The one door to `os.register_at_fork`.

A hook registered with the interpreter can never be taken back, so one set of
hooks serves the whole process and keeps only weak references to those it calls.

A forked child has only the thread that forked. What another thread was in the
midst of importing stays locked in the child for ever, and half-made; the locks of
the system's resolver stay held. So the background thread imports and resolves
under `forks_wait()`, and a fork waits for that.

Any number of threads may be inside `forks_wait()` at once, for one of them may
wait for a name server that does not respond. A thread never waits for itself: a
signal handler may fork, or enter, on a thread that is inside or about to fork.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Final, Protocol

_TIMEOUT: Final = 2.0
"""Seconds that a fork waits for threads, or a thread for forks."""


class SurvivesFork(Protocol):
    """Something that must be made anew in a forked child."""

    def after_fork_in_child(self) -> None:
        """
        Replace locks, threads, sockets and random state.

        Called in the child, on its only thread, before any application code.
        Must not raise, and must not take a lock that existed before the fork:
        a thread that was not copied may hold it for ever.
        """
        ...


class _Hold:
    """Makes other threads wait for the one that created it, until `release`."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self._lock = threading.Lock()
        self._lock.acquire()

    def release(self) -> None:
        with suppress(RuntimeError):  # released already
            self._lock.release()

    def wait(self, timeout: float) -> bool:
        """Return whether it was released within *timeout* seconds."""
        is_released = self._lock.acquire(timeout=timeout)
        if is_released:
            self._lock.release()
        return is_released


class _ForkGate:
    """
    Keeps forks and the regions of `forks_wait()` apart.

    There is no lock to hold both lists together, as a signal handler could meet
    it locked by the very thread that it interrupts. Both sides first announce
    themselves and then look for the other side, so at least one of two that come
    at the same time sees the other. The single calls on the lists are atomic.
    """

    def __init__(self) -> None:
        self._inside: list[_Hold] = []
        self._forks: list[_Hold] = []

    @contextmanager
    def enter(self) -> Generator[None, None, None]:
        hold = _Hold()
        deadline = time.monotonic() + _TIMEOUT
        try:
            self._inside.append(hold)
            while self._must_wait() and time.monotonic() < deadline:
                _end(hold, self._inside)
                _wait_for(self._forks, deadline)
                hold = _Hold()
                self._inside.append(hold)
            yield
        finally:
            _end(hold, self._inside)

    def begin_fork(self) -> None:
        self._forks.append(_Hold())
        # What hangs is not waited for again: a server may fork many workers. The
        # same heals what an interrupt left behind.
        for hung in _wait_for(self._inside, time.monotonic() + _TIMEOUT):
            _end(hung, self._inside)

    def end_fork(self) -> None:
        own = threading.get_ident()
        # The newest: a signal handler may have forked while this fork waited.
        for hold in reversed(tuple(self._forks)):
            if hold.thread == own:
                _end(hold, self._forks)
                return

    def _must_wait(self) -> bool:
        own = threading.get_ident()
        if all(hold.thread == own for hold in tuple(self._forks)):
            return False
        # A thread that was inside before must go on, as the fork waits for it.
        return sum(hold.thread == own for hold in tuple(self._inside)) == 1


def _end(hold: _Hold, holds: list[_Hold]) -> None:
    with suppress(ValueError):  # an interrupt came before it was added
        holds.remove(hold)
    hold.release()


def _wait_for(holds: Iterable[_Hold], deadline: float) -> list[_Hold]:
    """
    Wait until all *holds* of other threads are released.

    Returns those that were not by *deadline*.
    """
    own = threading.get_ident()
    return [
        hold
        for hold in tuple(holds)
        if hold.thread != own and not hold.wait(max(0.0, deadline - time.monotonic()))
    ]


class _ForkRegistry:
    """Calls the living registered objects in a forked child; holds forks up."""

    def __init__(self) -> None:
        self._survivors: weakref.WeakSet[SurvivesFork] = weakref.WeakSet()
        self._gate = _ForkGate()
        self._hooked = False

    def add(self, survivor: SurvivesFork) -> None:
        self._survivors.add(survivor)
        # Not at import: importing the package must change nothing.
        if not self._hooked and hasattr(os, "register_at_fork"):
            self._hooked = True
            os.register_at_fork(
                before=self._before,
                after_in_parent=self._after_in_parent,
                after_in_child=self._after_in_child,
            )

    def wait(self) -> AbstractContextManager[None]:
        return self._gate.enter()

    def _before(self) -> None:
        self._gate.begin_fork()

    def _after_in_parent(self) -> None:
        self._gate.end_fork()

    def _after_in_child(self) -> None:
        # A new one: threads that were not copied never leave the old one.
        self._gate = _ForkGate()
        for survivor in list(self._survivors):
            survivor.after_fork_in_child()


_REGISTRY = _ForkRegistry()


def call_after_fork(survivor: SurvivesFork) -> None:
    """
    Call `survivor.after_fork_in_child()` in every child forked from now on.

    Keeps no strong reference to *survivor*. Call it from any thread.
    """
    _REGISTRY.add(survivor)


def forks_wait() -> AbstractContextManager[None]:
    """
    Make every fork wait until the block is left, and the block until forks are done.

    Both wait for two seconds at most: neither may stop the application. Threads
    inside do not wait for each other.
    """
    return _REGISTRY.wait()
