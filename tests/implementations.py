"""The two implementations of a module: plain Python, and compiled if it was built."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest


def implementations(twin: str, compiled: str) -> list[Any]:
    """
    Return parameters for a fixture: the modules *twin* and *compiled*.

    Both are names below `jaeger_client`. The second is skipped if it was not built.
    """
    return [
        pytest.param(import_module(f"jaeger_client.{twin}"), id="plain"),
        _compiled(f"jaeger_client._native.{compiled}"),
    ]


def _compiled(name: str) -> Any:
    try:
        return pytest.param(import_module(name), id="compiled")
    except ImportError:
        skip = pytest.mark.skip(reason=f"{name} was not compiled")
        return pytest.param(None, id="compiled", marks=skip)


def compiled_module(name: str) -> Any:
    """Return the compiled module *name*, or skip the tests of the file."""
    return pytest.importorskip(f"jaeger_client._native.{name}", exc_type=ImportError)
