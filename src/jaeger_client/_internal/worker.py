"""
The background thread, and how it survives forks and the end of the process.

Each task returns when it must run next, and the thread sleeps until the earliest of
these times or until `wake`. The thread flushes, too, so that the caller waits no longer
than its timeout even if a name server or a backend hangs. Without a thread, the caller
flushes.

Starting takes no lock: a signal handler that raises could leave it held (see
`signal_safe`). Several callers may start a thread at the same time; the first thread to
claim the worker, by one atomic `dict.setdefault`, continues, and the others end.

At the end of the process all workers are flushed; see `process_end`. Exit handlers
that run after that may report spans. For these, `wake` flushes on the calling thread,
because the interpreter may end the background thread at any time.

Before uWSGI forks its workers no thread is started, and `wake` flushes as well. uWSGI
forks without Python's hooks, and without --enable-threads it never releases the GIL: a
worker that is forked while another thread waits for the GIL hangs.

Guarantees:
- no thread before the first `wake`;
- a forked child starts with no thread and nothing of its parent's queues;
- what is queued is flushed at interpreter exit and at the end of a child of
  `multiprocessing` or billiard;
- an error of a task does not end the thread for good.
"""

from __future__ import annotations

import math
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import RateLimitedWarning, logger
from jaeger_client._internal.fork import (
    call_after_fork,
    is_before_uwsgi_forks,
    notice_fork,
)
from jaeger_client._internal.limits import usable_timeout
from jaeger_client._internal.process_end import PROCESS_END

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaeger_client._internal.process_end import PendingFlush

_DELAY_AFTER_ERROR: Final = 1.0
"""Seconds until a task that has raised an error runs again."""

_MAX_START: Final = 5.0
"""Seconds after which a thread that has not begun counts as killed."""

_MAX_WAIT: Final = 3600.0
"""Maximum time in seconds of one wait; `threading` refuses more than 9.2e9."""

_MAX_LOAD_DELAY: Final = 1.0
"""Maximum time in seconds for which sending blocks the loading of an application."""

_MAX_LATENESS: Final = 1.0
"""Lateness in seconds from which on the thread assumes that uWSGI did not run it."""

_CANNOT_START: Final = (
    "cannot start the thread that sends spans: %s. Spans stay queued until it can be "
    "started, tracer.flush(), tracer.close() or the end of the process: raise the "
    "limit of threads (ulimit -u) or of open files"
)
_TOO_LATE: Final = (
    "spans that were finished at the end of the process, after tracing was flushed, "
    "may be lost: finish them earlier"
)
_TOO_SLOW: Final = (
    "spans that were finished before uWSGI forks its workers could not be sent at once "
    "and may be lost: is the backend running? With the option --lazy-apps, each worker "
    "loads the application itself"
)
_NOT_RUN: Final = (
    "the thread that sends spans did not run for %.0f s: uWSGI runs Python threads "
    "only with the option --enable-threads. Without it, spans are sent during later "
    "requests, by tracer.flush() and at the end of the process"
)
_TASK_FAILED: Final = "%r failed in the background and will run again"


class Task(Protocol):
    """Repeated work of the worker."""

    def run(self, now: float) -> float:
        """
        Do what is due and return when to run next, in monotonic seconds.

        Called on the worker's thread; *now* is monotonic. `math.inf` means not before
        `wake`. Should not raise.
        """
        ...

    def drain(self, deadline: float) -> bool:
        """
        Complete all pending work; return whether it was done by *deadline*.

        Called on the worker's thread, or on the thread that flushes if there is none.
        *deadline* is monotonic.
        """
        ...

    def after_fork_in_child(self) -> None:
        """Discard the work that the parent will do; replace locks and connections."""
        ...


class Flush:
    """A request to drain tasks, and its result, for which a caller waits."""

    def __init__(self, tasks: tuple[Task, ...], deadline: float) -> None:
        self._tasks = tasks
        self._deadline = deadline
        # Not an Event: if a signal handler raises in wait(), the Event's own lock stays
        # held, and the worker hangs. A plain lock has no such inner lock.
        self._is_pending = threading.Lock()
        self._is_pending.acquire()
        self._all_done = False

    def perform(self, *, on_worker: bool) -> None:
        """Drain the tasks; *on_worker*: on the worker's thread, which continues."""
        try:
            done = [_drain(task, self._deadline, on_worker) for task in self._tasks]
            self._all_done = all(done)
        finally:
            self._is_pending.release()

    def wait(self, timeout: float) -> bool:
        """Wait *timeout* seconds at most; return whether all tasks were drained."""
        if not self._is_pending.acquire(timeout=timeout):
            return False
        self._is_pending.release()
        return self._all_done

    def __repr__(self) -> str:
        return ", ".join(map(repr, self._tasks))


