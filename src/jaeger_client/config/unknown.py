"""Keys of the dict and variables of the environment that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from jaeger_client._internal.shown import text_of
from jaeger_client.config import params
from jaeger_client.config.param import KUBERNETES_LINK

_OURS: Final = "JAEGER_"

# What comes after the name of a service `jaeger...` when Kubernetes or Docker link it.
_LINK: Final = (
    r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|"
    r"_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|_ENV_\w+"
)

_OF_OTHERS: Final = frozenset(
    {
        # Jaeger's own programs and images.
        "JAEGER_LISTEN_HOST",
        "JAEGER_QUERY_URL",
        "JAEGER_UI",
        "JAEGER_VERSION",
        # Its clients in Java and C#, where the sender can be chosen.
        "JAEGER_SENDER_FACTORY",
        "JAEGER_GRPC_TARGET",
        "JAEGER_GRPC_ROOT_CERTIFICATE",
        "JAEGER_GRPC_CLIENT_CHAIN",
        "JAEGER_GRPC_CLIENT_KEY",
    }
)
"""Variables that other software of Jaeger reads: no mistake in one environment."""

_AGENT: Final = "JAEGER_AGENT_HOST and JAEGER_AGENT_PORT"

MEANT_BY_VARIABLE: Final = {
    "JAEGER_AGENT_ADDR": _AGENT,
    "JAEGER_AGENT_ADDRESS": _AGENT,
    "JAEGER_AGENT_ENDPOINT": _AGENT,
    "JAEGER_AGENT_HOST_PORT": _AGENT,
    "JAEGER_AGENT_URL": _AGENT,
    "JAEGER_REPORTER_LOCAL_AGENT_HOST_PORT": _AGENT,
    "JAEGER_HOST": "JAEGER_AGENT_HOST",
    "JAEGER_COLLECTOR_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_COLLECTOR_HOST": "JAEGER_ENDPOINT",
    "JAEGER_COLLECTOR_URL": "JAEGER_ENDPOINT",
    "JAEGER_EXPORTER_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_HTTP_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_OTLP_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_REPORTER_COLLECTOR_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_REPORTER_ENDPOINT": "JAEGER_ENDPOINT",
    "JAEGER_URL": "JAEGER_ENDPOINT",
    "JAEGER_TOKEN": "JAEGER_AUTH_TOKEN",
    "JAEGER_USERNAME": "JAEGER_USER",
    "JAEGER_SAMPLE_RATE": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLER_ARG": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLER_RATE": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLING_PARAM": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLING_PROBABILITY": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLING_RATE": "JAEGER_SAMPLER_PARAM",
    "JAEGER_SAMPLING_TYPE": "JAEGER_SAMPLER_TYPE",
    "JAEGER_SAMPLER_ENDPOINT": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLER_HOST": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLER_HOST_PORT": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLER_PORT": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLING_HOST": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLING_PORT": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_SAMPLING_SERVER_URL": "JAEGER_SAMPLING_ENDPOINT",
    "JAEGER_APP_NAME": "JAEGER_SERVICE_NAME",
    "JAEGER_APPLICATION_NAME": "JAEGER_SERVICE_NAME",
    "JAEGER_SERVICE": "JAEGER_SERVICE_NAME",
    "JAEGER_ENABLE": "JAEGER_DISABLED",
    "JAEGER_ENABLED": "JAEGER_DISABLED",
    "JAEGER_PROCESS_TAGS": "JAEGER_TAGS",
    "JAEGER_FLUSH_INTERVAL": "JAEGER_REPORTER_FLUSH_INTERVAL",
    "JAEGER_LOG_SPANS": "JAEGER_REPORTER_LOG_SPANS",
    "JAEGER_QUEUE_SIZE": "JAEGER_REPORTER_MAX_QUEUE_SIZE",
    "JAEGER_REPORTER_QUEUE_SIZE": "JAEGER_REPORTER_MAX_QUEUE_SIZE",
}
"""Known wrong names of variables, most of which resemble the name of another one."""

MEANT_BY_KEY: Final = {
    "agent": "local_agent",
    "agent_host": "local_agent.reporting_host",
    "agent_port": "local_agent.reporting_port",
    "host": "local_agent.reporting_host",
    "port": "local_agent.reporting_port",
    "local_agent.host": "local_agent.reporting_host",
    "local_agent.port": "local_agent.reporting_port",
    "collector.token": "collector.auth_token",
    "collector.url": "collector.endpoint",
    "collector.username": "collector.user",
    "sampler.probability": "sampler.param",
    "sampler.rate": "sampler.param",
    "sampling_rate": "sampler.param",
    "refresh_interval": "sampling_refresh_interval",
    "sampler.refresh_interval": "sampling_refresh_interval",
    "disabled": "enabled",
    "log_spans": "logging",
    "queue_size": "reporter_queue_size",
    "max_queue_size": "reporter_queue_size",
    "batch_size": "reporter_batch_size",
    "flush_interval": "reporter_flush_interval",
    "service": "service_name",
}
"""Known wrong keys of the dict."""

_SIMILAR: Final = 0.8
"""Similarity from which a name is suggested: 0.6 suggested names of other things."""


def unknown_keys(config: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence about each key that no setting has."""
    return (complaint for _, complaint in find_unknown_keys(config))


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence about each `JAEGER_` variable that no Jaeger software reads."""
    return (complaint for _, complaint in find_unknown_variables(environ))


def find_unknown_keys(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each key that no setting has, and a sentence about it."""
    groups = {key.partition(".")[0] for key in params.KEYS if "." in key}
    known = params.KEYS | groups
    for key in _keys_of(config, groups):
        if key not in known:
            yield key, f"{key!r} is no setting{_suggestion(key, known)}"


