"""The one hook that runs in forked children."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from jaeger_client._internal import fork
from jaeger_client._internal.ids import IdRandom

TIMEOUT = 10.0

IN_A_CHILD = """
import os
from jaeger_client._internal.ids import IdRandom

source = IdRandom()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, b"%d" % source.getrandbits(128))
    os._exit(0)
os.waitpid(child, 0)
print(int(os.read(reader, 100)) != source.getrandbits(128))
"""

AT_IMPORT = """
import concurrent.futures, logging, os, random  # they have hooks of their own
hooks = []
os.register_at_fork = lambda **named: hooks.append(named)
import jaeger_client.tracer
from jaeger_client._internal.fork import call_after_fork
print(len(hooks))
class Survivor: pass
survivors = [Survivor(), Survivor()]
for survivor in survivors: call_after_fork(survivor)
print(len(hooks), *map(sorted, hooks))
"""


def output_of(program: str) -> list[str]:
    """Run *program* in a Python of its own; return the words it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.stdout.split()


WITHOUT_HOOKS = """
import ctypes, os, sys
{before}
from jaeger_client._internal import fork
from jaeger_client._internal.ids import IdRandom

class Survivor:
    forks = 0
    def after_fork_in_child(self):
        self.forks += 1
        fork.notice_fork()  # as a span that it starts would

survivor, source = Survivor(), IdRandom()
fork.call_after_fork(survivor)
mark = fork.notice_fork()

def in_child(todo):
    child = {fork}
    if not child:
        try:
            todo()
        finally:
            os._exit(0)
    os.waitpid(child, 0)

def show(*words):
    os.write(1, " ".join(map(str, words)).encode() + b" ")

def child():
    show(bool(mark))
    fork.notice_fork()
    fork.notice_fork()
    show(bool(mark), survivor.forks, source.getrandbits(128))
    in_child(grandchild)

def grandchild():
    fork.notice_fork()
    show(survivor.forks, source.getrandbits(128))

fork.notice_fork()
show(bool(mark), survivor.forks)
in_child(child)
show(survivor.forks, source.getrandbits(128))
"""
FORKS = ["ctypes.PyDLL(None).fork()", "os.fork()"]
NO_WIPED_PAGES = """
import errno, mmap

class Refusing(mmap.mmap):
    def madvise(self, option):
        raise OSError(errno.EINVAL, "as Linux before 4.14")

mmap.mmap = Refusing
from jaeger_client import _native
if _native.IS_COMPILED:
    from jaeger_client._native import spans
    spans.ProcessMark = lambda: Refusing(-1, 1).madvise(18)
"""


@contextmanager
def thread_of(
    work: Callable[[], object],
    *,
    end: Callable[[], object] = lambda: None,
) -> Generator[None, None, None]:
    """Run *work* on a thread, which calling *end* brings to its end."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end()
        thread.join(TIMEOUT)


@contextmanager
def thread_inside(
    registry: fork._ForkRegistry,  # pyright: ignore[reportPrivateUsage]  # the process has but one
) -> Generator[Callable[[], None], None, None]:
    """Keep a thread inside forks_wait(); yield a function that lets it leave."""
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with registry.forks_wait():
            inside.set()
            leave.wait(TIMEOUT)

    with thread_of(stay, end=leave.set):
        assert inside.wait(TIMEOUT)
        yield leave.set


def seconds_of_fork(registry: fork._ForkRegistry) -> float:  # pyright: ignore[reportPrivateUsage]  # the process has but one
    """Return how long a fork waits for other threads."""
    began = time.monotonic()
    registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
    seconds = time.monotonic() - began
    registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above
    return seconds


class Survivor:
    """Counts the forks after which it was called."""

    def __init__(self) -> None:
        self.forks = 0

    def after_fork_in_child(self) -> None:
        self.forks += 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_child_has_other_ids() -> None:
    """A forked child continues with ids of its own."""
    assert ["True"] == output_of(IN_A_CHILD)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("before", ["", NO_WIPED_PAGES], ids=["wiped page", "pid"])
@pytest.mark.parametrize("fork", FORKS, ids=["no hooks", "hooks"])
def test_fork_is_detected_once(fork: str, before: str) -> None:
    """A child renews everything once: by the hook, or when the fork is detected."""
    words = output_of(WITHOUT_HOOKS.replace("{fork}", fork).replace("{before}", before))
    parent, child, grandchild = words[:2], words[2:6], words[6:8]

    assert ["True", "0"] == parent
    assert [str(fork == "os.fork()"), "True", "1"] == child[:3]
    assert "2" == grandchild[0]
    assert "0" == words[8]
    assert 3 == len({child[3], grandchild[1], words[9]})


def test_threads_wait_for_the_one_that_detected_the_fork() -> None:
    """While one thread renews everything, other threads wait and do not repeat it."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # the process has but one
    began, go_on, done = threading.Event(), threading.Event(), threading.Event()

    class Slow(Survivor):
        def after_fork_in_child(self) -> None:
            began.set()
            assert go_on.wait(TIMEOUT)
            super().after_fork_in_child()

    survivor = Slow()
    registry.call_after_fork(survivor)
    mark = registry.notice_fork()
    mark.value = False  # type: ignore[attr-defined]  # as the kernel does  # pyright: ignore[reportAttributeAccessIssue]

    def notice() -> None:
        registry.notice_fork()
        done.set()

    threads = [threading.Thread(target=notice) for _ in range(2)]
    threads[0].start()
    assert began.wait(TIMEOUT)
    threads[1].start()
    assert not done.is_set()
    go_on.set()
    for thread in threads:
        thread.join(TIMEOUT)

    assert done.is_set()
    assert 1 == survivor.forks


