"""
The sessions behind `make test` and `make lint`.

Fast tests run on every Python of `VERSIONS` that this machine has, slow ones and those
with real servers on the Python of `.venv`. Each session has an environment of its own
in `.nox`, created from locked requirements, with the package installed as a user
installs it.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "test"]

# Commands and environments are shown only if one fails.
logging.getLogger("nox").setLevel(logging.ERROR)

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
FETCHED_VERSION = "3.14"
"""Fetched as a Go module if it is not installed; see tests/python."""
OWN_VERSION = "{}.{}".format(*sys.version_info)
IN_CI = bool(os.environ.get("CI"))

PYENV = Path.home() / ".pyenv" / "versions"
ROOT = Path(__file__).parent
BIN = Path(sys.executable).parent
WORK = ROOT / ".nox"
RESULTS = WORK / "results"
WHEELS = WORK / "wheels"
OLD_CLIENT = WORK / "jaeger-client-4.8"
PY_ZIPKIN = WORK / "py-zipkin"
URLLIB3_OLDEST = WORK / "urllib3-oldest"
FLASK = WORK / "flask"
DJANGO42 = WORK / "django-4.2"
NO_COMPILER = WORK / "no-compiler"
DIST = ROOT / "dist"

PACKAGE_FILES = (
    "LICENSE",
    "README.md",
    "hatch_build.py",
    "pyproject.toml",
    "requirements/build.txt",
)
PACKAGE_VARIABLES = ("CC", "CFLAGS", "JAEGER_CLIENT_EXTENSIONS", "LDFLAGS")
"""What a wheel is made of, beside `src` and a Python."""

COMPILER = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[
    0
]
"""The C compiler, which need not exist."""

SERVERS = ["servers", "uwsgi"] if shutil.which(COMPILER) else ["servers"]
"""The requirements of tests with servers; uWSGI has to be compiled."""

PRINT_IMPLEMENTATION = """
import jaeger_client, sys
print(jaeger_client.implementation, "on Python", sys.version.split()[0], flush=True)
"""

LANES = (os.cpu_count() or 1) + 1
"""Number of concurrent sessions of `test`; slow and real tests mostly wait."""

FEW, MANY = 100, 500
"""Examples of each property: many on one Python, few on the others."""

FEWEST = 10
"""Examples of each property where the tests run a second time, in pure Python."""

TESTS = ROOT / "tests"
REAL = {"real"}
SLOW = {"integration", "speed", "typing"}
ALL = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
FAST = ALL - REAL - SLOW
"""The folders of `tests` that the sessions run; a new folder runs in `fast`."""

TWINS = {"unit", "wire", "property", "compat"}
"""The folders whose tests run on the compiled core and on its twin in pure Python."""

LONG_SESSIONS = ["fuzz", "long", "sanitizers"]
"""Run in CI, and by `make fuzz`, `make guarantees` and `make sanitizers`."""

SANITIZED = (
    "property/test_*_compiled.py",
    "property/test_*_twins.py",
    "property/test_*_writers.py",
    "property/test_c*_hostile.py",
    "property/test_encoding_roundtrip.py",
    "property/test_span_properties.py",
    "unit/**/test_*_compiled.py",
    "unit/_native",
    "unit/encoding",
    "unit/test_span_robustness.py",
    "unit/test_tracer_robustness.py",
    "wire",
)
"""Tests that hand hostile values to compiled code, for the session `sanitizers`."""

SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"

NO_TESTS = 5
"""What pytest returns when it finds no test."""

CODE = (
    "src",
    "tests",
    "examples",
    "benchmarks",
    "docs/conf.py",
    "docs/list_texts.py",
    "docs/make_pages.py",
    "docs/draw_pictures.py",
    "hatch_build.py",
    "noxfile.py",
)


def find_python(version: str) -> Path | None:
    """Return an interpreter of *version* that runs."""
    return next(filter(runs, candidates(version)), None)


def candidates(version: str) -> Iterator[Path]:
    """Search the path, then pyenv, and fetch Python 3.14 if neither has it."""
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    yield from sorted(PYENV.glob(f"*/bin/python{version}"), reverse=True)
    if version == FETCHED_VERSION:
        command = [sys.executable, "-m", "tests.python.fetch"]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        yield from map(Path, done.stdout.splitlines())


def runs(python: Path) -> bool:
    """Return whether *python* starts; pyenv's placeholders do not."""
    done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


