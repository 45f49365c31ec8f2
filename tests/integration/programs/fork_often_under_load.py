"""
Forks 1,000 times while four threads and a signal handler report.

Children report, and end in turn in each of `ENDS`. Prints how many spans the handler
has reported, and how many the parent has dropped.
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import signal
import sys
import threading
from typing import NoReturn

from tests.integration.programs.make_tracer import losses_of, make_tracer

CHILDREN, THREADS, SPANS = 1_000, 4, 5
MAX_ALIVE = 6
HANDLER_INTERVAL = 0.01
CHILD_TIMEOUT = 60
"""Seconds after which SIGALRM ends a child that hangs."""

tracer = make_tracer()
permits = threading.Semaphore(0)
handled = itertools.count()


def report(name: str, count: int = SPANS) -> None:
    """Report *count* spans, each with its own name."""
    for number in range(count):
        tracer.start_span(f"{name}.{number}").finish()


def report_in_thread(thread: int) -> None:
    """Report some spans for each fork, at about the time of the fork."""
    for fork in range(CHILDREN):
        permits.acquire()
        report(f"thread {thread}.{fork}")


def handle(*_: object) -> None:
    """Report a span, wherever the main thread has been interrupted."""
    # One statement, because the next signal may arrive before the handler has returned.
    tracer.start_span(f"handler {next(handled)}").finish()


def close_and_exit() -> None:
    """End without exit handlers, after the tracer was closed."""
    os._exit(0 if tracer.close().result() else 1)


def flush_and_exit() -> None:
    """End without exit handlers, after a flush."""
    os._exit(0 if tracer.flush() else 1)


def flush_and_die() -> None:
    """End by a signal that no process can handle, after a flush."""
    assert tracer.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def raise_error() -> None:
    """End by an exception that nothing handles."""
    sys.excepthook = lambda _kind, _error, _traceback: None
    raise RuntimeError


def exit_by_signal() -> None:
    """End by a handler for SIGTERM that raises SystemExit."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(3))
    os.kill(os.getpid(), signal.SIGTERM)


def exit_with_thread() -> None:
    """End the main thread while another one is about to report."""
    threading.Thread(target=report, args=(f"late {os.getpid()}",)).start()


def exit_after_grandchild() -> None:
    """Fork once more; both processes report."""
    grandchild = os.fork()
    if not grandchild:
        report(f"grandchild {os.getpid()}")
        sys.exit()
    check_exit(grandchild, 0)


QUICK_ENDS = (
    (close_and_exit, 0),
    (flush_and_exit, 0),
    (flush_and_die, -signal.SIGKILL),
)
# These run the interpreter's exit, which takes four times as long as everything else.
ENDS = (
    *(5 * QUICK_ENDS),
    (raise_error, 1),
    (exit_by_signal, 3),
    (exit_with_thread, 0),
    (exit_after_grandchild, 0),
    (sys.exit, 0),
)


def run_child(number: int) -> NoReturn:
    """Report some spans and end."""
    # A child that hangs prints its stacks and ends.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(CHILD_TIMEOUT)
    report(f"child {number}")
    end, _ = ENDS[number % len(ENDS)]
    end()
    sys.exit()


def check_exit(pid: int, code: int) -> None:
    """Wait for a child, which must end with *code*."""
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == code, (status, code)


def fork_often() -> None:
    """Fork the children, of which a few are alive at the same time."""
    alive = list[tuple[int, int]]()
    for number in range(CHILDREN):
        permits.release(THREADS)
        report(f"main {number}")
        child = os.fork()
        if not child:
            run_child(number)
        alive.append((child, ENDS[number % len(ENDS)][1]))
        if len(alive) == MAX_ALIVE:
            check_exit(*alive.pop(0))
    for pid, code in alive:
        check_exit(pid, code)


def main() -> None:
    """Fork under load, and report the numbers that the test needs."""
    # Switch threads often, so that forks interrupt calls anywhere.
    sys.setswitchinterval(1e-5)
    # Daemon threads, so that a failed assertion ends the program.
    threads = [
        threading.Thread(target=report_in_thread, args=(number,), daemon=True)
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, HANDLER_INTERVAL, HANDLER_INTERVAL)
    fork_often()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for thread in threads:
        thread.join()
    assert tracer.close(30).result()
    print(next(handled), losses_of(tracer).dropped)


main()
