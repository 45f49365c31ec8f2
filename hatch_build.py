"""
Builds the compiled core: each `src/jaeger_client/_native/*.pyx`, by Cython and C.

hatchling remains the build backend, with this hook, because it already makes the
source distribution and the description; setuptools, which knows the compilers of all
platforms, is only called for its `build_ext`. Both are maintained by the Python
Packaging Authority, and the hook needs nothing else but Cython.

A wheel has all modules or none. Without a C compiler, without Python's headers, and on
interpreters that cannot use the modules, it has the implementation in pure Python and
the tag `py3-none-any`; a line says so and why. The environment variable
`JAEGER_CLIENT_EXTENSIONS` changes that: `require` makes it an error, `off` builds no
module anywhere.

The source distribution has no C code. Cython is a build requirement, which installs in
a second and knows the Pythons that were released since, as old C code does not; that
code would also be ten times as large as what it is made from.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from importlib import import_module
from pathlib import Path
from textwrap import shorten
from typing import Any, Final, NoReturn

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE: Final = "JAEGER_CLIENT_EXTENSIONS"
PACKAGE: Final = "jaeger_client._native"
FOLDER: Final = Path("src", *PACKAGE.split("."))

# Beside the flags that the interpreter was built with, of which -O2 is one on Debian;
# with -O3 a root span takes 9 % less time. -fno-plt and -fno-semantic-interposition
# together gain 2 %, which is not worth what other compilers make of them. Debug
# information would be several times as large as the code, and would contain the path
# of the build. `CFLAGS` replaces these.
COMPILER_FLAGS: Final = () if os.name == "nt" else ("-O3", "-g0")


class NativeBuildHook(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel, or to the sources if it is editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the modules; hatchling calls this before it makes the wheel."""
        self._scratch = tempfile.TemporaryDirectory(prefix="jaeger-client-")
        modules = self._build(Path(self._scratch.name))
        if version == "editable":
            replace_in_place(Path(self.root, FOLDER), modules)
        else:
            target = PACKAGE.replace(".", "/")
            for module in modules:
                build_data["force_include"][str(module)] = f"{target}/{module.name}"
        if modules:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(
        self, version: str, build_data: dict[str, Any], artifact_path: str
    ) -> None:
        """Remove the temporary folder; hatchling calls this after the wheel."""
        del version, build_data, artifact_path
        self._scratch.cleanup()

    def _build(self, scratch: Path) -> list[Path]:
        """Return the built modules, an empty list if there are none."""
        wanted = os.environ.get(VARIABLE, "")
        if wanted not in {"", "require", "off"}:
            fail(f"{VARIABLE} must be require or off, got {wanted!r}")
        try:
            reason = f"{VARIABLE} is off" if wanted == "off" else what_is_missing()
            if reason is None:
                return build(scratch)
        except Exception as error:  # noqa: BLE001 - of setuptools, Cython, a compiler
            reason = shorten(f"{type(error).__name__}: {error}", 200)
            reason += " (see the output above)"
        if wanted == "require":
            fail(f"{VARIABLE} is require, but {reason}")
        self.app.display_warning(
            f"jaeger-client: without the compiled core, in pure Python: {reason}"
        )
        return []


def what_is_missing() -> str | None:
    """Return why no modules can be built here, `None` if they can be."""
    if sys.implementation.name != "cpython":
        return f"it is not used on {sys.implementation.name}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        # An import of the modules would enable the lock in the whole process.
        return "it is not used on free-threaded Python"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        return f"this Python has no headers: {header} does not exist"
    if os.name == "nt":
        return None  # setuptools looks for the compiler; it is not on the path
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    compiler = (shlex.split(command) or [command])[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler: {compiler} was not found"
    return None


def build(scratch: Path) -> list[Path]:
    """
    Compile all modules, or raise if any of them fails, and return their paths.

    All files are made in *scratch*, so that builds of several Pythons, or of one Python
    twice, can run at once from the same sources.
    """
    # Late, because a build without compiled modules does not need them.
    cythonize: Any = import_module("Cython.Build").cythonize  # which has no types
    from setuptools import Distribution, Extension  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    flags = [] if "CFLAGS" in os.environ else [*COMPILER_FLAGS]
    # Relative paths, or Cython would write the C code beside them.
    sources = [
        Extension(f"{PACKAGE}.{source.stem}", [str(source)], extra_compile_args=flags)
        for source in sorted(FOLDER.glob("*.pyx"))
    ]
    extensions = cythonize(
        sources,
        build_dir=str(scratch / "c"),
        include_path=["src"],
        language_level=3,
        quiet=True,
    )
    command = build_ext(Distribution({"ext_modules": extensions}))
    command.build_lib = str(scratch / "lib")
    command.build_temp = str(scratch / "temp")
    command.parallel = True
    command.ensure_finalized()
    command.run()
    modules = [Path(path) for path in command.get_outputs()]
    for module in modules:
        module.stat()  # raises if the compiler has succeeded without writing it
    return modules


def replace_in_place(folder: Path, modules: list[Path]) -> None:
    """Replace this interpreter's modules in *folder* by *modules*."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    for module in modules:
        # Renamed: a process that runs has the old file mapped into its memory.
        copy = folder / f"{module.name}.{os.getpid()}"
        shutil.copy(module, copy)
        copy.replace(folder / module.name)
    # Afterwards, and only those that no longer exist: an interpreter that starts
    # meanwhile, or another build, finds all modules.
    names = {module.name for module in modules}
    for old in folder.glob(f"*{suffix}"):
        if old.name not in names:
            old.unlink(missing_ok=True)


def fail(message: str) -> NoReturn:
    """End the build with a line instead of a traceback."""
    sys.exit(f"jaeger-client: {message}")
