"""What all tests share: the check for threads and children, tools, options."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest

from jaeger_client import _native
from jaeger_client._internal.diagnostics import RateLimitedWarning
from tests.foreign.implementations import COMPILED, TWIN, use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parent.parent
TIMEOUTS = {"property": 300, "real": 600}
"""
Timeout of a test in seconds, instead of 60: many examples, or a Jaeger to build.
"""
SLOW_FOLDERS = {"integration", "real", "speed", "typing"}
TIMEOUT = 20.0
"""Maximum time in seconds for a thread to end after its test."""

EXAMPLES = 1_000
"""Number of examples of each property, unless the option `--examples` sets it."""


FUZZ_SECONDS = 60
"""Seconds for each target of `tests/fuzz`, unless `--fuzz-seconds` is given."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--examples` and `--fuzz-seconds`."""
    parser.addoption(
        "--examples",
        type=int,
        default=EXAMPLES,
        help=f"examples that hypothesis tries for each property ({EXAMPLES})",
    )
    parser.addoption(
        "--fuzz-seconds",
        type=int,
        default=FUZZ_SECONDS,
        help=f"seconds for which each target of tests/fuzz is run ({FUZZ_SECONDS})",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Set the number of examples of hypothesis before a test module is imported."""
    check_compiled_modules()
    hypothesis.settings.register_profile(
        "examples",
        deadline=None,
        max_examples=config.getoption("examples"),
        print_blob=bool(os.environ.get("CI")),
    )
    hypothesis.settings.load_profile("examples")


def pytest_report_header() -> str:
    """Show which implementation is tested."""
    reason = f" ({_native.WHY_NOT_COMPILED})" if _native.WHY_NOT_COMPILED else ""
    return f"jaeger_client: {_native.IMPLEMENTATION}{reason}"


def check_compiled_modules() -> None:
    """Refuse to test compiled modules that are older than their sources beside them."""
    folder = Path(_native.__file__).parent
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    # `.pxd` and `.pxi` files may be included by any module.
    shared = [path.stat().st_mtime for path in folder.glob("*.px[di]")]
    for source in folder.glob("*.pyx") if _native.IS_COMPILED else ():
        module = source.with_suffix(suffix)
        newest = max([source.stat().st_mtime, *shared])
        if not module.exists() or module.stat().st_mtime < newest:
            msg = f"{module.name} is missing or older than its source: run `make setup`"
            raise pytest.UsageError(msg)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow folders."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts[1]
        if folder in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        if folder == "real":
            item.add_marker(pytest.mark.real)
        if folder in TIMEOUTS:
            item.add_marker(pytest.mark.timeout(TIMEOUTS[folder]))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
    exitstatus: int,
    config: pytest.Config,
) -> None:
    """Print after a failure how to run the tests in the same order again."""
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


@pytest.fixture(autouse=True)
def warnings_are_due() -> None:
    """Let each test log the warnings that others have logged within a minute."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "jaeger_client":
            for warning in warnings_of(module):
                warning._quiet_until = float("-inf")
                warning._suppressed = 0


@functools.cache
def warnings_of(module: ModuleType) -> list[RateLimitedWarning]:
    """Return the warnings that are constants of a module."""
    # Not isinstance(), which loads the settings of Django.
    return [
        constant
        for constant in list(vars(module).values())
        if type(constant) is RateLimitedWarning
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that use `codec_implementation` with each that there is."""
    if "codec_implementation" in metafunc.fixturenames:
        from tests.codec_implementations import IMPLEMENTATIONS  # noqa: PLC0415 - as `pytest_configure`

        metafunc.parametrize(
            "codec_implementation", IMPLEMENTATIONS, indirect=True, scope="module"
        )


@pytest.fixture(scope="module")
def codec_implementation(request: pytest.FixtureRequest) -> Iterator[str]:
    """Make all codecs use one implementation; return its name."""
    from tests.codec_implementations import codecs_use  # noqa: PLC0415 - as above

    name: str = request.param
    with codecs_use(name):
        yield name


def threads_alive_but(known: set[threading.Thread]) -> list[str]:
    """Return the names of new threads that do not end within `TIMEOUT`."""
    deadline = time.monotonic() + TIMEOUT
    new = set(threading.enumerate()) - known
    for thread in new:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [f"thread {thread.name}" for thread in new if thread.is_alive()]


def new_child_processes(known: set[int]) -> list[str]:
    """Return the children created since *known*, also ended ones not waited for."""
    new = {pid: command_of(pid) for pid in child_processes() - known}
    # These two serve the whole run; Python ends them itself.
    servers = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
    return [
        f"process {pid} ({command or 'ended, but never waited for'})"
        for pid, command in new.items()
        if not any(server in command for server in servers)
    ]


def child_processes() -> set[int]:
    """Return the pids of this process's children; empty if there is no /proc."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(pid) for children in lists for pid in read_text(children).split()}


def command_of(pid: int) -> str:
    """Return the command line of a process, empty if it has ended."""
    return read_text(Path(f"/proc/{pid}/cmdline")).replace("\0", " ").strip()


def read_text(path: Path) -> str:
    """Return the content of a file, empty if it no longer exists."""
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
    Return the path of a program: `require_tool("go", "install it from go.dev")`.

    Without the program the test is skipped. With CI set it fails, for CI has them all.
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
    """Return a Python that has jaeger-client 4.8.0 and not this package."""
    python = ROOT / ".nox" / "jaeger-client-4.8" / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s old_client`")


@pytest.fixture(scope="session")
def flask_python() -> str:
    """Return a Python with this package, Flask and `opentelemetry-instrument`."""
    python = ROOT / ".nox" / "flask" / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s flask`")


@pytest.fixture(scope="module", params=[TWIN, COMPILED])
def implementation(request: pytest.FixtureRequest) -> Iterator[str]:
    """Encode by the writers in Python, then by the compiled ones."""
    with pytest.MonkeyPatch.context() as patch:
        use(request.param, patch)
        yield request.param
