"""
What the variables of OpenTelemetry mean to this client.

They are read where no `JAEGER_` variable and no key of the dict says otherwise.
"""

from __future__ import annotations

from typing import Final

from jaeger_client.config.values import (
    Reader,
    number,
    pairs,
    quoted_pairs,
    url,
)
from jaeger_client.constants import (
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_REMOTE,
)

SERVICE_NAME_ATTRIBUTE: Final = "service.name"
"""The attribute that is the service's name, not a tag."""

OTLP_PATH: Final = "/v1/traces"
"""Path of an OTLP endpoint for traces."""

OTEL_SAMPLER: Final = "OTEL_TRACES_SAMPLER"
OTEL_SAMPLER_ARG: Final = "OTEL_TRACES_SAMPLER_ARG"
"""These two give type and parameter together, so they belong to no one setting."""

NO_EXPORTER: Final = "none"
"""The exporter that stands for no export."""

_OUR_EXPORTERS: Final = frozenset({"otlp", "jaeger"})
_PARENT_BASED: Final = "parentbased_"
_NO_PROPAGATOR: Final = "none"
_PROPAGATORS: Final = {
    "tracecontext": "w3c",
    # The format w3c carries baggage anyway.
    "baggage": None,
    "b3": "b3single",
    "b3multi": "b3",
    "jaeger": "jaeger",
}


def _exporters(raw: object) -> str | None:
    names = {name.strip().lower() for name in str(raw).split(",")}
    if names == {NO_EXPORTER}:
        return NO_EXPORTER
    return ",".join(sorted(names)) if names <= _OUR_EXPORTERS else None


exporters: Final = Reader("none, otlp or jaeger", _exporters)
"""Reads a list of exporters of which this client has all."""


def _protocol(raw: object) -> str | None:
    name = str(raw).strip().lower()
    return name if name == "http/protobuf" else None


protocol: Final = Reader("http/protobuf; gRPC and JSON are not supported", _protocol)
"""Reads the only protocol of OTLP that is supported."""


def _compression(raw: object) -> bool | None:
    return {"gzip": True, "none": False}.get(str(raw).strip().lower())


compression: Final = Reader("gzip or none", _compression)
"""Reads whether batches are compressed."""


def _readable_file(raw: object) -> str | None:
    from jaeger_client._internal.http_client.options import (  # noqa: PLC0415 - for collectors
        is_readable,
    )

    path = str(raw)
    return path if is_readable(path) else None


readable_file: Final = Reader("a file that can be read", _readable_file)
"""Reads the path of a file that is there."""


def service_name_of_attributes(text: str) -> str | None:
    """Read the service's name from resource attributes."""
    return quoted_pairs(text).get(SERVICE_NAME_ATTRIBUTE) or None


def tags_of_attributes(text: str) -> dict[str, str]:
    """Read the tags from resource attributes."""
    attributes = quoted_pairs(text)
    attributes.pop(SERVICE_NAME_ATTRIBUTE, None)
    return attributes


def propagation_of(text: str) -> tuple[str, ...]:
    """Read the formats from a list of propagators."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
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


def traces_url(text: str) -> str:
    """Read the endpoint of all signals and append to its path, before any query."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - see `values.url`

    base = urlsplit(url("/")(text))
    path = f"{base.path.rstrip('/')}{OTLP_PATH}"
    return base._replace(path=path, fragment="").geturl()


def sampler_of(name: str, argument: str | None) -> tuple[str, float | None]:
    """
    Return type and parameter of the sampler that *name* and *argument* mean.

    A span with a parent always follows it, so `parentbased_` changes nothing.
    """
    match name.strip().lower().removeprefix(_PARENT_BASED):
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
