"""Flushing at the end of a process."""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
from multiprocessing import util
from typing import TYPE_CHECKING

import pytest

from jaeger_client._internal import process_end

if TYPE_CHECKING:
    from collections.abc import Callable


class Part:
    """A `Flushable` that counts its flushes."""

    is_running = False

    def __init__(self, *, result: bool = True) -> None:
        self.flushes = 0
        self._result = result

    def begin_end(self, timeout: float) -> Part:
        """Count."""
        assert 0 <= timeout <= process_end.EXIT_TIMEOUT
        self.flushes += 1
        return self

    def wait(self, timeout: float) -> bool:
        """Return the result."""
        assert 0 <= timeout <= process_end.EXIT_TIMEOUT
        return self._result


class PoolWorker:
    """A worker of billiard's pool, with the attributes that are used."""

    def __init__(self, on_exit: Callable[[int, int], object] | None) -> None:
        self.on_exit = on_exit

    def end(self) -> None:
        """End as the pool's worker does."""
        if self.on_exit is not None:
            self.on_exit(1, 2)


class PoolProcess:
    """The process of such a worker."""

    def __init__(self, target: object) -> None:
        self._target = target


@pytest.fixture
def end() -> process_end.ProcessEnd:
    """Return the end of a process that registers nothing with the interpreter."""
    end = process_end.ProcessEnd()
    end._has_atexit = True
    return end


def test_everything_registered_is_flushed(end: process_end.ProcessEnd) -> None:
    """Everything registered that still exists is flushed, unless it was forgotten."""
    first, second, closed = Part(), Part(), Part()
    for part in (first, second, closed):
        end.register(part)
    end.forget(closed)
    end.flush()

    assert (1, 1, 0) == (first.flushes, second.flushes, closed.flushes)


def test_the_exit_calls_flush_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects are registered, the interpreter gets one exit handler."""
    handlers: list[object] = []
    monkeypatch.setattr(atexit, "register", handlers.append)
    end = process_end.ProcessEnd()
    parts = [Part(), Part(), Part()]
    for part in parts:
        end.register(part)
    end.after_fork_in_child()
    end.register(parts[0])

    assert [end.flush] == handlers


def test_unused_parts_are_not_kept_alive(end: process_end.ProcessEnd) -> None:
    """Only objects in use are kept alive until the end."""
    used, unused = Part(), Part()
    for part in (used, unused):
        end.register(part)
    end.keep(used)
    del part, used, unused
    gc.collect()

    assert 1 == len(end._registered)


def test_what_could_not_be_sent_is_logged(
    end: process_end.ProcessEnd,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line is logged for each part that was not flushed in time."""
    parts = [Part(result=False), Part()]
    for part in parts:
        end.register(part)
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        end.flush()

    assert [True] == ["not all spans could be sent" in line for line in caplog.messages]


class Raising(Part):
    """Something to flush that raises, the first time only or always."""

    def __init__(self, error: BaseException, where: str, *, always: bool) -> None:
        super().__init__()
        self._error: BaseException | None = error
        self._where = where
        self._always = always

    def begin_end(self, timeout: float) -> Part:
        """Raise, or count."""
        self._raise("begin")
        return super().begin_end(timeout)

    def wait(self, timeout: float) -> bool:
        """Raise, or return the result."""
        self._raise("wait")
        return super().wait(timeout)

    def _raise(self, where: str) -> None:
        error = self._error
        if where == self._where and error is not None:
            self._error = error if self._always else None
            raise error


@pytest.mark.parametrize("where", ["begin", "wait"])
@pytest.mark.parametrize("error", [asyncio.CancelledError(), ValueError()])
def test_others_are_flushed_whatever_one_raises(
    end: process_end.ProcessEnd,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
    where: str,
) -> None:
    """One that raises is logged, and those before and after it are flushed."""
    broken = Raising(error, where, always=True)
    parts = [Part(result=False), broken, Part(result=False)]
    for part in parts:
        end.register(part)
    end.flush()

    assert [1, 1] == [parts[0].flushes, parts[2].flushes]
    assert 1 == caplog.text.count("failed at the end of the process")
    assert 2 == caplog.text.count("not all spans could be sent")


@pytest.mark.parametrize("where", ["begin", "wait"])
def test_sys_exit_in_a_handler_does_not_end_the_flush(
    end: process_end.ProcessEnd, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    """SystemExit during the exit is not heeded; the interrupted call is made again."""
    parts = [Raising(SystemExit(), where, always=False), Part()]
    for part in parts:
        end.register(part)
    end.flush()

    assert [1, 1] == [part.flushes for part in parts]
    assert [] == caplog.messages


def test_interrupt_ends_the_flush(end: process_end.ProcessEnd) -> None:
    """Ctrl-C ends the wait at once."""
    part = Raising(KeyboardInterrupt(), "wait", always=True)
    end.register(part)

    with pytest.raises(KeyboardInterrupt):
        end.flush()


def test_time_runs_from_the_first_flush(end: process_end.ProcessEnd) -> None:
    """Before the end no time is set; a forked child has an end of its own."""
    assert end.seconds_left() is None
    end.flush()
    left = end.seconds_left()
    assert left is not None
    assert 0 < left <= process_end.EXIT_TIMEOUT
    end.after_fork_in_child()

    assert end.seconds_left() is None


def test_this_process_is_no_child_of_a_pool() -> None:
    """A process that no pool has started is not a pool child."""
    assert not process_end.is_pool_child()


def test_worker_of_a_pool_is_flushed_after_its_callback() -> None:
    """The application's callback, which may finish spans, comes first."""
    calls: list[object] = []
    worker = PoolWorker(lambda pid, code: calls.append((pid, code)))
    process_end._call_when_pool_worker_exits(
        PoolProcess(worker),
        lambda: calls.append("flush"),
    )
    worker.end()

    assert [(1, 2), "flush"] == calls


def test_worker_of_a_pool_needs_no_callback() -> None:
    """A pool without a callback is flushed as well; other processes are left alone."""
    calls: list[object] = []
    worker = PoolWorker(None)
    process_end._call_when_pool_worker_exits(
        PoolProcess(worker),
        lambda: calls.append("flush"),
    )
    process_end._call_when_pool_worker_exits(PoolProcess(None), lambda: None)
    worker.end()

    assert ["flush"] == calls


def test_children_are_watched_once(
    end: process_end.ProcessEnd,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many objects are registered, multiprocessing gets one function."""
    registered: list[object] = []

    def register(watcher: object, function: object) -> None:
        registered.append((watcher, function))

    monkeypatch.setattr(util, "register_after_fork", register)
    for _ in range(3):
        part = Part()
        end.register(part)
        end.keep(part)
        end.forget(part)
    end.after_fork_in_child()

    assert 1 == len(registered)
