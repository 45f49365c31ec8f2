"""The hot calls stay within benchmarks/budgets.json, counted in instructions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import jaeger_client
from benchmarks.gating.budgets import judge, ratios_to_limit, read_budgets
from benchmarks.gating.calls import HOT_CALLS
from benchmarks.gating.counting import HOW_TO_GET_VALGRIND, count_instructions
from benchmarks.gating.pythons import describe
from tests.conftest import RequireTool

# The first test counts all calls: 10 seconds of CPU, more on a loaded machine.
pytestmark = pytest.mark.timeout(300)

NAMES = [call.name for call in HOT_CALLS if call.name not in {"nothing", "limit"}]

FailuresOf = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def failures_of(require_tool: RequireTool) -> FailuresOf:
    """Count once; return the failures of one call."""
    require_tool("valgrind", HOW_TO_GET_VALGRIND)
    python = describe(Path(sys.executable))
    assert python is not None
    budgets = read_budgets(python.version)
    if budgets is None:
        end_without_budgets(python.version)
    installed = Path(jaeger_client.__file__).parents[1]
    ratios = ratios_to_limit(count_instructions(python.path, installed))
    return lambda name: judge({name: ratios[name]}, budgets, python.build).failures


def end_without_budgets(version: str) -> NoReturn:
    """Skip, or fail in CI, which has budgets for the Python it uses."""
    reason = f"no budgets for Python {version}: run benchmarks/gates.py --update"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("name", NAMES)
def test_hot_call_stays_within_its_budget(name: str, failures_of: FailuresOf) -> None:
    """A hot call takes hardly more instructions than its budget."""
    for line in failures_of(name):
        pytest.fail(line, pytrace=False)