PYTHONS = {version: find_python(version) for version in VERSIONS}
FOUND = [version for version, python in PYTHONS.items() if python] or [OWN_VERSION]
MANY_EXAMPLES = OWN_VERSION if OWN_VERSION in FOUND else FOUND[-1]
"""The Python whose fast tests try 500 examples of each property."""

TWIN_VERSIONS = FOUND[:1]
"""
Where `TWINS` run a second time, in pure Python.

The oldest Python; on the newest, 3.14 as it is fetched without headers, all fast tests
run in pure Python. Each other version would add two minutes to a run.
"""

# nox looks for `python3.X` on the path, so those of pyenv are added there, before its
# placeholders; the others come last, so that they hide no other program.
FOLDERS = [str(python.parent) for python in PYTHONS.values() if python]
os.environ["PATH"] = os.pathsep.join(
    [
        *(folder for folder in FOLDERS if str(PYENV) in folder),
        os.environ.get("PATH", os.defpath),
        *FOLDERS,
    ]
)

# Compiled once an environment, not in each process that a test starts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["UV_COMPILE_BYTECODE"] = "1"


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """Run all tests, a few sessions at a time, and add up their results."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    # The longest session begins first.
    versions = sorted(FOUND, key=lambda version: version != MANY_EXAMPLES)
    names = ["real", "slow", *(f"fast-{version}" for version in versions)]
    names += [f"twin-{version}" for version in TWIN_VERSIONS]
    if IN_CI:
        names[:0] = LONG_SESSIONS
    with ThreadPoolExecutor(LANES) as lanes:
        runs = [lanes.submit(run_session, name) for name in names]
        for run in as_completed(runs):
            print(run.result(), flush=True)
    print_result(session)


def run_session(name: str) -> str:
    """Run one session in a process of its own; return its output."""
    started = time.monotonic()
    done = tool("nox", "--session", name)
    seconds = time.monotonic() - started
    return f"== {name} ({seconds:.0f} s)\n{done.stdout}"


@nox.session(python=FOUND)
def fast(session: nox.Session) -> None:
    """Run the tests that need nothing but the interpreter."""
    install(session)
    examples = MANY if session.python == MANY_EXAMPLES else FEW
    run_pytest(session, FAST, "-m", "not long", f"--examples={examples}")


@nox.session(python=TWIN_VERSIONS)
def twin(session: nox.Session) -> None:
    """Run fast tests on the implementation in pure Python, where the other is built."""
    install(session)
    session.env["JAEGER_CLIENT_PURE_PYTHON"] = "1"
    run_pytest(session, TWINS, "-m", "not long", f"--examples={FEWEST}")


@nox.session(python=OWN_VERSION)
def sanitizers(session: nox.Session) -> None:
    """Run tests on compiled modules that check each memory access and operation."""
    library = sanitizer_library()
    if library is None:
        session.skip("the C compiler has no AddressSanitizer that can be preloaded")
    sync(session, "test")
    variables = {
        **os.environ,
        "CFLAGS": f"{SANITIZERS} -O1 -g1 -fno-omit-frame-pointer",
        "LDFLAGS": SANITIZERS,
        "JAEGER_CLIENT_EXTENSIONS": "require",
    }
    wheel = build_wheel(session, "sanitizers", sys.executable, variables)
    uv(session, "pip", "install", "--no-deps", "--reinstall", wheel)
    session.env.update(
        {
            # The interpreter was built without it, so the library has to come first.
            "LD_PRELOAD": library,
            # Python's own allocator would hide from it what is allocated and freed.
            "PYTHONMALLOC": "malloc",
            # The interpreter does not free everything at its end. Too large a size, of
            # an object that lies about its length, is a MemoryError as elsewhere.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
    )
    found = (path for pattern in SANITIZED for path in TESTS.glob(pattern))
    tests = {str(path.relative_to(TESTS)) for path in found}
    # The reports are written to the file descriptor, and end the process at once.
    options = ("--capture=sys", "-m", "not long", f"--examples={FEWEST}")
    run_pytest(session, tests, *options)


def sanitizer_library() -> str | None:
    """Return the path of the library to preload, `None` if the compiler has none."""
    if not shutil.which(COMPILER):
        return None
    command = [COMPILER, "-print-file-name=libasan.so"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path = Path(done.stdout.strip())
    # Without the library, gcc prints the name alone.
    return str(path.resolve()) if path.is_absolute() and path.exists() else None


@nox.session(python=OWN_VERSION)
def slow(session: nox.Session) -> None:
    """Run the tests with sockets, processes and servers of our own."""
    install(session, *SERVERS)
    install_old_client(session)
    install_urllib3_oldest(session)
    install_flask(session)
    install_django42(session)
    install_type_checkers(session)
    install_no_compiler(session)
    run_pytest(session, SLOW, "-m", "not long")


@nox.session(python=OWN_VERSION)
def long(session: nox.Session) -> None:
    """Run the longest tests of docs/guarantees.md."""
    install(session, *SERVERS)
    run_pytest(session, {"integration"}, "-m", "long")


@nox.session(python=OWN_VERSION)
def fuzz(session: nox.Session) -> None:
    """Run the fuzzers for the seconds of the option `--fuzz-seconds`."""
    install(session, *SERVERS)
    run_pytest(session, {"fuzz"}, "-m", "long")


@nox.session(python=OWN_VERSION)
def real(session: nox.Session) -> None:
    """Run the tests with Jaeger, Zipkin and clients of other languages."""
    install(session, *SERVERS)
    install_old_client(session)
    install_py_zipkin(session)
    install_flask(session)
    build_jaeger(session)
    session.run("python", "-m", "tests.real.clients.build")
    session.run("python", "-m", "tests.real.zipkin_fetch")
    run_pytest(session, REAL)


@nox.session(python=False)
def old_client(session: nox.Session) -> None:
    """Install jaeger-client 4.8.0 into an environment of its own."""
    install_old_client(session)


@nox.session(python=False)
def py_zipkin(session: nox.Session) -> None:
    """Install py-zipkin into an environment of its own."""
    install_py_zipkin(session)


@nox.session(python=False)
def flask(session: nox.Session) -> None:
    """Install Flask's instrumentation and the package into a separate environment."""
    install_flask(session)


