"""The one hook that runs in forked children."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref

import pytest

from jaeger_client import fork
from jaeger_client.ids import IdRandom

PATIENCE = 10.0

IN_A_CHILD = """
import os
from jaeger_client.ids import IdRandom

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
from jaeger_client.fork import call_after_fork
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
from jaeger_client import fork
from jaeger_client.ids import IdRandom

class Survivor:
    forks = 0
    def after_fork_in_child(self):
        self.forks += 1
        fork.notice_fork()  # as a span that it starts would

survivor, source = Survivor(), IdRandom()
fork.call_after_fork(survivor)
mark = fork.noticed_mark()

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
"""


class Survivor:
    """Counts the forks it lived through."""

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
def test_fork_is_noticed_once(fork: str, before: str) -> None:
    """A child does the work of the hooks once, by a hook or when it is noticed."""
    words = output_of(WITHOUT_HOOKS.replace("{fork}", fork).replace("{before}", before))
    parent, child, grandchild = words[:2], words[2:6], words[6:8]

    assert ["True", "0"] == parent
    assert [str(fork == "os.fork()"), "True", "1"] == child[:3]
    assert "2" == grandchild[0]
    assert "0" == words[8]
    assert 3 == len({child[3], grandchild[1], words[9]})


def test_threads_wait_for_the_one_that_noticed_the_fork() -> None:
    """While one thread makes everything anew, others wait, and do not do it again."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # the process has but one
    began, go_on, done = threading.Event(), threading.Event(), threading.Event()

    class Slow(Survivor):
        def after_fork_in_child(self) -> None:
            began.set()
            assert go_on.wait(PATIENCE)
            super().after_fork_in_child()

    survivor = Slow()
    registry.add(survivor)
    mark = registry.notice_fork()
    mark.value = False  # type: ignore[attr-defined]  # as the kernel does  # pyright: ignore[reportAttributeAccessIssue]

    def notice() -> None:
        registry.notice_fork()
        done.set()

    threads = [threading.Thread(target=notice) for _ in range(2)]
    threads[0].start()
    assert began.wait(PATIENCE)
    threads[1].start()
    assert not done.is_set()
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)

    assert done.is_set()
    assert 1 == survivor.forks


def test_no_hook_at_import() -> None:
    """Importing registers no hook; the first survivor does, and it serves all."""
    at_import, later, *hooks = output_of(AT_IMPORT)

    assert ("0", "1") == (at_import, later)
    assert "['after_in_child', 'after_in_parent', 'before']" == " ".join(hooks)


def test_living_survivors_are_called() -> None:
    """In a child each registered object that lives is called."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # the process has but one
    first, second = Survivor(), Survivor()
    registry.add(first)
    registry.add(second)
    registry.add(second)

    registry._after_in_child()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does

    assert (1, 1) == (first.forks, second.forks)


def test_survivors_are_not_kept_alive() -> None:
    """Registering keeps nothing alive."""
    source = weakref.ref(IdRandom())

    gc.collect()

    assert source() is None


def test_system_without_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no fork, registering does nothing."""
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above

    registry.add(Survivor())

    assert not registry._hooked  # pyright: ignore[reportPrivateUsage]  # as above


def test_fork_waits_for_an_import_in_the_background() -> None:
    """While a thread is inside forks_wait(), a fork waits; then it goes on."""
    registry = fork._ForkRegistry()  # pyright: ignore[reportPrivateUsage]  # as above
    inside, leave, forked = threading.Event(), threading.Event(), threading.Event()

    def load() -> None:
        with registry.wait():
            inside.set()
            leave.wait(PATIENCE)

    def begin_fork() -> None:
        registry._before()  # pyright: ignore[reportPrivateUsage]  # as the interpreter does
        forked.set()
        registry._after_in_parent()  # pyright: ignore[reportPrivateUsage]  # as above

    threads = [threading.Thread(target=load), threading.Thread(target=begin_fork)]
    threads[0].start()
    assert inside.wait(PATIENCE)
    threads[1].start()
    assert not forked.is_set()
    leave.set()

    assert forked.wait(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
