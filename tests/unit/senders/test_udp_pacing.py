"""Datagrams leave at the pace at which Jaeger reads them."""

from __future__ import annotations

import math

import pytest

from jaeger_client.senders.udp import Pacer
from jaeger_client.testing import FakeClock

RATE = 20e6
DEFAULT_RECEIVE_BUFFER = 212_992


class LateClock(FakeClock):
    """A clock on which each sleep takes a little longer than it should."""

    def __init__(self, excess: float) -> None:
        super().__init__()
        self._excess = excess

    def sleep(self, seconds: float) -> None:
        """Advance by *seconds* and the excess."""
        super().sleep(seconds)
        self.advance(self._excess)


def leave_times(sizes: list[int], clock: FakeClock) -> list[float]:
    """Return when each datagram leaves, from the first on."""
    pacer = Pacer(clock, RATE)
    start, times = clock.monotonic(), list[float]()
    for size in sizes:
        pacer.wait(size)
        times.append(clock.monotonic() - start)
    return times


def test_the_first_datagram_leaves_at_once() -> None:
    """The first datagram does not wait."""
    clock = FakeClock()

    Pacer(clock, RATE).wait(65_000)

    assert [] == clock.sleeps


@pytest.mark.parametrize(
    ("size", "least_gap"),
    [(1_200, 0.000_1), (6_500, 0.000_4), (48_000, 0.002_4)],
)
def test_the_gap_is_what_was_measured(size: int, least_gap: float) -> None:
    """A row of datagrams has the gaps at which a real Jaeger lost none."""
    times = leave_times([size] * 1_000, FakeClock())

    assert least_gap <= times[-1] - times[-2] < 1.7 * least_gap


def test_20_000_spans_leave_in_an_eighth_of_a_second() -> None:
    """A burst of 20,000 spans of 120 bytes in full datagrams takes 0.12 s."""
    times = leave_times([65_000] * 37, FakeClock())

    assert 0.11 < times[-1] < 0.125


def test_time_spent_otherwise_counts() -> None:
    """There is no wait if encoding took as long as the gap."""
    clock = FakeClock()
    pacer = Pacer(clock, RATE)
    for _ in range(100):
        pacer.wait(65_000)
    clock.sleeps.clear()

    clock.advance(0.004)
    pacer.wait(65_000)

    assert [] == clock.sleeps


def test_a_sleep_that_was_too_long_is_caught_up() -> None:
    """Sleeps that last 0.06 ms too long do not slow the row down."""
    exact = leave_times([6_500] * 1_000, FakeClock())
    late = leave_times([6_500] * 1_000, LateClock(0.000_06))

    assert exact[-1] == pytest.approx(late[-1], rel=0.001)


def test_idle_time_counts_up_to_4_000_bytes() -> None:
    """
    After a long pause, the next gap is shorter by the time of 4,000 bytes at most.

    With the time of a full datagram, a Jaeger on a busy machine lost spans.
    """
    clock = FakeClock()
    pacer = Pacer(clock, RATE)
    clock.advance(3_600.0)
    pacer.wait(65_000)

    pacer.wait(65_000)

    assert [pytest.approx((65_000 + 2_000 - 4_000) / RATE)] == clock.sleeps


@pytest.mark.parametrize("size", [1_200, 6_500, 48_000, 65_000])
@pytest.mark.parametrize("pause", [0.0, 0.01, 3_600.0])
def test_the_receive_buffer_never_overflows(size: int, pause: float) -> None:
    """At no time more is under way than a default buffer holds beyond what is read."""
    clock = LateClock(0.000_06)
    pacer = Pacer(clock, RATE)
    waiting, last = 0.0, clock.monotonic()
    most = 0.0
    for number in range(500):
        clock.advance(pause if number == 250 else 0.0)
        pacer.wait(size)
        read = (clock.monotonic() - last) * RATE
        # What the kernel charges for a datagram beside its bytes: up to 2,000.
        waiting, last = max(0.0, waiting - read) + size + 2_000, clock.monotonic()
        most = max(most, waiting)

    assert most < DEFAULT_RECEIVE_BUFFER


def test_an_infinite_rate_turns_the_pace_off() -> None:
    """With a rate of infinity nothing waits."""
    clock = FakeClock()
    pacer = Pacer(clock, math.inf)

    for _ in range(100):
        pacer.wait(65_000)

    assert [] == clock.sleeps
