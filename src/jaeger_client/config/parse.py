"""From a dict and the environment to settings; the only reader of `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from jaeger_client.config import collector_params as collector
from jaeger_client.config import params
from jaeger_client.config.opentelemetry import sampler_of
from jaeger_client.config.param import Source
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
from jaeger_client.diagnostics import logger
from jaeger_client.errors import ConfigError
from jaeger_client.sampler.base import Sampler

if TYPE_CHECKING:
    from jaeger_client.http_client.options import HttpOptions


def source_of(config: object) -> Source:
    """
    Return *config* beside the environment as it is when it is asked.

    Raises:
        ConfigError: If *config* is no dict.
    """
    if not isinstance(config, Mapping):
        msg = f"config: must be a dict, got {config!r}"
        raise ConfigError(msg)
    return Source(cast("Mapping[str, object]", config), os.environ)


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
    given = source.config.get("sampler")
    is_sampler = isinstance(given, Sampler) or callable(
        getattr(given, "is_sampled", None),
    )
    kind, param = (None, None) if is_sampler else _kind_and_param(source)
    return SamplerSettings(
        given=cast("Sampler", given) if is_sampler else None,
        kind=kind,
        param=param,
        max_operations=params.MAX_OPERATIONS.value(source),
        refresh_interval=params.SAMPLING_REFRESH_INTERVAL.value(source),
        endpoint=_sampling_endpoint(source),
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
        generate_128bit_trace_id=params.GENERATE_128BIT_TRACE_ID.value(source),
    )


def unknown_keys(config: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence about each key that no setting has."""
    groups = {key.partition(".")[0] for key in params.KEYS if "." in key}
    known = params.KEYS | groups
    for key in _keys_of(config, groups):
        if key not in known:
            yield f"{key!r} is no setting{_nearest(key, known)}"


def _keys_of(config: Mapping[str, object], groups: Iterable[str]) -> Iterator[str]:
    for key, value in config.items():
        yield str(key)
        if key in groups and isinstance(value, Mapping):
            for inner in cast("Mapping[object, object]", value):
                yield f"{key}.{inner}"


def _nearest(key: str, known: Iterable[str]) -> str:
    # Only on the way to a complaint, so that a program without mistakes does
    # not import it.
    import difflib  # noqa: PLC0415 - see above

    nearest = difflib.get_close_matches(key, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else ""


def _kind_and_param(source: Source) -> tuple[str | None, float | None]:
    kind = params.SAMPLER_TYPE.of_config(source)
    if kind is not None:
        return kind, params.SAMPLER_PARAM.of_config(source)
    kind = params.SAMPLER_TYPE.of_environment(source)
    param = params.SAMPLER_PARAM.found(source)
    if kind is None and param is None:
        return _opentelemetry_sampler(source)
    return kind, param


def _opentelemetry_sampler(source: Source) -> tuple[str | None, float | None]:
    name = source.in_environment("OTEL_TRACES_SAMPLER")
    argument = source.in_environment("OTEL_TRACES_SAMPLER_ARG")
    if name is None:
        return None, None
    try:
        return sampler_of(name, argument)
    except ValueError as exc:
        logger.warning(
            "Passed over: sampler.type (OTEL_TRACES_SAMPLER): %s, got %r with %r",
            exc,
            name,
            argument,
        )
        return None, None


def _sampling_endpoint(source: Source) -> str | None:
    # A port in the dict is about the same thing and beats the environment.
    if params.SAMPLING_PORT.of_config(source) is not None:
        return params.SAMPLING_ENDPOINT.of_config(source)
    return params.SAMPLING_ENDPOINT.value(source)


def _read_agent(source: Source) -> AgentSettings:
    reconnects = params.AGENT_RECONNECTS.value(source)
    interval = params.AGENT_RECONNECT_INTERVAL.value(source)
    return AgentSettings(
        host=params.AGENT_HOST.value(source),
        reporting_port=params.AGENT_PORT.value(source),
        sampling_port=params.SAMPLING_PORT.value(source),
        resolve_interval=interval if reconnects else None,
    )


def _read_collector(source: Source) -> CollectorSettings | None:
    endpoint = collector.ENDPOINT.value(source)
    if endpoint is not None:
        return CollectorSettings(
            endpoint,
            _http_options(
                source,
                timeout=collector.REPORTER_TIMEOUT.value(source),
                headers=collector.HEADERS.value(source),
                ca_file=collector.CA_FILE.value(source),
            ),
            collector.GZIP.value(source),
        )
    endpoint = (
        None if _agent_is_named(source) else collector.OTLP_ENDPOINT.value(source)
    )
    if endpoint is None:
        return None
    return CollectorSettings(
        endpoint,
        _http_options(
            source,
            timeout=collector.OTLP_TIMEOUT.value(source),
            headers=collector.OTLP_HEADERS.value(source),
            ca_file=collector.OTLP_CA_FILE.value(source),
        ),
        collector.GZIP.value(source),
    )


def _agent_is_named(source: Source) -> bool:
    return (
        params.AGENT_HOST.found(source) is not None
        or params.AGENT_PORT.found(source) is not None
    )


def _http_options(
    source: Source,
    *,
    timeout: float,
    headers: Mapping[str, str],
    ca_file: str | None,
) -> HttpOptions:
    user = collector.USER.value(source)
    password = collector.PASSWORD.value(source)
    if (user is None) != (password is None):
        given, missing = ("user", "password") if user else ("password", "user")
        msg = (
            f"collector.{missing} (JAEGER_{missing.upper()}): must be given "
            f"together with collector.{given}, got none"
        )
        raise ConfigError(msg)
    # With its patterns and base64 3 ms, for those who name a collector.
    from jaeger_client.http_client.options import HttpOptions  # noqa: PLC0415

    return HttpOptions(
        timeout=timeout,
        user=user,
        password=password,
        token=collector.AUTH_TOKEN.value(source),
        headers=headers,
        ca_file=ca_file,
        client_cert=collector.CLIENT_CERT.value(source),
        client_key=collector.CLIENT_KEY.value(source),
        insecure=collector.INSECURE.value(source),
    )


def _read_throttler(source: Source) -> ThrottlerSettings | None:
    # An empty dict asks for a throttler, too: it only names no other port.
    if source.config.get("throttler") is None:
        return None
    return ThrottlerSettings(
        port=params.THROTTLER_PORT.value(source),
        refresh_interval=params.THROTTLER_REFRESH_INTERVAL.value(source),
    )


def _read_reporter(source: Source) -> ReporterSettings:
    return ReporterSettings(
        queue_size=params.REPORTER_QUEUE_SIZE.value(source),
        batch_size=params.REPORTER_BATCH_SIZE.value(source),
        flush_interval=params.REPORTER_FLUSH_INTERVAL.value(source),
        logs_spans=params.LOGGING.value(source),
        counts_requests=params.RPC_METRICS.value(source),
    )
