"""
Creates the parts of a tracer from its settings.

Tests of applications replace classes by `mock.patch("jaeger_client.config.Reporter")`,
as with 4.8. These classes are therefore looked up in the package at each call.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jaeger_client.config as package
import jaeger_client.reporter as reporters
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.codecs.items import BaggageLimits
from jaeger_client.codecs.registry import CodecOptions, make_codecs_for
from jaeger_client.config import table
from jaeger_client.config.settings import (
    FORMAT,
    HAS_THROTTLER,
    SAMPLER_OBJECT,
    Settings,
)
from jaeger_client.metrics.metrics import MetricsFactory

if TYPE_CHECKING:
    from jaeger_client.codecs import Codec
    from jaeger_client.reporter import BaseReporter
    from jaeger_client.reporter.base import Channel
    from jaeger_client.sampler import Sampler, StrategySource
    from jaeger_client.throttler import Throttler


class Shared(NamedTuple):
    """Objects that all parts of one tracer share."""

    metrics_factory: MetricsFactory
    error_reporter: ErrorReporter
    worker: BackgroundWorker


def make_codecs(settings: Settings) -> dict[str, Codec]:
    """Return the codecs that replace the default ones of a tracer."""
    options = CodecOptions(
        generate_128bit_trace_id=settings[table.GENERATE_128BIT_TRACE_ID],
        trace_id_header=settings[table.TRACE_ID_HEADER],
        baggage_header_prefix=settings[table.BAGGAGE_HEADER_PREFIX],
        debug_id_header=settings[table.DEBUG_ID_HEADER],
        baggage_header=settings[table.BAGGAGE_HEADER],
        baggage_limits=BaggageLimits(
            settings[table.BAGGAGE_ITEMS], settings[table.BAGGAGE_VALUE_LENGTH]
        ),
        lower_case_headers=settings[table.LOWER_CASE_HEADERS],
    )
    return make_codecs_for(settings[table.PROPAGATION], options)


def make_sampler(settings: Settings) -> Sampler | None:
    """
    Return the configured sampler; `None` if its type is `remote`.

    Raises:
        ConfigError: If the parameter is invalid for the type.
    """
    given = settings[SAMPLER_OBJECT]
    if given is not None:
        return given
    if error := settings.values[table.SAMPLER_PARAM.key].error:
        raise error
    # Never None here: types without a default require the parameter.
    param = settings[table.SAMPLER_PARAM] or 0.0
    match settings[table.SAMPLER_TYPE]:
        case "const":
            return package.ConstSampler(bool(param))
        case "probabilistic":
            return package.ProbabilisticSampler(param)
        case "ratelimiting":
            return package.RateLimitingSampler(param)
        case _:
            return None


def make_remote_sampler(
    settings: Settings, channel: AgentChannel, shared: Shared
) -> Sampler:
    """Return a sampler whose strategy is fetched from the agent or read from a file."""
    source: StrategySource = channel
    path = settings[table.SAMPLING_STRATEGIES_FILE]
    if path is not None:
        with forks_wait():
            from jaeger_client.sampler import StrategiesFile  # noqa: PLC0415 - rare

        source = StrategiesFile(path)
    rate = settings[table.SAMPLER_PARAM]
    return package.RemoteControlledSampler(
        source,
        settings[table.SERVICE_NAME],
        logger=logger,
        metrics_factory=shared.metrics_factory,
        sampling_refresh_interval=settings[table.SAMPLING_REFRESH_INTERVAL],
        init_sampler=None if rate is None else package.ProbabilisticSampler(rate),
        max_operations=settings[table.MAX_OPERATIONS],
        operation_name_late_binding=settings[table.OPERATION_NAME_LATE_BINDING],
        worker=shared.worker,
    )


def make_throttler(
    settings: Settings, channel: AgentChannel, shared: Shared
) -> Throttler | None:
    """Return the configured throttler, if any."""
    if not settings[HAS_THROTTLER]:
        return None
    with forks_wait():
        from jaeger_client.throttler import LocalThrottler  # noqa: PLC0415 - rare

    local = LocalThrottler(
        settings[table.DEBUG_SPANS_PER_SECOND], settings[table.DEBUG_SPANS_AT_ONCE]
    )
    if settings[table.THROTTLER_TYPE] == "local":
        return local
    return package.RemoteThrottler(
        channel,
        settings[table.SERVICE_NAME],
        refresh_interval=settings[table.THROTTLER_REFRESH_INTERVAL],
        logger=logger,
        metrics_factory=shared.metrics_factory,
        # Used if the agent does not support credits, like Jaeger 2.
        local_policy=local,
        worker=shared.worker,
    )


def make_agent_channel(settings: Settings) -> AgentChannel:
    """Return the channel to the agent."""
    # Otherwise the channel derives the URL from host and port.
    has_url = settings.values[table.SAMPLING_ENDPOINT.key].is_set
    reconnects = settings[table.AGENT_RECONNECTS]
    return AgentChannel(
        settings[table.AGENT_HOST],
        settings[table.SAMPLING_PORT],
        settings[table.AGENT_PORT],
        throttling_port=settings[table.THROTTLER_PORT],
        sampling_url=settings[table.SAMPLING_ENDPOINT] if has_url else None,
        resolve_interval=(
            settings[table.AGENT_RECONNECT_INTERVAL] if reconnects else None
        ),
    )


def make_reporter(
    settings: Settings, channel: AgentChannel, shared: Shared
) -> BaseReporter:
    """
    Return the reporter, combined with those for `logging` and `rpc_metrics`.

    Raises:
        ConfigError: If a certificate or key file for the collector cannot be read.
    """
    remote = _make_remote_reporter(settings, channel, shared)
    others: list[BaseReporter] = []
    if settings[table.LOGGING]:
        others.append(package.LoggingReporter(logger))
    if settings[table.RPC_METRICS]:
        with forks_wait():
            from jaeger_client.reporter.rpc_metrics import (  # noqa: PLC0415 - rare
                RpcMetricsReporter,
            )

        others.append(RpcMetricsReporter(shared.metrics_factory))
    return package.CompositeReporter(remote, *others) if others else remote


def _make_remote_reporter(
    settings: Settings, channel: AgentChannel, shared: Shared
) -> BaseReporter:
    if settings[FORMAT] is None:
        logger.info("OTEL_TRACES_EXPORTER is none: no spans are sent")
        return reporters.NullReporter()
    endpoint = settings[table.ENDPOINT]
    host = settings[table.AGENT_HOST]
    return package.Reporter(
        channel=channel if endpoint is None else _dial_collector(settings, endpoint),
        queue_capacity=settings[table.REPORTER_QUEUE_SIZE],
        batch_size=settings[table.REPORTER_BATCH_SIZE],
        flush_interval=settings[table.REPORTER_FLUSH_INTERVAL],
        error_reporter=shared.error_reporter,
        metrics_factory=shared.metrics_factory,
        worker=shared.worker,
        fallback=partial(_dial_otlp, host) if endpoint is None else None,
    )


def _dial_collector(settings: Settings, endpoint: str) -> Channel:
    # Imported on demand: with the encoders and the HTTP client it takes 15 ms.
    with forks_wait():
        from jaeger_client._internal import http_channel  # noqa: PLC0415
        from jaeger_client._internal.http_client.options import HttpOptions  # noqa: PLC0415

    options = HttpOptions(
        timeout=settings[table.REPORTER_TIMEOUT],
        user=settings[table.USER],
        password=settings[table.PASSWORD],
        token=settings[table.AUTH_TOKEN],
        headers=settings[table.HEADERS],
        ca_file=settings[table.CA_FILE],
        client_cert=settings[table.CLIENT_CERT],
        client_key=settings[table.CLIENT_KEY],
        insecure=settings[table.INSECURE],
        proxy=settings[table.PROXY],
    )
    return http_channel.dial_collector(
        endpoint,
        format_=settings[FORMAT],
        options=options,
        gzip=bool(settings[table.GZIP]),
    )


def _dial_otlp(host: str) -> Channel | None:
    """Return a channel for OTLP to *host*, `None` if nothing listens there."""
    # Runs on the background thread, so a fork must wait for the import.
    with forks_wait():
        from jaeger_client._internal import http_channel  # noqa: PLC0415 - 15 ms

    return http_channel.dial_otlp(host)
