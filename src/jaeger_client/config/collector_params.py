"""The settings of a collector, where spans go over HTTP: a part of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from jaeger_client.config import opentelemetry as otel
from jaeger_client.config.param import Param, Variable, optional_text
from jaeger_client.config.values import (
    Reader,
    boolean,
    endpoint,
    milliseconds,
    positive,
    proxy_url,
    quoted_pairs,
    seconds,
    text,
    text_mapping,
    url,
)

_Headers = TypeVar("_Headers", bound=Mapping[str, str])

DEFAULT_TIMEOUT: Final = 5.0
THRIFT_PATH: Final = "/api/traces"
ZIPKIN_PATH: Final = "/api/v2/spans"

_ENDPOINT: Final = endpoint(
    THRIFT_PATH,
    (otel.OTLP_PATH, ZIPKIN_PATH, THRIFT_PATH),
    {4318: otel.OTLP_PATH, 9411: ZIPKIN_PATH},
)

ENDPOINT: Final = optional_text(
    "collector.endpoint",
    _ENDPOINT,
    "JAEGER_ENDPOINT",
    about="Where spans go over HTTP, and not to the agent. The path chooses the "
    "format: `/v1/traces` at its end is OTLP, `/api/v2/spans` Zipkin, any other "
    "Thrift. Without a path, port 4318 means `/v1/traces`, port 9411 `/api/v2/spans` "
    "and any other port `/api/traces`. "
    "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` without a path gets `/v1/traces`, "
    "`OTEL_EXPORTER_OTLP_ENDPOINT` gets it added; both count only where nothing else "
    "names a collector or an agent. There, `OTEL_TRACES_EXPORTER=none` means that no "
    "spans are sent.",
    default_text="the agent",
)

OTLP_ENDPOINT: Final[Param[str | None]] = Param(
    "collector.endpoint",
    url(otel.OTLP_PATH),
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url(otel.OTLP_PATH)),
        Variable("OTEL_EXPORTER_OTLP_ENDPOINT", otel.traces_url),
    ),
)
"""URL of the collector where neither the dict nor a `JAEGER_` variable has one."""

OTLP_PROTOCOL: Final[Param[str | None]] = Param(
    "collector.endpoint",
    otel.protocol,
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", otel.protocol),
        Variable("OTEL_EXPORTER_OTLP_PROTOCOL", otel.protocol),
    ),
)
"""Protocol for a collector that an `OTEL_` variable names."""

OTLP_EXPORTERS: Final[Param[str | None]] = Param(
    "collector.endpoint",
    otel.exporters,
    None,
    (Variable("OTEL_TRACES_EXPORTER", otel.exporters),),
)
"""Where spans go, where neither the dict nor a `JAEGER_` variable names a place."""

USER: Final = optional_text(
    "collector.user",
    text,
    "JAEGER_USER",
    about="Name for Basic authentication; needs the password.",
)

PASSWORD: Final = optional_text(
    "collector.password",
    text,
    "JAEGER_PASSWORD",
    about="Password for Basic authentication; needs the name.",
    is_secret=True,
)


def _token(raw: object) -> str | None:
    from jaeger_client._internal.http_client.options import (  # noqa: PLC0415 - most have none
        find_header_fault,
    )

    token = text(raw)
    return None if find_header_fault("authorization", token) else token


AUTH_TOKEN: Final = optional_text(
    "collector.auth_token",
    Reader("printable Latin-1 text on one line", _token),
    "JAEGER_AUTH_TOKEN",
    about="Token for Bearer authentication; Basic wins over it.",
    is_secret=True,
)


def _headers(read: Reader[_Headers]) -> Reader[_Headers]:
    """Return a reader of what *read* takes, if it can be set as headers."""

    def convert(raw: object) -> _Headers:
        from jaeger_client._internal.http_client.options import (  # noqa: PLC0415 - most have none
            find_header_fault,
        )

        headers = read(raw)
        for name, value in headers.items():
            if fault := find_header_fault(name, value):
                raise ValueError(fault)
        return headers

    return Reader(read.expected, convert)


_QUOTED_HEADERS: Final = _headers(quoted_pairs)

HEADERS: Final[Param[Mapping[str, str]]] = Param(
    "collector.headers",
    _headers(text_mapping),
    {},
    about="Headers sent with each batch. The variables count only for an endpoint that "
    "an `OTEL_` variable names.",
    is_secret=True,
)

OTLP_HEADERS: Final[Param[Mapping[str, str]]] = Param(
    "collector.headers",
    text_mapping,
    {},
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS", _QUOTED_HEADERS),
        Variable("OTEL_EXPORTER_OTLP_HEADERS", _QUOTED_HEADERS),
    ),
    is_secret=True,
)
"""Headers for a collector that an `OTEL_` variable names, for no other."""

CA_FILE: Final = optional_text(
    "collector.ca_file",
    text,
    about="PEM file of the authorities to trust instead of the system's. The variables "
    "count only for an endpoint that an `OTEL_` variable names.",
    default_text="the system's",
)

OTLP_CA_FILE: Final[Param[str | None]] = Param(
    "collector.ca_file",
    text,
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", otel.readable_file),
        Variable("OTEL_EXPORTER_OTLP_CERTIFICATE", otel.readable_file),
    ),
)
"""Authorities for a collector that an `OTEL_` variable names."""

CLIENT_CERT: Final = optional_text(
    "collector.client_cert",
    text,
    about="PEM file of the client's certificate. The variables count only for an "
    "endpoint that an `OTEL_` variable names.",
)

OTLP_CLIENT_CERT: Final[Param[str | None]] = Param(
    "collector.client_cert",
    text,
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", otel.readable_file),
        Variable("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", otel.readable_file),
    ),
)
"""Certificate of the client for a collector that an `OTEL_` variable names."""

CLIENT_KEY: Final = optional_text(
    "collector.client_key",
    text,
    about="PEM file of the key of that certificate. The variables count only beside "
    "those of the certificate.",
)

OTLP_CLIENT_KEY: Final[Param[str | None]] = Param(
    "collector.client_key",
    text,
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", otel.readable_file),
        Variable("OTEL_EXPORTER_OTLP_CLIENT_KEY", otel.readable_file),
    ),
)
"""Key of a certificate that an `OTEL_` variable names."""

INSECURE: Final = Param(
    "collector.insecure",
    boolean,
    default=False,
    about="Whether any certificate is trusted. For development only.",
)

PROXY: Final = optional_text(
    "collector.proxy",
    proxy_url(),
    "JAEGER_COLLECTOR_PROXY",
    about="HTTP proxy on the way to the collector. For an `https` endpoint it opens a "
    "tunnel (`CONNECT`). A name and a password in the URL are sent to the proxy only. "
    "`HTTP_PROXY`, `HTTPS_PROXY` and the like are ignored.",
)

GZIP: Final[Param[bool | None]] = Param(
    "collector.gzip",
    boolean,
    None,
    about="Whether batches are compressed. The variables count only for an endpoint "
    "that an `OTEL_` variable names.",
    default_text="`true` for OTLP, `false` for others",
)

OTLP_GZIP: Final[Param[bool | None]] = Param(
    "collector.gzip",
    boolean,
    None,
    (
        Variable("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", otel.compression),
        Variable("OTEL_EXPORTER_OTLP_COMPRESSION", otel.compression),
    ),
)
"""Compression for a collector that an `OTEL_` variable names."""

REPORTER_TIMEOUT: Final[Param[float]] = Param(
    "reporter_timeout",
    positive(seconds),
    DEFAULT_TIMEOUT,
    (Variable("JAEGER_REPORTER_TIMEOUT", positive(milliseconds)),),
    about="How long to wait for a connection to the collector, and again for its "
    "answer. The `OTEL_` variables count only for an endpoint that one of them names.",
    unit="seconds",
)

OTLP_TIMEOUT: Final[Param[float]] = Param(
    "reporter_timeout",
    positive(seconds),
    DEFAULT_TIMEOUT,
    (
        *REPORTER_TIMEOUT.variables,
        Variable("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", positive(milliseconds)),
        Variable("OTEL_EXPORTER_OTLP_TIMEOUT", positive(milliseconds)),
    ),
)
"""Time limit for a collector that an `OTEL_` variable names."""
