"""
Reads the settings of a tracer from a dict and the environment, in one pass.

The dict takes precedence over Jaeger's variables, these over OpenTelemetry's variables,
and these over the default. Precedence between settings that overlap:

- `JAEGER_TAGS` overrides the dict, tag by tag.
- If the dict sets the sampler type, the parameter is read from the dict only.
- A sampling port in the dict overrides a sampling endpoint in a variable.
- `OTEL_TRACES_SAMPLER_ARG` is used only if `OTEL_TRACES_SAMPLER` is.
- OpenTelemetry's endpoint is used only if no other setting specifies a collector or an
  agent. OpenTelemetry's headers, certificates, compression and timeouts are used for
  that endpoint only, so that credentials are not sent to another server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeGuard, cast

from jaeger_client._internal.shown import is_secret_name, shown, text_of
from jaeger_client.config import opentelemetry as otel
from jaeger_client.config import table
from jaeger_client.config.http_values import SAMPLING_PATH, format_of
from jaeger_client.config.settings import (
    FORMAT,
    HAS_THROTTLER,
    OTEL,
    SAMPLER_OBJECT,
    THE_DICT,
    Settings,
    Source,
    Value,
)
from jaeger_client.config.values import fill_in
from jaeger_client.constants import (
    DEFAULT_SAMPLING_PROBABILITY,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_REMOTE,
)
from jaeger_client.errors import ConfigError, SamplingRateError
from jaeger_client.sampler.base import Sampler

THE_PARAMETER: Final = "the parameter service_name"
"""Origin of a name that is passed to `Config`."""

COMBINATION: Final = "combination"
"""Key of an error in settings that are invalid in combination."""

_SAMPLER: Final = "OTEL_TRACES_SAMPLER"
_SAMPLER_ARG: Final = "OTEL_TRACES_SAMPLER_ARG"

_DEFAULT_SAMPLER_PARAM: Final = {
    SAMPLER_TYPE_REMOTE: DEFAULT_SAMPLING_PROBABILITY,
    SAMPLER_TYPE_CONST: 0.0,
}

_KEYS_OF_PARTS: Final = {
    "endpoint": table.SAMPLING_ENDPOINT.key,
    "pollingIntervalMs": table.SAMPLING_REFRESH_INTERVAL.key,
    "initialSamplingRate": table.SAMPLER_PARAM.key,
}
"""The settings that the parts of `OTEL_TRACES_SAMPLER_ARG` set."""


def read(
    config: object, environ: Mapping[str, str], service_name: str | None = None
) -> Settings:
    """
    Read all settings; *service_name* is used where the dict has none.

    Raises:
        ConfigError: If *config* is not a dict. Other errors are in the settings.
    """
    source = Source(config, environ)
    _read_service_name(source, service_name)
    _read_tags(source)
    _read_agent(source)
    _read_collector(source)
    _read_sampler(source)
    _read_sampling_endpoint(source)
    _read_throttler(source)
    for param in table.PARAMS:
        source.read(param)
    return Settings(source)


def _read_service_name(source: Source, service_name: str | None) -> None:
    """Read the name from the dict, else from *service_name*, else from a variable."""
    found = source.find_in_dict(table.SERVICE_NAME)
    if found is None and service_name:
        found = Value(service_name, THE_PARAMETER)
    found = found or source.find(table.SERVICE_NAME, in_dict=False)
    if found is None:
        msg = (
            "service_name (JAEGER_SERVICE_NAME): required in the config, as a "
            "parameter of Config or as a variable, got none"
        )
        found = Value("", error=ConfigError(msg))
    source.record(table.SERVICE_NAME, found)


def _read_tags(source: Source) -> None:
    """Read the tags of the process, each with its own origin."""
    of_jaeger = source.find(table.TAGS, in_dict=False, with_otel=False)
    of_dict = source.find_in_dict(table.TAGS)
    for found in (of_jaeger, of_dict):
        if found and found.error:
            source.record(table.TAGS, found)
            return
    of_otel = source.find_in_variable(
        table.TAGS, "OTEL_RESOURCE_ATTRIBUTES", otel.tags_of_attributes
    )
    tags = _tags_of(of_otel) | _tags_of(of_dict)
    for name, tag in _tags_of(of_jaeger).items():
        raw = str(tag.value)
        value = fill_in(raw, source.environ)
        is_secret = value != raw and is_secret_name(raw)
        tags[name] = tag._replace(value=value, is_secret=is_secret)
    source.values.update({f"tags.{name}": tag for name, tag in tags.items()})
    source.record(table.TAGS, Value({name: tag.value for name, tag in tags.items()}))


def _tags_of(found: Value | None) -> dict[str, Value]:
    if found is None:
        return {}
    tags = cast("Mapping[str, object]", found.value)
    return {name: Value(tag, found.origin) for name, tag in tags.items()}


def _read_agent(source: Source) -> None:
    for param in (table.AGENT_HOST, table.AGENT_PORT, table.SAMPLING_PORT):
        source.read(param)
    source.read(table.AGENT_ENABLED, is_used=False)
    source.read(table.AGENT_RECONNECT_INTERVAL)
    if not source.read(table.AGENT_RECONNECTS):
        reason = f"{table.AGENT_RECONNECTS.key} is false"
        source.note_unused(table.AGENT_RECONNECT_INTERVAL, reason)


def _read_collector(source: Source) -> None:
    found = _find_endpoint(source)
    endpoint = source.record(table.ENDPOINT, found or Value(None))
    with_otel = found is not None and found.origin.startswith(OTEL)
    for param in table.SECTIONS["The collector"][1:]:
        source.read(param, with_otel=with_otel, is_used=endpoint is not None)
        if endpoint is None and source.is_set(param):
            source.note_unused(param, "spans are sent over UDP")
    if endpoint is not None:
        path = f"the path of {table.ENDPOINT.key}"
        source.derive(FORMAT, format_of(endpoint), path)
        if source.is_set(table.AGENT_PORT):
            source.note_unused(table.AGENT_PORT, "spans are sent to collector.endpoint")
        _check_pairs(source)
    if not source.is_set(table.GZIP):
        source.derive(table.GZIP, source.values[FORMAT.key].value == "OTLP", FORMAT.key)


def _find_endpoint(source: Source) -> Value | None:
    """Return the endpoint; `None` if spans are sent to the agent or not at all."""
    source.derive(FORMAT, "compact Thrift over UDP")
    found = source.find(table.ENDPOINT, with_otel=False)
    agent_is_named = any(map(source.is_set, (table.AGENT_HOST, table.AGENT_PORT)))
    if found is not None or agent_is_named:
        return found
    exporter = source.find_in_variable(
        table.ENDPOINT, "OTEL_TRACES_EXPORTER", otel.exporters
    )
    if exporter is not None and not exporter.value:
        source.derive(FORMAT, None, exporter.origin)
        return None
    found = source.find(table.ENDPOINT, in_dict=False)
    if found is not None:
        # Only one protocol is supported, so the value is not used; others are logged.
        for name, protocol in otel.exporter("PROTOCOL", otel.protocol).items():
            if source.find_in_variable(table.ENDPOINT, name, protocol):
                break
    return found


def _check_pairs(source: Source) -> None:
    """Check the settings of a collector that must be set in pairs."""
    key, certificate = table.CLIENT_KEY, table.CLIENT_CERT
    found = source.values[key.key]
    of_certificate = source.values[certificate.key].origin
    if found.origin.startswith(OTEL) and not of_certificate.startswith(OTEL):
        reason = "requires the variable of its certificate"
        problem = f"{key.key} ({found.origin}): {reason}, got {shown(found.value)}"
        source.ignore_variable(key.key, problem)
        source.derive(key, None)
    pairs = ((key, certificate), (table.USER, table.PASSWORD))
    for given, missing in (*pairs, (table.PASSWORD, table.USER)):
        if source.is_set(given) and not source.is_set(missing):
            msg = f"{missing.name}: must be set together with {given.key}, got none"
            error = ConfigError(msg)
            source.values[COMBINATION] = Value(None, error=error)
            source.errors.append(error)


def _read_sampler(source: Source) -> None:
    """Read how traces are sampled."""
    given = source.config.get("sampler")
    if _is_sampler(given):
        source.derive(SAMPLER_OBJECT, given)
        source.derive(table.SAMPLER_TYPE, text_of(given), THE_DICT)
        source.derive(table.SAMPLER_PARAM, None)
        # In the dict, the group of this setting is the sampler object itself.
        late_binding = table.OPERATION_NAME_LATE_BINDING
        found = source.find(late_binding, in_dict=False)
        source.record(late_binding, found or Value(late_binding.default))
    else:
        source.derive(SAMPLER_OBJECT, None)
        _find_sampler(source)


def _is_sampler(given: object) -> TypeGuard[Sampler]:
    try:
        if isinstance(given, Sampler):
            return True
        return callable(getattr(given, "is_sampled", None))
    except Exception:  # noqa: BLE001 - the object's own code may raise anything
        return False


def _find_sampler(source: Source) -> None:
    """Record type and parameter of the sampler."""
    kind = source.find_in_dict(table.SAMPLER_TYPE)
    if kind is not None:
        param = source.find_in_dict(table.SAMPLER_PARAM)
    else:
        kind = source.find(table.SAMPLER_TYPE, in_dict=False)
        param = source.find(table.SAMPLER_PARAM)
    if kind is None and param is None:
        kind, param = _find_otel_sampler(source)
    name = source.record(table.SAMPLER_TYPE, kind or Value(SAMPLER_TYPE_REMOTE))
    param = param or Value(_DEFAULT_SAMPLER_PARAM.get(name))
    rate = source.record(table.SAMPLER_PARAM, param)
    if not (kind and kind.error) and not param.error:
        # Raised when this sampler is created: a tracer may be created with another.
        mismatch = _find_mismatch(name, rate)
        source.values[table.SAMPLER_PARAM.key] = param._replace(error=mismatch)
    if name == SAMPLER_TYPE_CONST and rate not in {0, 1}:
        text = f"const requires 1 or 0, so {rate} is 1; for a rate, use probabilistic"
        source.warnings["sampler.param"].append(f"sampler.param: {text}")


def _find_otel_sampler(source: Source) -> tuple[Value | None, Value | None]:
    name, argument = source.variable(_SAMPLER), source.variable(_SAMPLER_ARG)
    if name is None:
        return None, None
    try:
        kind, param = otel.sampler_of(name, argument)
    except ValueError as exc:
        got = f"{shown(name)} with {shown(argument)}"
        source.ignore_variable(
            "sampler.type", f"sampler.type ({_SAMPLER}): {exc}, got {got}"
        )
        return None, None
    if kind == SAMPLER_TYPE_REMOTE:
        for part, problem in otel.remote_argument(argument).problems.items():
            key = _KEYS_OF_PARTS.get(part, table.SAMPLER_TYPE.key)
            source.warnings[key].append(f"{key} ({_SAMPLER_ARG}): {problem}")
    origin = _SAMPLER if argument is None else _SAMPLER_ARG
    return Value(kind, _SAMPLER), None if param is None else Value(param, origin)


def _has_otel_sampler(source: Source) -> bool:
    """Return whether a variable of OpenTelemetry configures a remote sampler."""
    kind, origin, *_ = source.values[table.SAMPLER_TYPE.key]
    return kind == SAMPLER_TYPE_REMOTE and origin == _SAMPLER


def _find_mismatch(kind: str, param: float | None) -> ConfigError | None:
    """Return the error if *param* is invalid for a sampler of type *kind*."""
    got = "none" if param is None else repr(param)
    end = f"for sampler.type {kind!r}, got {got}"
    start = "sampler.param (JAEGER_SAMPLER_PARAM): must be"
    if kind in {"probabilistic", "remote"} and (param is None or not 0 <= param <= 1):
        return SamplingRateError(f"{start} a rate from 0 to 1 {end}")
    if kind == "ratelimiting" and (param is None or param < 0):
        return ConfigError(f"{start} a number of traces a second, 0 or more {end}")
    return None


def _read_throttler(source: Source) -> None:
    """Read whether there is a throttler."""
    # An empty dict configures a throttler with the defaults.
    has_throttler = source.config.get("throttler") is not None
    source.derive(HAS_THROTTLER, has_throttler)
    source.read(table.THROTTLER_TYPE)
    if not has_throttler:
        source.note_unused(table.THROTTLER_TYPE, "the dict has no throttler")


def _read_sampling_endpoint(source: Source) -> None:
    """Read where strategies are fetched, by default from the agent's host, and when."""
    params = (table.AGENT_HOST, table.SAMPLING_PORT)
    host, port = (source.values[param.key] for param in params)
    with_otel = _has_otel_sampler(source)
    source.read(table.SAMPLING_REFRESH_INTERVAL, with_otel=with_otel)
    if port.origin == THE_DICT:
        found = source.find_in_dict(table.SAMPLING_ENDPOINT)
    else:
        found = source.find(table.SAMPLING_ENDPOINT, with_otel=with_otel)
    if found is None:
        name = f"[{host.value}]" if ":" in str(host.value) else host.value
        found = Value(
            f"http://{name}:{port.value}{SAMPLING_PATH}",
            "local_agent" if any(map(source.is_set, params)) else host.origin,
            error=host.error or port.error,
        )
    source.record(table.SAMPLING_ENDPOINT, found)
    kind = source.read(table.SAMPLER_TYPE)
    if kind != SAMPLER_TYPE_REMOTE:
        source.note_unused(table.SAMPLING_ENDPOINT, f"sampler.type is {kind}")
    elif source.read(table.SAMPLING_STRATEGIES_FILE) is not None:
        reason = f"{table.SAMPLING_STRATEGIES_FILE.key} is set"
        source.note_unused(table.SAMPLING_ENDPOINT, reason)
