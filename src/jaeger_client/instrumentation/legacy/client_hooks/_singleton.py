"""A decorator for functions that do something once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

__all__ = ["singleton"]

P = ParamSpec("P")


def singleton(func: Callable[P, object]) -> Callable[P, object]:
    """
    Return a function that calls *func* until it has returned once, then `None`.

    Its attribute `reset` is a function that lets *func* be called once more, and
    `__original_func` is *func*.
    """
    is_called = False

    @functools.wraps(func)
    def once(*args: P.args, **kwargs: P.kwargs) -> object:
        nonlocal is_called
        if is_called:
            return None
        result = func(*args, **kwargs)
        is_called = True
        return result

    def reset() -> None:
        nonlocal is_called
        is_called = False

    vars(once).update({"reset": reset, "__original_func": func})
    return once