@nox.session(python=False)
def django42(session: nox.Session) -> None:
    """Install the oldest Django and the package into an environment of its own."""
    install_django42(session)


@nox.session(python=False)
def no_compiler(session: nox.Session) -> None:
    """Create the environment that the package is installed into without a compiler."""
    install_no_compiler(session)


@nox.session(python=False)
def wheels(session: nox.Session) -> None:
    """Build a wheel for each Python found into `dist`, and try it."""
    DIST.mkdir(exist_ok=True)
    for version in FOUND:
        wheel = shutil.copy(wheel_of(session, version), DIST)
        folder = WORK / f"wheel-{version}"
        install_apart(session, folder, PYTHONS[version] or sys.executable, "bench-ours")
        python = str(folder / "bin" / "python")
        options = ("--python", python, "--no-deps", "--reinstall")
        uv(session, "pip", "install", *options, str(wheel))
        print(f"{Path(wheel).relative_to(ROOT)}:", end=" ", flush=True)
        session.run(python, "-c", PRINT_IMPLEMENTATION, external=True)


@nox.session(python=False)
def typing(session: nox.Session) -> None:
    """Install type checkers and the package, with and without types-opentracing."""
    install_type_checkers(session)


@nox.session(python=False)
def urllib3_oldest(session: nox.Session) -> None:
    """Install the package with the oldest urllib3 into an environment of its own."""
    install_urllib3_oldest(session)


def install(session: nox.Session, *requirements: str) -> None:
    """Install the locked packages and this package, and nothing else."""
    sync(session, *(requirements or ("test",)))
    install_package(session)
    session.run("python", "-c", PRINT_IMPLEMENTATION)


def install_package(session: nox.Session, *options: str) -> None:
    """Install this package without its dependencies."""
    wheel = wheel_of(session, version_of(session))
    uv(session, "pip", "install", "--no-deps", "--reinstall", *options, wheel)


def version_of(session: nox.Session) -> str:
    """Return the Python of the session's own environment, or that of `.venv`."""
    return session.python if isinstance(session.python, str) else OWN_VERSION


def wheel_of(session: nox.Session, version: str) -> str:
    """Return the path of the package's wheel for a version of Python."""
    # In CI, tests that run in pure Python instead, because a build failed, would pass.
    # Python 3.14 as it is fetched has no headers.
    is_required = IN_CI and version != FETCHED_VERSION
    variables = {"JAEGER_CLIENT_EXTENSIONS": "require"} if is_required else {}
    python = str(PYTHONS.get(version) or sys.executable)
    return build_wheel(session, version, python, {**variables, **os.environ})


