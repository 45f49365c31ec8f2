"""From a dict and the environment to settings; the only reader of `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from jaeger_client.config import agent_params as agent
from jaeger_client.config import collector_params as collector
from jaeger_client.config import params
from jaeger_client.config import sampling_params as sampling
from jaeger_client.config.origins import (
    CollectorChoice,
    choose_collector,
    export_is_off,
    given_sampler,
    locate_sampler,
    locate_sampling_endpoint,
)
from jaeger_client.config.param import Source, log_passed_over, shown
from jaeger_client.config.settings import (
    AgentSettings,
    CollectorSettings,
    PropagationSettings,
    ReporterSettings,
    SamplerSettings,
    Settings,
    ThrottlerSettings,
)
from jaeger_client.config.values import fill_in
from jaeger_client.errors import ConfigError

if TYPE_CHECKING:
    from jaeger_client._internal.http_client.options import HttpOptions


def source_of(
    config: object,
    pass_over: Callable[[str], None] = log_passed_over,
) -> Source:
    """
    Return *config* beside the environment as it is when it is asked.

    Raises:
        ConfigError: If *config* is no dict.
    """
    if not isinstance(config, Mapping):
        msg = f"config: must be a dict, got {shown(config)}"
        raise ConfigError(msg)
    return Source(cast("Mapping[str, object]", config), os.environ, pass_over)


def read_settings(source: Source, service_name: str | None) -> Settings:
    """
    Return everything that *source* says.

    Raises:
        ConfigError: If something in it cannot be used.
    """
    return Settings(
        service_name=read_service_name(source, service_name),
        enabled=params.ENABLED.value(source),
        tags=read_tags(source),
        max_tag_value_length=params.MAX_TAG_VALUE_LENGTH.value(source),
        max_traceback_length=params.MAX_TRACEBACK.value(source),
        max_tags_per_span=params.MAX_TAGS_PER_SPAN.value(source),
        max_logs_per_span=params.MAX_LOGS_PER_SPAN.value(source),
        agent=_read_agent(source),
        collector=_read_collector(source),
        sampler=read_sampler(source),
        throttler=_read_throttler(source),
        reporter=_read_reporter(source),
        propagation=read_propagation(source),
    )


def read_service_name(source: Source, service_name: str | None) -> str:
    """
    Return the name in the dict, else *service_name*, else that in a variable.

    Raises:
        ConfigError: If there is none.
    """
    name = (
        params.SERVICE_NAME.of_config(source)
        or service_name
        or params.SERVICE_NAME.of_environment(source)
    )
    if not name:
        msg = (
            "service_name (JAEGER_SERVICE_NAME): required in the config, as a "
            "parameter of Config or as a variable, got none"
        )
        raise ConfigError(msg)
    return name


def read_tags(source: Source) -> dict[str, object]:
    """
    Return the tags of the process: JAEGER_TAGS before the dict, that before OTEL_.

    Raises:
        ConfigError: If they cannot be read.
    """
    of_variable = params.TAGS.of_environment(source) or {}
    return {
        **(params.ATTRIBUTES.of_environment(source) or {}),
        **(params.TAGS.of_config(source) or {}),
        **{k: fill_in(str(v), source.environ) for k, v in of_variable.items()},
    }


def read_sampler(source: Source) -> SamplerSettings:
    """
    Return how traces are chosen; type and parameter always of one origin.

    Raises:
        ConfigError: If it cannot be read.
    """
    given = given_sampler(source)
    kind, param = (None, None) if given else locate_sampler(source)
    endpoint = locate_sampling_endpoint(source)
    return SamplerSettings(
        given=given,
        kind=kind and kind[0],
        param=param and param[0],
        max_operations=sampling.MAX_OPERATIONS.value(source),
        refresh_interval=sampling.SAMPLING_REFRESH_INTERVAL.value(source),
        endpoint=endpoint and endpoint[0],
        strategies_file=sampling.SAMPLING_STRATEGIES_FILE.value(source),
        operation_name_late_binding=_binds_late(source, has_group=given is None),
    )


def read_propagation(source: Source) -> PropagationSettings:
    """
    Return how context travels.

    Raises:
        ConfigError: If it cannot be read.
    """
    return PropagationSettings(
        formats=params.PROPAGATION.value(source),
        trace_id_header=params.TRACE_ID_HEADER.value(source),
        baggage_header_prefix=params.BAGGAGE_HEADER_PREFIX.value(source),
        debug_id_header=params.DEBUG_ID_HEADER.value(source),
        baggage_header=params.BAGGAGE_HEADER.value(source),
        max_baggage_items=params.BAGGAGE_ITEMS.value(source),
        max_baggage_value_length=params.BAGGAGE_VALUE_LENGTH.value(source),
        generate_128bit_trace_id=params.GENERATE_128BIT_TRACE_ID.value(source),
    )


def _binds_late(source: Source, *, has_group: bool) -> bool:
    param = sampling.OPERATION_NAME_LATE_BINDING
    if has_group:
        return param.value(source)
    return param.of_environment(source) or param.default


def _read_agent(source: Source) -> AgentSettings:
    reconnects = agent.AGENT_RECONNECTS.value(source)
    interval = agent.AGENT_RECONNECT_INTERVAL.value(source)
    return AgentSettings(
        host=agent.AGENT_HOST.value(source),
        reporting_port=agent.AGENT_PORT.value(source),
        sampling_port=agent.SAMPLING_PORT.value(source),
        resolve_interval=interval if reconnects else None,
    )


def _read_collector(source: Source) -> CollectorSettings | None:
    choice = choose_collector(source)
    endpoint = choice.endpoint and choice.endpoint[0]
    if endpoint is None:
        return None
    return CollectorSettings(
        endpoint,
        _http_options(source, choice),
        choice.gzip.value(source),
    )


def _http_options(source: Source, choice: CollectorChoice) -> HttpOptions:
    user = collector.USER.value(source)
    password = collector.PASSWORD.value(source)
    if (user is None) != (password is None):
        given, missing = ("user", "password") if user else ("password", "user")
        msg = (
            f"collector.{missing} (JAEGER_{missing.upper()}): must be given "
            f"together with collector.{given}, got none"
        )
        raise ConfigError(msg)
    client_cert = choice.client_cert.value(source)
    client_key = choice.client_key.value(source)
    if client_key is not None and client_cert is None:
        msg = (
            "collector.client_cert: must be given together with "
            "collector.client_key, got none"
        )
        raise ConfigError(msg)
    # With its patterns and base64 3 ms, for those who name a collector.
    from jaeger_client._internal.http_client.options import HttpOptions  # noqa: PLC0415

    return HttpOptions(
        timeout=choice.timeout.value(source),
        user=user,
        password=password,
        token=collector.AUTH_TOKEN.value(source),
        headers=choice.headers.value(source),
        ca_file=choice.ca_file.value(source),
        client_cert=client_cert,
        client_key=client_key,
        insecure=collector.INSECURE.value(source),
        proxy=collector.PROXY.value(source),
    )


def _read_throttler(source: Source) -> ThrottlerSettings | None:
    # An empty dict asks for a throttler, too: it only names no other port.
    if source.config.get("throttler") is None:
        return None
    return ThrottlerSettings(
        kind=sampling.THROTTLER_TYPE.value(source),
        port=sampling.THROTTLER_PORT.value(source),
        refresh_interval=sampling.THROTTLER_REFRESH_INTERVAL.value(source),
        debug_spans_per_second=sampling.DEBUG_SPANS_PER_SECOND.value(source),
        debug_spans_at_once=sampling.DEBUG_SPANS_AT_ONCE.value(source),
    )


def _read_reporter(source: Source) -> ReporterSettings:
    return ReporterSettings(
        queue_size=params.REPORTER_QUEUE_SIZE.value(source),
        batch_size=params.REPORTER_BATCH_SIZE.value(source),
        flush_interval=params.REPORTER_FLUSH_INTERVAL.value(source),
        logs_spans=params.LOGGING.value(source),
        counts_requests=params.RPC_METRICS.value(source),
        sends_spans=not export_is_off(source),
    )
