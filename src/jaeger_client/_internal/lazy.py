"""
Names of a package that are imported on first use, because that takes time.

A package imports such names for type checkers only. At run time its `__getattr__`
(PEP 562) finds them by searching the modules, so no list of names has to be maintained.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

from jaeger_client._internal.fork import forks_wait


def names_of(
    package: str, *modules: str, **aliases: str
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return the `__getattr__` and the `__dir__` of *package*.

    `__getattr__` finds the public classes, functions and constants of *modules*, which
    it imports in this order until one defines the name. The modules are attributes of
    the package, too. *aliases* are names for modules of other packages, or for names
    in them: `package.module` or `package.module:name`.
    """

    def find(name: str) -> object:
        if name in aliases:
            module, _, of_module = aliases[name].partition(":")
            found = _import(module)
            return getattr(found, of_module) if of_module else found
        for module in () if name.startswith("_") else modules:
            found = _import(f"{package}.{module}")
            if name == module:
                return found
            if name in _names(found):
                setattr(sys.modules[package], name, getattr(found, name))
                return getattr(found, name)
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    def names() -> list[str]:
        defined = [_names(_import(f"{package}.{module}")) for module in modules]
        return sorted({*vars(sys.modules[package]), *modules, *aliases}.union(*defined))

    return find, names


def _names(module: ModuleType) -> list[str]:
    """Return the public names that *module* defines, and its constants."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (name.isupper() or getattr(value, "__module__", "") == module.__name__)
    ]


def _import(name: str) -> ModuleType:
    # `importlib.import_module` without `importlib`, which is not needed at start-up.
    with forks_wait():
        __import__(name)
    return sys.modules[name]
