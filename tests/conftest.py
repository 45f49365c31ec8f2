"""What all tests share: the watch over threads and children, tools, profiles."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
REAL_TIMEOUT = 600
"""Seconds, instead of the 60 of all others: the first test may build a Jaeger."""
SLOW_ROOMS = {"integration", "real", "speed"}
PATIENCE = 5.0
"""Seconds that a thread or child gets to end once its test has ended it."""

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow rooms, so that none of them can be forgotten."""
    for item in items:
        room = item.path.relative_to(ROOT).parts[1]
        if room in SLOW_ROOMS:
            item.add_marker(pytest.mark.slow)
        if room == "real":
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.timeout(REAL_TIMEOUT))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
    exitstatus: int,
    config: pytest.Config,
) -> None:
    """Say after a failure how to run the tests in the same order again."""
    seed: object = config.getoption("randomly_seed", None)
    if exitstatus and seed is not None:
        terminalreporter.write_line(f"the same order again: --randomly-seed={seed}")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """No test leaves a thread or a child process behind."""
    threads = set(threading.enumerate())
    children = child_processes()
    yield
    left = [*threads_alive_but(threads), *new_child_processes(children)]
    if left:
        pytest.fail(f"left behind: {', '.join(left)}")


def threads_alive_but(known: set[threading.Thread]) -> list[str]:
    """Return the names of threads that live on, each after a moment to end."""
    deadline = time.monotonic() + PATIENCE
    new = set(threading.enumerate()) - known
    for thread in new:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [f"thread {thread.name}" for thread in new if thread.is_alive()]


def new_child_processes(known: set[int]) -> list[str]:
    """Return the children made since *known*, ended but unwaited ones included."""
    new = {pid: command_of(pid) for pid in child_processes() - known}
    # These two serve the whole run; Python itself ends them.
    servants = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
    return [
        f"process {pid} ({command or 'ended, but never waited for'})"
        for pid, command in new.items()
        if not any(servant in command for servant in servants)
    ]


def child_processes() -> set[int]:
    """Return the pids of this process's children, where the system tells (Linux)."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(pid) for children in lists for pid in read_text(children).split()}


def command_of(pid: int) -> str:
    """Return the command line of a process, empty if it has ended."""
    return read_text(Path(f"/proc/{pid}/cmdline")).replace("\0", " ").strip()


def read_text(path: Path) -> str:
    """Return what is in a file that may vanish while it is read."""
    try:
        return path.read_text()
    except OSError:
        return ""


class RequireTool(Protocol):
    """Type of the fixture `require_tool`."""

    def __call__(self, name: str, how_to_get: str) -> str:
        """Return the tool's path, or end the test if the machine has no such tool."""
        ...


@pytest.fixture(scope="session")
def require_tool() -> RequireTool:
    """
    Ask for a program that this machine may lack: `require_tool("go", "see go.dev")`.

    Without it the test is skipped; with CI set it fails, for CI has them all.
    """
    return tool_or_skip


def tool_or_skip(name: str, how_to_get: str) -> str:
    """Return the path of a program, given by name or by path."""
    path = shutil.which(name)
    if path is not None:
        return path
    missing = f"{name} is missing: {how_to_get}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def old_client_python() -> str:
    """Return a Python that has jaeger-client 4.8.0 and nothing of ours."""
    python = ROOT / ".nox" / "jaeger-client-4.8" / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s old_client`")
