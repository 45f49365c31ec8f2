"""
What the library says of itself: one logger, and limits on how often it speaks.

Nothing here is on the hot path: lines are written when something was lost,
refused or ignored.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.constants import LOGGER_NAME

if TYPE_CHECKING:
    from typing import Protocol

    class _ErrorCounter(Protocol):
        def count(self, key: str, value: int) -> None: ...


logger = logging.getLogger(LOGGER_NAME)
"""Where every line of this library goes."""

QUIET_SECONDS = 60.0
"""How long a notice stays silent after it spoke."""


class Notice:
    """
    One kind of warning, said at most once a minute.

    The next line tells how many were kept back. Safe from any thread.
    """

    def __init__(
        self,
        message: str,
        *,
        interval: float = QUIET_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._message = message
        self._interval = interval
        self._clock = clock
        self._speak_at = float("-inf")
        self._kept_back = 0

    def warn(self, *args: object) -> None:
        """Log the message with *args*, or count it if it spoke a moment ago."""
        now = self._clock.monotonic()
        if now < self._speak_at:
            self._kept_back += 1
            return
        kept_back, self._kept_back = self._kept_back, 0
        self._speak_at = now + self._interval
        message = self._message
        if kept_back:
            message = f"{message} ({kept_back} more such since the last line)"
        logger.warning(message, *args)


class Outage:
    """
    Says once that something began to fail and once that it works again.

    Used by one thread at a time.
    """

    def __init__(self, what: str, advice: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._what = what
        self._advice = advice
        self._clock = clock
        self._since: float | None = None
        self._lost = 0

    @property
    def ongoing(self) -> bool:
        """Whether the last thing heard was a failure."""
        return self._since is not None

    def failed(self, error: object, *, lost: int = 0) -> None:
        """Note a failure that lost *lost* spans; the first one is logged."""
        self._lost += lost
        if self._since is not None:
            return
        self._since = self._clock.monotonic()
        logger.warning("%s: %s. %s", self._what, error, self._advice)

    def worked(self) -> None:
        """Note a success; the first one after a failure is logged."""
        if self._since is None:
            return
        seconds = self._clock.monotonic() - self._since
        lost, self._since, self._lost = self._lost, None, 0
        logger.warning(
            "%s: works again after %.0f s; %d spans were lost",
            self._what,
            seconds,
            lost,
        )


class ErrorReporter:
    """
    The error reporter of jaeger-client 4.8: counts errors, logs few of them.

    Safe from any thread.
    """

    def __init__(
        self,
        metrics: _ErrorCounter | None = None,
        logger: logging.Logger | None = None,  # noqa: A002, RUF100 - the name of 4.8
        log_interval_minutes: float = 15,
    ) -> None:
        self.logger = logger
        self.metrics = metrics
        self.log_interval_minutes = log_interval_minutes
        self._speak_at = float("-inf")
        self._lock = threading.Lock()

    def error(self, *args: object) -> None:
        """Log *args* as a message with its arguments, now and then."""
        if self.logger is None or not self._may_speak():
            return
        message, *rest = args or ("",)
        self.logger.error(str(message), *rest)

    def _may_speak(self) -> bool:
        now = SYSTEM_CLOCK.monotonic()
        with self._lock:
            if now < self._speak_at:
                return False
            self._speak_at = now + self.log_interval_minutes * 60
            return True
