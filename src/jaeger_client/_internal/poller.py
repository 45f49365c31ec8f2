"""
A request that is repeated on the worker's thread.

The first request is made as soon as `begin` is called, later ones every interval, with
a jitter of a tenth, so that processes started together do not poll together for ever.
A request without a response is repeated after one second, then after two, four and so
on up to the interval. So a server that starts late is found soon, and one that stays
unavailable is not polled more often than one that responds. No lock is used, so that a
forked child inherits none.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final, Protocol

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import bounded
from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.limits import MAX_SECONDS, above_zero
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.errors import ResponseError, SendError

_JITTER: Final = 0.1
"""Maximum fraction by which a delay is made shorter or longer at random."""

_INITIAL_BACKOFF: Final = 1.0
"""Delay in seconds after a first request without a response; doubles with each."""


class ErrorListener(Protocol):
    """Called for every failed request; `diagnostics.ErrorReporter` is one."""

    def error(self, *args: object) -> None:
        """Receive a message and its arguments. Called on the worker's thread."""
        ...


class Poller:
    """
    Calls *request* at intervals, on the worker's thread.

    *request* may block and returns whether it has sent a request. It raises `SendError`
    or `OSError` if there is no response, `ResponseError` if the response cannot be
    used. The first of several failures is logged, and the first success after it.

    Args:
        request: Makes one request.
        what: What is requested, as the log lines name it.
        advice: What to do about a failure, for the log.
        interval: Seconds between two requests; the maximum while there is no response.
        logger: Where failures are logged.
        error_reporter: Called for each failure, which is not logged then.
        worker: Its thread polls; by default, a worker of its own that `close` closes.
        random: Returns numbers in [0, 1), for the jitter.
        clock: Measures how long a failed request has taken.

    Raises:
        ConfigError: If *interval* is not above 0.
    """

    def __init__(
        self,
        request: Callable[[], bool],
        *,
        what: str,
        advice: str,
        interval: float,
        logger: logging.Logger | None = None,
        error_reporter: ErrorListener | None = None,
        worker: BackgroundWorker | None = None,
        random: Callable[[], float] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.has_begun = False
        """Whether `begin` was called; then it need not be called again."""
        self.interval = above_zero("interval", interval, maximum=MAX_SECONDS)
        self._request = request
        self._what = what
        self._advice = advice
        self._logger = default_logger if logger is None else logger
        self._error_reporter = error_reporter
        self._random = IdRandom().random if random is None else random
        self._clock = clock
        self._is_failing = False
        self._backoff = self._initial_backoff = min(_INITIAL_BACKOFF, self.interval)
        self._is_closed = False
        self._due = math.inf
        self._owns_worker = worker is None
        if worker is None:
            # The end of the process does not wait for a response that nothing uses.
            worker = BackgroundWorker(is_flushed_at_exit=False)
        self._worker = worker
        self._worker.add_task(self)

    def begin(self) -> None:
        """Poll now, and then every interval; called at first use, from any thread."""
        self.has_begun = True
        self._due = -math.inf
        self._worker.wake()

    def close(self) -> None:
        """Stop polling. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        self.has_begun = True  # Callers need not call `begin` any more.
        self._worker.remove_task(self)
        if self._owns_worker:
            # Without waiting: the response to a request in progress is not used.
            self._worker.close(0.0)

    def run(self, now: float) -> float:
        """Poll if that is due at *now*; called by the worker."""
        if self._is_closed:
            return math.inf
        if now >= self._due:
            self._due = now + self._jittered(self.interval)
            self._poll(now)
        return self._due

    def drain(self, deadline: float) -> bool:
        """Do nothing: a flush does not wait for responses."""
        del deadline
        return True

    def after_fork_in_child(self) -> None:
        """Let the first use in the child begin again: its worker has no thread."""
        if not self._is_closed:
            self.has_begun = False
            self._due = math.inf
            self._backoff = self._initial_backoff

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + _JITTER * (2 * self._random() - 1))

    def _poll(self, now: float) -> None:
        begin = self._clock.monotonic()
        try:
            if self._request():
                self._worked()
        except ResponseError as error:
            # The server is available, and an earlier retry would get the same response.
            self._backoff = self._initial_backoff
            self._failed(error)
        except (SendError, OSError) as error:
            # The delay begins at the end of the request, because a server that hangs
            # blocks this thread, which also sends the spans, until the timeout.
            end = now + self._clock.monotonic() - begin
            self._due = end + self._jittered(self._backoff)
            self._backoff = min(2 * self._backoff, self.interval)
            self._failed(error)

    def _worked(self) -> None:
        self._backoff = self._initial_backoff
        if self._is_failing:
            self._is_failing = False
            self._logger.warning("available again: %s", *bounded((self._what,)))

    def _failed(self, error: Exception) -> None:
        if self._error_reporter is not None:
            self._error_reporter.error("cannot get %s: %s", self._what, error)
        elif not self._is_failing:
            self._logger.warning(
                "cannot get %s: %s. %s",
                *bounded((self._what, error, self._advice)),
            )
        self._is_failing = True
