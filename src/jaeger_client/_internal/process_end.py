"""
The end of the process: flushes queued spans, wherever the end can be detected.

| how a process ends | hook |
| --- | --- |
| the interpreter exits | `atexit` |
| a child of `multiprocessing` or billiard ends | `Finalize` of their module `util` |
| a worker of billiard's (Celery's) pool ends | its callback `on_exit` |

Such children end by `os._exit()`, so `atexit` does not run in most of them. The modules
are used only if they are loaded already; otherwise the process is not their child. A
process that is killed by a signal, or calls `os._exit()` itself, cannot be flushed.
"""

from __future__ import annotations

import atexit
import sys
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import call_after_fork, notice_fork

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_TIMEOUT: Final = 5.0
"""Maximum time in seconds that the end of a process waits for spans to be sent."""


class PendingFlush(Protocol):
    """A flush that has begun."""

    def wait(self, timeout: float) -> bool:
        """Wait *timeout* seconds at most; return whether everything was sent."""
        ...


class Flushable(Protocol):
    """Something that is flushed at the end of the process."""

    @property
    def is_running(self) -> bool:
        """Whether a thread does the work, so that `begin_end` returns at once."""
        ...

    def begin_end(self, timeout: float) -> PendingFlush:
        """Begin to send everything within *timeout* seconds."""
        ...


class ProcessEnd:
    """Flushes everything registered, once, when the process ends."""

    def __init__(self) -> None:
        self._registered: weakref.WeakSet[Flushable] = weakref.WeakSet()
        self._in_use: set[Flushable] = set()
        self._has_atexit = False
        self._has_child_hooks = False
        self._is_watching = False
        """Whether `multiprocessing` calls `_hook_child` in children."""
        self._deadline: float | None = None

    def register(self, flushable: Flushable) -> None:
        """Flush *flushable* at the end; keep only a weak reference."""
        self._registered.add(flushable)
        if not self._has_atexit:
            atexit.register(self.flush)
            call_after_fork(self)
            self._has_atexit = True
        self._watch_children()

    def keep(self, flushable: Flushable) -> None:
        """Keep *flushable* alive until the end or `forget`; it has spans to send."""
        self._in_use.add(flushable)
        self._hook_child()
        self._watch_children()

    def forget(self, flushable: Flushable) -> None:
        """Do not flush *flushable* at the end."""
        self._in_use.discard(flushable)
        self._registered.discard(flushable)

    def release(self, flushable: Flushable) -> None:
        """Do not keep *flushable* alive any more; called on any thread."""
        self._in_use.discard(flushable)

    def seconds_left(self) -> float | None:
        """Return how long spans can still be sent; `None` before the end has begun."""
        if self._deadline is None:
            return None
        return max(0.0, self._deadline - SYSTEM_CLOCK.monotonic())

    def flush(self) -> None:
        """Flush everything registered; called at the end of the process."""
        notice_fork()
        if self._deadline is None:
            self._deadline = SYSTEM_CLOCK.monotonic() + EXIT_TIMEOUT
        # Those with a thread first: they work while the others are flushed here.
        waiting = deque(sorted(self._registered, key=lambda each: not each.is_running))
        begun: deque[PendingFlush] = deque()
        while waiting or begun:
            self._flush_some(waiting, begun)

    def _flush_some(
        self, waiting: deque[Flushable], begun: deque[PendingFlush]
    ) -> None:
        try:
            self._flush_each(waiting, begun)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the others are flushed, too
            # SystemExit has no meaning here, because the process is ending already. The
            # interrupted call is made again.
            if not (isinstance(error, SystemExit) and self.seconds_left()):
                failed = (waiting or begun).popleft()
                logger.exception(
                    "%r failed at the end of the process; its spans may be lost", failed
                )

    def _flush_each(
        self, waiting: deque[Flushable], begun: deque[PendingFlush]
    ) -> None:
        # Removed last, so that a call which was interrupted is made again.
        while waiting:
            begun.append(waiting[0].begin_end(self.seconds_left() or 0.0))
            waiting.popleft()
        while begun:
            if not begun[0].wait(self.seconds_left() or 0.0):
                logger.warning(
                    "%r: not all spans could be sent at the end of the process, "
                    "within %g s; the rest is lost. Is the backend running? If it is "
                    "slow, call tracer.close() with a longer timeout before the end",
                    begun[0],
                    EXIT_TIMEOUT,
                )
            begun.popleft()

    def after_fork_in_child(self) -> None:
        """Reset the state: the child has an end of its own."""
        self._has_child_hooks = False
        self._deadline = None
        self._watch_children()

    def _watch_children(self) -> None:
        # multiprocessing sets a child up after the fork, or when the child has imported
        # the main program. That discards finalizers, and then calls the functions that
        # are registered here. To add the finalizer at the first span would be too late:
        # a thread may report that after finalizers have run.
        util = sys.modules.get("multiprocessing.util")
        # The function is missing while another thread is importing the module.
        register = getattr(util, "register_after_fork", None)
        # Once, because entries cannot be removed. Forked children inherit them.
        if register is not None and not self._is_watching:
            self._is_watching = True
            register(self, ProcessEnd._hook_child)

    def _hook_child(self) -> None:
        if not self._has_child_hooks and is_pool_child():
            _call_at_end_of_child(self.flush)
            self._has_child_hooks = True


PROCESS_END: Final = ProcessEnd()
"""The end of this process."""


def is_pool_child() -> bool:
    """Return whether this process was started by `multiprocessing` or billiard."""
    process = sys.modules.get("multiprocessing.process")
    if process is None:
        return False
    # Not the public parent_process(): it does not work in children of billiard, which
    # sets the current process only. The main process has no parent.
    return getattr(process.current_process(), "_parent_pid", None) is not None


def _call_at_end_of_child(flush: Callable[[], None]) -> None:
    names = ("multiprocessing.util", "billiard.util")
    utils = [sys.modules[name] for name in names if name in sys.modules]
    # A set, because newer versions of billiard use the class of multiprocessing.
    for finalize in {util.Finalize for util in utils}:
        finalize(None, flush, exitpriority=0)
    process = sys.modules.get("billiard.process")
    if process is not None:
        _call_when_pool_worker_exits(process.current_process(), flush)


def _call_when_pool_worker_exits(process: object, flush: Callable[[], None]) -> None:
    # A worker of billiard's pool notifies the parent that it ends, and the parent kills
    # it before any finalizer runs. Before the notification it calls `on_exit` (Celery's
    # signal worker_process_shutdown).
    worker: Any = getattr(process, "_target", None)
    if not hasattr(worker, "on_exit"):
        return
    on_exit = worker.on_exit

    def flush_on_exit(pid: int, exitcode: int) -> None:
        try:
            if on_exit is not None:
                on_exit(pid, exitcode)
        finally:
            flush()

    worker.on_exit = flush_on_exit
