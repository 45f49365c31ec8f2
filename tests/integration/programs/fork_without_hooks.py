"""
Forks as a C extension does, without Python's hooks, and prints the ids of the children.

The argument is what the parent does before: "nothing", "queued" (reports a span that
its worker has not sent yet) or "running" (its worker has sent a span and sleeps).
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading

from tests.integration.programs.make_tracer import make_tracer

SPANS, CHILDREN, THREADS = 20, 3, 4

# A child hangs if another thread waited for the interpreter lock at such a fork. With
# this interval threads release it only when they block, so the parent's worker sleeps
# then.
sys.setswitchinterval(1000)

tracer = make_tracer()


def report(name: str) -> None:
    """Report spans and print their ids."""
    for _ in range(SPANS):
        span = tracer.start_span(name)
        os.write(1, b"%x\n" % span.trace_id)
        span.finish()


def run_child(number: int) -> None:
    """Report from several threads at once: each may be the first to detect the fork."""
    threads = [
        threading.Thread(target=report, args=(f"child {number}",))
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    all_left = tracer.close().result()
    os._exit(0 if all_left else 1)


if sys.argv[1] != "nothing":
    tracer.start_span("parent").finish()
if sys.argv[1] == "running":
    assert tracer.flush()
children: list[int] = []
for number in range(CHILDREN):
    # PyDLL keeps the interpreter locked, so that the child owns it.
    child: int = ctypes.PyDLL(None).fork()
    if not child:
        run_child(number)
    children.append(child)
assert tracer.close().result()
for child in children:
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
