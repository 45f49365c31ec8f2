"""The system's clocks."""

from __future__ import annotations

import runpy
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from jaeger_client import span
from jaeger_client._internal import clock, span_starter
from jaeger_client._internal.clock import SYSTEM_CLOCK, UNPATCHED


def test_clocks_are_looked_up_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks and sleep are those of `time`, which tests of applications patch."""
    slept: list[float] = []
    monkeypatch.setattr(time, "time", lambda: 1.5)
    monkeypatch.setattr(time, "monotonic", lambda: 2.5)
    monkeypatch.setattr(time, "sleep", slept.append)

    SYSTEM_CLOCK.sleep(3.5)

    assert (1.5, 2.5) == (SYSTEM_CLOCK.time(), SYSTEM_CLOCK.monotonic())
    assert [3.5] == slept


def test_an_unpatched_clock_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """`time.time` is the unpatched wall clock until a test replaces it."""
    assert time.time is UNPATCHED.wall_clock

    monkeypatch.setattr(time, "time", lambda: 1.5)

    assert time.time is not UNPATCHED.wall_clock


@pytest.mark.parametrize("module", [clock, span, span_starter])
def test_no_module_attribute_is_the_wall_clock(module: ModuleType) -> None:
    """Freezegun replaces module attributes that are `time.time`: there are none."""
    assert time.time not in vars(module).values()


def test_with_time_machine_every_clock_counts_as_patched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once time-machine is imported, `time.time` counts as patched."""
    monkeypatch.setitem(sys.modules, "time_machine", ModuleType("time_machine"))

    assert runpy.run_path(clock.__file__)["UNPATCHED"].wall_clock is None


def test_the_steady_clock_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the resolution of `monotonic` is milliseconds, `perf_counter` is used."""
    assert clock.STEADY_CLOCK is time.monotonic

    coarse = SimpleNamespace(resolution=0.016)
    monkeypatch.setattr(time, "get_clock_info", {"monotonic": coarse}.get)

    assert runpy.run_path(clock.__file__)["STEADY_CLOCK"] is time.perf_counter
