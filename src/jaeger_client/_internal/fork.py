"""
Forks: what happens before and after them, and how they are detected.

Hooks of `os.register_at_fork` cannot be removed, so one set of hooks serves the
whole process and keeps only weak references to the objects that it calls.

A forked child has only the thread that forked. A module that another thread was
importing stays locked and incomplete in the child for ever, and locks of the
system's resolver stay held. So imports inside functions, on any thread, and calls of
the resolver are made under `forks_wait()`, and a fork waits for them.

Any number of threads may be inside `forks_wait()` at once: none has to wait for
another whose name server does not respond. A thread never waits for itself: a
signal handler may fork, or enter, on a thread that is inside or about to fork.

Not every fork runs the hooks: uWSGI (without `--py-call-uwsgi-fork-hooks`) and C
extensions call the system's `fork()`. So the hot path tests a mark, an object that is
true only in the process that set it, and calls `notice_fork()` when it is false. The
mark is a byte of a page that Linux fills with zeros in every forked child
(`MADV_WIPEONFORK`): testing it takes 3 ns, a call of `getpid` 130 ns. It is created at
the first span; until then the process id is compared.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from jaeger_client._internal.diagnostics import warn
from jaeger_client._native import IS_COMPILED

if TYPE_CHECKING:
    from collections.abc import Callable

_MADV_WIPEONFORK: Final = 18
"""Value in Linux 4.14 and later; the module `mmap` does not define it."""

_TIMEOUT: Final = 2.0
"""Maximum time in seconds that a fork waits for threads, or a thread for forks."""

_NOT_RENEWED: Final = (
    "%r could not be reset in a forked child: its after_fork_in_child() raised. "
    "Everything else was reset; this object may still use a connection or a lock of "
    "the parent"
)


class SurvivesFork(Protocol):
    """Something that must be replaced or reset in a forked child."""

    def after_fork_in_child(self) -> None:
        """
        Replace locks, threads, sockets and random state.

        Called in the child, on its only thread, before any application code.
        Must not take a lock that existed before the fork: a thread that was not
        copied may hold it for ever. If it raises, that is logged, and the others are
        still called.
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

    No lock guards the two lists: a signal handler could find it held by the thread
    that it interrupts. Both sides first add themselves to their list and then read
    the other one, so if both come at the same time, at least one sees the other. Single
    calls of a list are atomic (see `signal_safe`).
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
        # Later forks do not wait again for a thread that hangs: a server may fork many
        # workers. This also removes entries that an interrupt has left behind.
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
        # A thread that is inside already must continue, because the fork waits for it.
        return sum(hold.thread == own for hold in tuple(self._inside)) == 1


def _end(hold: _Hold, holds: list[_Hold]) -> None:
    with suppress(ValueError):  # interrupted before it was added
        holds.remove(hold)
    hold.release()


def _wait_for(holds: Iterable[_Hold], deadline: float) -> list[_Hold]:
    """
    Wait until all *holds* of other threads are released, or until *deadline*.

    Returns those that were not released.
    """
    own = threading.get_ident()
    return [
        hold
        for hold in tuple(holds)
        if hold.thread != own and not hold.wait(max(0.0, deadline - time.monotonic()))
    ]


ProcessMark: TypeAlias = object
"""True in the process that set it, false in children forked since."""


class _PidMark:
    """The mark of a system whose kernel cannot wipe a page in forked children."""

    def __init__(self) -> None:
        self._pid: int | None = None

    def __bool__(self) -> bool:
        return self._pid == os.getpid()

    def set(self) -> None:
        self._pid = os.getpid()


def _new_mark() -> tuple[ProcessMark, Callable[[], None]]:
    """Return a false mark and a function that sets it."""
    try:
        if TYPE_CHECKING or not IS_COMPILED:
            mark = _wiped_byte()
        else:
            from jaeger_client._native.spans import ProcessMark  # noqa: PLC0415 - imports this module

            mark = ProcessMark()
    # Not available on this system. KeyError: up to Python 3.11, an import fails with it
    # if it is interrupted by a signal handler that imports; the handler then has
    # started a span, and its mark is used.
    except (ImportError, AttributeError, OSError, KeyError):
        pid_mark = _PidMark()
        return pid_mark, pid_mark.set
    return mark, lambda: setattr(mark, "value", True)


def _wiped_byte() -> ProcessMark:
    import mmap  # noqa: PLC0415 - as below
    from ctypes import c_bool  # noqa: PLC0415 - takes 1 ms, not needed at start-up

    page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page.madvise(_MADV_WIPEONFORK)
    # bool() of a ctypes number tests its bytes, in C and without a Python call.
    return c_bool.from_buffer(page)


