"""Hooks are installed once, can be removed, and never break a library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Barrier, Thread
from types import ModuleType, SimpleNamespace

import pytest

from jaeger_client.instrumentation.legacy.client_hooks import _patcher
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Patcher,
    attempt,
    functions_of,
)
from tests.unit.spans import Anything


class Base:
    """A class of a library."""

    def inherited(self) -> str:
        return "inherited"


class Library(Base):
    """A subclass, whose methods are replaced."""

    def own(self) -> str:
        return "own"


def replaced(_: object) -> Callable[[object], str]:
    """Return what replaces a method."""
    return lambda _: "replaced"


class LibraryPatcher(Patcher):
    """Replaces both methods, and further names."""

    module_name = "json"
    names: tuple[str, str] = ("own", "inherited")

    def _install_patches(self) -> None:
        for name in self.names:
            self.replace(Library, name, replaced)


def results() -> list[str]:
    """Return what both methods return."""
    return [Library().own(), Library().inherited()]


def test_a_hook_is_installed_once_and_removed() -> None:
    """Repeated calls change nothing; inherited methods are inherited again."""
    patcher = LibraryPatcher()
    patcher.install_patches()
    patcher.install_patches()

    assert ["replaced"] * 2 == results()
    assert patcher.patches_installed
    patcher.reset_patches()
    patcher.reset_patches()
    assert ["own", "inherited"] == results()
    assert "inherited" not in vars(Library)
    assert not patcher.patches_installed


def test_a_replacement_by_others_stays() -> None:
    """What was replaced after the hook was installed is not touched."""
    original = Library.own
    patcher = LibraryPatcher()
    patcher.install_patches()
    try:
        Library.own = lambda self: "by others"  # type: ignore[method-assign]  # pyright: ignore[reportAttributeAccessIssue]  # as libraries do
        patcher.reset_patches()

        assert ["by others", "inherited"] == results()
    finally:
        Library.own = original  # type: ignore[method-assign]  # as it was


def test_a_hook_that_fails_leaves_the_library_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line has the cause; the methods that were replaced before are put back."""
    patcher = LibraryPatcher()
    patcher.names = ("own", "removed")  # of a newer version
    patcher.install_patches()

    assert ["own", "inherited"] == results()
    (record,) = caplog.records
    assert "json is not traced" in record.getMessage()
    assert "removed" in record.getMessage()
    assert record.exc_info is None


def test_a_library_that_is_not_installed_is_skipped_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As in 3.3.1."""
    patcher = LibraryPatcher()
    patcher.module_name = "no_such_library"
    patcher.install_patches()
    patcher.reset_patches()

    assert not patcher.applicable
    assert ["own", "inherited"] == results()
    assert [] == caplog.records


def test_a_library_that_cannot_be_imported_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As an old Tornado on a new Python."""

    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "broken_library":
                msg = "MutableMapping"
                raise AttributeError(msg)

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    patcher = LibraryPatcher()
    patcher.module_name = "broken_library"
    patcher.install_patches()

    assert ["own", "inherited"] == results()
    (record,) = caplog.records
    assert "broken_library cannot be imported" in record.getMessage()


def test_the_base_class_has_no_hook() -> None:
    """Its method must be defined; a fault of it is logged as that of any hook."""
    with pytest.raises(NotImplementedError):
        Patcher()._install_patches()


def test_a_module_can_have_another_patcher() -> None:
    """`set_patcher` replaces the one that the functions of the module use."""
    calls: list[str] = []
    module: Anything = ModuleType("hook_of_test")
    install, reset, set_patcher = functions_of(module.__dict__)
    custom: Anything = SimpleNamespace(
        install_patches=lambda: calls.append("install"),
        reset_patches=lambda: calls.append("reset"),
    )

    set_patcher(custom)
    install()
    reset()

    assert custom is module.patcher
    assert ["install", "reset"] == calls


def test_a_hook_of_the_application_configures_its_module() -> None:
    """It has the names that every hook has."""
    context: dict[str, Anything] = {}
    LibraryPatcher.configure_hook_module(context)

    context["install_patches"]()
    assert ["replaced"] * 2 == results()
    context["reset_patches"]()
    assert ["own", "inherited"] == results()
    context["set_patcher"](None)
    assert context["patcher"] is None


def test_a_fault_of_a_hook_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The traced call goes on."""
    assert attempt(int, "text") is None
    assert 5 == attempt(int, "5")
    assert "the hook failed" in caplog.text
    assert _patcher.imported("json").__name__ == "json"


def test_threads_install_a_hook_once() -> None:
    """Also if they find at the same time that it is not installed."""
    barrier = Barrier(2, timeout=30)
    installed: list[int] = []

    class Slow(Patcher):
        @property
        def applicable(self) -> bool:
            barrier.wait()
            return True

        def _install_patches(self) -> None:
            installed.append(1)

    patcher = Slow()
    threads = [Thread(target=patcher.install_patches) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1] == installed
