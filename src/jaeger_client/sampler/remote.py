"""
A sampler that follows what a server says.

The questions are asked by the background worker. The application's threads only
read two attributes; the worker's thread replaces the sampler in one statement.
Nothing is locked, so there is no lock for a forked child to inherit.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable
from typing import Final, Protocol

from jaeger_client._internal.diagnostics import bounded
from jaeger_client._internal.diagnostics import logger as default_logger
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, above_zero
from jaeger_client._internal.poller import ErrorListener, Poller
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import DEFAULT_SAMPLING_INTERVAL
from jaeger_client.errors import SendError, StrategyError
from jaeger_client.metrics.instruments import SamplerMetrics, choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.sampler.adaptive import AdaptiveSampler
from jaeger_client.sampler.base import Decision, Sampler
from jaeger_client.sampler.probabilistic import ProbabilisticSampler
from jaeger_client.sampler.rate_limiting import RateLimitingSampler
from jaeger_client.sampler.strategy import (
    DEFAULT_MAX_OPERATIONS,
    DEFAULT_SAMPLING_PROBABILITY,
    PerOperation,
    Probabilistic,
    Strategy,
    decode_answer,
    parse_strategy,
)

_ADVICE: Final = (
    "Sampling goes on as it was; is there an agent or a Jaeger at the sampling address "
    "(JAEGER_SAMPLING_ENDPOINT)?"
)


class StrategySource(Protocol):
    """
    Whom the sampler asks; `agent.AgentClient` and `StrategiesFile` are two.

    It may say with an attribute `refresh_interval` how many seconds may pass between
    two questions at most, and with `advice` what to do when there is no answer.
    """

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """
        Return the server's JSON. Called from the worker's thread; may block.

        Raises:
            SendError: If there is no answer.
            StrategyError: If there is none that can be followed.
        """
        ...


class RemoteControlledSampler(Sampler):
    """
    Samples as the server says, asked anew every now and then.

    Until the first answer, and whenever none can be had or followed, the sampler
    that is there goes on.

    Args:
        channel: Whom to ask.
        service_name: For which service.
        logger: Where it is told that questions fail, and that they work again.
        metrics: Functions that take the counts, where there is no factory.
        metrics_factory: Makes the counters of `SamplerMetrics`.
        error_reporter: Is told of each failure, in place of the log.
        sampling_refresh_interval: Seconds between two questions; fewer, if *channel*
            says so.
        init_sampler: Decides until the first answer. It is asked once with
            `is_sampled(0)`, so that a broken one shows at the start.
        io_loop: Not used any more.
        max_operations: How many operations may have a sampler of their own.
        worker: On whose thread to ask; without one the sampler makes its own,
            and closes it.
        random: Returns numbers in [0, 1), for the jitter.
        operation_name_late_binding: Whether strategies of operations go by the name
            that a root has in the end; see `AdaptiveSampler`.

    Raises:
        ConfigError: If the interval or the number of operations is not above 0.
    """

    def __init__(
        self,
        channel: StrategySource,
        service_name: str,
        *,
        logger: logging.Logger | None = None,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        error_reporter: ErrorListener | None = None,
        sampling_refresh_interval: float | None = DEFAULT_SAMPLING_INTERVAL,
        init_sampler: Sampler | None = None,
        io_loop: object = None,
        max_operations: int | None = DEFAULT_MAX_OPERATIONS,
        worker: BackgroundWorker | None = None,
        random: Callable[[], float] | None = None,
        operation_name_late_binding: bool = False,
    ) -> None:
        super().__init__()
        _warn_of_io_loop(io_loop)
        self.service_name = service_name
        if sampling_refresh_interval is None:
            sampling_refresh_interval = DEFAULT_SAMPLING_INTERVAL
        self.sampling_refresh_interval = above_zero(
            "sampling_refresh_interval", sampling_refresh_interval, most=MAX_SECONDS
        )
        if max_operations is None:
            max_operations = DEFAULT_MAX_OPERATIONS
        self.max_operations = int(
            above_zero("max_operations", max_operations, most=MAX_COUNT),
        )
        self.sampler: Sampler = _first_sampler(init_sampler)
        """The sampler that decides now; the worker's thread replaces it."""
        self._late_binding = operation_name_late_binding
        self._channel = channel
        self._followed: bytes | None = None
        self._logger = default_logger if logger is None else logger
        self._metrics = SamplerMetrics(choose_factory(metrics_factory, metrics))
        self._poller = Poller(
            self._ask,
            what=f"a sampling strategy for {service_name}",
            advice=_advice_of(channel),
            interval=min(self.sampling_refresh_interval, _interval_of(channel)),
            logger=logger,
            error_reporter=error_reporter,
            worker=worker,
            random=random,
        )

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Decide by the sampler of the last answer. The first call begins asking."""
        if not self._poller.has_begun:
            self._poller.begin()
        return self.sampler.is_sampled(trace_id, operation)

    def close(self) -> None:
        """Ask no more; the last sampler goes on deciding. Idempotent."""
        self._poller.close()

    def _ask(self) -> bool:
        """Ask once and follow the answer; called by the worker."""
        try:
            body = self._channel.request_sampling_strategy(self.service_name)
            answer = None if body is self._followed else decode_answer(body)
        except (SendError, OSError, StrategyError):
            self._metrics.query_failure(1)
            raise
        self._metrics.query_success(1)
        # A file that has not changed is the very same answer.
        if body is self._followed:
            return True
        try:
            strategy = parse_strategy(answer)
        except StrategyError:
            self._metrics.update_failure(1)
            raise
        if self._follow(strategy):
            self._metrics.update_success(1)
            self._logger.debug("sampling by %r", *bounded((self.sampler,)))
        self._followed = body
        return True

    def _follow(self, strategy: Strategy) -> bool:
        """Make the sampler follow *strategy*; return whether that changed it."""
        if isinstance(strategy, PerOperation):
            return self._follow_operations(strategy)
        if isinstance(strategy, Probabilistic):
            return self._replace(ProbabilisticSampler(strategy.rate))
        return self._limit(strategy.max_traces_per_second)

    def _follow_operations(self, strategy: PerOperation) -> bool:
        if isinstance(self.sampler, AdaptiveSampler):
            self.sampler.replace(strategy)
            return True
        return self._replace(
            AdaptiveSampler(
                strategy,
                self.max_operations,
                operation_name_late_binding=self._late_binding,
            ),
        )

    def _limit(self, limit: float) -> bool:
        if isinstance(self.sampler, RateLimitingSampler):
            return self.sampler.update(limit)
        return self._replace(RateLimitingSampler(limit))

    def _replace(self, sampler: Sampler) -> bool:
        # An equal one stays: it has a balance, and others may hold it.
        if sampler == self.sampler:
            return False
        self.sampler = sampler
        return True

    def __eq__(self, other: object) -> bool:
        # One that asks is itself and no other, whatever it samples by.
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"RemoteControlledSampler({self.service_name!r}, {self.sampler!r})"


def _advice_of(channel: StrategySource) -> str:
    # Applications pass mocks in tests, which have every attribute.
    advice: object = getattr(channel, "advice", None)
    return advice if isinstance(advice, str) else _ADVICE


def _interval_of(channel: StrategySource) -> float:
    seconds: object = getattr(channel, "refresh_interval", None)
    if isinstance(seconds, (int, float)) and seconds > 0:
        return seconds
    return math.inf


def _first_sampler(init_sampler: Sampler | None) -> Sampler:
    if init_sampler is None:
        return ProbabilisticSampler(DEFAULT_SAMPLING_PROBABILITY)
    init_sampler.is_sampled(0)
    return init_sampler


def _warn_of_io_loop(io_loop: object) -> None:
    if io_loop is not None:
        warnings.warn(
            "io_loop is not used any more: there is one background thread",
            DeprecationWarning,
            stacklevel=3,
        )
