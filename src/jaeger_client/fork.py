"""
The one door to `os.register_at_fork`.

A hook registered with the interpreter can never be taken back, so one set of
hooks serves the whole process and keeps only weak references to those it calls.

A forked child has only the thread that forked. What another thread was in the
midst of importing stays locked in the child for ever, and half-made; the locks of
the system's resolver stay held. So the background thread imports and resolves
under `forks_wait()`, and a fork waits for that.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Protocol

_PATIENCE: Final = 2.0
"""Seconds that a fork waits at most."""


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


class _ForkRegistry:
    """Calls the living registered objects in a forked child; holds forks up."""

    def __init__(self) -> None:
        self._survivors: weakref.WeakSet[SurvivesFork] = weakref.WeakSet()
        self._importing = threading.RLock()
        self._forking = False
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

    @contextmanager
    def wait(self) -> Generator[None, None, None]:
        with self._importing:
            yield

    def _before(self) -> None:
        self._forking = self._importing.acquire(timeout=_PATIENCE)

    def _after_in_parent(self) -> None:
        if self._forking:
            self._importing.release()

    def _after_in_child(self) -> None:
        # A new one: after `_PATIENCE` a lost thread may hold the old one.
        self._importing = threading.RLock()
        for survivor in list(self._survivors):
            survivor.after_fork_in_child()


_REGISTRY = _ForkRegistry()


def call_after_fork(survivor: SurvivesFork) -> None:
    """
    Call `survivor.after_fork_in_child()` in every child forked from now on.

    Keeps no strong reference to *survivor*. Call it from any thread.
    """
    _REGISTRY.add(survivor)


@contextmanager
def forks_wait() -> Generator[None, None, None]:
    """
    Make every fork wait until the block is left.

    It waits for two seconds at most: the application's fork comes first.
    """
    with _REGISTRY.wait():
        yield
