"""
How the package is built and installed with a C compiler and without one.

pip runs in an environment of its own, `.nox/no-compiler`, which has the locked build
requirements, so that it fetches nothing. The compiler is hidden by a path that has no
programs but Python's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ROOT, RequireTool, tool_or_skip

# Each test starts several processes, some of them compilers.
pytestmark = pytest.mark.timeout(300)

VARIABLES: Final = {"CC", "CFLAGS", "JAEGER_CLIENT_EXTENSIONS", "LDFLAGS"}
LINE: Final = "jaeger-client: without the compiled core, in pure Python: "
NO_COMPILER: Final = re.compile(rf"{LINE}there is no C compiler: \S+ was not found")
PRINT: Final = "import jaeger_client; print(jaeger_client.implementation)"

NATIVE: Final = Path("src", "jaeger_client", "_native")
SUFFIX: Final = sysconfig.get_config_var("EXT_SUFFIX")
HOW_TO_GET_COMPILER: Final = "install a C compiler, such as Debian's package gcc"

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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of what a wheel is made of, with the smallest compiled module."""
    copy = tmp_path / "checkout"
    built = shutil.ignore_patterns("*.c", "*.pyx", "*.so", "__pycache__")
    shutil.copytree(ROOT / "src", copy / "src", ignore=built)
    for name in (
        ".gitignore",
        "LICENSE",
        "README.md",
        "hatch_build.py",
        "pyproject.toml",
    ):
        shutil.copy(ROOT / name, copy)
    shutil.copy(ROOT / NATIVE / "probe.pyx", copy / NATIVE)
    return copy


def run(
    python: str,
    *arguments: object,
    where: Path = ROOT,
    has_compiler: bool = True,
    extensions: str = "",
) -> tuple[int, str]:
    """Run *python* in a checkout; return its exit code and its output."""
    environ = {
        name: value for name, value in os.environ.items() if name not in VARIABLES
    }
    if not has_compiler:
        environ["PATH"] = str(Path(python).parent)
    if extensions:
        environ["JAEGER_CLIENT_EXTENSIONS"] = extensions
    done = subprocess.run(
        [python, *map(str, arguments)],
        cwd=where,
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


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("sys.implementation.name = 'pypy'", "it is not used on pypy"),
        (
            "sysconfig.get_config_var = {'Py_GIL_DISABLED': 1}.get",
            "it is not used on free-threaded Python",
        ),
        (
            "sysconfig.get_path = lambda _: '/nowhere'",
            "this Python has no headers: /nowhere/Python.h does not exist",
        ),
    ],
)
def test_an_interpreter_that_cannot_use_the_core_gets_a_reason(
    python: str, change: str, reason: str
) -> None:
    """Nothing is compiled there."""
    program = f"import hatch_build, sys, sysconfig; {change}"
    printed = run(python, "-c", f"{program}; print(hatch_build.what_is_missing())")

    assert (0, f"{reason}\n") == printed


def test_a_module_that_does_not_compile_is_no_error(
    python: str, checkout: Path, require_tool: RequireTool
) -> None:
    """The package works without it; the compiler's message is in the output."""
    require_tool("gcc", HOW_TO_GET_COMPILER)
    (checkout / NATIVE / "bad.pyx").write_text("cdef int x = nowhere\n", "utf-8")
    wheel = ("-m", "hatchling", "build", "-t", "wheel")
    code, output = run(python, *wheel, where=checkout)

    assert 0 == code, output
    assert f"{LINE}CompileError" in output
    assert "undeclared name not builtin: nowhere" in output
    (built,) = (checkout / "dist").iterdir()
    assert built.name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [
        # `true` succeeds, and writes nothing.
        ("true", "FileNotFoundError: "),
        (" ", "there is no C compiler: "),
        ('gcc "', "ValueError: No closing quotation"),
    ],
    ids=["writes nothing", "blank", "not a command"],
)
def test_a_setting_of_the_compiler_that_is_wrong_is_no_error(
    python: str,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    compiler: str,
    reason: str,
) -> None:
    """The package is built without the compiled core, and a line says why."""
    monkeypatch.setattr(f"{__name__}.VARIABLES", {"CFLAGS", "LDFLAGS"})
    monkeypatch.setenv("CC", compiler)
    wheel = ("-m", "hatchling", "build", "-t", "wheel")
    code, output = run(python, *wheel, where=checkout)

    assert 0 == code, output
    assert f"{LINE}{reason}" in output


