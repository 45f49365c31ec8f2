"""
A throttler that spends credits which the agent hands out.

They are asked for by the background worker: as soon as the throttler is first
used, then every interval, give or take a tenth. The lock guards the balances
for single statements; nothing is called while it is held.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.diagnostics import logger as default_logger
from jaeger_client.errors import ConfigError, CreditsError, SendError
from jaeger_client.fork import call_after_fork
from jaeger_client.ids import IdRandom
from jaeger_client.metrics.factory import Metrics, MetricsFactory
from jaeger_client.metrics.instruments import ThrottlerMetrics, choose_factory
from jaeger_client.throttler.base import MAX_OPERATIONS, MINIMUM_CREDITS, Throttler
from jaeger_client.throttler.credits import Balance, parse_credits
from jaeger_client.throttler.local import LocalThrottler
from jaeger_client.worker import BackgroundWorker

_JITTER: Final = 0.1
"""Part of the interval by which a question may come early or late."""

_CLOSE_SECONDS: Final = 1.0
"""How long `close` waits for a question under way on a worker of its own."""


class CreditsSource(Protocol):
    """Whom the throttler asks; `agent.AgentClient` is one."""

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: Sequence[str],
    ) -> bytes:
        """
        Return the server's JSON. Called from the worker's thread; may block.

        Raises:
            SendError: If there is no answer.
        """
        ...


class ErrorListener(Protocol):
    """Who is told of every failed question; `diagnostics.ErrorReporter` is one."""

    def error(self, *args: object) -> None:
        """Take a message and its arguments. Called from the worker's thread."""
        ...


