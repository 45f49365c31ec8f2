"""Unknown keys and `JAEGER_` variables, and suggestions for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, cast

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.shown import text_of
from jaeger_client.config import table
from jaeger_client.config.settings import KUBERNETES_LINK

_OURS: Final = "JAEGER_"

_OF_THE_PACKAGE: Final = {"JAEGER_CLIENT_EXTENSIONS", "JAEGER_CLIENT_PURE_PYTHON"}
"""Read when the package is built, and when it is imported."""

# Suffixes of variables that Kubernetes or Docker set for a service named `jaeger...`.
_LINK: Final = (
    r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|"
    r"_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|_ENV_\w+"
)

# Variables that Jaeger's own programs and its clients in Java and C# read.
_OF_OTHERS: Final = (
    r"JAEGER_(LISTEN_HOST|QUERY_URL|UI|VERSION|SENDER_FACTORY|GRPC_TARGET|"
    r"GRPC_ROOT_CERTIFICATE|GRPC_CLIENT_CHAIN|GRPC_CLIENT_KEY)"
)


def _by_wrong_name(names: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    return {
        f"{prefix}{wrong}": right
        for right, wrong_names in names.items()
        for wrong in wrong_names.split()
    }


VARIABLE_SUGGESTIONS: Final = _by_wrong_name(
    {
        "JAEGER_AGENT_HOST and JAEGER_AGENT_PORT": """
            AGENT_ADDR AGENT_ADDRESS AGENT_ENDPOINT AGENT_HOST_PORT AGENT_URL
            REPORTER_LOCAL_AGENT_HOST_PORT""",
        "JAEGER_AGENT_HOST": "HOST",
        "JAEGER_ENDPOINT": """
            COLLECTOR_ENDPOINT COLLECTOR_HOST COLLECTOR_URL EXPORTER_ENDPOINT
            HTTP_ENDPOINT OTLP_ENDPOINT REPORTER_COLLECTOR_ENDPOINT REPORTER_ENDPOINT
            URL""",
        "JAEGER_AUTH_TOKEN": "TOKEN",
        "JAEGER_USER": "USERNAME",
        "JAEGER_SAMPLER_PARAM": """
            SAMPLE_RATE SAMPLER_ARG SAMPLER_RATE SAMPLING_PARAM SAMPLING_PROBABILITY
            SAMPLING_RATE""",
        "JAEGER_SAMPLER_TYPE": "SAMPLING_TYPE",
        "JAEGER_SAMPLING_ENDPOINT": """
            SAMPLER_ENDPOINT SAMPLER_HOST SAMPLER_HOST_PORT SAMPLER_PORT SAMPLING_HOST
            SAMPLING_PORT SAMPLING_SERVER_URL""",
        "JAEGER_SERVICE_NAME": "APP_NAME APPLICATION_NAME SERVICE",
        "JAEGER_DISABLED": "ENABLE ENABLED",
        "JAEGER_TAGS": "PROCESS_TAGS",
        "JAEGER_REPORTER_FLUSH_INTERVAL": "FLUSH_INTERVAL",
        "JAEGER_REPORTER_LOG_SPANS": "LOG_SPANS",
        "JAEGER_REPORTER_MAX_QUEUE_SIZE": "QUEUE_SIZE REPORTER_QUEUE_SIZE",
    },
    prefix=_OURS,
)
"""
The variable to suggest for known wrong names.

Most of these names resemble another variable more than the right one.
"""

KEY_SUGGESTIONS: Final = _by_wrong_name(
    {
        "local_agent": "agent",
        "local_agent.reporting_host": "agent_host host local_agent.host",
        "local_agent.reporting_port": "agent_port port local_agent.port",
        "collector.auth_token": "collector.token",
        "collector.endpoint": "collector.url",
        "collector.user": "collector.username",
        "sampler.param": "sampler.probability sampler.rate sampling_rate",
        "sampling_refresh_interval": "refresh_interval sampler.refresh_interval",
        "enabled": "disabled",
        "logging": "log_spans",
        "reporter_queue_size": "queue_size max_queue_size",
        "reporter_batch_size": "batch_size",
        "reporter_flush_interval": "flush_interval",
        "service_name": "service",
    }
)
"""The key to suggest for known wrong keys."""

_MIN_SIMILARITY: Final = 0.8
"""Minimum similarity of a suggestion: with 0.6, unrelated names were suggested."""


def unknown_keys(config: Mapping[str, object]) -> dict[str, str]:
    """Return each unknown key of *config*, with a message."""
    groups = {key.partition(".")[0] for key in table.KEYS if "." in key}
    known = table.KEYS | groups
    return {
        key: f"{key!r} is not a setting{_suggested_key(key, known)}"
        for key in _keys_of(config, groups)
        if key not in known
    }


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return each `JAEGER_` variable that no Jaeger software reads, with a message."""
    names = {name for name in environ if name.startswith(_OURS)}
    known = table.variable_names() | _OF_THE_PACKAGE if names else frozenset[str]()
    return {
        name: f"{name} is not read{_suggested_variable(name, known)}"
        for name in sorted(names - known)
        if not _is_of_others(name, environ[name])
    }


def _is_of_others(name: str, value: str) -> bool:
    if name.endswith("_PORT") and value.startswith(KUBERNETES_LINK):
        return True
    return re.search(f"^{_OF_OTHERS}$|({_LINK})$", name) is not None


def _keys_of(config: Mapping[str, object], groups: Iterable[str]) -> Iterator[str]:
    for key, value in config.items():
        name = text_of(key)
        yield name
        if name in groups:
            for inner in _inner_keys(value):
                yield f"{name}.{text_of(inner)}"


def _inner_keys(value: object) -> list[object]:
    # The value's own code may raise anything; the reader of the value reports it.
    with suppress(Exception):
        if isinstance(value, Mapping):
            return [*cast("Mapping[object, object]", value)]
    return []


def _suggested_variable(name: str, known: Iterable[str]) -> str:
    meant = VARIABLE_SUGGESTIONS.get(name) or _nearest(name, known, _OURS)
    return f", did you mean {meant}?" if meant else ""


def _suggested_key(key: str, known: Iterable[str]) -> str:
    group = key[: key.rfind(".") + 1]
    meant = KEY_SUGGESTIONS.get(key) or _same_key(key) or _nearest(key, known, group)
    return f", did you mean {meant!r}?" if meant else ""


def _same_key(name: str) -> str | None:
    """Return the key that variable *name* sets, or the only key *name* of any group."""
    for param in table.PARAMS:
        if name.upper() in param.variables:
            return param.key
    inner = name.rpartition(".")[2]
    if inner in table.KEYS:
        return inner
    found = [key for key in table.KEYS if key.partition(".")[2] == name]
    return found[0] if len(found) == 1 else None


def _nearest(name: str, known: Iterable[str], prefix: str) -> str | None:
    with forks_wait():
        import difflib  # noqa: PLC0415 - 3 ms, and rarely needed

    # Compared without the common prefix, which would make all names similar.
    ends = [each.removeprefix(prefix) for each in known if each.startswith(prefix)]
    end = name.removeprefix(prefix)
    found = difflib.get_close_matches(end, ends, n=1, cutoff=_MIN_SIMILARITY)
    return f"{prefix}{found[0]}" if found else None
