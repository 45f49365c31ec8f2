"""A real Jaeger and a real Zipkin for this room, and programs that report to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import ROOT, RequireTool, tool_or_skip
from tests.real.jaeger_build import HOW_TO_GET_GO, build_jaeger, jaeger_path
from tests.real.jaeger_query import JaegerQuery
from tests.real.jaeger_server import JaegerServer
from tests.real.zipkin_fetch import zipkin_command
from tests.real.zipkin_query import ZipkinQuery
from tests.real.zipkin_server import ZipkinServer

PROGRAMS = Path(__file__).parent / "programs"
PY_ZIPKIN = ROOT / ".nox" / "py-zipkin"
SERVER = pytest.StashKey[JaegerServer]()
ZIPKIN = pytest.StashKey[ZipkinServer]()
PROGRAM_TIMEOUT = 60.0
"""Seconds; each program takes about one."""


@pytest.fixture(scope="session")
def jaeger_server(
    require_tool: RequireTool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JaegerServer]:
    """One Jaeger for the whole run, with its defaults and strategies.json."""
    binary = jaeger_path()
    if not binary.exists():
        binary = build_jaeger(require_tool("go", HOW_TO_GET_GO))
    server = JaegerServer(binary, tmp_path_factory.mktemp("jaeger") / "jaeger.log")
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def jaeger(jaeger_server: JaegerServer, pytestconfig: pytest.Config) -> JaegerQuery:
    """Questions to a real Jaeger."""
    pytestconfig.stash[SERVER] = jaeger_server
    return JaegerQuery()


@pytest.fixture(scope="session")
def zipkin_server(
    require_tool: RequireTool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ZipkinServer]:
    """One Zipkin for the whole run."""
    log = tmp_path_factory.mktemp("zipkin") / "zipkin.log"
    server = ZipkinServer(zipkin_command(require_tool), log)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def zipkin(zipkin_server: ZipkinServer, pytestconfig: pytest.Config) -> ZipkinQuery:
    """Questions to a real Zipkin."""
    pytestconfig.stash[ZIPKIN] = zipkin_server
    return ZipkinQuery(zipkin_server.url)


@pytest.fixture(scope="session")
def py_zipkin_python() -> str:
    """Return a Python that has py-zipkin and nothing of ours."""
    python = PY_ZIPKIN / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s py_zipkin`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of a server's output with each failed test that used it."""
    report = yield
    stash = item.config.stash
    used = {"jaeger": stash.get(SERVER, None), "zipkin": stash.get(ZIPKIN, None)}
    if report.failed:
        for name in used.keys() & getattr(item, "fixturenames", ()):
            if server := used[name]:
                report.sections.append((f"the end of {name}'s output", server.tail()))
    return report


class RunProgram(Protocol):
    """Type of the fixture `run_program`."""

    def __call__(self, name: str, *, python: str = ..., **environment: str) -> str:
        """Run a program with nothing but *environment* set for it, return stdout."""
        ...


@pytest.fixture(scope="session")
def run_program() -> RunProgram:
    """Run one of the programs in a process of its own, as a user would."""
    return _run


def _run(name: str, *, python: str = sys.executable, **environment: str) -> str:
    result = subprocess.run(
        [python, str(PROGRAMS / name)],
        env=clean_environment(python) | environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def clean_environment(python: str) -> dict[str, str]:
    """Leave out what a developer may have set for a tracer of their own."""
    foreign = ["JAEGER_", "OTEL_"]
    if python != sys.executable:
        # It has a jaeger_client of its own.
        foreign.append("PYTHONPATH")
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(tuple(foreign))
    }
