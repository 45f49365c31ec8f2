"""A program for opentracing_instrumentation 3.3 makes the spans that 3.3.1 made."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

from tests.compat.conftest import PROGRAMS, TIMEOUT

FOLDER: Final = PROGRAMS / "legacy"
PROGRAM: Final = (FOLDER / "program.py").read_text("utf-8")
EXPECTED: Final[dict[str, object]] = json.loads(
    (FOLDER / "expected.json").read_text("utf-8")
)
"""What 3.3.1 recorded on Python 3.8; see `record.py`."""

OLD: Final = "opentracing_instrumentation"
NEW: Final = "jaeger_client.instrumentation.legacy"

UNCHANGED: Final = f"""
from jaeger_client.instrumentation import legacy
assert legacy.install_as()
{PROGRAM}
"""
CHANGED: Final = PROGRAM.replace(OLD, NEW).replace(
    "opentracing.scope_managers.tornado", f"{NEW}.tornado_scopes"
)


def run(program: str) -> dict[str, object]:
    """Run a program in a process of its own and return what it recorded."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-"],
        input=program,
        env={"PYTHONPATH": str(FOLDER)},
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    assert "" == done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "program", [UNCHANGED, CHANGED], ids=["install_as", "legacy names"]
)
def test_the_spans_are_those_of_3_3_1(program: str) -> None:
    """Names, tags, events, parents and headers, whichever way the names are found."""
    found = run(program)

    assert EXPECTED.keys() == found.keys()
    for section, spans in EXPECTED.items():
        assert spans == found[section], section
