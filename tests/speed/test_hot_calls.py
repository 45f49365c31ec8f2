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
from benchmarks.gating.counting import (
    COMPILED,
    HOW_TO_GET_VALGRIND,
    IMPLEMENTATIONS,
    count_instructions,
)
from benchmarks.gating.pythons import describe
from jaeger_client._native import IS_COMPILED
from tests.conftest import RequireTool

# The first test of each implementation counts all calls: 10 seconds of CPU, more on a
# loaded machine.
pytestmark = pytest.mark.timeout(300)

NAMES = [call.name for call in HOT_CALLS if call.name not in {"nothing", "limit"}]

FailuresOf = Callable[[str], list[str]]


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def failures_of(
    request: pytest.FixtureRequest, require_tool: RequireTool
) -> FailuresOf:
    """Count once for each implementation; return the failures of one call."""
    require_tool("valgrind", HOW_TO_GET_VALGRIND)
    implementation: str = request.param
    if implementation == COMPILED and not IS_COMPILED:
        pytest.skip("the compiled modules are not used here")
    python = describe(Path(sys.executable))
    assert python is not None
    budgets = read_budgets(python.version, implementation)
    if budgets is None:
        end_without_budgets(python.version, implementation)
    installed = Path(jaeger_client.__file__).parents[1]
    counts = count_instructions(python.path, installed, implementation)
    ratios = ratios_to_limit(counts)
    return lambda name: judge({name: ratios[name]}, budgets, python.build).failures


def end_without_budgets(version: str, implementation: str) -> NoReturn:
    """Skip, or fail in CI, which has budgets for the Python it uses."""
    reason = (
        f"no budgets for {implementation}, Python {version}: run benchmarks/gates.py "
        "--update"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("name", NAMES)
def test_hot_call_stays_within_its_budget(name: str, failures_of: FailuresOf) -> None:
    """A hot call takes hardly more instructions than its budget."""
    for line in failures_of(name):
        pytest.fail(line, pytrace=False)