class _LastRequest:
    """The end of the process waits for the thread of a worker that was closed."""

    def __init__(self, tasks: tuple[Task, ...], runner: _Runner) -> None:
        self._tasks = tasks
        self._runner = runner

    def wait(self, timeout: float) -> bool:
        """Wait *timeout* seconds at most; return whether the thread has ended."""
        return self._runner.wait_for_end(timeout)

    def __repr__(self) -> str:
        return ", ".join(map(repr, self._tasks))


class _Runner:
    """A thread that runs the tasks, and what wakes it."""

    def __init__(
        self, run: Callable[[_Runner], None], name: str, *, begins_by: float
    ) -> None:
        # A lock, which is held while there is no signal: releasing and acquiring it are
        # single calls into C. Created with the thread: a library that replaces the
        # standard library's locks (gevent) has done so by then.
        self._signal = threading.Lock()
        self._signal.acquire()
        self._running = threading.Lock()
        self._running.acquire()
        self.begins_by = begins_by
        """Monotonic time after which the thread counts as killed if not begun."""
        self.has_begun = False
        self.has_ended = False
        # `has_ended` replaces Thread.is_alive(): up to Python 3.12, that marks a living
        # thread as ended if a signal handler raises in it.
        self.thread = threading.Thread(target=run, args=(self,), name=name, daemon=True)

    def wake(self) -> None:
        """End `sleep`, or the next one."""
        with suppress(RuntimeError):  # released already
            self._signal.release()

    def end(self) -> None:
        """Mark the thread as ended, and release those that wait for its end."""
        self.has_ended = True
        self._running.release()

    def wait_for_end(self, timeout: float) -> bool:
        """Wait *timeout* seconds at most; return whether the thread has ended."""
        # Not by Thread.join(), for the same reason.
        if self._running.acquire(timeout=timeout):
            self._running.release()
        return self.has_ended

    def sleep(self, seconds: float) -> None:
        """Sleep for *seconds* or until `wake`."""
        # NaN, which no task should return, becomes the maximum, not an endless loop.
        timeout = max(0.0, seconds) if seconds < _MAX_WAIT else _MAX_WAIT
        self._signal.acquire(timeout=timeout)


