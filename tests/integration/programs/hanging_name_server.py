"""
A tracer whose name server does not respond, and other work beside it.

The resolver of this process hangs for one name, as the system's does while its name
server is silent, and resolves another one at once.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

from tests.integration.programs.make_tracer import make_tracer

TIMEOUT = 20.0
looked_up, released = threading.Event(), threading.Event()
system_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host: str, *args: object, **kwargs: object) -> object:
    """Hang for `hangs.test`; resolve `agent.test` to this machine."""
    if host == "hangs.test":
        looked_up.set()
        released.wait(TIMEOUT)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    assert host == "agent.test"
    return system_getaddrinfo("127.0.0.1", *args, **kwargs)  # type: ignore[arg-type]  # as they came


def report_by_another_tracer(name: str) -> bool:
    """Report a span by a tracer whose agent's name resolves at once."""
    other = make_tracer(local_agent={"reporting_host": "agent.test"})
    other.start_span(name).finish()
    return other.flush(5) and other.close().result()


def report_in_a_child() -> None:
    """Fork, and report in parent and child."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(0 if report_by_another_tracer("child") else 1)
    assert time.monotonic() - began < 15.0
    assert report_by_another_tracer("parent")
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def wait_for_the_hanging_tracer() -> None:
    """Flush and close the tracer whose name server hangs."""
    began = time.monotonic()
    assert not hanging.flush(0.3)
    assert not hanging.close(0.3).result()
    assert time.monotonic() - began < 15.0


socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # a resolver of our own
hanging = make_tracer(
    local_agent={"reporting_host": "hangs.test"},
    reporter_flush_interval=0,
)
hanging.start_span("hanging").finish()
assert looked_up.wait(TIMEOUT)
if sys.argv[1] == "another tracer":
    assert report_by_another_tracer("other")
elif sys.argv[1] == "fork":
    report_in_a_child()
else:
    wait_for_the_hanging_tracer()
released.set()
