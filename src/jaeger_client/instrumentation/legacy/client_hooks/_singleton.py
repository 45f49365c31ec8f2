"""A decorator for functions that do something once."""

from __future__ import annotations

import functools
from collections.abc import Callable

__all__ = ["singleton"]


def singleton(func: Callable[[], object]) -> Callable[[], object]:
    """
    Return a function that calls *func* once; later calls return `None`.

    Its attribute `reset` is a function that lets *func* be called once more.
    """
    is_called = False

    @functools.wraps(func)
    def once() -> object:
        nonlocal is_called
        if is_called:
            return None
        is_called = True
        return func()

    def reset() -> None:
        nonlocal is_called
        is_called = False

    vars(once)["reset"] = reset
    return once
