"""The modules under the name of the old package."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jaeger_client.instrumentation import legacy

NAME = "opentracing_instrumentation"
NEW = "jaeger_client.instrumentation.legacy"


def run(program: str, path: Path) -> list[str]:
    """Run *program* with the packages in *path*; return the lines it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.splitlines()


def install_old_package(path: Path, **modules: str) -> None:
    """Write a package of the old name, with the source of its modules."""
    hooks = path / NAME / "client_hooks"
    hooks.mkdir(parents=True)
    (path / NAME / "__init__.py").write_text("import sys\n")
    for name, source in modules.items():
        (hooks / f"{name}.py").write_text(source)


REPORT = f"""
from jaeger_client.instrumentation import legacy
print(legacy.install_as(), legacy.install_as())
import {NAME}
from {NAME}.client_hooks import install_all_patches
print({NAME}.__name__, install_all_patches.__module__)
"""

OURS = [
    "True True",
    f"{NEW} {NEW}.client_hooks",
]


def test_every_module_has_the_old_name(tmp_path: Path) -> None:
    """It is the same module, also as an attribute."""
    program = f"""
import sys
from jaeger_client.instrumentation import legacy
assert legacy.install_as()
import {NAME}
import {NAME}.client_hooks.requests as hook
from {NAME} import get_current_span, request_context
from {NAME}.client_hooks._dbapi2 import db_span
from {NAME}.http_server import before_request
assert hook is legacy.client_hooks.requests is {NAME}.client_hooks.requests
assert hook is sys.modules["{NAME}.client_hooks.requests"]
assert request_context.get_current_span is get_current_span
import opentracing.scope_managers.tornado
TornadoScopeManager = opentracing.scope_managers.tornado.TornadoScopeManager
assert request_context.TornadoScopeManager is TornadoScopeManager
print(hook.__name__)
"""
    assert [f"{NEW}.client_hooks.requests"] == run(program, tmp_path)


@pytest.fixture
def modules() -> Iterator[None]:
    """Remove what a test adds to the imported modules."""
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        parent, _, child = name.rpartition(".")
        if parent in before:
            delattr(before[parent], child)
        del sys.modules[name]


@pytest.mark.usefixtures("modules")
def test_another_name_can_be_chosen() -> None:
    """Any that can be imported."""
    names = ["old_tracing", "old_tracing", "older_tracing"]
    assert [True, True, True] == [legacy.install_as(name) for name in names]

    found = importlib.import_module("old_tracing.local_span")
    assert found.traced_function is legacy.traced_function


@pytest.mark.usefixtures("modules")
def test_a_package_that_works_stays_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under its own name."""
    works = "def install_all_patches(): pass\n"
    install_old_package(tmp_path, __init__=works)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert not legacy.install_as(NAME)
    assert legacy is not importlib.import_module(NAME)


@pytest.mark.usefixtures("modules")
def test_what_remains_of_a_broken_package_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the modules that could be imported."""
    works = "def install_all_patches(): pass\n"
    broken = "raise AttributeError\n"
    install_old_package(tmp_path, __init__=works, a=broken, remains="x = 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.import_module(f"{NAME}.client_hooks.remains")

    assert legacy.install_as(NAME)
    assert f"{NAME}.client_hooks.remains" not in sys.modules


def test_a_package_that_works_is_left_alone(tmp_path: Path) -> None:
    """Its modules are those that the application imports."""
    install_old_package(
        tmp_path, __init__="def install_all_patches():\n    pass\n", urllib="x = 1\n"
    )

    assert ["False False", f"{NAME} {NAME}.client_hooks"] == run(REPORT, tmp_path)


@pytest.mark.parametrize(
    "modules",
    [
        {"__init__": "raise AttributeError('MutableMapping')\n"},
        {"__init__": "import no_such_module\n"},
        {"__init__": "something = 1\n"},
        {
            "__init__": "def install_all_patches():\n    pass\n",
            "tornado_http": "raise AttributeError('MutableMapping')\n",
        },
    ],
    ids=["raises", "imports", "without the function", "a hook raises"],
)
def test_a_package_that_does_not_work_is_replaced(
    tmp_path: Path, modules: dict[str, str]
) -> None:
    """Nothing of it remains imported."""
    install_old_package(tmp_path, **modules)

    assert OURS == run(REPORT, tmp_path)
