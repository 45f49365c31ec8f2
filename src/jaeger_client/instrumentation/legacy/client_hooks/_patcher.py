"""
Replaces functions of a library, and puts them back.

A hook must not break the library: if one of its functions is missing, those that were
replaced before are put back, and a line is logged.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TypeAlias

from jaeger_client._internal.diagnostics import RateLimitedWarning, warn
from jaeger_client._internal.fork import forks_wait

__all__ = ["Patcher"]

Library: TypeAlias = Any
"""A module, class or function of a library, whose types may not be installed."""

_MISSING: Final = object()

_FAILED = RateLimitedWarning("%s: the hook failed; the call goes on without a span")


def imported(name: str) -> Library:
    """Import and return the module *name*."""
    with forks_wait():
        return importlib.import_module(name)


def attempt(function: Callable[..., Library], *arguments: object) -> Library:
    """Call *function*; if it raises, log that and return `None`."""
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - the traced call must go on
        _FAILED.warn(getattr(function, "__qualname__", function), exc_info=True)
        return None


class Patcher:
    """
    Installs and removes the hook for one library.

    Subclasses set `module_name` and define `_install_patches`, which calls `replace`.
    """

    module_name = ""
    """Name of the module that is traced."""

    def __init__(self) -> None:
        self.patches_installed = False
        self._not_installed = [True]
        """Taken by the one thread that installs the hook; atomic, see `signal_safe`."""
        self._replaced: list[tuple[Library, str, object, object]] = []

    @property
    def applicable(self) -> bool:
        """Whether the library is installed."""
        try:
            imported(self.module_name)
        except ImportError:
            return False
        except Exception as error:  # noqa: BLE001 - it is the library that is broken
            warn(
                "%s cannot be imported (%r); it is not traced", self.module_name, error
            )
            return False
        return True

    def install_patches(self) -> None:
        """Install the hook, unless it is installed or the library is not."""
        if not self.applicable:
            return
        try:
            self._not_installed.pop()
        except IndexError:
            return
        self.patches_installed = True
        try:
            self._install_patches()
        except Exception as error:  # noqa: BLE001 - an unknown version of it
            attempt(self._reset_patches)
            warn(
                "%s is not traced, because its hook cannot be installed (%r); "
                "an older version may work",
                self.module_name,
                error,
            )

    def reset_patches(self) -> None:
        """Remove the hook."""
        if self.applicable:
            self._reset_patches()
        self.patches_installed = False
        self._not_installed = [True]

    def replace(
        self, owner: Library, name: str, make: Callable[[Library], Library]
    ) -> None:
        """
        Replace the attribute *name* of *owner* with `make(original)`.

        Raises:
            AttributeError: If there is no such attribute.
        """
        own: Library = owner.__dict__.get(name, _MISSING)
        replacement = make(getattr(owner, name))
        setattr(owner, name, replacement)
        self._replaced.append((owner, name, own, replacement))

    def _install_patches(self) -> None:
        raise NotImplementedError

    def _reset_patches(self) -> None:
        self._undo()

    def _undo(self) -> None:
        while self._replaced:
            owner, name, own, replacement = self._replaced.pop()
            if getattr(owner, name, None) is not replacement:
                continue  # replaced again, by others
            if own is _MISSING:
                delattr(owner, name)  # inherited
            else:
                setattr(owner, name, own)

    @classmethod
    def configure_hook_module(cls, context: MutableMapping[str, object]) -> None:
        """
        Define `patcher`, `install_patches`, `reset_patches` and `set_patcher`.

        Args:
            context: The `globals()` of the module of a hook.
        """
        context["patcher"] = cls()
        install, reset, set_patcher = functions_of(context)
        context["install_patches"], context["reset_patches"] = install, reset
        context["set_patcher"] = set_patcher


def functions_of(
    module: MutableMapping[str, Library],
) -> tuple[Callable[[], None], Callable[[], None], Callable[[Patcher], None]]:
    """Return `install_patches`, `reset_patches` and `set_patcher` for `globals()`."""

    def install_patches() -> None:
        """Install the hook, unless it is installed or the library is not."""
        module["patcher"].install_patches()

    def reset_patches() -> None:
        """Remove the hook."""
        module["patcher"].reset_patches()

    def set_patcher(custom_patcher: Patcher) -> None:
        """Use *custom_patcher* from the next call of `install_patches` on."""
        module["patcher"] = custom_patcher

    return install_patches, reset_patches, set_patcher
