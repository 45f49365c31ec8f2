"""
Names of a package that are imported when they are first asked for (PEP 562).

A start needs half of this library; to import the rest, too, would take twice as
long. Where the background thread asks for such a name, forks must wait
(`fork.forks_wait`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType


def names_from(
    package: str,
    homes: Mapping[str, str],
    *,
    rooms: str = "",
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return the `__getattr__` and the `__dir__` of *package*.

    Several names stand in one text with spaces between.

    Args:
        package: Its full name.
        homes: The names that come from a module, by the full name of the module.
        rooms: Modules of the package; those among *homes* need not be named.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}
    inside = f"{package}."
    known_rooms = {
        *rooms.split(),
        *(home.removeprefix(inside) for home in homes if home.startswith(inside)),
    }

    def load(name: str) -> object:
        if name in home_of:
            found: object = getattr(_module(home_of[name]), name)
            # The next one to ask finds it without coming by here.
            setattr(sys.modules[package], name, found)
            return found
        if name in known_rooms:
            return _module(inside + name)
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of, *known_rooms})

    return load, names


def _module(name: str) -> ModuleType:
    # `importlib.import_module` without `importlib`.
    __import__(name)
    return sys.modules[name]