def test_no_hook_at_import() -> None:
    """Importing registers no hook; the first survivor does, and it serves all."""
    at_import, later, *hooks = output_of(AT_IMPORT)

    assert ("0", "1") == (at_import, later)
    assert "['after_in_child', 'after_in_parent', 'before']" == " ".join(hooks)


def test_living_survivors_are_called() -> None:
    """In a child each registered object that still exists is called."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # the process has but one
    first, second = Survivor(), Survivor()
    registry.call_after_fork(first)
    registry.call_after_fork(second)
    registry.call_after_fork(second)

    registry._after_in_child()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does

    assert (1, 1) == (first.forks, second.forks)


@pytest.mark.parametrize("error", [OSError("cannot reopen"), SystemExit(1)])
def test_one_that_raises_does_not_stop_the_renewal(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """All others are called, the fork counts as noticed, and one line is logged."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    class Failing(Survivor):
        def after_fork_in_child(self) -> None:
            super().after_fork_in_child()
            raise error

    survivors = [Survivor(), Failing(), Survivor(), Survivor()]
    for survivor in survivors:
        registry.call_after_fork(survivor)
    mark = registry.notice_fork()
    mark.value = False  # type: ignore[attr-defined]  # as the kernel does  # pyright: ignore[reportAttributeAccessIssue]

    assert registry.notice_fork()
    assert registry.notice_fork()
    assert [1, 1, 1, 1] == [survivor.forks for survivor in survivors]
    assert ["Failing" in line for line in caplog.messages] == [True]


def test_survivors_are_not_kept_alive() -> None:
    """Registering keeps no reference."""
    source = weakref.ref(IdRandom())

    gc.collect()

    assert source() is None


def test_system_without_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no fork, registering does nothing."""
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    registry.call_after_fork(Survivor())

    assert not registry._hooked  # pyright: ignore[reportPrivateUsage]  # as above


def test_fork_waits_for_an_import_in_the_background() -> None:
    """While a thread is inside forks_wait(), a fork waits; then it continues."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    inside, leave, forked = threading.Event(), threading.Event(), threading.Event()

    def load() -> None:
        with registry.forks_wait():
            inside.set()
            leave.wait(TIMEOUT)

    def begin_fork() -> None:
        registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        forked.set()
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above

    threads = [threading.Thread(target=load), threading.Thread(target=begin_fork)]
    threads[0].start()
    assert inside.wait(TIMEOUT)
    threads[1].start()
    assert not forked.is_set()
    leave.set()

    assert forked.wait(TIMEOUT)
    for thread in threads:
        thread.join(TIMEOUT)


def test_threads_inside_do_not_wait_for_each_other() -> None:
    """While a thread is inside forks_wait(), another enters and leaves."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    with thread_inside(registry):
        began = time.monotonic()
        with registry.forks_wait():
            seconds = time.monotonic() - began

    assert seconds < 1.9


def test_entering_waits_for_a_fork_that_has_begun() -> None:
    """During a fork threads wait to enter, until the fork is done."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    entered = threading.Event()

    def enter() -> None:
        with registry.forks_wait():
            entered.set()

    registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
    with thread_of(enter, end=registry._after_in_parent):  # pyright: ignore[reportPrivateUsage]  # as above
        was_inside = entered.wait(0.05)

    assert not was_inside
    assert entered.is_set()


