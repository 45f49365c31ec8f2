"""The background thread: running tasks, flushing, closing, forking."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.testing import FakeClock

TIMEOUT = 10.0


class Job:
    """A task that counts its runs, and does what the test specifies."""

    def __init__(self) -> None:
        self.turn = threading.Event()
        self.turns = 0
        self.next_turn = math.inf
        self.error: BaseException | None = None
        self.drained: list[threading.Thread] = []
        self.result = True
        self.forked = 0
        self.hold: threading.Event | None = None

    def run(self, now: float) -> float:
        self.turns += 1
        self.turn.set()
        if self.hold is not None:
            self.hold.wait(TIMEOUT)
        if self.error is not None:
            raise self.error
        return self.next_turn

    def drain(self, deadline: float) -> bool:
        self.drained.append(threading.current_thread())
        if self.error is not None:
            raise self.error
        return self.result

    def after_fork_in_child(self) -> None:
        self.forked += 1


@pytest.fixture
def job() -> Job:
    """Return a task."""
    return Job()


@pytest.fixture
def worker(job: Job) -> Iterator[BackgroundWorker]:
    """Return a worker with that task, which is closed after the test."""
    worker = BackgroundWorker(name="under test")
    worker.add_task(job)
    yield worker
    job.hold = None
    worker.close(TIMEOUT)


def test_no_thread_before_the_first_wake(worker: BackgroundWorker, job: Job) -> None:
    """Creating a worker and adding tasks starts no thread; waking it does."""
    assert not worker.is_running

    worker.wake()

    assert job.turn.wait(TIMEOUT)
    assert worker.is_running


def test_thread_is_a_daemon_with_a_name(worker: BackgroundWorker, job: Job) -> None:
    """The thread is a daemon, so it does not delay the exit of the process."""
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    (thread,) = [t for t in threading.enumerate() if t.name == "under test"]

    assert thread.daemon


def test_task_gets_the_turn_it_needs(worker: BackgroundWorker, job: Job) -> None:
    """A task that returns a time runs again at that time."""
    job.next_turn = 0.0
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    job.turn.clear()

    assert job.turn.wait(TIMEOUT)
    job.next_turn = math.inf


def test_wake_gives_another_turn(worker: BackgroundWorker, job: Job) -> None:
    """`wake` runs a task that has returned infinity."""
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    job.turn.clear()
    worker.wake()

    assert job.turn.wait(TIMEOUT)


def test_thread_outlives_a_task_that_raises(
    worker: BackgroundWorker,
    job: Job,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A task that raises is logged, and runs again."""
    job.error = RuntimeError("broken task")
    with caplog.at_level(logging.ERROR, "jaeger_tracing"):
        worker.wake()
        assert job.turn.wait(TIMEOUT)
        worker.flush(TIMEOUT)
    job.error = None
    job.turn.clear()
    worker.wake()

    assert job.turn.wait(TIMEOUT)
    assert "broken task" in caplog.text


def test_flush_is_done_by_the_thread(worker: BackgroundWorker, job: Job) -> None:
    """A running worker drains on its own thread."""
    worker.wake()

    assert worker.flush(TIMEOUT)
    assert ["under test"] == [thread.name for thread in job.drained]


def test_flush_without_thread_is_done_by_the_caller(
    worker: BackgroundWorker,
    job: Job,
) -> None:
    """A worker that never ran drains on the thread that flushes."""
    assert worker.flush(TIMEOUT)
    assert [threading.current_thread()] == job.drained


def test_flush_returns_what_the_tasks_return(
    worker: BackgroundWorker, job: Job
) -> None:
    """If a task could not be drained, flush returns False."""
    job.result = False

    assert not worker.flush(TIMEOUT)


def test_flush_survives_a_task_that_raises(worker: BackgroundWorker, job: Job) -> None:
    """If a task raises while it is drained, flush returns False."""
    job.error = RuntimeError("broken task")

    assert not worker.flush(TIMEOUT)


def test_flush_waits_no_longer_than_its_timeout(
    worker: BackgroundWorker, job: Job
) -> None:
    """While a task hangs, flush returns False at its timeout."""
    job.hold = threading.Event()
    worker.wake()
    assert job.turn.wait(TIMEOUT)

    assert not worker.flush(0.01)
    job.hold.set()


