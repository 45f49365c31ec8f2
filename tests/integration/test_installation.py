"""
How the package is built and installed with a C compiler and without one.

pip runs in an environment of its own, `.nox/no-compiler`, which has the locked build
requirements, so that it fetches nothing. The compiler is hidden by a path that has no
programs but Python's.
"""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ROOT, RequireTool, tool_or_skip

VARIABLES: Final = {"CC", "CFLAGS", "JAEGER_CLIENT_EXTENSIONS", "LDFLAGS"}
LINE: Final = "jaeger-client: without the compiled core, in plain Python: "
NO_COMPILER: Final = re.compile(rf"{LINE}there is no C compiler: \S+ was not found")
PRINT: Final = "import jaeger_client; print(jaeger_client.implementation)"

CORE: Final = [
    "tests/wire",
    "tests/unit/test_span.py",
    "tests/unit/test_span_tags.py",
    "tests/unit/test_tracer.py",
    "tests/unit/test_tracer_carriers.py",
    "tests/unit/reporter/test_queue.py",
]
"""The tests that are run on the package as it is installed without a compiler."""


@pytest.fixture(scope="module")
def python() -> str:
    """Return a Python with pip and the build requirements."""
    path = ROOT / ".nox" / "no-compiler" / "bin" / "python"
    return tool_or_skip(str(path), "run `.venv/bin/nox -s no_compiler`")


def run(
    python: str, *arguments: object, has_compiler: bool = True, extensions: str = ""
) -> tuple[int, str]:
    """Run *python* in the checkout; return its exit code and its output."""
    environ = {
        name: value for name, value in os.environ.items() if name not in VARIABLES
    }
    if not has_compiler:
        environ["PATH"] = str(Path(python).parent)
    if extensions:
        environ["JAEGER_CLIENT_EXTENSIONS"] = extensions
    done = subprocess.run(
        [python, *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


def pip(
    python: str,
    command: str,
    *options: object,
    has_compiler: bool = True,
    extensions: str = "",
) -> tuple[int, str]:
    """Run pip on this checkout, without fetching anything."""
    return run(
        python,
        *("-m", "pip", "--disable-pip-version-check", command, "--verbose"),
        *("--no-index", "--no-deps", "--no-build-isolation", *options, "."),
        has_compiler=has_compiler,
        extensions=extensions,
    )


@pytest.fixture(scope="module")
def installed(python: str) -> str:
    """Return the output of an installation without a compiler."""
    code, output = pip(python, "install", "--force-reinstall", has_compiler=False)
    assert 0 == code, output
    return output


def test_without_a_compiler_one_line_says_so(installed: str) -> None:
    """With `--verbose` pip shows it; it always shows the tag of the wheel."""
    (line,) = [line for line in installed.splitlines() if LINE in line]

    assert NO_COMPILER.search(line)
    assert re.search(r"filename=jaeger_client-\S+-py3-none-any\.whl", installed)


def test_without_a_compiler_the_plain_implementation_is_installed(
    python: str, installed: str
) -> None:
    """The installed package says which one it is."""
    assert (0, "pure Python\n") == run(python, "-c", PRINT, has_compiler=False)


def test_without_a_compiler_the_demo_runs(python: str, installed: str) -> None:
    """It is what `make demo` runs."""
    demo = ("-m", "jaeger_client", "demo", "--no-jaeger")
    code, output = run(python, *demo, has_compiler=False)

    assert 0 == code, output
    assert "find van route" in output


@pytest.mark.timeout(300)
def test_without_a_compiler_the_tests_pass(python: str, installed: str) -> None:
    """The tests of what the core consists of, on the installed package."""
    options = ("-q", "--examples=10", "-p", "no:cacheprovider")
    code, output = run(python, "-m", "pytest", *options, *CORE, has_compiler=False)

    assert 0 == code, output


def test_a_required_core_is_an_error_without_a_compiler(
    python: str, tmp_path: Path
) -> None:
    """The reason is the last line of the build, and no wheel is made."""
    folder = ("--wheel-dir", tmp_path)
    code, output = pip(
        python, "wheel", *folder, has_compiler=False, extensions="require"
    )

    assert 0 != code
    assert (
        "jaeger-client: JAEGER_CLIENT_EXTENSIONS is require, but there is no C compiler"
    ) in output
    assert "Traceback" not in output
    assert [] == [*tmp_path.iterdir()]


def test_a_core_that_is_off_is_not_built(python: str, tmp_path: Path) -> None:
    """The wheel is for every Python, even if there is a compiler."""
    code, output = pip(python, "wheel", "--wheel-dir", tmp_path, extensions="off")

    assert 0 == code, output
    assert f"{LINE}JAEGER_CLIENT_EXTENSIONS is off" in output
    (wheel,) = tmp_path.iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")


def test_another_value_of_the_variable_is_an_error(python: str, tmp_path: Path) -> None:
    """It has the two values; nothing is guessed."""
    code, output = pip(python, "wheel", "--wheel-dir", tmp_path, extensions="yes")

    assert 0 != code
    assert "JAEGER_CLIENT_EXTENSIONS must be require or off, got 'yes'" in output
    assert "Traceback" not in output


@pytest.mark.timeout(300)
def test_a_source_distribution_is_built_and_compiled(
    python: str, tmp_path: Path, require_tool: RequireTool
) -> None:
    """It has the sources of the modules without C code, and is enough to build them."""
    require_tool("gcc", "install a C compiler")
    sdist = ("-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    code, output = run(python, *sdist)
    assert 0 == code, output
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as files:
        names = [Path(name) for name in files.getnames() if "/_native/" in name]

    assert {"probe.pyx", "__init__.py"} <= {name.name for name in names}
    assert not {".c", ".so"} & {name.suffix for name in names}

    pip_wheel = (
        "-m",
        "pip",
        "wheel",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    )
    where = ("--wheel-dir", tmp_path / "wheels", archive)
    code, output = run(python, *pip_wheel, *where, extensions="require")

    assert 0 == code, output
    (wheel,) = (tmp_path / "wheels").iterdir()
    assert not wheel.name.endswith("-none-any.whl")