class BackgroundWorker:
    """
    Runs tasks on one daemon thread that starts at the first `wake`.

    Every method may be called from any thread and none raises.

    Args:
        clock: When tasks are due, and how long a flush takes.
        name: Name of the thread.
        is_flushed_at_exit: Whether the end of the process waits for the tasks.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        name: str = "jaeger-client",
        is_flushed_at_exit: bool = True,
    ) -> None:
        self._clock = clock
        self._name = name
        self._is_flushed_at_exit = is_flushed_at_exit
        self._tasks: tuple[Task, ...] = ()
        self._closers: tuple[Callable[[], object], ...] = ()
        self._closed = False
        self._cannot_start = RateLimitedWarning(_CANNOT_START, clock=clock)
        self._too_late = RateLimitedWarning(_TOO_LATE, clock=clock)
        self._too_slow = RateLimitedWarning(_TOO_SLOW, clock=clock)
        self._not_run = RateLimitedWarning(_NOT_RUN, clock=clock)
        self._task_failed = RateLimitedWarning(_TASK_FAILED, clock=clock)
        self._forget_thread()
        call_after_fork(self)
        if is_flushed_at_exit:
            PROCESS_END.register(self)

    def _forget_thread(self) -> None:
        self._runners: dict[str, _Runner] = {}
        """Empty, or the thread that has claimed the worker, under the key "current"."""
        self._flushes: deque[Flush] = deque()
        self._restart_at = -math.inf
        """When a thread that was killed may be replaced at once."""
        self._last_failure: RateLimitedWarning | None = None
        """The last warning of `_send_now`, which waits once for each cause."""

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread, and let the tasks do the same with theirs."""
        self._forget_thread()
        for task in self._tasks:
            task.after_fork_in_child()

    def add_task(self, task: Task) -> None:
        """Run *task* from now on: at its times and at every `wake`."""
        self._tasks = (*self._tasks, task)

    def remove_task(self, task: Task) -> None:
        """Do not run *task* any more."""
        self._tasks = tuple(other for other in self._tasks if other is not task)
        if self._closed and not self._tasks:
            PROCESS_END.release(self)

    def close_afterwards(self, close: Callable[[], object]) -> None:
        """Call *close* after the thread has ended, whose tasks use what it closes."""
        self._closers = (*self._closers, close)

    @property
    def _runner(self) -> _Runner | None:
        """The thread that runs the tasks, if it is alive in this process."""
        runner = self._runners.get("current")
        if runner is None or runner.has_ended:
            return None
        # If it is late instead, it will find the worker claimed by another, and end.
        if not runner.has_begun and self._clock.monotonic() > runner.begins_by:
            return None
        return runner

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive in this process."""
        return self._runner is not None

    @property
    def is_current_thread(self) -> bool:
        """Whether the calling thread is the one that runs the tasks."""
        runner = self._runner
        return runner is not None and runner.thread is threading.current_thread()

    @property
    def is_exiting(self) -> bool:
        """Whether the process is ending: spans that are not sent now are lost."""
        return PROCESS_END.seconds_left() is not None

    def wake(self) -> None:
        """Run every task soon; starts the thread if there is none."""
        notice_fork()
        runner = self._runner
        if self.is_exiting and not self.is_current_thread:
            if self._is_flushed_at_exit:
                self._send_now(PROCESS_END.seconds_left() or 0.0, self._too_late)
        elif is_before_uwsgi_forks():
            self._send_now(_MAX_LOAD_DELAY, self._too_slow)
        elif runner is not None:
            runner.wake()
        elif not self._closed:
            self._start()

    def _send_now(self, timeout: float, failed: RateLimitedWarning) -> None:
        """Send queued spans on the calling thread, because no other can do so later."""
        if self._last_failure is failed or not timeout or not self.flush(timeout):
            self._last_failure = failed
            failed.warn()

    def _start(self) -> None:
        if self._runners and self._runner is None:
            # Ended by an exception that is not caught, such as gevent's GreenletExit.
            self._runners = {}
        if self._is_flushed_at_exit:
            PROCESS_END.keep(self)
        try:
            begins_by = self._clock.monotonic() + _MAX_START
            runner = _Runner(self._run, self._name, begins_by=begins_by)
            runner.thread.start()
        except Exception as error:  # noqa: BLE001 - no threads, no file descriptors, or the interpreter is ending
            self._cannot_start.warn(error)
        else:
            # Unless it was killed already, and is replaced.
            if not runner.has_ended:
                self._claim_for(runner)

    def _claim_for(self, runner: _Runner) -> bool:
        # Called by the new thread and by the one that started it: a signal handler that
        # raises may prevent the call of the latter, and the former may run late.
        return self._runners.setdefault("current", runner) is runner

    def _run(self, runner: _Runner) -> None:
        try:
            if self._claim_for(runner):
                runner.has_begun = True
                while not self._closed and self._runners.get("current") is runner:
                    self._run_until_error(runner)
        finally:
            runner.end()
            if self._runners.get("current", runner) is runner:
                self._after_end()

    def _run_until_error(self, runner: _Runner) -> None:
        try:
            # It may be replaced as killed just when it begins.
            while not self._closed and self._runners.get("current") is runner:
                self._run_once(runner)
        except BaseException as error:
            # Not of a task: PyThreadState_SetAsyncExc() raises in any thread, at any
            # bytecode.
            if ends_greenlet(error):
                raise

    def _after_end(self) -> None:
        if self._closed:
            PROCESS_END.release(self)
            return
        # The thread was killed. Without time to send anything, this shows whether there
        # is work for another thread, or else lets the next span start one. Seldom: a
        # task may end each thread.
        done = [_drain(task, -math.inf, on_worker=False) for task in self._tasks]
        now = self._clock.monotonic()
        if not all(done) and now >= self._restart_at:
            self._restart_at = now + _DELAY_AFTER_ERROR
            self.wake()

    def _run_once(self, runner: _Runner) -> None:
        next_run = self._run_tasks()
        while self._flushes:
            self._flushes.popleft().perform(on_worker=True)
            next_run = self._run_tasks()
        runner.sleep(next_run - self._clock.monotonic())
        if "uwsgi" in sys.modules:
            late = self._clock.monotonic() - next_run
            if late > _MAX_LATENESS:
                self._not_run.warn(late)

    def _run_tasks(self) -> float:
        return min(map(self._run_task, self._tasks), default=math.inf)

    def _run_task(self, task: Task) -> float:
        try:
            return task.run(self._clock.monotonic())
        except BaseException as error:
            # The thread must survive any error.
            if ends_greenlet(error):
                raise
            self._task_failed.warn(task, exc_info=True)
            return self._clock.monotonic() + _DELAY_AFTER_ERROR

    def begin_end(self, timeout: float) -> PendingFlush:
        """Begin the last flush; a closed worker finishes its request, if it has one."""
        runner = self._runner
        if not self._closed or runner is None or self.is_current_thread:
            return self.begin_flush(timeout)
        return _LastRequest(self._tasks, runner)

    def begin_flush(self, timeout: float, *, task: Task | None = None) -> Flush:
        """Begin to drain every task, or only *task*, within *timeout* seconds."""
        notice_fork()
        tasks = self._tasks if task is None else (task,)
        flush = Flush(tasks, self._clock.monotonic() + timeout)
        runner = self._runner
        # While the interpreter is finalizing, daemon threads do not run any more,
        # though `is_running` is true.
        if (
            runner is None
            or self._closed
            or self.is_current_thread
            or sys.is_finalizing()
        ):
            flush.perform(on_worker=self.is_current_thread)
        else:
            self._flushes.append(flush)
            runner.wake()
        return flush

    def flush(self, timeout: float, *, task: Task | None = None) -> bool:
        """
        Drain every task, or only *task*; return whether all was done in time.

        Blocks for *timeout* seconds at most.
        """
        timeout = usable_timeout(timeout)
        flush = self.begin_flush(timeout, task=task)
        try:
            return flush.wait(timeout)
        finally:
            self._forget_flush(flush)

    def _forget_flush(self, flush: Flush) -> None:
        # One flush that has timed out stays, so that the worker sends soon. If all
        # stayed, they would pile up while a backend hangs.
        if len(self._flushes) > 1:
            with suppress(ValueError, IndexError):  # performed meanwhile
                self._flushes.remove(flush)

    def close(self, timeout: float) -> bool:
        """
        Flush, then end the thread; wait no longer than *timeout* seconds for both.

        Idempotent. Returns whether all was flushed.
        """
        timeout = usable_timeout(timeout)
        deadline = self._clock.monotonic() + timeout
        flushed = self.flush(timeout)
        self._closed = True
        runner = self._runner
        if runner is not None:
            runner.wake()
            if not self.is_current_thread:
                runner.thread.join(max(0.0, deadline - self._clock.monotonic()))
        # If a task is still at work, the end of the process waits for it.
        if not self._tasks or self._runner is None:
            PROCESS_END.forget(self)
        for close in self._closers:
            _call(close)
        return flushed

    def __repr__(self) -> str:
        state = "closed" if self._closed else "running" if self.is_running else "idle"
        return f"<BackgroundWorker {self._name!r} {state}, {len(self._tasks)} tasks>"


def _call(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:  # noqa: BLE001 - an error must not disturb the end of the application
        logger.exception("%r failed", close)


def ends_greenlet(error: BaseException) -> bool:
    """
    Return whether *error* must end the current greenlet, not only the failed call.

    In a thread of the operating system, only the code that it runs can raise. A
    greenlet can also be killed, and a signal handler that interrupts it can raise in
    it.
    """
    module: Any = sys.modules.get("greenlet")
    current = getattr(module, "getcurrent", None)
    if current is None or current().parent is None:
        return False
    return isinstance(error, (module.GreenletExit, KeyboardInterrupt, SystemExit))


def _drain(task: Task, deadline: float, on_worker: bool) -> bool:  # noqa: FBT001
    try:
        return task.drain(deadline)
    except BaseException as error:
        # On another thread, it may come from a signal handler or be for the caller.
        is_mistake = on_worker or isinstance(error, (Exception, SystemExit))
        if not is_mistake or (on_worker and ends_greenlet(error)):
            raise
        logger.exception("%r failed while it was flushed", task)
        return False
