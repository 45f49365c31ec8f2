"""
A throttler that spends credits which the agent grants.

The background worker fetches them. The application's threads share the balances with it
without a lock (see `signal_safe`), so a debug span that starts in a signal handler
never waits, and each credit is spent exactly once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from operator import add
from typing import Final, Protocol

from jaeger_client._internal.json_reader import JsonReader
from jaeger_client._internal.limits import (
    MAX_COUNT,
    MAX_SECONDS,
    MAX_STORED_NAME,
    above_zero,
    at_least,
)
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.poller import ErrorListener, Poller
from jaeger_client._internal.signal_safe import Atomic
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.errors import CreditsError, SendError
from jaeger_client.metrics.instruments import ThrottlerMetrics, choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.throttler.base import (
    MAX_OPERATIONS,
    MINIMUM_CREDITS,
    LocalThrottler,
    Throttler,
)

_READER: Final = JsonReader("throttling credits", CreditsError)


class CreditsSource(Protocol):
    """Where the throttler gets credits: an agent's client."""

    def request_throttling_credits(
        self, service_name: str, client_id: str, operations: Sequence[str]
    ) -> bytes:
        """
        Return the server's JSON. Called from the worker's thread; may block.

        Raises:
            SendError: If there is no response.
        """
        ...


class RemoteThrottler(Throttler):
    """
    Spends credits that the agent grants, one for each debug span.

    The first span of an operation is refused: from then on the operation is known,
    and the agent is polled for its credits. If the server does not support credits,
    a local policy decides, until a response contains some.

    Args:
        channel: Where to get the credits.
        service_name: The service to be throttled.
        refresh_interval: Seconds between two polls.
        logger: Logs when polls begin to fail, and when they succeed again.
        metrics: Functions that receive the metrics; used without *metrics_factory*.
        metrics_factory: Creates the counters of `ThrottlerMetrics`.
        error_reporter: Receives each failure; then the log receives none.
        max_operations: Maximum number of operations with credits; others have none,
            nor do those with names of more than 1,024 characters.
        local_policy: Decides if the server does not support credits.
        worker: Runs the polls; by default the throttler creates one, and closes it.
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
        """Id of this process; without one there are no polls."""
        if refresh_interval is None:
            refresh_interval = DEFAULT_THROTTLER_REFRESH_INTERVAL
        self.refresh_interval = above_zero(
            "refresh_interval", refresh_interval, maximum=MAX_SECONDS
        )
        self._balances: dict[str, Atomic[float]] = {}
        self._channel = channel
        self._metrics = ThrottlerMetrics(choose_factory(metrics_factory, metrics))
        self._max_operations = at_least(
            "max_operations", max_operations, 0, maximum=MAX_COUNT
        )
        self._local_policy = LocalThrottler() if local_policy is None else local_policy
        self._is_local = False
        self._poller = Poller(
            self._poll,
            what=f"throttling credits for {service_name}",
            advice=(
                "Debug spans are refused once the credits are spent; check that an "
                "agent listens at that address"
            ),
            interval=self.refresh_interval,
            logger=logger,
            error_reporter=error_reporter,
            worker=worker,
            random=random,
        )

    @property
    def credits(self) -> dict[str, float]:
        """The balance of each operation seen so far; a copy."""
        return {name: left.read()[0] for name, left in list(self._balances.items())}

    def set_client_id(self, client_id: int) -> None:
        """Set the id of this process; only the first call has an effect."""
        if self.client_id is None:
            self.client_id = client_id

    def is_allowed(self, operation: str) -> bool:
        """Spend a credit if the operation has one. The first call starts the polls."""
        allowed = self._decide(operation)
        # Afterwards, because the request contains the operations known by then.
        if not self._poller.has_begun:
            self._poller.begin()
        return allowed

    def close(self) -> None:
        """Stop polling; credits that are left can be spent. Idempotent."""
        self._poller.close()

    def _decide(self, operation: str) -> bool:
        if self._is_local:
            return self._local_policy.is_allowed(operation)
        balance = self._balances.get(operation)
        if balance is None:
            self._add_operation(operation, 0.0)
            return False
        return _spend(balance)

    def _add_operation(self, operation: str, balance: float) -> None:
        # No lock is needed: setdefault() adds an operation once. Threads that add
        # different operations at the same moment may exceed the limit, each by one.
        if (
            len(self._balances) < self._max_operations
            and len(operation) <= MAX_STORED_NAME
        ):
            self._balances.setdefault(operation, Atomic(balance))

    def _poll(self) -> bool:
        """Poll once for all operations seen; called by the worker."""
        operations = list(self._balances)
        if self.client_id is None or not operations:
            return False
        try:
            body = self._channel.request_throttling_credits(
                self.service_name, str(self.client_id), operations
            )
            balances = parse_credits(body)
        except (SendError, OSError, CreditsError):
            self._metrics.throttler_update_failure(1)
            raise
        self._is_local = balances is None
        self._add_credits(balances or ())
        self._metrics.throttler_update_success(1)
        return True

    def _add_credits(self, balances: Sequence[Balance]) -> None:
        for each in balances:
            known = self._balances.get(each.operation)
            if known is None:
                self._add_operation(each.operation, each.credits)
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


class Balance(NamedTuple):
    """Credits that the agent adds to the balance of *operation*."""

    operation: str
    credits: float


def parse_credits(body: object) -> tuple[Balance, ...] | None:
    """
    Read a response; `None` if the server does not support credits.

    Jaeger 2 responds with a sampling strategy, so an object without `balances` is no
    error.

    Raises:
        CreditsError: If *body* is not a JSON object, or a balance is not a number.
    """
    response = _READER.mapping(_READER.decode(body))
    if "balances" not in response:
        return None
    # As in 4.8, any empty or false value counts as an empty list.
    listed = _READER.sequence(response["balances"] or None, "balances")
    return tuple(_balance(entry) for entry in listed)


def _balance(entry: object) -> Balance:
    given = _READER.mapping(entry, "each of balances")
    balance = _READER.number(given.get("balance"), "balance", "from 0 up", 0)
    return Balance(_READER.string(given.get("operation"), "operation"), float(balance))
