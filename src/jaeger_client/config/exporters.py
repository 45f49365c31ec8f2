"""
The settings of the exporters for OpenTelemetry's SDK, and how they are read.

Keys are the keyword arguments of the exporters. As for a tracer, arguments take
precedence over Jaeger's variables, and these over OpenTelemetry's. Exporters are
created by OpenTelemetry, too, with the environment only, and an exception would turn
off all of its signals. So a variable that cannot be used is logged and ignored; an
argument raises.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from jaeger_client._internal.diagnostics import warn
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.config import http_values as http
from jaeger_client.config import opentelemetry as otel
from jaeger_client.config import table
from jaeger_client.config.settings import OTEL, THE_DICT, Param, Settings, Source, Value
from jaeger_client.config.values import (
    Reader,
    boolean,
    host,
    milliseconds,
    port,
    positive,
    reader,
    seconds,
    text,
)
from jaeger_client.constants import OTLP_TRACES_PATH

T = TypeVar("T")

_DEFAULT_TIMEOUT: Final = 10.0
"""Seconds, as in OpenTelemetry's own exporters."""

_PAIRS: Final = (
    ("user", "password"),
    ("password", "user"),
    ("client_key", "client_cert"),
)
"""Keys of settings that need another one."""

_MIN_MILLISECONDS: Final = 1000

_seconds: Final = positive(seconds)
_milliseconds: Final = positive(milliseconds)


@reader(
    "more than 0: a number of seconds below 1000, a number of milliseconds from 1000 "
    "on, or a duration such as 500ms or 2s"
)
def otel_timeout(raw: object) -> float | None:
    """
    Read a timeout of OpenTelemetry.

    Its specification has milliseconds, but its SDK for Python reads seconds. A timeout
    of 1,000 seconds is as unlikely as one of 10 milliseconds.
    """
    try:
        value = _seconds(raw)
    except ValueError:
        return None
    is_number = str(raw).strip().replace(".", "", 1).isdecimal()
    return value / 1000 if is_number and value >= _MIN_MILLISECONDS else value


_thrift_url: Final = http.url("/api/traces")


@reader(_thrift_url.expected)
def thrift_endpoint(raw: object) -> str:
    """Read the URL of a collector that accepts Thrift."""
    url = _thrift_url(raw)
    if http.format_of(url) != "Thrift":
        msg = "must not have the path of another format (jaeger_otlp sends OTLP)"
        raise ValueError(msg)
    return url


def _of_jaeger(name: str, read: Reader[T]) -> dict[str, Reader[T]]:
    """Return a variable of Jaeger and that of OpenTelemetry's old Jaeger exporters."""
    return {f"JAEGER_{name}": read, f"OTEL_EXPORTER_JAEGER_{name}": read}


AGENT_HOST: Final = Param("agent_host", host, table.DEFAULT_REPORTING_HOST).env(
    **_of_jaeger("AGENT_HOST", host)
)
AGENT_PORT: Final = Param("agent_port", port, table.DEFAULT_REPORTING_PORT).env(
    **_of_jaeger("AGENT_PORT", port)
)
THRIFT_TIMEOUT: Final = Param(
    "timeout", _seconds, _DEFAULT_TIMEOUT, unit="seconds"
).env(JAEGER_REPORTER_TIMEOUT=_milliseconds, OTEL_EXPORTER_JAEGER_TIMEOUT=otel_timeout)


class HttpParams(NamedTuple):
    """The settings of an exporter over HTTP."""

    endpoint: Param[str]
    timeout: Param[float]
    user: Param[str | None]
    password: Param[str | None]
    auth_token: Param[str | None]
    headers: Param[Mapping[str, str]]
    ca_file: Param[str | None]
    client_cert: Param[str | None]
    client_key: Param[str | None]
    gzip: Param[bool]


UDP: Final = (AGENT_HOST, AGENT_PORT, THRIFT_TIMEOUT)
"""The settings of `JaegerThriftUdpExporter`."""

