"""
Fakes and pytest fixtures, for the tests of applications and for our own.

Nothing here reads a clock, draws a random number or opens a socket. The
fixtures are there once a test module or a `conftest.py` says
`pytest_plugins = ["jaeger_client.testing"]`, or imports them by name; without
pytest this module is all the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count

from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.signal_safe import Atomic
from jaeger_client.reporter.local import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.senders.memory import MemorySender
from jaeger_client.span import Span
from jaeger_client.tracer import Tracer

__all__ = [
    "CountingIds",
    "FakeClock",
    "MemorySender",
    "MemoryTracer",
    "memory_tracer",
]


class FakeClock:
    """
    A clock that goes only when it is told to, or slept by; see `clock.Clock`.

    Safe from any thread.
    """

    def __init__(
        self, *, time: float = 1_700_000_000.0, monotonic: float = 0.0
    ) -> None:
        self._now = Atomic((time, monotonic))

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._now.read()[0][0]

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        return self._now.read()[0][1]

    def sleep(self, seconds: float) -> None:
        """Go on by *seconds* at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Advance by *seconds*."""
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
    """A tracer that records every trace, in memory, with ids that count."""

    def __init__(self, service_name: str = "test") -> None:
        self._memory = InMemoryReporter()
        super().__init__(service_name, self._memory, ConstSampler(decision=True))
        self.random = CountingIds()

    @property
    def spans(self) -> list[Span]:
        """All spans finished so far, in the order in which they finished."""
        return self._memory.get_spans()


@contextmanager
def memory_tracer(service_name: str = "test") -> Generator[MemoryTracer]:
    """
    Make a tracer whose finished spans are in its `spans`; close it at the end.

    It is not the global tracer unless it is set as such.
    """
    with MemoryTracer(service_name) as tracer:
        yield tracer


try:
    import pytest
except ImportError:
    pass  # Only the fixtures need it.
else:

    @pytest.fixture
    def jaeger_tracer() -> Iterator[MemoryTracer]:
        """Return a tracer whose finished spans are in its `spans`."""
        with memory_tracer() as tracer:
            yield tracer

    @pytest.fixture
    def fake_clock() -> FakeClock:
        """Return a clock that goes only when it is told to."""
        return FakeClock()
