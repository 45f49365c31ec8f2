"""
OpenTelemetry's variables, converted to the settings of this client.

A variable is used only if neither the dict nor a `JAEGER_` variable sets the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from jaeger_client import constants
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.shown import shown
from jaeger_client.config import values
from jaeger_client.config.http_values import sampling_url, split_url

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

_GRPC_PORT: Final = 14250
"""Port of sampling strategies over gRPC, as in OpenTelemetry's specification."""

_HTTP_PORT: Final = 5778
"""Port of sampling strategies over HTTP."""

_REMOTE_PARTS: Final = ("endpoint", "pollingIntervalMs", "initialSamplingRate")
"""The parts of the argument of `jaeger_remote`."""

_interval: Final = values.positive(values.milliseconds)


def exporter(name: str, read: values.Reader[T]) -> dict[str, values.Reader[T]]:
    """Return an exporter's variable for traces, then the one for all signals."""
    prefix = "OTEL_EXPORTER_OTLP_"
    return {f"{prefix}TRACES_{name}": read, f"{prefix}{name}": read}


_EXPORTERS: Final = frozenset(
    ("otlp", "jaeger", "jaeger_thrift_udp", "jaeger_thrift_http", "jaeger_otlp")
)


@values.reader("none, otlp, or a name that begins with jaeger")
def exporters(raw: object) -> bool | None:
    """
    Read a list of exporters; return whether spans are sent.

    The exporters of `jaeger_client.otel` are for OpenTelemetry's SDK. They do not
    select the protocol of this client.
    """
    names = {name.strip().lower() for name in str(raw).split(",")}
    if names == {"none"}:
        return False
    return True if names <= _EXPORTERS else None


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
            return constants.SAMPLER_TYPE_PROBABILISTIC, rate(argument or 1.0)
        case "jaeger_remote":
            initial = remote_argument(argument).initial_sampling_rate
            return constants.SAMPLER_TYPE_REMOTE, initial
        case _:
            msg = "must be always_on, always_off, traceidratio or jaeger_remote"
            raise ValueError(msg)


@values.reader("a rate from 0 to 1")
def rate(raw: object) -> float | None:
    """Read a sampling rate."""
    value = values.number(raw)
    return value if 0 <= value <= 1 else None


class RemoteArgument(NamedTuple):
    """
    The argument of `jaeger_remote`; what is not set, or not valid, is `None`.

        endpoint=http://jaeger:5778,pollingIntervalMs=5000,initialSamplingRate=0.25
    """

    endpoint: str | None
    """URL of the strategies."""
    polling_interval: float | None
    """Seconds between two polls."""
    initial_sampling_rate: float | None
    """The rate until the first strategy is received."""
    problems: Mapping[str, str]
    """What is wrong with the argument, by the names of its parts."""


def remote_argument(argument: str | None) -> RemoteArgument:
    """Read the argument of `jaeger_remote`; parts that are not valid are ignored."""
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for part in filter(None, map(str.strip, (argument or "").split(","))):
        name, _, text = map(str.strip, part.partition("="))
        texts[name] = text
        if name not in _REMOTE_PARTS:
            expected = f"must be one of {', '.join(_REMOTE_PARTS)}"
            problems[name] = f"{shown(part)} is ignored: {expected}"

    def read(name: str, reader: values.Reader[T]) -> T | None:
        try:
            return reader(texts[name]) if name in texts else None
        except ValueError as exc:
            problems[name] = f"{name} is ignored: {exc}, got {shown(texts[name])}"
            return None

    endpoint = read("endpoint", sampling_url)
    if endpoint is not None:
        endpoint, problem = over_http(endpoint)
        problems.update({"endpoint": problem} if problem else {})
    interval = read("pollingIntervalMs", _interval)
    return RemoteArgument(
        endpoint, interval, read("initialSamplingRate", rate), problems
    )


def over_http(url: str) -> tuple[str, str]:
    """
    Return a URL of strategies with the port for HTTP, and a message if that differs.

    OpenTelemetry's specification has the port for gRPC here, which is not supported.
    """
    parts = split_url(url)
    if parts.port != _GRPC_PORT:
        return url, ""
    netloc = f"{parts.netloc.removesuffix(str(_GRPC_PORT))}{_HTTP_PORT}"
    replaced = parts._replace(netloc=netloc).geturl()
    problem = (
        f"port {_GRPC_PORT} is for gRPC, which is not supported: {shown(replaced)} is "
        f"polled instead; set an HTTP address, got {shown(url)}"
    )
    return replaced, problem


def endpoint_of_argument(raw: object) -> str | None:
    """Read the URL of strategies from the argument of `jaeger_remote`."""
    return remote_argument(str(raw)).endpoint


def polling_interval_of_argument(raw: object) -> float | None:
    """Read the seconds between two polls from the argument of `jaeger_remote`."""
    return remote_argument(str(raw)).polling_interval
