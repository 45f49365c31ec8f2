"""
Requests in greenlets.

The arguments are the library; when it patches the standard library, "early" or "late"
(after the tracers were created); and "spans", which are reported, or "measure".
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

library, when, what = sys.argv[1:]
if library == "eventlet":
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    # Its resolver calls functions that dnspython has deprecated.
    warnings.filterwarnings("ignore", "please use dns.resolver.Resolver.resolve")
greenlets: Any = import_module(library)  # has no types that help here


def patch() -> None:
    """Replace the blocking functions of the standard library."""
    if library == "gevent":
        import_module("gevent.monkey").patch_all()
    else:
        import_module("eventlet").monkey_patch()


if when == "early":
    patch()

from tests.integration.programs.loop_receivers import (  # noqa: E402 - as below
    make_receivers,
)
from tests.integration.programs.loop_work import (  # noqa: E402 - the patch comes first
    Task,
    measurements,
    requests_of,
)
from tests.integration.programs.make_tracer import make_tracer  # noqa: E402 - as above

tracer = make_tracer()
receivers = make_receivers() if what == "measure" else {}
if when == "late":
    patch()


def start(function: Callable[..., object], *arguments: object) -> Callable[[], object]:
    """Call a function in a new greenlet; return a function that waits for it."""
    greenlet = greenlets.spawn(function, *arguments)
    wait: Callable[[], object] = greenlet.get if library == "gevent" else greenlet.wait
    return wait


def run_task(task: Task) -> None:
    """Perform each step of a task; a worker thread is another greenlet here."""
    for step in task:
        if callable(step):
            start(step)()
        else:
            greenlets.sleep(step)


def run_together(*tasks: Task) -> None:
    """Run each task in a greenlet of its own."""
    waits = [start(run_task, task) for task in tasks]
    for wait in waits:
        wait()


if what == "spans":
    with tracer.start_active_span("all"):
        run_together(*requests_of(tracer, inherits=False))
    assert tracer.close(30).result()
else:
    for tasks in measurements(receivers, inherits=False):
        run_together(*tasks)
