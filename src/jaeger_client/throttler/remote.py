"""
A throttler that spends credits which the agent hands out.

The background worker fetches them. The application's threads share the balances with it
without a lock (see `signal_safe`), so a debug span that begins in a signal handler
never waits, and each credit is spent exactly once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from operator import add
from typing import Protocol

from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, above_zero, at_least
from jaeger_client._internal.poller import ErrorListener, Poller
from jaeger_client._internal.signal_safe import Atomic
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.errors import CreditsError, SendError
from jaeger_client.metrics.instruments import ThrottlerMetrics, choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.throttler.base import MAX_OPERATIONS, MINIMUM_CREDITS, Throttler
from jaeger_client.throttler.credits import Balance, parse_credits
from jaeger_client.throttler.local import LocalThrottler


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
        self._balances: dict[str, Atomic[float]] = {}
        self._channel = channel
        self._metrics = ThrottlerMetrics(choose_factory(metrics_factory, metrics))
        self._max_operations = at_least(
            "max_operations", max_operations, 0, most=MAX_COUNT
        )
        self._local_policy = LocalThrottler() if local_policy is None else local_policy
        self._is_local = False
        self._poller = Poller(
            self._ask,
            what=f"throttling credits for {service_name}",
            advice=(
                "Debug spans are refused once the credits are spent; is there an "
                "agent at that address?"
            ),
            interval=self.refresh_interval,
            logger=logger,
            error_reporter=error_reporter,
            worker=worker,
            random=random,
        )

    @property
    def credits(self) -> dict[str, float]:
        """Credits left to each operation seen so far; a copy."""
        return {name: left.read()[0] for name, left in list(self._balances.items())}

    def set_client_id(self, client_id: int) -> None:
        """Take the id of this process; the first one stays."""
        if self.client_id is None:
            self.client_id = client_id

    def is_allowed(self, operation: str) -> bool:
        """Spend a credit if the operation has one. The first call begins asking."""
        allowed = self._decide(operation)
        # After the operation is noted: the question is to name it.
        if not self._poller.has_begun:
            self._poller.begin()
        return allowed

    def close(self) -> None:
        """Ask no more; what credits there are can be spent. Idempotent."""
        self._poller.close()

    def _decide(self, operation: str) -> bool:
        if self._is_local:
            return self._local_policy.is_allowed(operation)
        balance = self._balances.get(operation)
        if balance is None:
            self._note(operation, 0.0)
            return False
        return _spend(balance)

    def _note(self, operation: str, credits_: float) -> None:
        # Threads that see new operations at the same moment may exceed the limit, each
        # by one. Of two threads with the same operation the first wins.
        if len(self._balances) < self._max_operations:
            self._balances.setdefault(operation, Atomic(credits_))

    def _ask(self) -> bool:
        """Ask once for all operations seen; called by the worker."""
        operations = list(self._balances)
        if self.client_id is None or not operations:
            return False
        try:
            body = self._channel.request_throttling_credits(
                self.service_name,
                str(self.client_id),
                operations,
            )
            balances = parse_credits(body)
        except (SendError, OSError, CreditsError):
            self._metrics.updates_failure(1)
            raise
        self._take(balances)
        self._metrics.updates_success(1)
        return True

    def _take(self, balances: Sequence[Balance] | None) -> None:
        self._is_local = balances is None
        for each in balances or ():
            known = self._balances.get(each.operation)
            if known is None:
                self._note(each.operation, each.credits)
            else:
                known.update(partial(add, each.credits))

    def __repr__(self) -> str:
        policy = "local" if self._is_local else "remote"
        return f"<RemoteThrottler of {self.service_name!r}, {policy} {self.credits!r}>"


def _spend(balance: Atomic[float]) -> bool:
    while True:
        state = balance.read()
        if state[0] < MINIMUM_CREDITS:
            return False
        if balance.replace(state, state[0] - MINIMUM_CREDITS):
            return True


def _check_interval(seconds: float | None) -> float:
    if seconds is None:
        return DEFAULT_THROTTLER_REFRESH_INTERVAL
    return above_zero("refresh_interval", seconds, most=MAX_SECONDS)