def test_flushes_that_have_timed_out_do_not_pile_up(
    worker: BackgroundWorker, job: Job
) -> None:
    """One flush that has timed out remains, and is performed as soon as possible."""
    job.hold = threading.Event()
    worker.wake()
    assert job.turn.wait(TIMEOUT)

    for _ in range(100):
        worker.flush(0)
    job.hold.set()

    assert worker.flush(TIMEOUT)
    assert 2 == len(job.drained)


def test_flush_of_one_task(worker: BackgroundWorker, job: Job) -> None:
    """Flushing one task does not drain the others."""
    other = Job()
    worker.add_task(other)

    assert worker.flush(TIMEOUT, task=other)
    assert [] == job.drained


def test_close_ends_the_thread(worker: BackgroundWorker, job: Job) -> None:
    """close() drains, ends the thread, and may be called again."""
    worker.wake()

    assert worker.close(TIMEOUT)
    assert not worker.is_running
    assert worker.close(TIMEOUT)


def test_closed_worker_stays_asleep(worker: BackgroundWorker, job: Job) -> None:
    """Waking a closed worker starts no thread."""
    worker.close(TIMEOUT)
    worker.wake()

    assert not worker.is_running


def test_removed_task_gets_no_turn(worker: BackgroundWorker, job: Job) -> None:
    """A removed task does not run any more; the others do."""
    other = Job()
    worker.add_task(other)
    worker.remove_task(job)
    worker.wake()

    assert other.turn.wait(TIMEOUT)
    assert 0 == job.turns


def test_what_tasks_use_is_closed_after_them(job: Job) -> None:
    """Each is closed once, after the thread has ended, even if another one raises."""
    worker = BackgroundWorker()
    closed: list[bool] = []

    def fail() -> None:
        raise OSError

    worker.add_task(job)
    worker.close_afterwards(fail)
    worker.close_afterwards(lambda: closed.append(worker.is_running))
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    worker.close(TIMEOUT)

    assert [False] == closed


def test_task_may_close_the_worker_it_runs_on(job: Job) -> None:
    """Closing from the worker's thread does not wait for that thread."""
    worker = BackgroundWorker()
    closed = threading.Event()

    class Closer(Job):
        def run(self, now: float) -> float:
            worker.close(TIMEOUT)
            closed.set()
            return math.inf

    worker.add_task(Closer())
    worker.wake()

    assert closed.wait(TIMEOUT)
    worker.close(TIMEOUT)


def test_thread_that_cannot_start_is_logged(
    worker: BackgroundWorker,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If no thread can be started, that is logged, and flush still works."""

    def refuse(self: threading.Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        worker.wake()
        worker.wake()

    assert ["can't start new thread" in line for line in caplog.messages] == [True]
    assert worker.flush(TIMEOUT)


def test_error_of_any_kind_at_the_start_is_logged(
    worker: BackgroundWorker,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A thread that cannot start without a file descriptor raises nothing."""

    def refuse(self: threading.Thread) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(threading.Thread, "start", refuse)
        worker.wake()
    assert "Too many open files" in caplog.text
    worker.wake()

    assert job.turn.wait(TIMEOUT)


@pytest.mark.parametrize("is_started", [True, False])
def test_interrupt_in_the_start_blocks_no_later_start(
    worker: BackgroundWorker,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_started: bool,
) -> None:
    """A signal handler that raises during the start leaves one thread, or none."""
    start = threading.Thread.start

    def start_and_raise(self: threading.Thread) -> None:
        if is_started:
            start(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start_and_raise)
        with pytest.raises(KeyboardInterrupt):
            worker.wake()
    worker.wake()

    assert job.turn.wait(TIMEOUT)
    assert worker.flush(TIMEOUT)
    assert [["under test"]] == [[thread.name for thread in job.drained]]
    assert 1 == threads_named("under test")


def test_many_starts_at_once_leave_one_thread(
    worker: BackgroundWorker,
    job: Job,
) -> None:
    """However many threads wake an idle worker at the same time, one runs the tasks."""
    together = threading.Barrier(20)

    def wake() -> None:
        together.wait()
        worker.wake()

    wakers = [threading.Thread(target=wake) for _ in range(20)]
    for waker in wakers:
        waker.start()
    for waker in wakers:
        waker.join()
    assert worker.flush(TIMEOUT)

    assert 1 == threads_named("under test", ends_soon=True)


def test_thread_outlives_a_task_that_exits(
    worker: BackgroundWorker,
    job: Job,
) -> None:
    """A task that raises SystemExit, which ends other threads, runs again."""
    job.error = SystemExit()
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    job.error = None
    job.turn.clear()
    worker.wake()

    assert job.turn.wait(TIMEOUT)
    assert worker.is_running


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), GeneratorExit(), KeyboardInterrupt()]
)
def test_thread_outlives_what_is_no_exception(
    worker: BackgroundWorker, job: Job, error: BaseException
) -> None:
    """What a task raises in a turn or a drain does not end the thread, nor escapes."""
    job.error = error
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    thread = worker._runner
    assert not worker.flush(TIMEOUT)
    job.error = None

    assert worker.flush(TIMEOUT)
    assert worker._runner is thread is not None


