"""
The compiled core: modules of Cython, and whether they are used.

Each has a twin in plain Python, which is the reference. The twins are used where no
compiled module was built: without a C compiler, on PyPy, in subinterpreters, and if the
environment variable `JAEGER_CLIENT_PURE_PYTHON` is set.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

_PROBE: Final = "spans"
"""The module that every tracer needs; the others were built with it."""


def _can_import() -> bool:
    try:
        import_module(f"{__name__}.{_PROBE}")
    except ImportError:
        return False
    return True


IS_COMPILED: Final = (
    os.environ.get("JAEGER_CLIENT_PURE_PYTHON", "") in {"", "0"} and _can_import()
)
"""Whether the compiled modules are used: all of them, or the twins."""
