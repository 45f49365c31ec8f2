"""
A question asked again and again on the worker's thread.

The first one is asked as soon as `begin` is called, later ones every interval,
give or take a tenth, so that processes started together do not ask together for
ever. A question without an answer is asked again after a second, then after two,
four and so on up to the interval: a server that starts after us is heard soon, and
one that stays away is not asked more often than one that is there. Nothing is
locked, so there is no lock for a forked child to inherit.
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
from jaeger_client.errors import AnswerError, SendError

_JITTER: Final = 0.1
"""Part of the interval by which a question may come early or late."""

_FIRST_PAUSE: Final = 1.0
"""Seconds after the first of several questions without an answer; then twice that."""


class ErrorListener(Protocol):
    """Who is told of every failed question; `diagnostics.ErrorReporter` is one."""

    def error(self, *args: object) -> None:
        """Take a message and its arguments. Called from the worker's thread."""
        ...


class Poller:
    """
    Asks by calling *ask*, which returns whether it did.

    *ask* runs on the worker's thread, may block, and raises `SendError`,
    `OSError` or `AnswerError` where there is no answer or none to follow. That
    is logged once, and once more when an answer comes again.

    Args:
        ask: Asks once.
        what: What is asked for, as the log lines name it.
        advice: What to do when there is no answer, for the log.
        interval: Seconds between two questions; the most, while none is answered.
        logger: Where it is told.
        error_reporter: Is told of each failure, in place of the log.
        worker: On whose thread to ask; one of its own, closed by `close`, if None.
        random: Returns numbers in [0, 1), for the jitter.
        clock: Tells how long a question that failed has taken.

    Raises:
        ConfigError: If *interval* is not above 0.
    """

    def __init__(
        self,
        ask: Callable[[], bool],
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
        """Whether `begin` need not be called (again)."""
        self.interval = above_zero("interval", interval, most=MAX_SECONDS)
        self._ask = ask
        self._what = what
        self._advice = advice
        self._logger = default_logger if logger is None else logger
        self._error_reporter = error_reporter
        self._random = IdRandom().random if random is None else random
        self._clock = clock
        self._failing = False
        self._pause = self._first_pause()
        self._closed = False
        self._next_question = math.inf
        self._owns_worker = worker is None
        self._worker = BackgroundWorker() if worker is None else worker
        self._worker.add_task(self)

    def begin(self) -> None:
        """Ask at once, and from then on; called at first use, from any thread."""
        self.has_begun = True
        self._next_question = -math.inf
        self._worker.wake()

    def close(self) -> None:
        """Ask no more. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.has_begun = True  # Nothing is left to begin.
        self._worker.remove_task(self)
        if self._owns_worker:
            # Without waiting: the response to a request under way is not used.
            self._worker.close(0.0)

    def run(self, now: float) -> float:
        """Ask if a question is due at *now*; called by the worker."""
        if self._closed:
            return math.inf
        if now >= self._next_question:
            self._next_question = now + self._jittered(self.interval)
            self._ask_once(now)
        return self._next_question

    def drain(self, deadline: float) -> bool:
        """Do nothing: no question is worth waiting for."""
        del deadline
        return True

    def after_fork_in_child(self) -> None:
        """Begin anew at the first use in the child, whose worker has no thread."""
        if not self._closed:
            self.has_begun = False
            self._next_question = math.inf
            self._pause = self._first_pause()

    def _first_pause(self) -> float:
        return min(_FIRST_PAUSE, self.interval)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + _JITTER * (2 * self._random() - 1))

    def _ask_once(self, now: float) -> None:
        asked = self._clock.monotonic()
        try:
            if self._ask():
                self._worked()
        except AnswerError as error:
            # Whoever answers is there, and will not say better so soon.
            self._pause = self._first_pause()
            self._failed(error)
        except (SendError, OSError) as error:
            # From its end: a server that hangs costs the timeout each time, and
            # would have the thread, which sends the spans too, to itself.
            self._ask_sooner(now + self._clock.monotonic() - asked)
            self._failed(error)

    def _ask_sooner(self, now: float) -> None:
        self._next_question = now + self._jittered(self._pause)
        self._pause = min(2 * self._pause, self.interval)

    def _worked(self) -> None:
        self._pause = self._first_pause()
        if self._failing:
            self._failing = False
            self._logger.warning("available again: %s", *bounded((self._what,)))

    def _failed(self, error: Exception) -> None:
        if self._error_reporter is not None:
            self._error_reporter.error("cannot get %s: %s", self._what, error)
        elif not self._failing:
            self._logger.warning(
                "cannot get %s: %s. %s",
                *bounded((self._what, error, self._advice)),
            )
        self._failing = True