THRIFT_HTTP: Final = HttpParams(
    endpoint=Param(
        "endpoint", thrift_endpoint, "http://localhost:14268/api/traces"
    ).env(**_of_jaeger("ENDPOINT", thrift_endpoint)),
    timeout=THRIFT_TIMEOUT,
    user=Param("user", text, None, is_secret=True).env(**_of_jaeger("USER", text)),
    password=Param("password", text, None, is_secret=True).env(
        **_of_jaeger("PASSWORD", text)
    ),
    auth_token=Param("auth_token", http.token, None, is_secret=True).env(
        JAEGER_AUTH_TOKEN=http.token
    ),
    headers=Param("headers", http.headers, {}, is_secret=True),
    ca_file=Param("ca_file", http.readable_file, None),
    client_cert=Param("client_cert", http.readable_file, None),
    client_key=Param("client_key", http.readable_file, None),
    gzip=Param("gzip", boolean, default=False),
)
"""The settings of `JaegerThriftHttpExporter`."""

OTLP: Final = HttpParams(
    endpoint=Param(
        "endpoint",
        http.url(OTLP_TRACES_PATH),
        f"http://localhost:4318{OTLP_TRACES_PATH}",
    ).env(
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http.url(OTLP_TRACES_PATH),
        OTEL_EXPORTER_OTLP_ENDPOINT=otel.endpoint_of_all_signals,
    ),
    timeout=Param("timeout", _seconds, _DEFAULT_TIMEOUT, unit="seconds").env(
        **otel.exporter("TIMEOUT", otel_timeout)
    ),
    user=Param("user", text, None, is_secret=True),
    password=Param("password", text, None, is_secret=True),
    auth_token=Param("auth_token", http.token, None, is_secret=True),
    headers=Param("headers", http.headers, {}, is_secret=True).env(
        **otel.exporter("HEADERS", http.quoted_headers)
    ),
    ca_file=Param("ca_file", http.readable_file, None).env(
        **otel.exporter("CERTIFICATE", http.readable_file)
    ),
    client_cert=Param("client_cert", http.readable_file, None).env(
        **otel.exporter("CLIENT_CERTIFICATE", http.readable_file)
    ),
    client_key=Param("client_key", http.readable_file, None).env(
        **otel.exporter("CLIENT_KEY", http.readable_file)
    ),
    gzip=Param("gzip", boolean, default=True).env(
        **otel.exporter("COMPRESSION", otel.compression)
    ),
)
"""The settings of `JaegerOtlpExporter`."""


def read_exporter(
    exporter: str,
    params: Sequence[Param[object]],
    arguments: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """
    Read *params* from *arguments*, where `None` is not set, and the environment.

    *exporter* is the name for the log. Headers, credentials and certificates in
    variables of OpenTelemetry are used only for an endpoint in such a variable, or the
    default one, so that they are not sent to another server.

    Raises:
        ConfigError: If an argument cannot be used.
    """
    source = Source(
        {key: value for key, value in arguments.items() if value is not None},
        os.environ if environ is None else environ,
    )
    with_otel = True
    for param in params:
        found = source.find(param, with_otel=with_otel or param.key == "timeout")
        if found is not None and found.error is not None:
            if found.origin == THE_DICT:
                raise found.error
            source.ignore_variable(param.key, found.error)
            found = None
        source.record(param, found or Value(param.default))
        if param.key == "endpoint":
            with_otel = found is None or found.origin.startswith(OTEL)
    _check_pairs(source)
    for problems in source.warnings.values():
        for problem in problems:
            warn("%s: %s", exporter, problem)
    return Settings(source)


def _check_pairs(source: Source) -> None:
    """Ignore a variable whose setting needs another one that is not set."""
    for key, other in _PAIRS:
        found = source.values.get(key)
        if (
            found is None
            or found.value is None
            or source.values[other].value is not None
        ):
            continue
        if found.origin != THE_DICT:
            problem = f"{key} ({found.origin}): needs {other}, which is not set"
            source.ignore_variable(key, problem)
            source.values[key] = Value(None)
