"""Names that a package imports on first use."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest

import jaeger_client
from jaeger_client._internal.lazy import names_of

SOURCE = Path(jaeger_client.__file__).parent
PACKAGES = sorted(
    path.parent.relative_to(SOURCE.parent)
    for path in SOURCE.rglob("__init__.py")
    if "__all__ = " in path.read_text("utf-8")
)


class Answer:
    """A class that a module of the package defines."""

    __module__ = "lazy_package.inside"


def answer() -> int:
    """Do nothing; a function of another module."""
    return 42


def question() -> str:
    """Do nothing; a function that a module of the package defines."""
    return ""


question.__module__ = "lazy_package.inside"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a package with a class on first use, from the second of two modules."""
    package = ModuleType("lazy_package")
    find, names = names_of(
        "lazy_package", "other", "inside", old="math", circle="math:pi"
    )
    package.__dict__.update(__getattr__=find, __dir__=names)
    monkeypatch.setitem(sys.modules, "lazy_package", package)
    inside, other = map(ModuleType, ("lazy_package.inside", "lazy_package.other"))
    inside.__dict__.update(
        Answer=Answer, Path=Path, answer=answer, question=question, ANSWER=42
    )
    for module in (inside, other):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return package


def test_a_class_is_found_in_its_module(package: ModuleType) -> None:
    """After the first use a class is an attribute of the package."""
    assert "Answer" not in vars(package)

    assert Answer is package.Answer
    assert Answer is vars(package)["Answer"]


def test_functions_and_constants_are_found_too(package: ModuleType) -> None:
    """As those that programs for 4.8 import from the package."""
    assert (question, 42) == (package.question, package.ANSWER)


def test_a_module_is_an_attribute_too(package: ModuleType) -> None:
    """Modules are attributes of the package, too."""
    assert sys.modules["lazy_package.inside"] is package.inside


def test_a_module_of_another_package_has_a_name_here(package: ModuleType) -> None:
    """As the modules that a module of 4.8 imported."""
    assert importlib.import_module("math") is package.old


def test_a_name_of_another_package_is_a_name_here(package: ModuleType) -> None:
    """It is given with its module, as an entry point is."""
    assert math.pi == package.circle


def test_all_names_are_listed(package: ModuleType) -> None:
    """`dir` returns them before their first use."""
    names = {"ANSWER", "Answer", "circle", "inside", "old", "other", "question"}

    assert names < {*dir(package)}


@pytest.mark.parametrize("name", ["Path", "answer", "e", "__wrapped__"])
def test_other_names_are_missing(package: ModuleType, name: str) -> None:
    """An unknown name is an AttributeError; so is a name that a module imported."""
    message = f"'lazy_package' has no attribute '{name}'"

    with pytest.raises(AttributeError, match=message):
        getattr(package, name)


@pytest.mark.parametrize("path", PACKAGES, ids=str)
def test_each_public_name_exists(path: Path) -> None:
    """Every name of `__all__` is an attribute of the package."""
    module = importlib.import_module(".".join(path.parts))

    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


def test_a_star_import_has_the_classes_that_are_imported_on_first_use() -> None:
    """`from jaeger_client.codecs import *` defines `W3CCodec`."""
    scope: dict[str, object] = {}

    exec("from jaeger_client.codecs import *", scope)  # not allowed in a function

    assert "W3CCodec" in scope
