"""Packages that are imported twice, and modules that are reloaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import importlib, sys
import jaeger_client
from jaeger_client.reporter import InMemoryReporter

def trace(package, tracer):
    with tracer.start_active_span("parent", tags={"a": 1}) as scope:
        carrier = {}
        tracer.inject(tracer.start_span("child").set_tag("b", 2), "text_map", carrier)
        context = tracer.extract("text_map", carrier)
    assert type(scope.span) is package.Span, "class of a span"
    assert type(context) is type(scope.span.context), "class of a context"
    assert [scope.span] == tracer.reporter.get_spans()[-1:], "a reported span"

def make_tracer(package):
    return package.Tracer("svc", InMemoryReporter(), package.ConstSampler(True))

def of_package(names):
    return [name for name in names if name.split(".")[0] == "jaeger_client"]

first = jaeger_client
tracer = make_tracer(first)
trace(first, tracer)
"""

AGAIN = """
for name in of_package([*sys.modules]):
    del sys.modules[name]
second = importlib.import_module("jaeger_client")
trace(second, make_tracer(second))
trace(first, tracer)
trace(second, make_tracer(second))
print(first.implementation, "then", second.implementation)
"""

RELOAD = """
importlib.reload(sys.modules["{module}"])
trace(first, tracer)
trace(first, make_tracer(first))
"""


def run(program: str) -> str:
    """Run a program in a new process; return its output."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM + program]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert not done.stderr
    return done.stdout.strip()


def test_copies_of_the_package_do_not_share_classes() -> None:
    """Deleted from `sys.modules` and imported again, both copies work as before."""
    assert run(AGAIN).endswith("then pure Python")


@pytest.mark.parametrize(
    "module", ["span", "tracer", "_internal.span_starter", "_native", "scope"]
)
def test_a_module_may_be_reloaded(module: str) -> None:
    """Tracers from before use the classes from before."""
    run(RELOAD.format(module=f"jaeger_client.{module}"))
