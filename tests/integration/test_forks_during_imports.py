"""Forks on one thread while the application imports a module on another."""

from __future__ import annotations

import os

import pytest

from tests.integration.conftest import RunProgram


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@pytest.mark.parametrize(
    "module",
    ["jaeger_client.reporter.future", "jaeger_client.thrift"],
)
def test_a_fork_during_an_import_stops_no_child(
    run_program: RunProgram, module: str
) -> None:
    """The fork waits for the import, which a child could never complete."""
    assert "0\n" == run_program("fork_while_application_imports.py", module)