def find_unknown_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each `JAEGER_` variable that no Jaeger software reads, and a sentence."""
    names = [name for name in environ if name.startswith(_OURS)]
    if not names:
        return
    # Most that are there are known; only here, for most environments have none.
    from jaeger_client.config.table import variable_names  # noqa: PLC0415 - see above

    known = variable_names()
    for name in sorted({*names} - known - _OF_OTHERS):
        if not _is_link(name, environ[name]):
            yield name, f"{name} is not read{_suggestion_of_variable(name, known)}"


def _is_link(name: str, value: str) -> bool:
    if name.endswith("_PORT") and value.startswith(KUBERNETES_LINK):
        return True
    import re  # noqa: PLC0415 - only where there is an unknown variable

    return re.search(f"({_LINK})$", name) is not None


def _suggestion_of_variable(name: str, known: Iterable[str]) -> str:
    meant = MEANT_BY_VARIABLE.get(name) or _similar_variable(name, known)
    return f", did you mean {meant}?" if meant else ""


def _similar_variable(name: str, known: Iterable[str]) -> str | None:
    # Without what all of them begin with, or each would resemble each.
    ends = {each.removeprefix(_OURS): each for each in known if each.startswith(_OURS)}
    nearest = _nearest(name.removeprefix(_OURS), ends)
    return ends[nearest] if nearest else None


def _keys_of(config: Mapping[str, object], groups: Iterable[str]) -> Iterator[str]:
    for key, value in config.items():
        yield text_of(key)
        if key in groups and isinstance(value, Mapping):
            for inner in cast("Mapping[object, object]", value):
                yield f"{key}.{text_of(inner)}"


def _suggestion(key: str, known: Iterable[str]) -> str:
    meant = (
        MEANT_BY_KEY.get(key)
        or _key_of_variable(key)
        or _key_in_its_group(key)
        or _similar_key(key, known)
    )
    return f", did you mean {meant!r}?" if meant else ""


def _key_of_variable(key: str) -> str | None:
    """Return the key that the variable *key* belongs to: `jaeger_endpoint`."""
    from jaeger_client.config.table import settings  # noqa: PLC0415 - a complaint

    name = key.upper()
    return next((each.key for each in settings() if name in each.variables), None)


def _key_in_its_group(key: str) -> str | None:
    """Return the one key in a group that *key* is without it: `endpoint`."""
    whole = [
        each
        for each in params.KEYS
        if "." in each and key in {each.partition(".")[2], each.replace(".", "_")}
    ]
    return whole[0] if len(whole) == 1 else None


def _similar_key(key: str, known: Iterable[str]) -> str | None:
    # Without the group, or each of its keys would resemble each.
    group = key[: key.rfind(".") + 1]
    ends = {each.removeprefix(group): each for each in known if each.startswith(group)}
    nearest = _nearest(key.removeprefix(group), ends)
    return ends[nearest] if nearest else None


def _nearest(name: str, known: Iterable[str]) -> str | None:
    # Only on the way to a complaint, so that a program without mistakes does
    # not import it.
    import difflib  # noqa: PLC0415 - see above

    return next(
        iter(difflib.get_close_matches(name, known, n=1, cutoff=_SIMILAR)), None
    )
