"""
What the variables of OpenTelemetry mean to this client.

They count where neither the dict nor a `JAEGER_` variable sets the same thing.
"""

from __future__ import annotations

from typing import Final, TypeVar

from jaeger_client._internal.fork import forks_wait
from jaeger_client.config.http_values import url
from jaeger_client.config.values import (
    Reader,
    number,
    pairs,
    quoted_pairs,
    reader,
    words,
)
from jaeger_client.constants import (
    OTLP_TRACES_PATH,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_REMOTE,
)

T = TypeVar("T")

RESOURCE_ATTRIBUTES: Final = "OTEL_RESOURCE_ATTRIBUTES"
EXPORTER: Final = "OTEL_TRACES_EXPORTER"
PROTOCOLS: Final = (
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
)
SAMPLER: Final = "OTEL_TRACES_SAMPLER"
SAMPLER_ARG: Final = "OTEL_TRACES_SAMPLER_ARG"

SERVICE_NAME_ATTRIBUTE: Final = "service.name"
"""The attribute that is the name of the service, not a tag."""

NO_EXPORTER: Final = "none"
"""The exporter that switches the export off."""

_OUR_EXPORTERS: Final = frozenset({"otlp", "jaeger"})
_PARENT_BASED: Final = "parentbased_"
_NO_PROPAGATOR: Final = "none"
_PROPAGATORS: Final = {
    "tracecontext": "w3c",
    # The format w3c carries baggage as well.
    "baggage": None,
    "b3": "b3single",
    "b3multi": "b3",
    "jaeger": "jaeger",
}


def exporter(name: str, read: Reader[T]) -> dict[str, Reader[T]]:
    """Return the variables of the exporter for traces, then for all signals."""
    prefix = "OTEL_EXPORTER_OTLP_"
    return {f"{prefix}TRACES_{name}": read, f"{prefix}{name}": read}


@reader("none, otlp or jaeger")
def exporters(raw: object) -> str | None:
    """Read a list of exporters, all of which this client has."""
    names = {name.strip().lower() for name in str(raw).split(",")}
    if names == {NO_EXPORTER}:
        return NO_EXPORTER
    return ",".join(sorted(names)) if names <= _OUR_EXPORTERS else None


protocol: Final = words(
    "http/protobuf; gRPC and JSON are not supported", {"http/protobuf": True}
)
"""Reads the only protocol of OTLP that is supported."""

compression: Final = words("gzip or none", {"gzip": True, "none": False})
"""Reads whether batches are compressed."""


def service_name_of_attributes(raw: object) -> str | None:
    """Read the name of the service from resource attributes."""
    return quoted_pairs(raw).get(SERVICE_NAME_ATTRIBUTE) or None


def tags_of_attributes(raw: object) -> dict[str, str]:
    """Read the tags from resource attributes."""
    attributes = quoted_pairs(raw)
    attributes.pop(SERVICE_NAME_ATTRIBUTE, None)
    return attributes


def propagation_of(raw: object) -> tuple[str, ...]:
    """Read the formats from a list of propagators."""
    names = [name.strip().lower() for name in str(raw).split(",") if name.strip()]
    if names == [_NO_PROPAGATOR]:
        return ()
    if unknown := [name for name in names if name not in _PROPAGATORS]:
        msg = f"knows only {', '.join(_PROPAGATORS)}, not {', '.join(unknown)}"
        raise ValueError(msg)
    formats = tuple(dict.fromkeys(filter(None, map(_PROPAGATORS.get, names))))
    if not formats:
        msg = "must name a format of a trace, such as tracecontext, beside baggage"
        raise ValueError(msg)
    return formats


traces_endpoint: Final = url(OTLP_TRACES_PATH)
"""Reads the endpoint of traces, whose path is used as it is."""


def endpoint_of_all_signals(raw: object) -> str:
    """Read the endpoint of all signals and add the path of traces, before any query."""
    with forks_wait():
        from urllib.parse import urlsplit  # noqa: PLC0415 - see `http_values.url`

    base = urlsplit(url("/")(raw))
    path = f"{base.path.rstrip('/')}{OTLP_TRACES_PATH}"
    return base._replace(path=path, fragment="").geturl()


def sampler_of(name: str, argument: str | None) -> tuple[str, float | None]:
    """
    Return type and parameter of the sampler that *name* and *argument* mean.

    A span with a parent always follows it, so `parentbased_` changes nothing.
    """
    match name.lower().removeprefix(_PARENT_BASED):
        case "always_on":
            return SAMPLER_TYPE_CONST, 1.0
        case "always_off":
            return SAMPLER_TYPE_CONST, 0.0
        case "traceidratio":
            return SAMPLER_TYPE_PROBABILISTIC, _rate(argument or 1.0)
        case "jaeger_remote":
            initial = pairs(argument or "").get("initialSamplingRate")
            return SAMPLER_TYPE_REMOTE, None if initial is None else _rate(initial)
        case _:
            msg = "must be always_on, always_off, traceidratio or jaeger_remote"
            raise ValueError(msg)


def _rate(raw: object) -> float:
    rate = number(raw)
    if not 0 <= rate <= 1:
        msg = "must have an argument from 0 to 1"
        raise ValueError(msg)
    return rate