class RemoteThrottler(Throttler):
    """
    Spends credits that the agent hands out, one for each debug span.

    The first span of an operation is refused: only then is the operation known,
    and credits are asked for it. Where the server knows no credits, a local
    policy stands in until an answer brings some.

    Args:
        channel: Whom to ask.
        service_name: For which service.
        refresh_interval: Seconds between two questions.
        logger: Where it is told that questions fail, and that they work again.
        metrics: Functions that take the counts, where there is no factory.
        metrics_factory: Makes the counters of `ThrottlerMetrics`.
        error_reporter: Is told of each failure, in place of the log.
        max_operations: How many operations may have credits; others have none.
        local_policy: Decides where the server knows no credits.
        worker: On whose thread to ask; without one the throttler makes its own,
            and closes it.
        random: Returns numbers in [0, 1), for the jitter.

    Raises:
        ConfigError: If the interval is not above 0.
    """

    def __init__(
        self,
        channel: CreditsSource,
        service_name: str,
        *,
        refresh_interval: float | None = DEFAULT_THROTTLER_REFRESH_INTERVAL,
        logger: logging.Logger | None = None,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        error_reporter: ErrorListener | None = None,
        max_operations: int = MAX_OPERATIONS,
        local_policy: Throttler | None = None,
        worker: BackgroundWorker | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        self.service_name = service_name
        self.client_id: int | None = None
        """Id of this process; without one nothing is asked."""
        self.refresh_interval = _check_interval(refresh_interval)
        self.credits: dict[str, float] = {}
        """Credits left to each operation seen so far."""
        self._channel = channel
        self._logger = default_logger if logger is None else logger
        self._error_reporter = error_reporter
        self._metrics = ThrottlerMetrics(choose_factory(metrics_factory, metrics))
        self._max_operations = max_operations
        self._local_policy = LocalThrottler() if local_policy is None else local_policy
        self._is_local = False
        self._random = IdRandom().random if random is None else random
        self._lock = threading.Lock()
        self._failing = False
        self._closed = False
        self._polling = False
        self._next_question = math.inf
        self._owns_worker = worker is None
        self._worker = (
            BackgroundWorker(name="jaeger-throttler") if worker is None else worker
        )
        self._worker.add_task(self)
        # The worker passes forks on only until `close`; the lock needs them ever.
        call_after_fork(self)

    def set_client_id(self, client_id: int) -> None:
        """Take the id of this process; the first one stays."""
        if self.client_id is None:
            self.client_id = client_id

    def is_allowed(self, operation: str) -> bool:
        """Spend a credit if the operation has one. The first call begins asking."""
        allowed = self._decide(operation)
        # After the operation is noted: the question is to name it.
        if not self._polling:
            self._begin_polling()
        return allowed

    def close(self) -> None:
        """Ask no more; what credits there are can be spent. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._polling = True  # Nothing is left to begin.
        self._worker.remove_task(self)
        if self._owns_worker:
            self._worker.close(_CLOSE_SECONDS)

    # What follows is called by the worker.

    def run(self, now: float) -> float:
        """Ask if a question is due at *now*; return when the next one is."""
        if self._closed:
            return math.inf
        if now >= self._next_question:
            self._next_question = now + self._jittered_interval()
            self._ask()
        return self._next_question

    def drain(self, deadline: float) -> bool:
        """Do nothing: no question is worth waiting for."""
        del deadline
        return True

    def after_fork_in_child(self) -> None:
        """Take a new lock, and begin asking anew at the first use in the child."""
        self._lock = threading.Lock()
        if not self._closed:
            self._polling = False
            self._next_question = math.inf

    def _begin_polling(self) -> None:
        self._polling = True
        self._next_question = -math.inf
        self._worker.wake()

    def _jittered_interval(self) -> float:
        jitter = _JITTER * (2 * self._random() - 1)
        return self.refresh_interval * (1 + jitter)

    def _decide(self, operation: str) -> bool:
        if self._is_local:
            return self._local_policy.is_allowed(operation)
        with self._lock:
            return self._spend(operation)

    def _spend(self, operation: str) -> bool:
        balance = self.credits.get(operation)
        if balance is None:
            self._note(operation, 0.0)
            return False
        if balance < MINIMUM_CREDITS:
            return False
        self.credits[operation] = balance - MINIMUM_CREDITS
        return True

    def _note(self, operation: str, balance: float) -> None:
        if len(self.credits) < self._max_operations:
            self.credits[operation] = balance

    def _ask(self) -> None:
        with self._lock:
            operations = list(self.credits)
        if self.client_id is None or not operations:
            return
        try:
            body = self._channel.request_throttling_credits(
                self.service_name,
                str(self.client_id),
                operations,
            )
            balances = parse_credits(body)
        except (SendError, OSError, CreditsError) as exc:
            self._metrics.updates_failure(1)
            self._failed(exc)
            return
        self._worked(balances)
        self._metrics.updates_success(1)

    def _worked(self, balances: Sequence[Balance] | None) -> None:
        if self._failing:
            self._failing = False
            self._logger.warning(
                "the throttling credits of %s can be had again",
                self.service_name,
            )
        self._is_local = balances is None
        with self._lock:
            for balance in balances or ():
                self._add(balance)

    def _add(self, balance: Balance) -> None:
        if balance.operation in self.credits:
            self.credits[balance.operation] += balance.credits
        else:
            self._note(balance.operation, balance.credits)

    def _failed(self, error: Exception) -> None:
        if self._error_reporter is not None:
            self._error_reporter.error("cannot get throttling credits: %s", error)
        elif not self._failing:
            self._logger.warning(
                "cannot get throttling credits for %s: %s. Debug spans are refused "
                "once the credits are spent; is there an agent at that address?",
                self.service_name,
                error,
            )
        self._failing = True

    def __repr__(self) -> str:
        policy = "local" if self._is_local else "remote"
        return f"<RemoteThrottler of {self.service_name!r}, {policy} {self.credits!r}>"


def _check_interval(seconds: float | None) -> float:
    if seconds is None:
        return DEFAULT_THROTTLER_REFRESH_INTERVAL
    if seconds > 0:
        return seconds
    msg = f"refresh_interval must be more than 0 seconds, got {seconds!r}"
    raise ConfigError(msg)
