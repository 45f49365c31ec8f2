"""The modules of this package under the name of the old one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType
from typing import Final

from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import forks_wait

_PACKAGE: Final = __name__.rpartition(".")[0]
_SCOPES: Final = "opentracing.scope_managers.tornado"


def install_as(name: str = "opentracing_instrumentation") -> bool:
    """
    Make the modules of this package importable as *name* and its submodules.

    Call it before the code that imports *name*. If a package of that name is installed
    and its `client_hooks.install_all_patches` can be imported, with the modules that
    it installs, the package is left alone. Otherwise it is replaced: beside Tornado
    5.1, for example, Python 3.10 can import the function, but not all of the modules.
    `opentracing.scope_managers.tornado`, which
    current versions of Tornado cannot import either, is then replaced by
    `tornado_scopes`.

    Returns:
        Whether *name* is now this package. Repeated calls return the same.
    """
    package = sys.modules[_PACKAGE]
    if sys.modules.get(name) is package:
        return True
    with forks_wait():
        if _works(name):
            logger.info("%s is installed and works; it is left alone", name)
            return False
        for loaded in [key for key in sys.modules if key.startswith(f"{name}.")]:
            # What remains of an import that failed half-way.
            del sys.modules[loaded]
        for module in pkgutil.walk_packages(package.__path__, f"{_PACKAGE}."):
            alias = name + module.name.removeprefix(_PACKAGE)
            sys.modules[alias] = importlib.import_module(module.name)
        _bind(name, package)
        if not _can_import(_SCOPES):
            _bind(_SCOPES, sys.modules[f"{_PACKAGE}.tornado_scopes"])
    return True


def _bind(name: str, module: ModuleType) -> None:
    """Make *module* importable as *name*, and an attribute of its parent."""
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(importlib.import_module(parent), child, module)


def _works(name: str) -> bool:
    hooks = f"{name}.client_hooks"
    if not _can_import(hooks):
        return False
    package = sys.modules[hooks]
    found = pkgutil.iter_modules(package.__path__, f"{hooks}.")
    return hasattr(package, "install_all_patches") and all(
        _can_import(module.name) for module in found
    )


def _can_import(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - on a newer Python it may fail in any way
        return False
    return True
