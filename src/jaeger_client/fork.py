"""
The one door to `os.register_at_fork`.

A hook registered with the interpreter can never be taken back, so one hook
serves the whole process and keeps only weak references to those it calls.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


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
    """Calls the living registered objects in a forked child."""

    def __init__(self) -> None:
        self._objects: weakref.WeakSet[SurvivesFork] = weakref.WeakSet()
        self._hooked = False

    def add(self, survivor: SurvivesFork) -> None:
        self._objects.add(survivor)
        # Not at import: importing the package must change nothing.
        if not self._hooked and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._run)
            self._hooked = True

    def _run(self) -> None:
        for survivor in list(self._objects):
            survivor.after_fork_in_child()


_REGISTRY = _ForkRegistry()


def call_after_fork(survivor: SurvivesFork) -> None:
    """
    Call `survivor.after_fork_in_child()` in every child forked from now on.

    Keeps no strong reference to *survivor*. Call it from any thread.
    """
    _REGISTRY.add(survivor)
