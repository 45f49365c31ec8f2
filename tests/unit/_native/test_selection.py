"""Which implementation is used: the compiled modules or their twins."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from jaeger_client import _native
from jaeger_client._native import VARIABLE

SHOW = """
from jaeger_client import _native
print(_native.IMPLEMENTATION, _native.IS_COMPILED, _native.WHY_NOT_COMPILED, sep="|")
"""

BLOCKED = """
import sys
class Blocker:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "jaeger_client._native.probe":
            raise {error}
sys.meta_path.insert(0, Blocker)
"""

SUBINTERPRETER = """
import sys
from jaeger_client import _native
try:
    import _interpreters as interpreters
    legacy = "legacy"
except ImportError:
    import _xxsubinterpreters as interpreters
    legacy = None
other = interpreters.create(legacy) if legacy else interpreters.create(isolated=False)
interpreters.run_string(other, {program!r})
"""


def show(program: str = SHOW, value: str = "") -> list[str]:
    """Return what a program shows of the implementation in a new process."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, VARIABLE: value},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout.strip().split("|")


def is_built() -> bool:
    """Return whether the compiled modules lie beside this package."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return Path(_native.__file__).with_name(f"probe{suffix}").exists()


needs_compiled = pytest.mark.skipif(
    not is_built(), reason="the compiled modules were not built for this Python"
)


def test_the_three_names_agree() -> None:
    """There is a reason if, and only if, the twins are used."""
    assert _native.IS_COMPILED is (_native.WHY_NOT_COMPILED is None)
    expected = "compiled" if _native.IS_COMPILED else "pure Python"
    assert expected == _native.IMPLEMENTATION


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_the_variable_selects_the_twins(value: str) -> None:
    """Whatever was built, the reason is the variable."""
    assert ["pure Python", "False", f"{VARIABLE} is set"] == show(value=value)


@needs_compiled
@pytest.mark.parametrize("value", ["", "0", "False", " off "])
def test_what_was_built_is_used(value: str) -> None:
    """Empty and false are the same as no variable."""
    assert ["compiled", "True", "None"] == show(value=value)


def test_without_compiled_modules_the_twins_are_used() -> None:
    """The reason is that they are not there."""
    blocked = BLOCKED.format(error="ModuleNotFoundError('x')") + SHOW

    reason = "the compiled modules were not built (pip install --verbose prints why)"
    assert ["pure Python", "False", reason] == show(blocked)


def test_compiled_modules_that_cannot_be_imported_are_not_used() -> None:
    """The reason has the error, for example of another C library."""
    blocked = BLOCKED.format(error="ImportError('undefined symbol: x')") + SHOW

    reason = "the compiled modules cannot be imported: undefined symbol: x"
    assert ["pure Python", "False", reason] == show(blocked)


@needs_compiled
def test_a_subinterpreter_uses_the_twins() -> None:
    """A compiled module can be imported by one interpreter of a process only."""
    name, is_compiled, reason = show(SUBINTERPRETER.format(program=SHOW))

    assert ("pure Python", "False") == (name, is_compiled)
    assert reason.startswith("the compiled modules cannot be imported: ")


@needs_compiled
def test_a_tracer_works_in_a_subinterpreter() -> None:
    """It records a span in pure Python, beside compiled ones in the process."""
    program = """
from jaeger_client import ConstSampler, Tracer, implementation
from jaeger_client.reporter import InMemoryReporter
reporter = InMemoryReporter()
tracer = Tracer("shop", reporter, ConstSampler(True))
tracer.start_span("bake").finish()
print(implementation, len(reporter.get_spans()), sep="|")
tracer.close()
"""
    output = show(f"import jaeger_client\n{SUBINTERPRETER.format(program=program)}")

    assert ["pure Python", "1"] == output
