"""The package of a revision, or of this tree, as each implementation needs it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from benchmarks.comparison.environments import EnvironmentFailedError, build_wheel
from benchmarks.gating.counting import CACHE, COMPILED, ROOT, CountError
from benchmarks.gating.pythons import Interpreter

NATIVE = Path("src", "jaeger_client", "_native")
"""The folder of the compiled modules' sources."""


def package_of(tree: Path, implementation: str, python: Interpreter) -> Path | None:
    """
    Return the folder that contains the package of a source *tree*.

    `None` if *tree* has no sources of compiled modules, which are needed.

    Raises:
        CountError: If they cannot be compiled.
    """
    if implementation != COMPILED:
        return tree / "src"
    if not any((tree / NATIVE).glob("*.pyx")):
        return None
    # Not those among the sources: they are of one Python only, and may be old.
    folder = CACHE / "packages" / _key(tree, python)
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as wheels:
            _extract(_wheel(Path(wheels), tree, python), folder)
    return folder


def _wheel(folder: Path, tree: Path, python: Interpreter) -> bytes:
    try:
        return build_wheel(folder, python.path, tree).read_bytes()
    except EnvironmentFailedError as exc:
        msg = f"the compiled modules cannot be built for {python.path}: {exc}"
        raise CountError(msg) from exc


def _key(tree: Path, python: Interpreter) -> str:
    digest = hashlib.sha256(f"{python.path} {python.build}".encode())
    for path in sorted(_sources(tree)):
        digest.update(str(path.relative_to(tree)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(tree: Path) -> Iterator[Path]:
    yield from tree.glob("*.py")
    yield tree / "pyproject.toml"
    for pattern in ("*.py", "*.pyx", "*.pxd", "*.pxi"):
        yield from (tree / "src").rglob(pattern)


def tree_of(revision: str) -> Path:
    """Return a folder that contains the files of this git *revision*."""
    commit = git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    folder = CACHE / "revisions" / commit
    if not folder.exists():
        _extract(git("archive", "--format=zip", commit), folder)
    return folder


def _extract(archive: bytes, folder: Path) -> None:
    """Extract a zip file under another name first, so none is found half done."""
    unfinished = folder.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(BytesIO(archive)) as files:
        files.extractall(unfinished)
    try:
        unfinished.rename(folder)
    except OSError:
        # Another run was faster.
        shutil.rmtree(unfinished)


def git(*arguments: str) -> bytes:
    """Return the output of git."""
    done = subprocess.run(  # noqa: S603 - the words above
        ["git", *arguments],  # noqa: S607 - wherever it is
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise CountError(done.stderr.decode(errors="replace").strip())
    return done.stdout
