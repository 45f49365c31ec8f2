"""A real Jaeger and a real Zipkin, and programs that report to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import ROOT, RequireTool, tool_or_skip
from tests.real.clients.build import COMMANDS, find_tool
from tests.real.clients.chains import FindService
from tests.real.clients.service import Service
from tests.real.jaeger_build import HOW_TO_GET_GO, build_jaeger, jaeger_path
from tests.real.jaeger_query import JaegerQuery
from tests.real.jaeger_server import JaegerServer
from tests.real.sampling_jaeger import AdaptiveJaeger, FileJaeger
from tests.real.zipkin_fetch import zipkin_command
from tests.real.zipkin_query import ZipkinQuery
from tests.real.zipkin_server import ZipkinServer


class Server(Protocol):
    """A process that a fixture starts and ends."""

    def start(self) -> None: ...
    def close(self) -> None: ...
    def tail(self) -> str:
        """Return the end of its output."""
        ...


PROGRAMS = Path(__file__).parent / "programs"
PY_ZIPKIN = ROOT / ".nox" / "py-zipkin"
SERVERS = pytest.StashKey[dict[str, Server]]()
"""The running servers, by the name of their fixture."""
PROPAGATORS = {
    "opentelemetry": "jaeger_client",
    "opentelemetry, both": "tracecontext,baggage,jaeger_client",
}
"""The services of OpenTelemetry, and the formats that they propagate."""
PROGRAM_TIMEOUT = 60.0
"""Timeout in seconds; each program takes about one."""


@pytest.fixture(scope="session")
def jaeger_binary(require_tool: RequireTool) -> Path:
    """Return the path of Jaeger's program, which is built if necessary."""
    binary = jaeger_path()
    if binary.exists():
        return binary
    return build_jaeger(require_tool("go", HOW_TO_GET_GO))


@pytest.fixture(scope="session")
def jaeger(
    jaeger_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[JaegerQuery]:
    """Queries to the one Jaeger for the whole run, with its defaults."""
    log = tmp_path_factory.mktemp("jaeger") / "jaeger.log"
    with started("jaeger", JaegerServer(jaeger_binary, log), pytestconfig):
        yield JaegerQuery()


@pytest.fixture
def file_jaeger(
    jaeger_binary: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> Iterator[FileJaeger]:
    """A Jaeger for one test, with strategies that the test sets."""
    jaeger = FileJaeger(jaeger_binary, tmp_path)
    with started("file_jaeger", jaeger, pytestconfig):
        yield jaeger


@pytest.fixture
def adaptive_jaeger(
    jaeger_binary: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> Iterator[AdaptiveJaeger]:
    """A Jaeger for one test that computes rates itself."""
    jaeger = AdaptiveJaeger(jaeger_binary, tmp_path)
    with started("adaptive_jaeger", jaeger, pytestconfig):
        yield jaeger


@pytest.fixture(scope="session")
def zipkin(
    require_tool: RequireTool,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[ZipkinQuery]:
    """Queries to the one Zipkin for the whole run."""
    log = tmp_path_factory.mktemp("zipkin") / "zipkin.log"
    server = ZipkinServer(zipkin_command(require_tool), log)
    with started("zipkin", server, pytestconfig):
        yield ZipkinQuery(server.url)


@pytest.fixture(scope="session")
def py_zipkin_python() -> str:
    """Return a Python that has py-zipkin and not this package."""
    python = PY_ZIPKIN / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s py_zipkin`")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """Run a service of each client whose tools this machine has."""
    logs = tmp_path_factory.mktemp("clients")
    commands: dict[str, Sequence[str | Path]] = {
        "ours": [sys.executable, PROGRAMS / "relay.py"]
    }
    for name, command in COMMANDS.items():
        # If a tool is missing, `service` reports it to the tests that need it.
        with suppress(FileNotFoundError):
            commands[name] = command(find_tool)
    with ExitStack() as stack:
        services: dict[str, Service] = {}
        for name, arguments in commands.items():
            services[name] = Service(arguments, logs / f"{name}.log")
            stack.callback(services[name].close)
        for name, propagators in PROPAGATORS.items():
            services[name] = Service(
                [sys.executable, PROGRAMS / "relay_opentelemetry.py"],
                logs / f"{name}.log",
                clean_environment(sys.executable) | {"OTEL_PROPAGATORS": propagators},
            )
            stack.callback(services[name].close)
        yield services


@pytest.fixture
def service(running: Mapping[str, Service]) -> FindService:
    """Return the service of a client, or skip the test if a tool is missing."""

    def find(name: str) -> Service:
        if name not in running:
            COMMANDS[name](tool_or_skip)
        return running[name]

    return find


@contextmanager
def started(
    name: str, server: Server, config: pytest.Config
) -> Generator[None, None, None]:
    """Start the server of fixture *name*, and stop it at the end."""
    servers = config.stash.setdefault(SERVERS, {})
    servers[name] = server
    try:
        server.start()
        yield
    finally:
        del servers[name]
        server.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of a server's output with each failed test that used it."""
    report = yield
    servers = item.config.stash.setdefault(SERVERS, {})
    if report.failed:
        for name in servers.keys() & getattr(item, "fixturenames", ()):
            output = servers[name].tail()
            report.sections.append((f"the end of {name}'s output", output))
    return report


class RunProgram(Protocol):
    """Type of the fixture `run_program`."""

    def __call__(self, name: str, *, python: str = ..., **environment: str) -> str:
        """Run a program with only *environment* set; return its stdout."""
        ...


@pytest.fixture(scope="session")
def run_program() -> RunProgram:
    """Run one of the programs in a separate process, as a user would."""
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
    """Remove variables that a developer may have set for a tracer."""
    foreign = ["JAEGER_", "OTEL_"]
    if python != sys.executable:
        # It has a jaeger_client of its own.
        foreign.append("PYTHONPATH")
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(tuple(foreign))
    }
