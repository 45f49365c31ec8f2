"""
Unpacks CPython 3.14 from the Go module that go.mod and go.sum name, once.

For machines without a Python 3.14 of their own: a Go module is fetched and checked
by its hash like those of Jaeger. Run as a program it unpacks the interpreter and
prints its path: `python -m tests.python.fetch`.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.real.cache import folder_of, made_once, run

MODULE: Final = Path(__file__).parent
"""The folder with go.mod and go.sum."""

PACKAGE: Final = "github.com/kluctl/go-embed-python"

PERMISSIONS: Final = 0o777
"""The bits of Go's file mode that are Unix permissions."""


def python_path() -> Path:
    """Return where the interpreter is, or will be once it is unpacked."""
    return _folder() / "bin" / "python3.14"


def fetch_python(go: str = "go") -> Path:
    """Unpack the interpreter unless that was done before, and return its path."""

    def unpack(unfinished: Path) -> None:
        shutil.rmtree(unfinished, ignore_errors=True)
        _unpack(_download(go), unfinished)

    made_once(_folder(), unpack)
    return python_path()


def _folder() -> Path:
    return folder_of("python-3.14", MODULE / "go.sum") / "python"


def _download(go: str) -> Path:
    """Return the folder of the files for this platform in Go's module cache."""
    download = [go, "mod", "download", "-json", PACKAGE]
    module = json.loads(run(download, MODULE, "fetching Python 3.14"))
    platform = run([go, "env", "GOHOSTOS", "GOHOSTARCH"], MODULE, "go env").split()
    return Path(module["Dir"], "python", "internal", "data", "-".join(platform))


def _unpack(source: Path, target: Path) -> None:
    listing = json.loads((source / "files.json").read_text(encoding="utf-8"))
    for file in listing["files"]:
        _unpack_file(file, source, target)


def _unpack_file(file: Mapping[str, Any], source: Path, target: Path) -> None:
    """Write one entry of files.json: a link, a file, or a file compressed by gzip."""
    packed, path = source / file["name"], target / file["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if "symlink" in file:
        path.symlink_to(file["symlink"])
    elif file.get("compressed"):
        path.write_bytes(gzip.decompress(Path(f"{packed}.gz").read_bytes()))
        path.chmod(file["perm"] & PERMISSIONS)
    elif packed.is_file():
        shutil.copyfile(packed, path)
        path.chmod(file["perm"] & PERMISSIONS)


def main() -> None:
    """Fetch the interpreter if this machine has Go."""
    go = shutil.which("go")
    if go is None:
        sys.exit("Python 3.14 is not fetched: Go is missing")
    try:
        sys.stdout.write(f"{fetch_python(go)}\n")
    except RuntimeError as error:
        sys.exit(f"Python 3.14 is not fetched: {error}")


if __name__ == "__main__":
    main()
