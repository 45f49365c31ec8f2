"""Names that are imported when they are asked for."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

import jaeger_client
from jaeger_client._internal.lazy import names_from

SOURCE = Path(jaeger_client.__file__).parent
LAZY = sorted(
    path for path in SOURCE.rglob("*.py") if "= names_from(" in path.read_text("utf-8")
)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a package with a name from elsewhere and a module of its own."""
    module = ModuleType("lazy_package")
    load, names = names_from(
        "lazy_package",
        {"math": "pi tau", "lazy_package.inside": "answer"},
        rooms="other",
    )
    module.__dict__.update(__getattr__=load, __dir__=names)
    inside = ModuleType("lazy_package.inside")
    inside.__dict__["answer"] = 42
    monkeypatch.setitem(sys.modules, "lazy_package", module)
    monkeypatch.setitem(sys.modules, "lazy_package.inside", inside)
    return module


def test_a_name_comes_from_its_home(package: ModuleType) -> None:
    """The next to ask finds it in the package."""
    assert "pi" not in vars(package)

    assert importlib.import_module("math").pi is package.pi
    assert "pi" in vars(package)


def test_a_home_inside_is_a_name_too(package: ModuleType) -> None:
    """The module of a name can be reached as well as the name."""
    assert 42 == package.answer
    assert sys.modules["lazy_package.inside"] is package.inside


def test_all_names_are_listed(package: ModuleType) -> None:
    """`dir` knows them before anybody asked for them."""
    assert {"pi", "tau", "answer", "inside", "other"} < {*dir(package)}


def test_other_names_are_missing(package: ModuleType) -> None:
    """As in any module."""
    with pytest.raises(AttributeError, match="'lazy_package' has no attribute 'e'"):
        _ = package.e


@pytest.mark.parametrize("path", LAZY, ids=lambda path: str(path.relative_to(SOURCE)))
def test_type_checkers_are_told_of_the_same_names(path: Path) -> None:
    """Each name that is lazy is imported for them from the very same module."""
    tree = ast.parse(path.read_text("utf-8"))

    told = names_for_type_checkers(tree)

    assert told >= lazy_names(tree)


@pytest.mark.parametrize("path", LAZY, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_public_name_can_be_had(path: Path) -> None:
    """What `__all__` promises is there."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))

    missing = [n for n in getattr(module, "__all__", []) if not hasattr(module, n)]

    assert not missing


def names_for_type_checkers(tree: ast.Module) -> set[tuple[str, str]]:
    """Return module and name of each import that type checkers see."""
    return {
        (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def lazy_names(tree: ast.Module) -> set[tuple[str, str]]:
    """Return module and name of each name that `names_from` is given."""
    homes: dict[str, str] = next(
        ast.literal_eval(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "names_from"
    )
    pairs = {(home, name) for home, names in homes.items() for name in names.split()}
    # Modules in their old place, above the package: no type checker need know them.
    return pairs - {
        ("jaeger_client", "thrift"),
        ("jaeger_client", "ioloop_util"),
        ("jaeger_client.thrift_gen.agent", "Agent"),
    }
