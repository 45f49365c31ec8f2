"""The folder `tests/unit` mirrors the package."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "src" / "jaeger_client"
TESTS: Final = ROOT / "tests"

SMALL: Final = 40
"""Lines of code up to which a module needs no test file of its own."""

FOLDERS: Final = {"encoding": "wire"}
"""Packages whose tests, or some of them, are in another folder of `tests`."""

TESTED_ELSEWHERE: Final = {
    # Names and numbers only.
    "constants.py": "compat/test_compat_imports.py",
    # Structs without logic, which `thrift.py` fills.
    "thrift_gen/jaeger/ttypes.py": "unit/test_thrift.py",
    # Attributes, which compiled code has as well.
    "_internal/span_core.py": "unit/_native/test_spans.py",
    # Tested as `jaeger_client.scope`, with the compiled twin.
    "_internal/scopes.py": "unit/test_scope.py",
    # Programs: a test starts the processes.
    "cli/demo/frontend.py": "integration/test_demo.py",
    "cli/demo/processes.py": "integration/test_demo.py",
    "cli/demo/run.py": "integration/test_demo.py",
}
"""Modules without a test file of their name, and where they are tested."""


def modules() -> list[str]:
    """Return the modules with more than `SMALL` lines of code, by their path."""
    return [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__init__.py" and code_lines(path) > SMALL
    ]


def code_lines(path: Path) -> int:
    """Return how many lines have code: neither blank, comment nor docstring."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt) and not is_text(node):
            lines.update(header_lines(node))
    return len(lines)


def is_text(node: ast.stmt) -> bool:
    """Return whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def header_lines(node: ast.stmt) -> range:
    """Return the lines of a statement, of a block's only those before the block."""
    body = getattr(node, "body", None)
    end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
    return range(node.lineno, max(end, node.lineno + 1))


@pytest.mark.parametrize("module", modules())
def test_a_module_has_a_test_file_of_its_name(module: str) -> None:
    """`a/b.py` is tested by `a/test_b.py`, or it is listed with another file."""
    assert bool(files_of(module)) is (module not in TESTED_ELSEWHERE)


def files_of(module: str) -> list[Path]:
    """Return `test_b.py` and all `test_b_*.py` for the module `a/b.py`."""
    package, name = str(Path(module).parent), Path(module).stem
    folders = [TESTS / "unit" / package]
    folders += [TESTS / FOLDERS[package]] if package in FOLDERS else []
    return [
        path
        for folder in folders
        for pattern in (f"test_{name}.py", f"test_{name}_*.py")
        for path in folder.glob(pattern)
    ]


@pytest.mark.parametrize(("module", "file"), TESTED_ELSEWHERE.items())
def test_an_exception_exists(module: str, file: str) -> None:
    """The list names no module and no file that is gone."""
    assert module in modules()
    assert (TESTS / file).exists()
