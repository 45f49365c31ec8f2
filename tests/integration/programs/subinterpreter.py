"""
Reports a span in an isolated subinterpreter, which permits no daemon threads.

Before Python 3.12 it permits no threads at all.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

PROGRAM = """
from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
tracer.start_span("in a subinterpreter").finish()
assert tracer.close(timeout=5.0).result()
"""

MODULE = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"

interpreters: Any = importlib.import_module(MODULE)
interpreter = interpreters.create()
error = interpreters.run_string(interpreter, PROGRAM)
interpreters.destroy(interpreter)
sys.exit(None if error is None else str(error))
