"""
Finishes spans in exit handlers; the arguments list those to register.

"early" is registered before the tracer is created, "late" after it, "warm" reports
spans before the end, "second" creates another tracer after the handlers.
"""

from __future__ import annotations

import atexit
import sys

from jaeger_client import Tracer
from tests.integration.programs.make_tracer import make_tracer

tracers: list[Tracer] = []


def report(name: str) -> None:
    """Report two spans by every tracer."""
    for tracer in tracers:
        tracer.start_span(name).finish()
        tracer.start_span(name).finish()


if "early" in sys.argv:
    atexit.register(report, "early")
tracers.append(make_tracer())
if "late" in sys.argv:
    atexit.register(report, "late")
if "second" in sys.argv:
    tracers.append(make_tracer())
if "warm" in sys.argv:
    report("warm")
