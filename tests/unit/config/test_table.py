"""Every documented variable and key exists and has an effect."""

from __future__ import annotations

import os
from typing import cast

import pytest

from jaeger_client.config import table
from jaeger_client.config.read import read

AT_COLLECTOR = {"JAEGER_ENDPOINT": "http://far"}
AT_OTLP = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://far"}
LOGGED_IN = {**AT_COLLECTOR, "JAEGER_USER": "me", "JAEGER_PASSWORD": "secret"}
WITH_CERTIFICATE = {**AT_OTLP, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": __file__}

VARIABLES: dict[str, tuple[str, dict[str, str]]] = {
    "JAEGER_SERVICE_NAME": ("shop", {}),
    "JAEGER_AGENT_HOST": ("far", {}),
    "JAEGER_AGENT_PORT": ("1", {}),
    "JAEGER_ENDPOINT": ("http://far", {}),
    "JAEGER_USER": ("you", LOGGED_IN),
    "JAEGER_PASSWORD": ("other", LOGGED_IN),
    "JAEGER_AUTH_TOKEN": ("token", AT_COLLECTOR),
    "JAEGER_COLLECTOR_PROXY": ("proxy:3128", AT_COLLECTOR),
    "JAEGER_PROPAGATION": ("b3,w3c", {}),
    "JAEGER_REPORTER_LOG_SPANS": ("true", {}),
    "JAEGER_REPORTER_MAX_QUEUE_SIZE": ("5", {}),
    "JAEGER_REPORTER_FLUSH_INTERVAL": ("5", {}),
    "JAEGER_REPORTER_TIMEOUT": ("7s", AT_COLLECTOR),
    "JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED": ("true", {}),
    "JAEGER_REPORTER_ATTEMPT_RECONNECT_INTERVAL": ("5s", {}),
    "JAEGER_SAMPLER_TYPE": ("const", {}),
    "JAEGER_SAMPLER_PARAM": ("0.5", {}),
    "JAEGER_SAMPLING_ENDPOINT": ("http://far", {}),
    "JAEGER_SAMPLER_MANAGER_HOST_PORT": ("far:5778", {}),
    "JAEGER_SAMPLER_MAX_OPERATIONS": ("5", {}),
    "JAEGER_SAMPLER_REFRESH_INTERVAL": ("5s", {}),
    "JAEGER_TAGS": ("k=v,k2=${VAR:default}", {}),
    "JAEGER_TRACEID_128BIT": ("true", {}),
    "JAEGER_DISABLED": ("true", {}),
    "JAEGER_DISABLE": ("true", {}),
    "JAEGER_RPC_METRICS": ("true", {}),
    "JAEGER_BAGGAGE_MAX_ITEMS": ("5", {}),
    "JAEGER_BAGGAGE_MAX_VALUE_LENGTH": ("5", {}),
    "JAEGER_LOWER_CASE_HEADERS": ("true", {}),
    "JAEGER_MAX_TAGS_PER_SPAN": ("5", {}),
    "JAEGER_MAX_LOGS_PER_SPAN": ("5", {}),
    "JAEGER_SAMPLING_STRATEGIES_FILE": ("strategies.json", {}),
    "JAEGER_SAMPLER_OPERATION_NAME_LATE_BINDING": ("true", {}),
    "OTEL_SERVICE_NAME": ("shop", {}),
    "OTEL_RESOURCE_ATTRIBUTES": ("service.name=shop,zone=a", {}),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("http://far", {}),
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ("http://far", {}),
    "OTEL_EXPORTER_OTLP_HEADERS": ("a=b", AT_OTLP),
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": ("a=b", AT_OTLP),
    "OTEL_EXPORTER_OTLP_TIMEOUT": ("7000", AT_OTLP),
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": ("7000", AT_OTLP),
    "OTEL_EXPORTER_OTLP_CERTIFICATE": (__file__, AT_OTLP),
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": (__file__, AT_OTLP),
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": (__file__, AT_OTLP),
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": (__file__, AT_OTLP),
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": (__file__, WITH_CERTIFICATE),
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": (__file__, WITH_CERTIFICATE),
    "OTEL_EXPORTER_OTLP_COMPRESSION": ("none", AT_OTLP),
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": ("none", AT_OTLP),
    "OTEL_TRACES_EXPORTER": ("none", {}),
    "OTEL_PROPAGATORS": ("b3", {}),
    "OTEL_TRACES_SAMPLER": ("always_on", {}),
    "OTEL_TRACES_SAMPLER_ARG": ("0.5", {"OTEL_TRACES_SAMPLER": "traceidratio"}),
    "OTEL_SDK_DISABLED": ("true", {}),
}
"""What to set a variable to for an effect, and the variables beside it."""

ONLY_CHECKED = {"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"}
"""Variables with one supported value; others are logged, tested elsewhere."""

KEYS: dict[str, object] = {
    # Of 4.8.
    "enabled": False,
    "logging": True,
    "sampler": {"type": "const", "param": 1},
    "local_agent": {"reporting_host": "far", "reporting_port": 1, "sampling_port": 2},
    "reporter_batch_size": 5,
    "reporter_queue_size": 5,
    "reporter_flush_interval": 5,
    "sampling_refresh_interval": 5,
    "max_operations": 5,
    "tags": {"k": "v"},
    "trace_id_header": "x-trace",
    "baggage_header_prefix": "x-baggage-",
    "debug_id_header": "x-debug",
    "generate_128bit_trace_id": True,
    "propagation": "b3",
    "max_tag_value_length": 5,
    "max_traceback_length": 5,
    "service_name": "shop",
    "throttler": {"port": 5, "refresh_interval": 6},
    # New.
    "baggage_header": "x-baggage",
    "baggage": {"max_items": 5, "max_value_length": 6},
    "lower_case_headers": True,
    "max_tags_per_span": 5,
    "max_logs_per_span": 5,
    "sampling_endpoint": "http://far",
    "sampling_strategies_file": "strategies.json",
    "rpc_metrics": True,
    "collector": {"endpoint": "http://far"},
}

WITHOUT_SETTINGS = {"metrics", "local_agent.enabled", "reporter_timeout"}
"""Keys that act elsewhere, not at all, or only at a collector; tested elsewhere."""

IN_GROUPS = {
    "throttler.type": "local",
    "throttler.debug_spans_per_second": 5,
    "throttler.debug_spans_at_once": 5,
    "sampler.operation_name_late_binding": True,
    "local_agent.attempt_reconnecting": False,
    "local_agent.attempt_reconnect_interval": 5,
    "collector.user": "you",
    "collector.password": "other",
    "collector.auth_token": "token",
    "collector.headers": {"a": "b"},
    "collector.ca_file": os.__file__,
    "collector.client_cert": pytest.__file__,
    "collector.client_key": __file__,
    "collector.insecure": True,
    "collector.proxy": "proxy:3128",
    "collector.gzip": True,
}
"""Keys of groups that `KEYS` does not have, each with a value that is not default."""


def settings_of(
    config: dict[str, object], environ: dict[str, str] | None = None
) -> dict[str, object]:
    """Return the values of a service `other`, unless another one is named."""
    name = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=other"}
    settings = read(config, {**name, **(environ or {})}).checked()
    return {key: value.value for key, value in settings.values.items()}


def test_every_variable_is_in_the_table_and_no_other() -> None:
    """The list in this file has the same variables as the table."""
    assert sorted({*VARIABLES} | ONLY_CHECKED) == sorted(table.variable_names())


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_changes_the_settings(variable: str) -> None:
    """Setting any variable changes at least one value."""
    value, beside = VARIABLES[variable]

    assert settings_of({}, beside) != settings_of({}, {**beside, variable: value})


def test_every_key_is_in_the_table_and_no_other() -> None:
    """The list in this file has the same keys as the table."""
    promised = {*IN_GROUPS, *WITHOUT_SETTINGS}
    for key, value in KEYS.items():
        if isinstance(value, dict) and key != "tags":
            group = cast("dict[str, object]", value)
            promised |= {f"{key}.{inner}" for inner in group}
        else:
            promised.add(key)

    assert sorted(promised) == sorted(table.KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_changes_the_settings(key: str) -> None:
    """Setting any key changes at least one value."""
    assert settings_of({}) != settings_of({key: KEYS[key]})


@pytest.mark.parametrize("key", sorted(IN_GROUPS))
def test_every_key_of_a_group_changes_the_settings(key: str) -> None:
    """Each is set together with the keys that it requires."""
    group, _, inner = key.partition(".")
    beside: dict[str, dict[str, object]] = {
        "collector": {
            "endpoint": "http://far",
            "user": "me",
            "password": "secret",
            "client_cert": __file__,
        },
    }
    without = beside.get(group, {})

    assert settings_of({group: without}) != settings_of(
        {group: {**without, inner: IN_GROUPS[key]}},
    )
