"""
Mutants of constants: doubles each number at the top of a module and runs its tests.

mutmut changes only what is inside functions. A constant is read when its module is
imported, so each of these mutants needs a process of its own.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("codecs", "config", "reporter", "sampler", "senders")
MORE_TESTS: Final = {
    "codecs": ["tests/wire/test_codecs_golden.py"],
    "senders": ["tests/integration/test_http_senders.py"],
}
"""Tests of a package outside its folder in tests/unit."""
PYTEST: Final = (
    *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly"),
    *("-p", "no:cacheprovider", "--examples=5", "--tb=no"),
)


def mutants_of(source: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each constant number, and the source with another value."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        text = ast.get_source_segment(source, value)
        if text is not None and all(map(is_numeric, ast.walk(value))):
            row = value.lineno - 1
            changed = lines[row].replace(text, f"2 * ({text}) + 1")
            yield name, "".join([*lines[:row], changed, *lines[row + 1 :]])


def is_numeric(node: ast.AST) -> bool:
    """Return whether *node* is a number, or part of a sum or product of numbers."""
    if isinstance(node, ast.Constant):
        return type(node.value) in {int, float}
    return isinstance(node, (ast.BinOp, ast.operator))


def survives(source: Path, package: str) -> bool:
    """Return whether the tests of *package* pass with the package in *source*."""
    tests = [f"tests/unit/{package}", *MORE_TESTS.get(package, [])]
    done = subprocess.run(
        [*PYTEST, *tests],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def main(packages: list[str]) -> None:
    """Print each constant whose other value no test notices."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(ROOT / "src", Path(folder) / "src"))
        for package in packages or PACKAGES:
            for path in sorted((copy / "jaeger_client" / package).glob("*.py")):
                source = path.read_text(encoding="utf-8")
                for name, mutant in mutants_of(source):
                    path.write_text(mutant, encoding="utf-8")
                    result = "survived" if survives(copy, package) else "killed"
                    print(f"{package}/{path.stem} {name}: {result}", flush=True)
                path.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
