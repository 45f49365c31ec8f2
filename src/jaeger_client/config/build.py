"""
From settings to living objects; the only place that knows every room.

Classes that applications replaced in the tests of 4.8, by
`mock.patch("jaeger_client.config.Reporter")`, are looked up in the package at
the time of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

# The package itself, for its names are what applications patch; they are there
# by the time a function runs.
import jaeger_client.config as rooms
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import (
    BAGGAGE_HEADER_KEY,
    MAX_BAGGAGE_ITEMS,
    MAX_BAGGAGE_VALUE_LENGTH,
)
from jaeger_client.errors import ConfigError, SamplingRateError
from jaeger_client.metrics.metrics import MetricsFactory

if TYPE_CHECKING:
    from jaeger_client.codecs import Codec
    from jaeger_client.config.settings import (
        AgentSettings,
        PropagationSettings,
        SamplerSettings,
        Settings,
    )
    from jaeger_client.reporter import BaseReporter
    from jaeger_client.reporter.base import Channel
    from jaeger_client.sampler import Sampler, StrategySource
    from jaeger_client.throttler import Throttler


class Surroundings(Frozen):
    """What all parts of one tracer share."""

    metrics_factory: MetricsFactory
    error_reporter: ErrorReporter
    worker: BackgroundWorker


def make_codecs(settings: PropagationSettings) -> dict[str, Codec]:
    """Return the codecs that replace those a tracer has by itself."""
    limits = (settings.max_baggage_items, settings.max_baggage_value_length)
    if (
        settings.formats == ("jaeger",)
        and settings.baggage_header == BAGGAGE_HEADER_KEY
        and limits == (MAX_BAGGAGE_ITEMS, MAX_BAGGAGE_VALUE_LENGTH)
    ):
        return {}
    from jaeger_client.config import propagation  # noqa: PLC0415 - see there

    return propagation.make_codecs(settings)


def make_sampler(settings: SamplerSettings) -> Sampler | None:
    """
    Return the sampler that is configured; `None` if a server is to be asked.

    Raises:
        ConfigError: If its parameter cannot be used.
    """
    if settings.given is not None:
        return settings.given
    match settings.kind:
        case "const":
            return rooms.ConstSampler(bool(settings.param))
        case "probabilistic":
            return rooms.ProbabilisticSampler(_rate(settings))
        case "ratelimiting":
            return rooms.RateLimitingSampler(_traces_per_second(settings))
        case _:
            return None


def check_sampler(settings: SamplerSettings) -> None:
    """
    Look whether the parameter fits the type.

    Raises:
        ConfigError: If it does not.
    """
    if make_sampler(settings) is None and settings.param is not None:
        _ = _rate(settings)


def make_remote_sampler(
    settings: Settings,
    channel: AgentChannel,
    shared: Surroundings,
) -> Sampler:
    """
    Return a sampler that does what the agent, or a file in its place, says.

    Raises:
        ConfigError: If the rate until the first answer cannot be used.
    """
    sampler = settings.sampler
    initial = None
    if sampler.param is not None:
        initial = rooms.ProbabilisticSampler(_rate(sampler))
    return rooms.RemoteControlledSampler(
        _strategy_source(sampler, channel),
        settings.service_name,
        logger=logger,
        metrics_factory=shared.metrics_factory,
        sampling_refresh_interval=sampler.refresh_interval,
        init_sampler=initial,
        max_operations=sampler.max_operations,
        operation_name_late_binding=sampler.operation_name_late_binding,
        worker=shared.worker,
    )


def _strategy_source(
    settings: SamplerSettings, channel: AgentChannel
) -> StrategySource:
    if settings.strategies_file is None:
        return channel
    from jaeger_client.sampler import StrategiesFile  # noqa: PLC0415 - most ask

    return StrategiesFile(settings.strategies_file)


def make_throttler(
    settings: Settings,
    channel: AgentChannel,
    shared: Surroundings,
) -> Throttler | None:
    """
    Return the throttler that is configured, if any.

    Raises:
        ConfigError: If it is to allow nothing.
    """
    throttler = settings.throttler
    if throttler is None:
        return None
    from jaeger_client.throttler import LocalThrottler  # noqa: PLC0415 - most have none

    # Also where the agent knows no credits, as Jaeger 2 does.
    local = LocalThrottler(
        throttler.debug_spans_per_second, throttler.debug_spans_at_once
    )
    if throttler.kind == "local":
        return local
    return rooms.RemoteThrottler(
        channel,
        settings.service_name,
        refresh_interval=throttler.refresh_interval,
        logger=logger,
        metrics_factory=shared.metrics_factory,
        local_policy=local,
        worker=shared.worker,
    )


def make_agent_channel(settings: Settings) -> AgentChannel:
    """Return the way to the agent."""
    agent, throttler = settings.agent, settings.throttler
    return AgentChannel(
        agent.host,
        agent.sampling_port,
        agent.reporting_port,
        throttling_port=None if throttler is None else throttler.port,
        sampling_url=settings.sampler.endpoint,
        resolve_interval=agent.resolve_interval,
    )


def make_reporter(
    settings: Settings,
    channel: AgentChannel,
    shared: Surroundings,
) -> BaseReporter:
    """
    Return the reporter, with those beside it that are configured.

    Raises:
        ConfigError: If the collector's settings cannot be used.
    """
    remote = (
        _make_remote_reporter(settings, channel, shared)
        if settings.reporter.sends_spans
        else _make_null_reporter()
    )
    beside: list[BaseReporter] = []
    if settings.reporter.logs_spans:
        beside.append(rooms.LoggingReporter(logger))
    if settings.reporter.counts_requests:
        from jaeger_client.reporter.rpc_metrics import (  # noqa: PLC0415 - most do not
            RpcMetricsReporter,
        )

        beside.append(RpcMetricsReporter(shared.metrics_factory))
    return rooms.CompositeReporter(remote, *beside) if beside else remote


def _make_null_reporter() -> BaseReporter:
    from jaeger_client.reporter.local import NullReporter  # noqa: PLC0415 - most send

    logger.info("OTEL_TRACES_EXPORTER is none: no spans are sent")
    return NullReporter()


def _make_remote_reporter(
    settings: Settings,
    channel: AgentChannel,
    shared: Surroundings,
) -> BaseReporter:
    return rooms.Reporter(
        channel=_make_channel(settings, channel),
        queue_capacity=settings.reporter.queue_size,
        batch_size=settings.reporter.batch_size,
        flush_interval=settings.reporter.flush_interval,
        error_reporter=shared.error_reporter,
        metrics_factory=shared.metrics_factory,
        worker=shared.worker,
        fallback=None if settings.collector else _otlp_beside(settings.agent),
    )


def _make_channel(settings: Settings, agent: AgentChannel) -> Channel:
    if settings.collector is None:
        return agent
    from jaeger_client._internal import http_channel  # noqa: PLC0415 - see there

    collector = settings.collector
    return http_channel.dial_collector(
        collector.endpoint, options=collector.http, gzip=collector.gzip
    )


def _otlp_beside(agent: AgentSettings) -> Callable[[], Channel | None]:
    """Return a function that dials OTLP on the agent's host, if it is there."""

    def dial() -> Channel | None:
        # Called by the background thread, so forks wait for the import.
        with forks_wait():
            from jaeger_client._internal import (  # noqa: PLC0415 - see there
                http_channel,
            )

        return http_channel.dial_otlp(agent.host)

    return dial


def _rate(settings: SamplerSettings) -> float:
    if settings.param is None or not 0 <= settings.param <= 1:
        msg = _wrong_param(settings, "a rate from 0 to 1")
        raise SamplingRateError(msg)
    return settings.param


def _traces_per_second(settings: SamplerSettings) -> float:
    if settings.param is None or settings.param < 0:
        msg = _wrong_param(settings, "a number of traces a second, 0 or more")
        raise ConfigError(msg)
    return settings.param


def _wrong_param(settings: SamplerSettings, expected: str) -> str:
    got = "none" if settings.param is None else repr(settings.param)
    return (
        f"sampler.param (JAEGER_SAMPLER_PARAM): must be {expected} for sampler.type "
        f"{settings.kind or 'remote'!r}, got {got}"
    )
