"""The machine's own clocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jaeger_client.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    import pytest


def test_clocks_are_looked_up_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks and sleep are those of `time`, which tests of applications patch."""
    slept: list[float] = []
    monkeypatch.setattr(time, "time", lambda: 1.5)
    monkeypatch.setattr(time, "monotonic", lambda: 2.5)
    monkeypatch.setattr(time, "sleep", slept.append)

    SYSTEM_CLOCK.sleep(3.5)

    assert (1.5, 2.5) == (SYSTEM_CLOCK.time(), SYSTEM_CLOCK.monotonic())
    assert [3.5] == slept
