"""
Classes of a package that are imported on first use, because that takes time.

A package imports such classes for type checkers only. At run time its `__getattr__`
(PEP 562) finds them by searching the modules, so no list of names has to be maintained.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

from jaeger_client._internal.fork import forks_wait


def classes_of(
    package: str, *modules: str, **aliases: str
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return the `__getattr__` and the `__dir__` of *package*.

    `__getattr__` finds the public classes of *modules*, which it imports in this order
    until one defines the name. The modules are attributes of the package, too, and so
    are *aliases*: names for modules of other packages, given in full.
    """

    def find(name: str) -> object:
        if name in aliases:
            return _import(aliases[name])
        for module in () if name.startswith("_") else modules:
            found = _import(f"{package}.{module}")
            if name == module:
                return found
            if name in _classes(found):
                setattr(sys.modules[package], name, getattr(found, name))
                return getattr(found, name)
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    def names() -> list[str]:
        classes = [_classes(_import(f"{package}.{module}")) for module in modules]
        return sorted({*vars(sys.modules[package]), *modules, *aliases}.union(*classes))

    return find, names


def _classes(module: ModuleType) -> list[str]:
    """Return the names of the public classes that *module* defines."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def _import(name: str) -> ModuleType:
    # `importlib.import_module` without `importlib`, which is not needed at start-up.
    with forks_wait():
        __import__(name)
    return sys.modules[name]
