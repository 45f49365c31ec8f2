"""
The one background thread, and how it lives through fork and exit.

Strategy: tasks say when they next want a turn, and the thread sleeps until the
earliest of these times or until `wake`. Flushing is done by the thread, too, so
that whoever asks for it waits no longer than it said even if a name server or a
backend hangs. Where there is no thread (it never could start), flushing is done
by the one who asks.

Guarantees:
- no thread before the first `wake`;
- a forked child starts with no thread and nothing of its parent's queues;
- what is queued is flushed at interpreter exit and at the end of a
  `multiprocessing` child, within `EXIT_TIMEOUT` seconds.
"""

from __future__ import annotations

import atexit
import math
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.diagnostics import Notice, logger
from jaeger_client.fork import call_after_fork

if TYPE_CHECKING:
    import queue
    from collections.abc import Callable

EXIT_TIMEOUT: Final = 5.0
"""Most seconds that the exit of a process waits for spans to leave."""

_PAUSE_AFTER_ERROR: Final = 1.0
"""Seconds until a task that raised, against its promise, gets its next turn."""


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
        of whoever flushes. *deadline* is monotonic.
        """
        ...

    def after_fork_in_child(self) -> None:
        """Forget what the parent will do; make locks and connections anew."""
        ...


class _Flush:
    """Somebody waits for tasks to be drained."""

    def __init__(self, tasks: tuple[Task, ...], deadline: float) -> None:
        self.tasks = tasks
        self.deadline = deadline
        self.done = threading.Event()
        self.results: list[bool] = []

    def perform(self) -> None:
        self.results.extend([_drain(task, self.deadline) for task in self.tasks])
        self.done.set()


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
        self._cannot_start = Notice(
            "cannot start the thread that sends spans: %s. Spans stay queued until "
            "tracer.flush(), tracer.close() or the end of the process",
            clock=clock,
        )
        self._make_anew()
        call_after_fork(self)

    def _make_anew(self) -> None:
        self.is_exiting = False
        """Whether `flush_at_exit` was called: what is not sent now is lost."""
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # Made at the start of the thread, so that a library which replaces the
        # standard one's queues (gevent) has done so by then.
        self._signals: queue.SimpleQueue[None] | None = None
        self._flushes: deque[_Flush] = deque()

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread, and let the tasks do the same with theirs."""
        self._make_anew()
        for task in self._tasks:
            task.after_fork_in_child()

    def add_task(self, task: Task) -> None:
        """Give *task* a turn at every wake-up from now on."""
        self._tasks = (*self._tasks, task)

    def remove_task(self, task: Task) -> None:
        """Give *task* no more turns."""
        self._tasks = tuple(other for other in self._tasks if other is not task)

    def close_afterwards(self, close: Callable[[], object]) -> None:
        """Call *close* once the thread, whose tasks use what it closes, has ended."""
        self._used = (*self._used, close)

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive in this process."""
        return self._thread is not None and self._thread.is_alive()

    def wake(self) -> None:
        """Give every task a turn soon; starts the thread if there is none."""
        signals = self._signals
        if signals is None:
            self._start()
        else:
            signals.put(None)

    def _start(self) -> None:
        # Never wait here: whoever holds the lock is starting the thread, and
        # this may be a signal handler that interrupted the one who does.
        if self._closed or not self._start_lock.acquire(blocking=False):
            return
        try:
            if self._signals is None:
                self._start_thread()
        finally:
            self._start_lock.release()

    def _start_thread(self) -> None:
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
        # Once only, though a fork hands the parent's registration down.
        atexit.unregister(self.flush_at_exit)
        atexit.register(self.flush_at_exit)
        _flush_at_end_of_multiprocessing_child(self)
        try:
            thread.start()
        except RuntimeError as error:  # a thread limit, or the interpreter is exiting
            self._cannot_start.warn(error)
        else:
            self._thread, self._signals = thread, signals

    def _run(self, signals: queue.SimpleQueue[None]) -> None:
        while not self._closed:
            next_turn = self._give_turns()
            while self._flushes:
                self._flushes.popleft().perform()
                next_turn = self._give_turns()
            _wait(signals, next_turn - self._clock.monotonic())

    def _give_turns(self) -> float:
        return min((self._give_turn(task) for task in self._tasks), default=math.inf)

    def _give_turn(self, task: Task) -> float:
        try:
            return task.run(self._clock.monotonic())
        except Exception:  # noqa: BLE001 - the thread must outlive any mistake
            logger.exception("%r failed in the background; it goes on", task)
            return self._clock.monotonic() + _PAUSE_AFTER_ERROR

    def flush(self, timeout: float, *, task: Task | None = None) -> bool:
        """
        Drain every task, or only *task*; return whether all was done in time.

        Blocks for *timeout* seconds at most.
        """
        tasks = self._tasks if task is None else (task,)
        flush = _Flush(tasks, self._clock.monotonic() + timeout)
        signals, thread = self._signals, self._thread
        if signals is None or thread is threading.current_thread() or self._closed:
            flush.perform()
        else:
            self._flushes.append(flush)
            signals.put(None)
            flush.done.wait(timeout)
        return flush.done.is_set() and all(flush.results)

    def close(self, timeout: float) -> bool:
        """
        Flush, then end the thread; wait no longer than *timeout* seconds for both.

        Idempotent. Returns whether all was flushed.
        """
        deadline = self._clock.monotonic() + timeout
        flushed = self.flush(timeout)
        self._closed = True
        atexit.unregister(self.flush_at_exit)
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

    def flush_at_exit(self) -> None:
        """Flush for `EXIT_TIMEOUT` seconds at most, at the end of the process."""
        self.is_exiting = True
        self.flush(EXIT_TIMEOUT)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "running" if self.is_running else "idle"
        return f"<BackgroundWorker {self._name!r} {state}, {len(self._tasks)} tasks>"


def _wait(signals: queue.SimpleQueue[None], seconds: float) -> None:
    """Sleep for *seconds* or until a signal comes, and swallow all that came."""
    import queue  # noqa: PLC0415 - it is there, see _start_thread()

    try:
        signals.get(timeout=None if seconds == math.inf else max(0.0, seconds))
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
    except Exception:  # noqa: BLE001 - as above
        logger.exception("%r failed while it was flushed", task)
        return False


def _flush_at_end_of_multiprocessing_child(worker: BackgroundWorker) -> None:
    # Such a child ends by os._exit() after its finalizers: atexit never runs.
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - loaded already

        Finalize(None, worker.flush_at_exit, exitpriority=0)
