"""Runs functions on threads that are switched often; see `switches.c`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import partial

from tests.unit.racing import run_together

TIMEOUT = 45.0

_pause = ctypes.CDLL(os.environ["TEST_SWITCHES"]).pause_at_switch
_set_profile = ctypes.pythonapi.PyEval_SetProfile
_set_profile.argtypes = [ctypes.c_void_p, ctypes.c_void_p]


def _run(function: Callable[[], object]) -> None:
    _set_profile(_pause, None)
    try:
        function()
    finally:
        _set_profile(None, None)


def run_on_threads(*functions: Callable[[], object]) -> None:
    """Run each function in a thread of its own; raise what one of them raises."""
    run_together(*(partial(_run, each) for each in functions), timeout=TIMEOUT)
