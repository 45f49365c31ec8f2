"""
The background thread, and how it outlives forks and the end of the process.

Strategy: tasks return when they next want to run, and the thread sleeps until the
earliest of these times or until `wake`. Flushing is done by the thread, too, so that
the caller waits no longer than its timeout even if a name server or a backend hangs.
Where there is no thread (it could not be started), the caller does the flushing.

Starting takes no lock, because a signal handler may raise between any two bytecodes
and would leave it held. Several callers may start a thread at the same time; the first
thread to claim the worker, by one atomic `dict.setdefault`, stays, and others end.

At the end of the process all workers are flushed; see `process_end`. That is registered
when the first worker is created, so exit handlers that are registered later run before
it. For those that run after it, `wake` flushes at once and waits, as long as the exit
may take: the interpreter ends the background thread without notice.

Before uWSGI forks its workers no thread is started either, and `wake` flushes. uWSGI
forks without Python's hooks, and without --enable-threads it holds the interpreter lock
for ever: a worker that is forked while another thread waits for that lock hangs.

Guarantees:
- no thread before the first `wake`;
- a forked child starts with no thread and nothing of its parent's queues;
- what is queued is flushed at interpreter exit and at the end of a child of
  `multiprocessing` or billiard;
- nothing that a task does ends the thread for good.
"""

from __future__ import annotations

import math
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from jaeger_client._internal import process_end
from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import Notice, logger
from jaeger_client._internal.fork import (
    call_after_fork,
    forks_wait,
    is_before_uwsgi_forks,
    notice_fork,
)
from jaeger_client._internal.limits import usable_timeout

if TYPE_CHECKING:
    import queue
    from collections.abc import Callable

_DELAY_AFTER_ERROR: Final = 1.0
"""Seconds until a task that raised, which it should not, runs again."""

_MAX_WAIT: Final = 3600.0
"""Maximum time in seconds of one wait; `threading` refuses more than 9.2e9."""

_DELAY_BY_AGE: Final = 0.1
"""Maximum delay of a report by a child process, as part of its age; see `due_time`."""

_MAX_LOAD_DELAY: Final = 1.0
"""Maximum time in seconds that sending delays an application that uWSGI loads."""

_LATE: Final = 1.0
"""Delay in seconds beyond which the thread assumes that it was not allowed to run."""


class Task(Protocol):
    """Something the worker does now and then."""

    def run(self, now: float) -> float:
        """
        Do what is due and return when the next turn is, in monotonic seconds.

        Called on the worker's thread; *now* is monotonic. `math.inf` asks for
        a turn only after `wake`. Should not raise.
        """
        ...

    def drain(self, deadline: float) -> bool:
        """
        Do all that is left; return whether it was done by *deadline*.

        Called on the worker's thread, or, if that does not run, on the thread
        that flushes. *deadline* is monotonic.
        """
        ...

    def after_fork_in_child(self) -> None:
        """Forget what the parent will do; make locks and connections anew."""
        ...


class Flush:
    """A caller waits for tasks to be drained."""

    def __init__(self, tasks: tuple[Task, ...], deadline: float) -> None:
        self._tasks = tasks
        self._deadline = deadline
        # Not an Event: its lock stays held, and the worker hangs, if a signal handler
        # raises in wait(). A call of acquire() leaves nothing behind.
        self._is_pending = threading.Lock()
        self._is_pending.acquire()
        self._results: list[bool] = []

    def perform(self) -> None:
        """Drain the tasks."""
        self._results.extend([_drain(task, self._deadline) for task in self._tasks])
        self._is_pending.release()

    def wait(self, timeout: float) -> bool:
        """Wait *timeout* seconds at most; return whether all tasks were drained."""
        if not self._is_pending.acquire(timeout=timeout):
            return False
        self._is_pending.release()
        return all(self._results)

    def __repr__(self) -> str:
        return ", ".join(map(repr, self._tasks))