def test_modules_are_never_missing_while_an_editable_build_replaces_them(
    python: str, tmp_path: Path
) -> None:
    """An interpreter that starts meanwhile finds the old one or the new one."""
    built, folder = tmp_path / "built", tmp_path / "folder"
    for place in (built, folder):
        place.mkdir()
        (place / f"probe{SUFFIX}").write_text(place.name)
    (folder / f"removed{SUFFIX}").touch()
    program = f"""
import hatch_build, pathlib, shutil
folder = pathlib.Path({str(folder)!r})
copy = shutil.copy
def checked_copy(source, target):
    print(sorted(path.name.split(".")[0] for path in folder.iterdir()))
    return copy(source, target)
shutil.copy = checked_copy
module = pathlib.Path({str(built)!r}, "probe{SUFFIX}")
hatch_build.replace_in_place(folder, [module])
print([(path.name, path.read_text()) for path in folder.iterdir()])
"""
    printed = run(python, "-c", program)

    after = [(f"probe{SUFFIX}", "built")]
    assert (0, f"['probe', 'removed']\n{after}\n") == printed


def test_an_editable_installation_has_the_modules_beside_their_sources(
    python: str, checkout: Path, require_tool: RequireTool
) -> None:
    """Another build replaces them, one without modules removes them."""
    require_tool("gcc", HOW_TO_GET_COMPILER)
    build = ("-c", "from hatchling.build import build_editable as b; print(b('.'))")
    code, output = run(python, *build, where=checkout, extensions="require")

    assert 0 == code, output
    (built,) = (checkout / NATIVE).glob("*.so")
    assert f"probe{SUFFIX}" == built.name

    code, output = run(python, *build, where=checkout, extensions="off")

    assert 0 == code, output
    assert not [*(checkout / NATIVE).glob("*.so")]


def test_a_source_distribution_is_built_and_compiled(
    python: str, checkout: Path, require_tool: RequireTool
) -> None:
    """It has the sources of the modules without C code, and is enough to build them."""
    require_tool("gcc", HOW_TO_GET_COMPILER)
    (checkout / NATIVE / "old.c").touch()
    (checkout / NATIVE / f"old{SUFFIX}").touch()
    sdist = ("-m", "hatchling", "build", "-t", "sdist")
    code, output = run(python, *sdist, where=checkout)
    assert 0 == code, output
    (archive,) = (checkout / "dist").iterdir()
    with tarfile.open(archive) as files:
        names = {Path(name).name for name in files.getnames() if "/_native/" in name}

    assert {"probe.pyx", "__init__.py"} <= names
    assert not {"old.c", f"old{SUFFIX}"} & names

    wheels = checkout / "wheels"
    pip_wheel = (
        "-m",
        "pip",
        "wheel",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    )
    where = ("--wheel-dir", wheels, archive)
    code, output = run(python, *pip_wheel, *where, extensions="require")

    assert 0 == code, output
    (wheel,) = wheels.iterdir()
    assert not wheel.name.endswith("-none-any.whl")
    with zipfile.ZipFile(wheel) as files:
        modules = {name for name in files.namelist() if "/_native/" in name}
    assert {"__init__.py", f"probe{SUFFIX}"} <= {Path(name).name for name in modules}
    assert not [
        name for name in modules if name.endswith((".c", ".pxd", ".pxi", ".pyx"))
    ]
