"""
Sends the span "flushed", leaves "queued" in the queue, and ends.

The argument names the way to end. The flush interval is longer than any test.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer(reporter_flush_interval=300)


def end_by(number: signal.Signals) -> None:
    """End by a signal that the program does not handle."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def kill() -> None:
    """End by the signal that no program can handle."""
    os.kill(os.getpid(), signal.SIGKILL)


def terminate(handle: Callable[[], object]) -> None:
    """Handle SIGTERM."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: handle())
    os.kill(os.getpid(), signal.SIGTERM)


def close_and_die() -> None:
    """Close the tracer, then end by the signal that was handled."""
    tracer.close()
    end_by(signal.SIGTERM)


def interrupt() -> None:
    """Receive Ctrl-C, which raises KeyboardInterrupt; nothing catches it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGINT)


def raise_error() -> None:
    """Raise an exception that nothing handles."""
    raise RuntimeError


def exit_in_thread() -> None:
    """End a thread only, by `sys.exit`."""
    thread = threading.Thread(target=sys.exit, args=(3,))
    thread.start()
    thread.join()


def replace_program() -> None:
    """Replace the program by one that reports the span "after"."""
    module = "tests.integration.programs.make_tracer"
    program = f"from {module} import make_tracer; make_tracer().start_span('after')"
    os.execv(sys.executable, [sys.executable, "-c", f"{program}.finish()"])


ROUTES: dict[str, Callable[[], object]] = {
    "return": lambda: None,
    "sys.exit": lambda: sys.exit(3),
    "exception": raise_error,
    "sys.exit in a thread": exit_in_thread,
    "KeyboardInterrupt": interrupt,
    "sys.exit by SIGTERM": lambda: terminate(sys.exit),
    "close by SIGTERM": lambda: terminate(close_and_die),
    "os._exit": lambda: os._exit(3),
    "os.execv": replace_program,
    "SIGTERM": lambda: end_by(signal.SIGTERM),
    "SIGHUP": lambda: end_by(signal.SIGHUP),
    "SIGKILL": kill,
    "os.abort": os.abort,
}

tracer.start_span("flushed").finish()
assert tracer.flush()
tracer.start_span("queued").finish()
ROUTES[sys.argv[1]]()
