"""
Imports inside functions.

A module that one thread imports while another thread forks stays locked in the child
for ever. So forks wait for such imports, unless the module is loaded already.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import jaeger_client

SOURCE = Path(jaeger_client.__file__).parent

EXEMPT = {
    SOURCE / "allinone",  # a program
    SOURCE / "cli",  # a program
    SOURCE / "_internal" / "fork.py",  # it defines `forks_wait()`
}

MODULES = sorted(
    path for path in SOURCE.rglob("*.py") if EXEMPT.isdisjoint({path, *path.parents})
)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_fork_waits_for_imports_inside_functions(path: Path) -> None:
    """They are in a block of `forks_wait()`, or have "already" in their comment."""
    source = path.read_text("utf-8")
    lines = source.splitlines()

    unprotected = [
        lines[node.lineno - 1].strip()
        for node in late_imports(ast.parse(source), inside=False)
        if "already" not in lines[node.lineno - 1]
    ]

    assert [] == unprotected


def late_imports(
    tree: ast.AST, *, inside: bool
) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports inside functions that no block of `forks_wait()` contains."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.With) and "forks_wait()" in ast.unparse(node.items[0]):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            if inside:
                yield node
        else:
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from late_imports(node, inside=inside or is_function)
