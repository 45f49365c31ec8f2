"""
Forks while a thread waits for the response of the backend.

The arguments are "worker" or "flush", the thread that sends, and "hooks" or "C", the
kind of fork. The backend responds to the parent when it has the spans of the child.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable

from tests.integration.programs.make_tracer import make_tracer

TIMEOUT = 40.0
# The main thread holds the interpreter lock until it waits, so no other thread waits
# for that lock when C code forks.
sys.setswitchinterval(1000)

state, how = sys.argv[1:]
tracer = make_tracer(
    collector={"endpoint": os.environ["TEST_ENDPOINT"]},
    reporter_flush_interval=0 if state == "worker" else 300,
    reporter_timeout=TIMEOUT,
)
FORKS: dict[str, Callable[[], int]] = {"hooks": os.fork, "C": ctypes.PyDLL(None).fork}

tracer.start_span("in flight").finish()
flushing = threading.Thread(target=tracer.flush, args=(TIMEOUT,))
if state == "flush":
    flushing.start()
# The backend has received the request.
assert input() == "received"
tracer.start_span("queued").finish()
child = FORKS[how]()
if not child:
    tracer.start_span("child").finish()
    os._exit(0 if tracer.close(TIMEOUT).result() else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
if state == "flush":
    flushing.join()
assert tracer.close(TIMEOUT).result()