class BackgroundWorker:
    """
    Runs tasks on one daemon thread that starts at the first `wake`.

    Every method may be called from any thread and none raises.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        name: str = "jaeger-client",
    ) -> None:
        self._clock = clock
        self._name = name
        self._tasks: tuple[Task, ...] = ()
        self._closed = False
        self._used: tuple[Callable[[], object], ...] = ()
        self._gave_up: Notice | None = None
        """The notice of `_send_now` after which it waits no more."""
        self._child_since: float | None = None
        """When this process was forked, or first reported as the child of a pool."""
        self._cannot_start = Notice(
            "cannot start the thread that sends spans: %s. Spans stay queued until "
            "it can be started, tracer.flush(), tracer.close() or the end of the "
            "process: raise the limit of threads (ulimit -u) or of open files",
            clock=clock,
        )
        self._too_late = Notice(
            "spans that were finished at the end of the process, after tracing was "
            "flushed, may be lost: finish them earlier",
            clock=clock,
        )
        self._too_slow = Notice(
            "spans that were finished before uWSGI forks its workers could not be sent "
            "at once and may be lost: is the backend running? With the option "
            "--lazy-apps, each worker loads the application itself",
            clock=clock,
        )
        self._not_run = Notice(
            "the thread that sends spans was not run for %.0f s: uWSGI runs threads "
            "of Python only with the option --enable-threads. Without it, spans leave "
            "with later requests, by tracer.flush() and at the end of the process",
            clock=clock,
        )
        self._forget_thread()
        self._flushes: deque[Flush] = deque()
        call_after_fork(self)
        process_end.flush_at_end(self)

    def _forget_thread(self) -> None:
        self._claim: dict[str, tuple[threading.Thread, queue.SimpleQueue[None]]] = {}
        """Empty, or the thread that runs the tasks and its wake-up signals."""
        self._thread: threading.Thread | None = None
        self._has_ended = False
        """Whether the thread has left `_run`."""
        # Made at the start of the thread, so that a library which replaces the
        # standard one's queues (gevent) has done so by then.
        self._signals: queue.SimpleQueue[None] | None = None

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread, and let the tasks do the same with theirs."""
        self._forget_thread()
        self._flushes = deque()
        self._gave_up = None
        self._child_since = self._clock.monotonic()
        for task in self._tasks:
            task.after_fork_in_child()

    def add_task(self, task: Task) -> None:
        """Run *task* at every wake-up from now on."""
        self._tasks = (*self._tasks, task)

    def remove_task(self, task: Task) -> None:
        """Do not run *task* any more."""
        self._tasks = tuple(other for other in self._tasks if other is not task)

    def close_afterwards(self, close: Callable[[], object]) -> None:
        """Call *close* once the thread, whose tasks use what it closes, has ended."""
        self._used = (*self._used, close)

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive in this process."""
        # Not by Thread.is_alive(): up to Python 3.12, it marks a living thread as ended
        # if a signal handler raises in it.
        return self._thread is not None and not self._has_ended

    @property
    def is_current_thread(self) -> bool:
        """Whether the calling thread is the one that runs the tasks."""
        return self._thread is threading.current_thread()

    @property
    def is_exiting(self) -> bool:
        """Whether the process is ending: what is not sent now is lost."""
        return process_end.seconds_left() is not None

    def wake(self) -> None:
        """Run every task soon; starts the thread if there is none."""
        notice_fork()
        signals = self._signals
        if self.is_exiting and not self.is_current_thread:
            self._send_now(process_end.seconds_left() or 0.0, self._too_late)
        elif is_before_uwsgi_forks():
            self._send_now(_MAX_LOAD_DELAY, self._too_slow)
        elif signals is not None and self.is_running:
            signals.put(None)
        else:
            self._start()

    def _send_now(self, timeout: float, failed: Notice) -> None:
        """Send what is queued on the calling thread, as no other can do it later."""
        if self._gave_up is failed or not timeout or not self.flush(timeout):
            self._gave_up = failed
            failed.warn()

    def _start(self) -> None:
        if self._closed:
            return
        if self._thread is not None and not self.is_running:
            # Ended by what no task may raise, such as what kills a greenlet.
            self._forget_thread()
        process_end.keep_until_end(self)
        try:
            self._start_thread()
        except Exception as error:  # noqa: BLE001 - no threads, no file descriptors, or the interpreter is ending
            self._cannot_start.warn(error)

    def _start_thread(self) -> None:
        with forks_wait():
            import queue  # noqa: PLC0415 - 1 ms of a start that reports nothing yet

        signals: queue.SimpleQueue[None] = queue.SimpleQueue()
        # Up to Python 3.12 a get() with a timeout may wait forever on a queue that was
        # never used, if the timeout ends within the first microseconds: the remaining
        # time becomes negative, which means no timeout. Once an item was put and all
        # were taken, that cannot happen.
        signals.put(None)
        thread = threading.Thread(
            target=self._run,
            args=(signals,),
            name=self._name,
            daemon=True,
        )
        thread.start()
        self._claim_for(thread, signals)

    def _claim_for(
        self,
        thread: threading.Thread,
        signals: queue.SimpleQueue[None],
    ) -> bool:
        # Called by the starter and by the thread itself: an interrupt may keep the
        # one from doing it, and the other may come late.
        claim = self._claim.setdefault("thread", (thread, signals))
        self._thread, self._signals = claim
        return self._signals is signals

    def _run(self, signals: queue.SimpleQueue[None]) -> None:
        if self._claim_for(threading.current_thread(), signals):
            try:
                while not self._closed:
                    self._run_once(signals)
            finally:
                self._has_ended = True

    def _run_once(self, signals: queue.SimpleQueue[None]) -> None:
        next_run = self._run_tasks()
        while self._flushes:
            self._flushes.popleft().perform()
            next_run = self._run_tasks()
        _wait(signals, next_run - self._clock.monotonic())
        self._report_if_late(next_run)

    def _report_if_late(self, expected: float) -> None:
        late = self._clock.monotonic() - expected
        if late > _LATE and "uwsgi" in sys.modules:
            self._not_run.warn(late)

    def _run_tasks(self) -> float:
        return min((self._run_task(task) for task in self._tasks), default=math.inf)

    def _run_task(self, task: Task) -> float:
        try:
            return task.run(self._clock.monotonic())
        except (Exception, SystemExit):  # noqa: BLE001 - the thread must outlive any mistake
            logger.exception("%r failed in the background; it goes on", task)
            return self._clock.monotonic() + _DELAY_AFTER_ERROR

    def due_time(self, interval: float, *, now: float, previous: float) -> float:
        """
        Return when a partial batch leaves that may wait for *interval* seconds.

        In most processes that is *interval* after *now*. A pool often kills its
        children as soon as their work is done, so in a child process a batch leaves
        when a tenth of the age of the process has passed since the *previous* one: the
        first at once, and after ten intervals no more often than in other processes.
        """
        if self._child_since is None and process_end.is_pool_child():
            self._child_since = now
        if self._child_since is None or interval == math.inf:
            return now + interval
        delay = min(interval, (now - self._child_since) * _DELAY_BY_AGE)
        return max(now, previous + delay)

    def begin_flush(self, timeout: float, *, task: Task | None = None) -> Flush:
        """Begin to drain every task, or only *task*, within *timeout* seconds."""
        notice_fork()
        tasks = self._tasks if task is None else (task,)
        flush = Flush(tasks, self._clock.monotonic() + timeout)
        signals = self._signals
        if signals is None or not self._can_be_waited_for():
            flush.perform()
        else:
            self._flushes.append(flush)
            signals.put(None)
        return flush

    def _can_be_waited_for(self) -> bool:
        # An interpreter that is finalizing has ended its daemon threads, though they
        # count as alive.
        return (
            self.is_running
            and not self._closed
            and not self.is_current_thread
            and not sys.is_finalizing()
        )

    def flush(self, timeout: float, *, task: Task | None = None) -> bool:
        """
        Drain every task, or only *task*; return whether all was done in time.

        Blocks for *timeout* seconds at most.
        """
        timeout = usable_timeout(timeout)
        return self.begin_flush(timeout, task=task).wait(timeout)

    def close(self, timeout: float) -> bool:
        """
        Flush, then end the thread; wait no longer than *timeout* seconds for both.

        Idempotent. Returns whether all was flushed.
        """
        timeout = usable_timeout(timeout)
        deadline = self._clock.monotonic() + timeout
        flushed = self.flush(timeout)
        self._closed = True
        process_end.forget(self)
        self._end_thread(deadline)
        for close in self._used:
            _call(close)
        return flushed

    def _end_thread(self, deadline: float) -> None:
        thread, signals = self._thread, self._signals
        if signals is not None:
            signals.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - self._clock.monotonic()))

    def __repr__(self) -> str:
        state = "closed" if self._closed else "running" if self.is_running else "idle"
        return f"<BackgroundWorker {self._name!r} {state}, {len(self._tasks)} tasks>"


def _wait(signals: queue.SimpleQueue[None], seconds: float) -> None:
    """Sleep for *seconds* or until a signal comes; remove all that came."""
    import queue  # noqa: PLC0415 - loaded already, see _start_thread()

    # NaN, which no task should return, becomes the maximum, not an endless loop.
    timeout = max(0.0, seconds) if seconds < _MAX_WAIT else _MAX_WAIT
    try:
        signals.get(timeout=timeout)
        while True:
            signals.get_nowait()
    except queue.Empty:
        return


def _call(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:  # noqa: BLE001 - closing must not fail the application's end
        logger.exception("%r failed", close)


def _drain(task: Task, deadline: float) -> bool:
    try:
        return task.drain(deadline)
    except (Exception, SystemExit):  # noqa: BLE001 - as above
        logger.exception("%r failed while it was flushed", task)
        return False