def build_wheel(
    session: nox.Session, name: str, python: str, environ: Mapping[str, str]
) -> str:
    """Build the package for *python*; sessions share the wheel by *name*."""
    folder = WHEELS / name
    settings = [environ.get(variable) for variable in PACKAGE_VARIABLES]
    content = f"{python}\n{settings}\n{digest_of_package()}"
    made = folder / "made-of.txt"
    with only_session(f"wheel-{name}"):
        if not made.exists() or made.read_text(encoding="utf-8") != content:
            shutil.rmtree(folder, ignore_errors=True)
            make_wheel(session, folder, python, environ)
            made.write_text(content, encoding="utf-8")
    (wheel,) = folder.glob("*.whl")
    return str(wheel)


def make_wheel(
    session: nox.Session, folder: Path, python: str, environ: Mapping[str, str]
) -> None:
    """Build a wheel as pip would, from locked packages."""
    options = ("--wheel", "--python", python, "-o", str(folder))
    locked = ("--build-constraints", "requirements/build.txt", "--require-hashes")
    built = tool("uv", "build", *options, *locked, environ=environ)
    if built.returncode:
        session.error(built.stdout)
    for line in built.stdout.splitlines():
        if line.startswith("jaeger-client: "):
            print(line)  # that it has no compiled core, and why


@cache
def digest_of_package() -> str:
    """Return a hash of all that a wheel is made of."""
    built = {".c", ".pyc", ".so"}
    sources = (path for path in (ROOT / "src").rglob("*") if path.suffix not in built)
    paths = [*(ROOT / name for name in PACKAGE_FILES), *sorted(sources)]
    digest = hashlib.sha256()
    for path in filter(Path.is_file, paths):
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install_old_client(session: nox.Session) -> None:
    """Create the environment of the fixture `old_client_python`."""
    python = PYTHONS["3.11"] or sys.executable
    install_apart(session, OLD_CLIENT, python, "compat48")


def install_py_zipkin(session: nox.Session) -> None:
    """Create the environment of the fixture `py_zipkin_python`."""
    install_apart(session, PY_ZIPKIN, sys.executable, "zipkin")


def install_urllib3_oldest(session: nox.Session) -> None:
    """Create the environment with the oldest urllib3 that the package accepts."""
    install_apart(session, URLLIB3_OLDEST, sys.executable, "urllib3-oldest")
    options = ("--python", str(URLLIB3_OLDEST / "bin" / "python"))
    install_package(session, *options)
    uv(session, "pip", "check", *options)


def install_flask(session: nox.Session) -> None:
    """Create the environment of the fixture `flask_python`."""
    install_apart(session, FLASK, sys.executable, "flask")
    wheel = Path(wheel_of(session, OWN_VERSION))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    installed = FLASK / "installed.txt"
    # The sessions slow and real share it, and neither may reinstall the package while
    # the other one runs tests. Wheels of the same code have the same bytes.
    with only_session(FLASK.name):
        if not installed.exists() or installed.read_text(encoding="utf-8") != digest:
            install_package(session, "--python", str(FLASK / "bin" / "python"))
            installed.write_text(digest, encoding="utf-8")


def install_django42(session: nox.Session) -> None:
    """Make the environment with the oldest Django that is supported."""
    install_apart(session, DJANGO42, sys.executable, "django42")
    install_package(session, "--python", str(DJANGO42 / "bin" / "python"))


def install_no_compiler(session: nox.Session) -> None:
    """Create the environment of tests/integration/test_installation.py."""
    install_apart(session, NO_COMPILER, sys.executable, "test", "build")
    python = str(NO_COMPILER / "bin" / "python")
    # Of the version that comes with Python, from no index.
    session.run_install(python, "-m", "ensurepip", external=True, silent=True)


def install_type_checkers(session: nox.Session) -> None:
    """Create the environments in which tests/typing checks programs."""
    for name in ("typing", "typing-stubs"):
        install_apart(session, WORK / name, sys.executable, name)
        python = WORK / name / "bin" / "python"
        install_package(session, "--python", str(python))


