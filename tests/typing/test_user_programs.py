"""
Programs of users pass mypy and basedpyright in strict mode, and mistakes are found.

Each program in `programs` is checked as an application's own code would be, with the
package installed, in an environment with types-opentracing and in one without. A line
that ends in `# wrong` must have an error, all others none.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from tests.conftest import ROOT, tool_or_skip

PROGRAMS: Final = Path(__file__).parent / "programs"
NAMES: Final = sorted(path.name for path in PROGRAMS.glob("*.py"))

WITHOUT_STUBS: Final = "typing"
WITH_STUBS: Final = "typing-stubs"

Place: TypeAlias = "tuple[str, int]"
"""A file and a line."""


def run_checker(environment: str, checker: str, *options: str | Path) -> str:
    """Run a type checker of an environment in `.nox` and return its output."""
    path = executable(environment, checker)
    tool = tool_or_skip(str(path), "run `.venv/bin/nox -s typing`")
    done = subprocess.run(
        [tool, *options], cwd=PROGRAMS, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def executable(environment: str, name: str) -> Path:
    """Return a program of an environment in `.nox`."""
    return ROOT / ".nox" / environment / "bin" / name


def run_mypy(environment: str, folder: Path) -> set[Place]:
    """Return the places where mypy finds errors."""
    options = ["--strict", "--config-file=", f"--cache-dir={folder}"]
    if environment == WITHOUT_STUBS:
        # Otherwise mypy reports each import of opentracing.
        options.append("--disable-error-code=import-untyped")
    output = run_checker(environment, "mypy", *options, *NAMES)
    return {
        (name, int(line))
        for name, line in re.findall(r"^(.+?):(\d+): error", output, re.MULTILINE)
    }


def run_basedpyright(environment: str, folder: Path) -> set[Place]:
    """Return the places where basedpyright finds errors."""
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
        "include": [str(PROGRAMS)],
    }
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings))
    python = executable(environment, "python")
    options = ("--outputjson", "--project", project, "--pythonpath", python)
    output = run_checker(environment, "basedpyright", *options)
    return {
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in json.loads(output)["generalDiagnostics"]
    }


CHECKERS: Final = {"mypy": run_mypy, "basedpyright": run_basedpyright}

FindErrors: TypeAlias = Callable[[str, str], set[Place]]


@pytest.fixture(scope="module")
def find_errors(tmp_path_factory: pytest.TempPathFactory) -> FindErrors:
    """Check all programs once with each checker in each environment."""

    @cache
    def find(checker: str, environment: str) -> set[Place]:
        return CHECKERS[checker](environment, tmp_path_factory.mktemp(checker))

    return find


def marked_lines(name: str) -> list[int]:
    """Return the lines that must have an error."""
    lines = (PROGRAMS / name).read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("# wrong")]


@pytest.mark.parametrize("environment", [WITHOUT_STUBS, WITH_STUBS])
@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_marked_lines_have_errors(
    name: str, checker: str, environment: str, find_errors: FindErrors
) -> None:
    """What users write is accepted, and each mistake is found at its line."""
    found = find_errors(checker, environment)

    lines = sorted(line for file, line in found if file == name)
    assert marked_lines(name) == lines


@pytest.mark.parametrize("name", NAMES)
def test_each_program_has_mistakes(name: str) -> None:
    """A checker that finds nothing does not pass."""
    assert len(marked_lines(name)) >= 3
