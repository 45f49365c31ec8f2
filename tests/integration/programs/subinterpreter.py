"""
Reports a span in the main interpreter and in each of two isolated subinterpreters.

They permit no daemon threads; before Python 3.12, no threads at all. The argument is
"close" if they close their tracers, or "exit" if the exit handlers do.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from tests.integration.programs.make_tracer import make_tracer

PROGRAM = """
from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
tracer.start_span("in a subinterpreter").finish()
"""
PROGRAMS = {"close": PROGRAM + "assert tracer.close().result()\n", "exit": PROGRAM}


def run(program: str) -> None:
    """Run *program* in a new interpreter."""
    if sys.version_info >= (3, 14):
        interpreters: Any = importlib.import_module("concurrent.interpreters")
        interpreter = interpreters.create()
        interpreter.exec(program)
        interpreter.close()
        return
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    interpreters = importlib.import_module(name)
    interpreter = interpreters.create()
    error = interpreters.run_string(interpreter, program)
    interpreters.destroy(interpreter)
    assert error is None, error


tracer = make_tracer()
tracer.start_span("in the main interpreter").finish()
for _ in range(2):
    run(PROGRAMS[sys.argv[1]])