class _ForkRegistry:
    """Delays forks, and calls the registered objects that are alive in the child."""

    def __init__(self) -> None:
        self._survivors: weakref.WeakSet[SurvivesFork] = weakref.WeakSet()
        self._gate = _ForkGate()
        self._hooked = False
        self._pid: int | None = None
        """Id of the process that registered something; `None` before that."""
        self._marks: dict[str, tuple[ProcessMark, Callable[[], None]]] = {}
        self._mark: ProcessMark | None = None
        self._set_mark: Callable[[], None] = lambda: None
        self._child_lock = threading.RLock()
        """Used by forked children only, so none of them inherits it locked."""
        self._is_renewing = False
        self._noticed_in: int | None = None
        """Id of the process that `notice_fork` found to be a child."""

    def call_after_fork(self, survivor: SurvivesFork) -> None:
        """
        Call `survivor.after_fork_in_child()` in every child forked from now on.

        Keeps no strong reference to *survivor*. May be called from any thread.
        """
        if self._pid is None:
            self._pid = os.getpid()
        self._survivors.add(survivor)
        # Not at import: to import the package must have no effect on the process.
        if not self._hooked and hasattr(os, "register_at_fork"):
            self._hooked = True
            os.register_at_fork(
                before=self._before,
                after_in_parent=self._after_in_parent,
                after_in_child=self._after_in_child,
            )

    def forks_wait(self) -> AbstractContextManager[None]:
        """
        Return a context: forks wait until it is left, and entering it waits for forks.

        Both wait for two seconds at most, because neither may stop the application.
        Threads inside do not wait for each other.
        """
        return self._gate.enter()

    def notice_fork(self) -> ProcessMark:
        """
        Do what the fork hooks do if this process was forked without them.

        May be called from any thread; one does the work, and the others wait for it.
        Returns the mark of this process: as long as it is true, the process is the
        same. It is false if nothing was registered.
        """
        if self._pid is None:
            return False
        if self._mark is None:
            # Forks must wait, because this imports modules.
            with self._gate.enter():
                mark, set_mark = _new_mark()
            if self._pid == os.getpid():
                set_mark()
            # Atomic (see `signal_safe`): all threads get the same mark.
            mark, self._set_mark = self._marks.setdefault("mark", (mark, set_mark))
            self._mark = mark
        if not self._mark:
            self._renew_once()
        return self._mark

    def _before(self) -> None:
        gate = self._gate
        gate.begin_fork()
        if gate is not self._gate:
            # This is the child of a fork that a signal handler made while this one
            # waited. It continues with this fork, but its threads use a new gate.
            self._before()

    def _after_in_parent(self) -> None:
        self._gate.end_fork()

    def _after_in_child(self) -> None:
        self._is_renewing = False
        self._child_lock = threading.RLock()
        # Another library's hook may have started a span, which has detected the fork.
        if self._noticed_in != os.getpid():
            self._renew()

    def _renew_once(self) -> None:
        lock = self._child_lock
        is_locked = lock.acquire(timeout=_TIMEOUT)
        try:
            # Not acquired if a thread of the parent, which does not exist here, was
            # doing this work at the fork: then it must be done again.
            if not is_locked or not (self._mark or self._is_renewing):
                self._renew()
                self._noticed_in = os.getpid()
        finally:
            if is_locked:
                lock.release()

    def _renew(self) -> None:
        self._is_renewing = True
        try:
            # A new gate: threads that the child does not have never leave the old one.
            self._gate = _ForkGate()
            survivors = list(self._survivors)
            errors = [_error_of(survivor) for survivor in survivors]
            self._child_lock = threading.RLock()
            self._pid = os.getpid()
            # Last: until the mark is set, other threads wait and use nothing of the
            # parent's.
            self._set_mark()
        finally:
            self._is_renewing = False
        # A handler of the log may start a span, which needs the mark.
        for survivor, error in zip(survivors, errors, strict=True):
            if error is not None:
                warn(_NOT_RENEWED, survivor, exc_info=error)


def _error_of(survivor: SurvivesFork) -> BaseException | None:
    """Call the hook of *survivor*; return the exception that it raised, if any."""
    try:
        survivor.after_fork_in_child()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the others must be renewed
        return error
    return None


_REGISTRY: Final = _ForkRegistry()

call_after_fork: Final = _REGISTRY.call_after_fork
forks_wait: Final = _REGISTRY.forks_wait
notice_fork: Final = _REGISTRY.notice_fork


def is_before_uwsgi_forks() -> bool:
    """Return whether uWSGI loads the application in this process and forks later."""
    uwsgi = sys.modules.get("uwsgi")  # exists only in processes of uWSGI
    if uwsgi is None:
        return False
    try:
        # Mules and spoolers are forked already, and have no worker id either.
        return not uwsgi.worker_id() and uwsgi.masterpid() in {0, os.getpid()}
    except AttributeError:  # another module of that name
        return False
