"""A worker that a test drives by hand."""

from __future__ import annotations

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.worker import BackgroundWorker


class ManualWorker(BackgroundWorker):
    """A worker without a thread: waking it is only counted."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(clock=clock)
        self.woken = 0
        self.exits = False

    @property
    def is_exiting(self) -> bool:
        """What the test has set."""
        return self.exits

    def wake(self) -> None:
        """Count."""
        self.woken += 1
