"""
The compiled core: modules of Cython, and whether they are used.

Each has a twin in pure Python, which is the reference. The twins are used if the
environment variable `JAEGER_CLIENT_PURE_PYTHON` is set, and where the compiled modules
were not built or cannot be imported: without a C compiler, on PyPy, and in all
interpreters of a process but the first that imports them. The same holds for copies of
the package in one interpreter, which tests create that delete it from `sys.modules` and
import it again: a compiled module exists once, and knows the classes of one copy.
"""

from __future__ import annotations

import os
import sys
from typing import Final

VARIABLE: Final = "JAEGER_CLIENT_PURE_PYTHON"
"""Selects the twins, if true. Read here, before there is a `Config`."""

_FALSE: Final = {"", "0", "f", "false", "n", "no", "off"}
"""What is false in the variable, as in those that `Config` reads."""

IS_WANTED: Final = os.environ.get(VARIABLE, "").strip().lower() in _FALSE
"""Whether the variable leaves the choice to what was built."""


def _why_not_compiled() -> str | None:
    """Return why the twins are used, `None` if the compiled modules are."""
    if not IS_WANTED:
        return f"{VARIABLE} is set"
    try:
        # It was built with the others and imports nothing. One of the others would
        # import modules of the package that import this one, which is not complete yet.
        # Not by `import_module`: a start imports nothing else of importlib.
        probe = __import__(f"{__name__}.probe", fromlist=["probe"])
    except ModuleNotFoundError:
        return "the compiled modules were not built (pip install --verbose prints why)"
    except ImportError as error:
        return f"the compiled modules cannot be imported: {error}"
    copy = sys.modules[__name__.partition(".")[0]]
    if probe.__dict__.setdefault("used_by", copy) is not copy:
        return "another copy of the package uses the compiled modules"
    return None


WHY_NOT_COMPILED: Final = _why_not_compiled()
"""Why the twins are used, `None` if they are not."""

IS_COMPILED: Final = WHY_NOT_COMPILED is None
"""Whether the compiled modules are used: all of them, or the twins."""

IMPLEMENTATION: Final = "compiled" if IS_COMPILED else "pure Python"
"""Which of the two is used, in words."""