def install_apart(
    session: nox.Session, folder: Path, python: Path | str, *requirements: str
) -> None:
    """Create an environment with the locked packages, unless it exists."""
    locked = (ROOT / "requirements" / f"{name}.txt" for name in requirements)
    content = "\n".join([str(python), *(path.read_text("utf-8") for path in locked)])
    made = folder / "made-of.txt"
    with only_session(folder.name):
        if not made.exists() or made.read_text(encoding="utf-8") != content:
            uv(session, "venv", "--clear", "--python", str(python), str(folder))
            target = ("--python", str(folder / "bin" / "python"))
            sync(session, *requirements, options=target)
            made.write_text(content, encoding="utf-8")


@contextmanager
def only_session(name: str) -> Generator[None]:
    """Wait for other sessions that create the environment *name*."""
    WORK.mkdir(exist_ok=True)
    with (WORK / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_jaeger(session: nox.Session) -> None:
    """Build Jaeger before the tests run, because it may take minutes."""
    if shutil.which("go"):
        print("building Jaeger, unless that was done before (some minutes)", flush=True)
        session.run("python", "-m", "tests.real.jaeger_build")
    else:
        print("Go is missing: tests against a real Jaeger are skipped")


def sync(session: nox.Session, *requirements: str, options: Sequence[str] = ()) -> None:
    """Install the locked packages into an environment, and remove all others."""
    constraints = ("--build-constraints", "requirements/build.txt")
    locked = [f"requirements/{name}.txt" for name in requirements]
    uv(session, "pip", "sync", "--require-hashes", *options, *constraints, *locked)


def uv(session: nox.Session, *arguments: str) -> None:
    """Run the uv of `.venv`, by default on the session's environment."""
    session.run_install(str(BIN / "uv"), "--quiet", *arguments, external=True)


def run_pytest(session: nox.Session, folders: set[str], *options: str) -> None:
    """Run the tests of *folders*, or those of the command line after `--`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    report = RESULTS / f"{session.name}.xml"
    tests = session.posargs or [f"tests/{folder}" for folder in sorted(folders)]
    print("pytest", *options, *tests, flush=True)
    command = ("pytest", "--quiet", f"--junitxml={report}", *options, *tests)
    session.run(*command, success_codes=[0, NO_TESTS])


def print_result(session: nox.Session) -> None:
    """Print a line for each session's report, and the sum as the last line."""
    expected = VERSIONS if IN_CI else FOUND
    names = [*(f"fast-{version}" for version in expected), "slow", "real"]
    names += [f"twin-{version}" for version in TWIN_VERSIONS]
    if IN_CI:
        names += LONG_SESSIONS
    tallies = [read_tally(name) for name in names]
    passed, failed = (sum(column) for column in zip(*tallies, strict=True))
    if missing := [version for version in VERSIONS if version not in FOUND]:
        print(f"not on this machine: Python {', '.join(missing)}")
    print(f"{passed} passed, {failed} failed")
    if failed:
        session.error()


def read_tally(name: str) -> tuple[int, int]:
    """Return how many tests passed and failed; a session without a report failed."""
    report = RESULTS / f"{name}.xml"
    if not report.exists():
        print(f"{name}: did not run")
        return 0, 1
    (suite,) = ET.parse(report).getroot()
    tests, skipped = int(suite.attrib["tests"]), int(suite.attrib["skipped"])
    failed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    passed = tests - failed - skipped
    print(f"{name}: {passed} passed, {failed} failed, {skipped} skipped")
    return passed, failed


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check format, rules, types, imports and docs; print the output of failures."""
    code = [path for path in CODE if (ROOT / path).exists()]
    checks = {
        "ruff format": ("ruff", "format", "--check", "--diff", *code),
        "ruff check": ("ruff", "check", *code),
        "mypy": ("mypy", *code),
        "basedpyright": ("basedpyright", *code),
        "import-linter": ("lint-imports", "--no-logo", "--no-cache"),
        "pages": ("python", "-m", "docs.make_pages", "--check"),
        "docs": ("sphinx-build", "-n", "-W", "-q", "docs", "docs/_build/html"),
    }
    failed = [name for name, command in checks.items() if not holds(name, *command)]
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: passed")
    if failed:
        session.error()


def holds(name: str, *command: str) -> bool:
    """Run one check and print its result in a line."""
    done = tool(*command)
    print(f"  {name:<14}", "failed" if done.returncode else "ok", flush=True)
    if done.returncode:
        print(done.stdout)
    return not done.returncode


def tool(
    name: str, *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool of `.venv` and capture its output."""
    return subprocess.run(
        [BIN / name, *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
