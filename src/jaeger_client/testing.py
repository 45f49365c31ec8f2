"""
Fakes and pytest fixtures for the tests of applications, and for our own.

Nothing here draws a random number or opens a socket. The fixtures are available once a
`conftest.py` contains `pytest_plugins = ["jaeger_client.testing"]`, or where they are
imported by name. Without pytest, this module is everything but the fixtures.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import opentracing

from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.signal_safe import Atomic
from jaeger_client.reporter.local import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.senders.memory import MemorySender
from jaeger_client.span import Span
from jaeger_client.tracer import Tracer

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock

__all__ = [
    "CountingIds",
    "FakeClock",
    "MemorySender",
    "MemoryTracer",
    "memory_tracer",
]


class FakeClock:
    """
    A clock that stands still until it is advanced or slept on.

    Accepted as `clock` by `Tracer`, `Config` and `MemoryTracer`. Safe from any thread.

    Args:
        time: Seconds since the epoch at first.
        monotonic: Seconds since some fixed point at first.
    """

    def __init__(
        self, *, time: float = 1_700_000_000.0, monotonic: float = 0.0
    ) -> None:
        self._now = Atomic((time, monotonic))
        self.sleeps: list[float] = []
        """The argument of each call of `sleep`."""

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._now.read()[0][0]

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        return self._now.read()[0][1]

    def sleep(self, seconds: float) -> None:
        """Advance by *seconds* and return at once."""
        self.sleeps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Advance both times by *seconds*."""
        self._now.update(lambda now: (now[0] + seconds, now[1] + seconds))

    def __repr__(self) -> str:
        return f"<FakeClock time={self.time()} monotonic={self.monotonic()}>"


class CountingIds(IdRandom):
    """
    A source of ids that counts: 1, 2, 3 and so on.

    A root span takes one number for its trace and itself, a child takes one.
    Set it as `tracer.random`. Safe from any thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    def getrandbits(self, k: int, /) -> int:
        """Return the next number, cut to *k* bits."""
        # To take the next number is one step to the interpreter.
        return next(self._numbers) & ((1 << k) - 1)

    def after_fork_in_child(self) -> None:
        """Count on from where the parent was."""


class MemoryTracer(Tracer):
    """
    A tracer that records every trace, in memory, with ids that count.

    Args:
        service_name: Name of the process in its traces.
        clock: Read for the times of spans; by default the system's clock.
    """

    def __init__(
        self, service_name: str = "test", *, clock: Clock | None = None
    ) -> None:
        self._memory = InMemoryReporter()
        sampler = ConstSampler(decision=True)
        super().__init__(service_name, self._memory, sampler, clock=clock)
        self.random = CountingIds()

    @property
    def spans(self) -> list[Span]:
        """All spans finished so far, in the order in which they finished."""
        return self._memory.get_spans()


@contextmanager
def memory_tracer(
    service_name: str = "test",
    *,
    clock: Clock | None = None,
    set_global: bool = False,
) -> Generator[MemoryTracer]:
    """
    Return a `MemoryTracer` for a `with` block, and close it at the end.

    Args:
        service_name: Name of the process in its traces.
        clock: Read for the times of spans; by default the system's clock.
        set_global: Whether it is `opentracing.global_tracer()` within the block.
    """
    with MemoryTracer(service_name, clock=clock) as tracer:
        if set_global:
            with _set_as_global(tracer):
                yield tracer
        else:
            yield tracer


@contextmanager
def _set_as_global(tracer: Tracer) -> Generator[None]:
    """Set the global tracer; restore the previous one, or that there was none."""
    previous = opentracing.tracer
    is_registered = opentracing.is_global_tracer_registered()
    opentracing.set_global_tracer(tracer)
    try:
        yield
    finally:
        opentracing.set_global_tracer(previous)
        opentracing.is_tracer_registered = is_registered


try:
    import pytest
except ImportError:
    pass  # Only the fixtures need it.
else:

    @pytest.fixture
    def fake_clock() -> FakeClock:
        """Return the clock of `jaeger_tracer`, which stands still until advanced."""
        return FakeClock()

    @pytest.fixture
    def jaeger_tracer(fake_clock: FakeClock) -> Iterator[MemoryTracer]:
        """Return a tracer that keeps finished spans and reads `fake_clock`."""
        with memory_tracer(clock=fake_clock) as tracer:
            yield tracer

    @pytest.fixture
    def global_jaeger_tracer(jaeger_tracer: MemoryTracer) -> Iterator[MemoryTracer]:
        """Set `jaeger_tracer` as the global tracer for one test, and return it."""
        with _set_as_global(jaeger_tracer):
            yield jaeger_tracer