def test_a_fork_does_not_wait_for_a_thread_that_waits_for_it() -> None:
    """A thread that enters while a fork waits for another does not delay the fork."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    seconds = list[float]()

    def enter_often() -> None:
        while not seconds:
            with registry.forks_wait():
                pass

    with thread_inside(registry) as leave, thread_of(enter_often):
        leave()
        seconds.append(seconds_of_fork(registry))

    assert seconds[0] < 1.9


def test_a_hung_thread_delays_one_fork_for_two_seconds() -> None:
    """A fork continues after 2 seconds; later ones do not wait for the same thread."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    with thread_inside(registry):
        seconds = [seconds_of_fork(registry) for _ in range(3)]

    assert 1.9 < seconds[0] < 30.0
    assert sum(seconds[1:]) < 1.9


def test_a_thread_inside_may_fork_and_enter_again() -> None:
    """A signal handler may fork, and enter, on a thread that is inside or forks."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    began = time.monotonic()

    with registry.forks_wait():
        registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        with registry.forks_wait():
            pass
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above

    assert time.monotonic() - began < 1.9


def test_threads_may_fork_at_once() -> None:
    """Of two simultaneous forks, each ends its own; entering waits for both."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    entered, begun, end = threading.Event(), threading.Event(), threading.Event()

    def other_fork() -> None:
        registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        begun.set()
        end.wait(TIMEOUT)
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above

    def enter() -> None:
        with registry.forks_wait():
            entered.set()

    registry._before()  # pyright: ignore[reportPrivateUsage]  # as above
    with thread_of(other_fork, end=end.set):
        assert begun.wait(TIMEOUT)
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above
        with thread_of(enter, end=end.set):
            was_inside = entered.wait(0.05)

    assert not was_inside
    assert entered.is_set()


def test_the_end_of_a_fork_that_did_not_begin() -> None:
    """If an interrupt came before the fork was recorded, its end does nothing."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does

    assert seconds_of_fork(registry) < 1.9


def test_a_fork_begun_meanwhile_does_not_stop_a_thread_inside() -> None:
    """A thread inside can enter again while a fork waits for it."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    forking = threading.Event()

    def begin_fork() -> None:
        forking.set()
        registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above

    thread = threading.Thread(target=begin_fork)
    with registry.forks_wait():
        thread.start()
        assert forking.wait(TIMEOUT)
        began = time.monotonic()
        while time.monotonic() < began + 0.1:
            with registry.forks_wait():
                pass
        seconds = time.monotonic() - began
    thread.join(TIMEOUT)

    assert seconds < 1.9


def test_a_child_begins_with_nothing_to_wait_for() -> None:
    """In a child neither forks nor entering wait for the parent's threads."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    with thread_inside(registry):
        registry._after_in_child()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        seconds = seconds_of_fork(registry)

    assert seconds < 1.9


def test_a_fork_that_continues_in_a_child_waits_for_the_threads_there() -> None:
    """If a signal handler forks during a fork, the child repeats its preparation."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    class Interrupted(fork._ForkGate):  # pyright: ignore[reportPrivateUsage]  # as above
        def begin_fork(self) -> None:
            super().begin_fork()
            registry._after_in_child()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does

    registry._gate = Interrupted()  # pyright: ignore[reportPrivateUsage]  # as above
    registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does

    assert 1 == len(registry._gate._forks)  # pyright: ignore[reportPrivateUsage]  # as above


def test_a_handler_may_start_a_span_during_the_import_of_the_first_start() -> None:
    """Both spans are recorded, though imports are not reentrant up to Python 3.11."""
    program = """
import importlib._bootstrap, sys, threading
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter

reporter = InMemoryReporter()
tracer = Tracer("imports", reporter, ConstSampler(True))
assert "ctypes" not in sys.modules

def handle(frame, event, argument):
    if importlib._bootstrap._blocking_on.get(threading.get_ident()):
        sys.settrace(None)
        tracer.start_span("handler").finish()
    return handle

sys.settrace(handle)
span = tracer.start_span("first")
sys.settrace(None)
span.finish()
print(*(span.operation_name for span in reporter.get_spans()))
"""
    # Compiled, the first start imports nothing.
    env = {**os.environ, "JAEGER_CLIENT_PURE_PYTHON": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )

    assert ("handler first", "") == (done.stdout.strip(), done.stderr)
