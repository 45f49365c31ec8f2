"""
OpenTelemetry's variables, converted to the settings of this client.

A variable is used only if neither the dict nor a `JAEGER_` variable sets the same.
"""

from __future__ import annotations

from typing import Final, TypeVar

from jaeger_client import constants
from jaeger_client.config import values
from jaeger_client.config.http_values import split_url

T = TypeVar("T")

_SERVICE_NAME: Final = "service.name"
"""The resource attribute with the service name; it does not become a tag."""

_PROPAGATORS: Final = {
    "tracecontext": "w3c",
    # The format w3c carries baggage as well.
    "baggage": None,
    "b3": "b3single",
    "b3multi": "b3",
    "jaeger": "jaeger",
    "jaeger_client": "jaeger",
}


def exporter(name: str, read: values.Reader[T]) -> dict[str, values.Reader[T]]:
    """Return an exporter's variable for traces, then the one for all signals."""
    prefix = "OTEL_EXPORTER_OTLP_"
    return {f"{prefix}TRACES_{name}": read, f"{prefix}{name}": read}


@values.reader("none, otlp or jaeger")
def exporters(raw: object) -> bool | None:
    """Read a list of exporters; return whether spans are sent."""
    names = {name.strip().lower() for name in str(raw).split(",")}
    if names == {"none"}:
        return False
    return True if names <= {"otlp", "jaeger"} else None


protocol: Final = values.words(
    "http/protobuf, which is used in any case; gRPC and JSON are not supported",
    {"http/protobuf": True},
)
"""Reads the only protocol of OTLP that is supported."""

compression: Final = values.words("gzip or none", {"gzip": True, "none": False})
"""Reads whether batches are compressed."""


def service_name_of_attributes(raw: object) -> str | None:
    """Read the name of the service from resource attributes."""
    return values.quoted_pairs(raw).get(_SERVICE_NAME) or None


def tags_of_attributes(raw: object) -> dict[str, str]:
    """Read the tags from resource attributes."""
    attributes = values.quoted_pairs(raw)
    attributes.pop(_SERVICE_NAME, None)
    return attributes


def propagation_of(raw: object) -> tuple[str, ...]:
    """Read the formats from a list of propagators."""
    names = [name.strip().lower() for name in str(raw).split(",") if name.strip()]
    if names == ["none"]:
        return ()
    if not {*names} <= {*_PROPAGATORS}:
        msg = f"must be a list of {', '.join(_PROPAGATORS)}"
        raise ValueError(msg)
    formats = tuple(dict.fromkeys(filter(None, map(_PROPAGATORS.get, names))))
    if not formats:
        msg = "must contain a trace format, such as tracecontext, besides baggage"
        raise ValueError(msg)
    return formats


def endpoint_of_all_signals(raw: object) -> str:
    """Read the endpoint for all signals; append the path for traces to its path."""
    base = split_url(raw)
    path = f"{base.path.rstrip('/')}{constants.OTLP_TRACES_PATH}"
    return base._replace(path=path, fragment="").geturl()


def sampler_of(name: str, argument: str | None) -> tuple[str, float | None]:
    """
    Return type and parameter of the sampler for OpenTelemetry's *name* and *argument*.

    A span with a parent always inherits its decision, so `parentbased_` is implied.
    """
    match name.lower().removeprefix("parentbased_"):
        case "always_on":
            return constants.SAMPLER_TYPE_CONST, 1.0
        case "always_off":
            return constants.SAMPLER_TYPE_CONST, 0.0
        case "traceidratio":
            return constants.SAMPLER_TYPE_PROBABILISTIC, _rate(argument or 1.0)
        case "jaeger_remote":
            initial = values.pairs(argument or "").get("initialSamplingRate")
            rate = None if initial is None else _rate(initial)
            return constants.SAMPLER_TYPE_REMOTE, rate
        case _:
            msg = "must be always_on, always_off, traceidratio or jaeger_remote"
            raise ValueError(msg)


def _rate(raw: object) -> float:
    rate = values.number(raw)
    if not 0 <= rate <= 1:
        msg = "must have an argument from 0 to 1"
        raise ValueError(msg)
    return rate