class FakeGreenlet(types.ModuleType):
    """The module `greenlet`, in a greenlet that is not the main one."""

    GreenletExit = type("GreenletExit", (BaseException,), {})

    @staticmethod
    def getcurrent() -> types.SimpleNamespace:
        """Return a greenlet that has a parent."""
        return types.SimpleNamespace(parent=object())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "kind", [FakeGreenlet.GreenletExit, KeyboardInterrupt, SystemExit]
)
def test_thread_that_was_killed_is_replaced(
    worker: BackgroundWorker,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[BaseException],
) -> None:
    """A greenlet ends when it is killed; the next wake starts another."""
    monkeypatch.setitem(sys.modules, "greenlet", FakeGreenlet("greenlet"))
    job.error = kind()
    worker.wake()
    # The first thread may have started another one, which is killed, too.
    while threads := [t for t in threading.enumerate() if t.name == "under test"]:
        threads[0].join(TIMEOUT)
    job.error = None
    job.turn.clear()
    assert worker.flush(TIMEOUT)
    worker.wake()

    assert job.turn.wait(TIMEOUT)


def test_a_thread_that_was_killed_before_it_began_is_replaced(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has marked nothing; after some seconds a wake starts another."""

    def end_at_once(_: object) -> None:
        pass

    clock = FakeClock()
    worker = BackgroundWorker(clock=clock)
    worker.add_task(job)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_run", end_at_once)
        worker.wake()
    killed = worker._runner
    assert killed is not None
    killed.thread.join(TIMEOUT)
    clock.advance(6.0)
    worker.wake()

    assert job.turn.wait(TIMEOUT)
    assert worker.close(TIMEOUT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_task_that_ends_each_thread_is_not_run_in_a_loop(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that was killed is replaced at once, but not twice in a second."""
    monkeypatch.setitem(sys.modules, "greenlet", FakeGreenlet("greenlet"))
    worker = BackgroundWorker(name="under test", clock=FakeClock())
    worker.add_task(job)
    job.error = SystemExit()
    worker.wake()
    while threads := [t for t in threading.enumerate() if t.name == "under test"]:
        threads[0].join(TIMEOUT)
    job.error = None

    assert job.turns <= 2
    assert worker.close(TIMEOUT)


@pytest.mark.parametrize("next_turn", [1e10, 1e300, math.nan, math.inf])
def test_thread_survives_any_next_turn(
    worker: BackgroundWorker,
    job: Job,
    next_turn: float,
) -> None:
    """A task may return a time that exceeds the maximum timeout."""
    job.next_turn = next_turn
    worker.wake()
    assert job.turn.wait(TIMEOUT)

    assert worker.flush(TIMEOUT)
    assert worker.is_running


@pytest.mark.parametrize("timeout", [math.inf, 1e300, 1e10])
def test_flush_accepts_any_timeout(
    worker: BackgroundWorker,
    job: Job,
    timeout: float,
) -> None:
    """An infinite timeout is not an error."""
    worker.wake()

    assert worker.flush(timeout)
    assert worker.close(timeout)


@pytest.mark.parametrize("timeout", [-1.0, -math.inf, math.nan])
def test_flush_does_not_wait_with_a_timeout_that_is_none(
    worker: BackgroundWorker,
    job: Job,
    timeout: float,
) -> None:
    """A negative timeout, or NaN, is 0."""
    job.hold = threading.Event()
    worker.wake()
    assert job.turn.wait(TIMEOUT)

    assert not worker.flush(timeout)
    job.hold.set()


@pytest.fixture
def loading_uwsgi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Provide the module that uWSGI adds, before it has forked its workers."""
    uwsgi = types.ModuleType("uwsgi")
    vars(uwsgi).update(worker_id=lambda: 0, masterpid=os.getpid)
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)


@pytest.mark.usefixtures("loading_uwsgi")
def test_uwsgi_that_loads_gets_no_thread(worker: BackgroundWorker, job: Job) -> None:
    """Before uWSGI forks, the thread that wakes the worker sends."""
    worker.wake()

    assert [threading.current_thread()] == job.drained
    assert not worker.is_running


@pytest.mark.usefixtures("loading_uwsgi")
def test_uwsgi_that_loads_is_delayed_once(
    worker: BackgroundWorker,
    job: Job,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If sending fails before uWSGI forks, one line is logged, and none tries again."""
    job.result = False
    worker.wake()
    worker.wake()

    assert 1 == len(job.drained)
    assert ["before uWSGI forks" in line for line in caplog.messages] == [True]


@pytest.mark.parametrize(
    "functions",
    [
        {"worker_id": lambda: 1, "masterpid": os.getpid},
        {"worker_id": lambda: 0, "masterpid": os.getppid},
        {},
    ],
    ids=["worker", "mule", "another module"],
)
def test_other_processes_of_uwsgi_have_a_thread(
    worker: BackgroundWorker,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    functions: dict[str, Callable[[], int]],
) -> None:
    """In workers and mules, or with another module `uwsgi`, the thread is used."""
    uwsgi = types.ModuleType("uwsgi")
    vars(uwsgi).update(functions)
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    worker.wake()

    assert job.turn.wait(TIMEOUT)


def test_child_forgets_the_thread(worker: BackgroundWorker, job: Job) -> None:
    """In a forked child there is no thread, and every task is notified."""
    worker.wake()
    assert job.turn.wait(TIMEOUT)
    # What the fork hook calls, without a fork: the thread of the "parent" is ended.
    runner = worker._runner
    worker.after_fork_in_child()

    assert not worker.is_running
    assert 1 == job.forked
    assert runner is not None
    worker._closed = True
    runner.wake()
    runner.thread.join(TIMEOUT)


def test_repr_shows_the_state(worker: BackgroundWorker, job: Job) -> None:
    """The repr shows whether the worker is idle, running or closed."""
    assert "<BackgroundWorker 'under test' idle, 1 tasks>" == repr(worker)
    worker.wake()
    assert "running" in repr(worker)
    worker.close(TIMEOUT)
    assert "closed" in repr(worker)


def threads_named(name: str, *, ends_soon: bool = False) -> int:
    """Return how many threads have that name, after all but one had time to end."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        found = [thread for thread in threading.enumerate() if thread.name == name]
        if len(found) <= 1 or not ends_soon or time.monotonic() > deadline:
            return len(found)
        found[-1].join(0.01)


class InterruptedClock(FakeClock):
    """A clock that calls *interrupt* during one reading."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupts: list[Callable[[], object]] = []

    def monotonic(self) -> float:
        now = super().monotonic()
        if self.interrupts:
            self.interrupts.pop()()
        return now


def test_a_thread_that_begins_while_it_is_replaced(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends: the tasks never run on two threads for long."""
    clock = InterruptedClock()
    worker = BackgroundWorker(clock=clock, name="under test")
    worker.add_task(job)
    job.next_turn = -math.inf
    may_begin = threading.Event()
    threads: list[threading.Thread] = []
    start, run = worker._start, worker._run

    def begin_late(runner: Any) -> None:
        threads.append(threading.current_thread())
        may_begin.wait(TIMEOUT)
        run(runner)

    def begin_now() -> None:
        may_begin.set()
        job.turn.wait(TIMEOUT)

    def interrupted_start() -> None:
        clock.interrupts.append(begin_now)
        start()

    monkeypatch.setattr(worker, "_run", begin_late)
    worker.wake()
    clock.advance(10)
    monkeypatch.setattr(worker, "_start", interrupted_start)
    worker.wake()
    threads[0].join(TIMEOUT)

    assert [False, True] == [thread.is_alive() for thread in threads]
    assert worker.close(TIMEOUT)
