"""The package at another revision."""

from __future__ import annotations

import os
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

from benchmarks.gating.counting import CACHE, ROOT, CountError


def source_of(revision: str) -> Path:
    """Return a folder that contains the package of this git *revision*."""
    commit = git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    folder = CACHE / "revisions" / commit
    if not folder.exists():
        unfinished = folder.with_suffix(f".{os.getpid()}")
        archive = git("archive", "--format=zip", commit, "src")
        with zipfile.ZipFile(BytesIO(archive)) as files:
            files.extractall(unfinished)
        unfinished.rename(folder)
    return folder / "src"


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
