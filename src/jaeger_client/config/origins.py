"""Whose word counts, where several settings speak of the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import shown
from jaeger_client.config import agent_params as agent
from jaeger_client.config import collector_params as collector
from jaeger_client.config import sampling_params as sampling
from jaeger_client.config.opentelemetry import (
    NO_EXPORTER,
    OTEL_SAMPLER,
    OTEL_SAMPLER_ARG,
    sampler_of,
)
from jaeger_client.config.param import THE_DICT, Param, Source
from jaeger_client.sampler.base import Sampler


def given_sampler(source: Source) -> Sampler | None:
    """Return the sampler that the application made itself, if it did."""
    given = source.config.get("sampler")
    if isinstance(given, Sampler) or callable(getattr(given, "is_sampled", None)):
        return cast("Sampler", given)
    return None


def locate_sampler(
    source: Source,
) -> tuple[tuple[str | None, str] | None, tuple[float | None, str] | None]:
    """
    Return type and parameter of the sampler, each with its origin.

    Raises:
        ConfigError: If one of them cannot be used.
    """
    kind = sampling.SAMPLER_TYPE.of_config(source)
    if kind is not None:
        param = sampling.SAMPLER_PARAM.of_config(source)
        return (kind, THE_DICT), None if param is None else (param, THE_DICT)
    located = (
        sampling.SAMPLER_TYPE.located_in_environment(source),
        sampling.SAMPLER_PARAM.located(source),
    )
    return _opentelemetry_sampler(source) if located == (None, None) else located


def _opentelemetry_sampler(
    source: Source,
) -> tuple[tuple[str | None, str] | None, tuple[float | None, str] | None]:
    name = source.in_environment(OTEL_SAMPLER)
    argument = source.in_environment(OTEL_SAMPLER_ARG)
    if name is None:
        return None, None
    try:
        kind, param = sampler_of(name, argument)
    except ValueError as exc:
        source.pass_over(
            f"sampler.type ({OTEL_SAMPLER}): {exc}, got {shown(name)} with "
            f"{shown(argument)}"
        )
        return None, None
    origin = OTEL_SAMPLER if argument is None else OTEL_SAMPLER_ARG
    return (kind, OTEL_SAMPLER), None if param is None else (param, origin)


def locate_sampling_endpoint(source: Source) -> tuple[str | None, str] | None:
    """
    Return the URL of the strategies, if it is not the agent's, and its origin.

    Raises:
        ConfigError: If it cannot be used.
    """
    located = sampling.SAMPLING_ENDPOINT.located(source)
    # A port in the dict is about the same thing and beats the environment.
    if agent.SAMPLING_PORT.of_config(source) is None:
        return located
    return located if located and located[1] == THE_DICT else None


class CollectorChoice(Frozen):
    """The endpoint with its origin, and the settings that count for that endpoint."""

    endpoint: tuple[str | None, str] | None
    timeout: Param[float]
    headers: Param[Mapping[str, str]]
    ca_file: Param[str | None]
    client_cert: Param[str | None]
    client_key: Param[str | None]
    gzip: Param[bool | None]

    def params(self) -> Mapping[str, Param[object]]:
        """Return the settings that count for the endpoint, by their keys."""
        chosen = (
            self.timeout,
            self.headers,
            self.ca_file,
            self.client_cert,
            self.client_key,
            self.gzip,
        )
        return {param.key: cast("Param[object]", param) for param in chosen}


def our_collector(endpoint: tuple[str | None, str] | None) -> CollectorChoice:
    """Return *endpoint* with the settings for which no `OTEL_` variable counts."""
    return CollectorChoice(
        endpoint,
        collector.REPORTER_TIMEOUT,
        collector.HEADERS,
        collector.CA_FILE,
        collector.CLIENT_CERT,
        collector.CLIENT_KEY,
        collector.GZIP,
    )


def choose_collector(source: Source) -> CollectorChoice:
    """
    Return whose collector it is: what is meant for OpenTelemetry's goes to no other.

    Raises:
        ConfigError: If the endpoint cannot be used.
    """
    ours = collector.ENDPOINT.located(source)
    theirs = None
    if ours is None and not agent_is_named(source) and not export_is_off(source):
        theirs = collector.OTLP_ENDPOINT.located(source)
    if theirs is None:
        return our_collector(ours)
    # There is only one, but another one that was meant is logged.
    _ = collector.OTLP_PROTOCOL.found(source)
    return CollectorChoice(
        theirs,
        collector.OTLP_TIMEOUT,
        collector.OTLP_HEADERS,
        collector.OTLP_CA_FILE,
        collector.OTLP_CLIENT_CERT,
        _choose_client_key(source),
        collector.OTLP_GZIP,
    )


def export_is_off(source: Source) -> bool:
    """
    Return whether OpenTelemetry's export is off and nothing else names a place.

    Raises:
        ConfigError: If the endpoint, or the agent's host or port, cannot be used.
    """
    return (
        collector.ENDPOINT.found(source) is None
        and not agent_is_named(source)
        and collector.OTLP_EXPORTERS.found(source) == NO_EXPORTER
    )


def _choose_client_key(source: Source) -> Param[str | None]:
    key = collector.OTLP_CLIENT_KEY.located(source)
    certificate = collector.OTLP_CLIENT_CERT.located(source)
    if key is None or key[1] == THE_DICT:
        return collector.CLIENT_KEY
    if certificate is None or certificate[1] == THE_DICT:
        source.pass_over(
            f"collector.client_key ({key[1]}): needs the variable of its certificate "
            f"beside it, got {shown(key[0])}"
        )
        return collector.CLIENT_KEY
    return collector.OTLP_CLIENT_KEY


def agent_is_named(source: Source) -> bool:
    """
    Say whether somebody names the agent, and so means it.

    Raises:
        ConfigError: If its host or port cannot be used.
    """
    return (
        agent.AGENT_HOST.found(source) is not None
        or agent.AGENT_PORT.found(source) is not None
    )
