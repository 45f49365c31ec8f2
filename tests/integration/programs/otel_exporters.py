"""
A program of OpenTelemetry's SDK that knows nothing of this package.

The SDK is configured by environment variables only. The argument is what it does:

- `once` ends a span;
- `fork` ends one in the parent, one in a forked child and again one in the parent;
- `fork-in-c` does the same without Python's fork hooks;
- `busy` forks when a line comes on stdin, while the first span is being exported.

Prints which modules of this package were imported.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

from opentelemetry import trace
from opentelemetry.sdk._configuration import _OTelSDKConfigurator


def bake(name: str, *, flush: bool = True) -> None:
    """End a span and, with *flush*, wait until it was exported."""
    with trace.get_tracer("baking", "1.0").start_as_current_span(name) as span:
        span.set_attribute("loaves", [1, 2])
    if flush:
        trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]


_OTelSDKConfigurator().configure()  # type: ignore[no-untyped-call]

is_busy = sys.argv[1] == "busy"
bake("before", flush=not is_busy)
if is_busy:
    sys.stdin.readline()
if sys.argv[1] != "once":
    fork = ctypes.PyDLL(None).fork if sys.argv[1] == "fork-in-c" else os.fork
    child = fork()
    bake("child" if child == 0 else "parent")
    if child == 0:
        trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined]
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined]
print(json.dumps({"ours": [name for name in sys.modules if "jaeger_client" in name]}))
