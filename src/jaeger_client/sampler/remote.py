"""
A sampler that follows the sampling strategy of a server.

*Request.* `GET http://agent:5778/sampling?service=<name>` to the agent or to Jaeger 2,
which has the same response at `/` and `/api/sampling`. There must be exactly one
`service`; otherwise the status is 400. JAEGER_SAMPLING_ENDPOINT sets another URL.
Connecting may take 2 seconds, and the response again as long. Any status but 200 is a
failure, as is a body of more than 1 MiB. A `StrategiesFile` may replace the server.

*Polling.* The background worker polls, so a decision never waits for the network. The
first decision starts the first poll; later ones come every *sampling_refresh_interval*
(60 seconds), with a jitter of 10 %, so that processes which were started together do
not poll together.

*Backoff.* A poll without a response (no connection, a timeout, a status other than 200)
is repeated 1 second after it ended, then after 2, 4, 8 seconds and so on, up to the
interval, with the same jitter. A response that cannot be followed is not repeated
sooner: the next poll comes after the interval.

*Parsing.* The response is JSON, for example:

```text
{"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 0.5}}
{"strategyType": "RATE_LIMITING", "rateLimitingSampling": {"maxTracesPerSecond": 42}}
{"operationSampling": {"defaultSamplingProbability": 0.5,
    "defaultLowerBoundTracesPerSecond": 1.0, "perOperationStrategies": [
        {"operation": "op", "probabilisticSampling": {"samplingRate": 0.2}}]}}
```

`strategyType` is a string in Jaeger 2.20 and a number (0, 1) in old agents and Jaeger
1.76, and may be missing. So the strategy is chosen by the object that is present:
`operationSampling` first, then `probabilisticSampling`, then `rateLimitingSampling`. Of
the latter two, `strategyType` decides only if both are present or none is; if none is
and the type is missing, that is an error, as is any other type. Rates must be in [0, 1]
and limits in [0, 500). A rate that is missing is 0.001; a limit or lower bound that is
missing is one trace in ten minutes.

*Applying.* A strategy that did not change keeps the sampler object, which the
application may hold. A new limit or new rates of operations update the sampler in
place; otherwise it is replaced. After any failure the current sampler stays, and one
error is counted: `sampler_queries{result=err}` without usable JSON,
`sampler_updates{result=err}` for a strategy that cannot be followed. An outage is
logged once when it begins and once when it ends. Before the first response the sampler
is *init_sampler*, by default a probabilistic one with a rate of 0.001. The all-in-one
of Jaeger 2 responds with a rate of 1 unless it is configured otherwise.

*Threads.* The application's threads only read two attributes, and the worker's thread
replaces the sampler by one store, so a decision sees the old sampler or the new one.
There is no lock, so a forked child cannot inherit one that is held. A child polls from
its first decision on.
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
from jaeger_client.constants import (
    DEFAULT_MAX_OPERATIONS,
    DEFAULT_SAMPLING_INTERVAL,
    DEFAULT_SAMPLING_PROBABILITY,
)
from jaeger_client.errors import SendError, StrategyError
from jaeger_client.metrics.instruments import SamplerMetrics, choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.sampler.adaptive import AdaptiveSampler
from jaeger_client.sampler.base import Decision, Sampler
from jaeger_client.sampler.basic import ProbabilisticSampler, RateLimitingSampler
from jaeger_client.sampler.strategy import (
    PerOperation,
    Probabilistic,
    Strategy,
    decode_strategy,
    parse_strategy,
)

_ADVICE: Final = (
    "Sampling continues as before; does a Jaeger agent or collector listen at the "
    "sampling address (JAEGER_SAMPLING_ENDPOINT)?"
)


class StrategySource(Protocol):
    """
    The source of strategies: the channel to an agent, or a `StrategiesFile`.

    Two attributes are optional: `refresh_interval`, the maximum number of seconds
    between two polls, and `advice`, which is logged with a failure.
    """

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """
        Return the server's JSON. Called from the worker's thread; may block.

        Raises:
            SendError: If there is no response with status 200.
            StrategyError: If no strategy in it can be followed.
        """
        ...


class RemoteControlledSampler(Sampler):
    """
    Samples by the strategy of a server, which is polled regularly.

    Starts with *init_sampler*. The current sampler stays until a response contains
    another strategy that can be followed. Thread-safe.

    Args:
        channel: Where to get the strategy.
        service_name: The service whose strategy is requested.
        logger: Where failures are logged: when polls begin to fail, and when they
            succeed again.
        metrics: The counters of 4.8, used if there is no *metrics_factory*.
        metrics_factory: Creates the counters of `SamplerMetrics`.
        error_reporter: Notified of each failure, instead of the log.
        sampling_refresh_interval: Seconds between two polls; *channel* may shorten
            it.
        init_sampler: Decides until the first response; by default probabilistic with
            a rate of 0.001. `is_sampled(0)` is called once, so that a broken sampler
            raises here.
        io_loop: Not used; deprecated.
        max_operations: Maximum number of operations with a sampler of their own.
        worker: Runs the polls; by default the sampler creates and closes its own.
        random: Returns numbers in [0, 1), for the jitter.
        operation_name_late_binding: Whether strategies of operations apply to the
            final name of a root span; see `AdaptiveSampler`.

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
        if io_loop is not None:
            warnings.warn(
                "io_loop is no longer used: there is one background thread",
                DeprecationWarning,
                stacklevel=2,
            )
        self.service_name = service_name
        if sampling_refresh_interval is None:
            sampling_refresh_interval = DEFAULT_SAMPLING_INTERVAL
        self.sampling_refresh_interval = above_zero(
            "sampling_refresh_interval", sampling_refresh_interval, maximum=MAX_SECONDS
        )
        if max_operations is None:
            max_operations = DEFAULT_MAX_OPERATIONS
        self.max_operations = int(
            above_zero("max_operations", max_operations, maximum=MAX_COUNT)
        )
        self.sampler: Sampler = _first_sampler(init_sampler)
        """The current sampler; replaced by the worker's thread."""
        self._late_binding = operation_name_late_binding
        self._channel = channel
        self._followed: bytes | None = None
        """The body of the last response that was followed."""
        self._logger = default_logger if logger is None else logger
        self._metrics = SamplerMetrics(choose_factory(metrics_factory, metrics))
        self._poller = Poller(
            self._poll,
            what=f"a sampling strategy for {service_name}",
            advice=_advice_of(channel),
            interval=min(self.sampling_refresh_interval, _interval_of(channel)),
            logger=logger,
            error_reporter=error_reporter,
            worker=worker,
            random=random,
        )

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Decide with the current sampler. The first call starts polling."""
        if not self._poller.has_begun:
            self._poller.begin()
        return self.sampler.is_sampled(trace_id, operation)

    def close(self) -> None:
        """Stop polling; the current sampler stays. Idempotent."""
        self._poller.close()

    def _poll(self) -> bool:
        """Poll once and follow the response; called by the worker. Returns True."""
        try:
            body = self._channel.request_sampling_strategy(self.service_name)
            # A strategies file that has not changed returns the same object: there is
            # nothing to decode.
            is_new = body is not self._followed
            response = decode_strategy(body) if is_new else None
        except (SendError, OSError, StrategyError):
            self._metrics.sampler_query_failure(1)
            raise
        self._metrics.sampler_retrieved(1)
        if is_new:
            self._follow(response)
            # Only now: if it could not be followed, the next poll fails again.
            self._followed = body
        return True

    def _follow(self, response: object) -> None:
        try:
            strategy = parse_strategy(response)
        except StrategyError:
            self._metrics.sampler_update_failure(1)
            raise
        if self._apply(strategy):
            self._metrics.sampler_updated(1)
            self._logger.debug("sampling by %r", *bounded((self.sampler,)))

    def _apply(self, strategy: Strategy) -> bool:
        """Update or replace the sampler; return whether that changed it."""
        current = self.sampler
        if isinstance(strategy, PerOperation):
            if isinstance(current, AdaptiveSampler):
                current.replace(strategy)
                return True
            replacement: Sampler = AdaptiveSampler(
                strategy,
                self.max_operations,
                operation_name_late_binding=self._late_binding,
            )
        elif isinstance(strategy, Probabilistic):
            replacement = ProbabilisticSampler(strategy.rate)
        elif isinstance(current, RateLimitingSampler):
            return current.update(strategy.max_traces_per_second)
        else:
            replacement = RateLimitingSampler(strategy.max_traces_per_second)
        # An equal sampler stays, because the application may hold a reference to it.
        is_changed = replacement != current
        if is_changed:
            # One store: other threads see the old sampler or the new one.
            self.sampler = replacement
        return is_changed

    def __eq__(self, other: object) -> bool:
        # Each sampler polls on its own, so it is equal only to itself.
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"RemoteControlledSampler({self.service_name!r}, {self.sampler!r})"


def _advice_of(channel: StrategySource) -> str:
    # Tests of applications pass mocks, which have every attribute: check the type.
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
