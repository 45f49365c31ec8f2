"""The settings of a collector, where spans go over HTTP: a part of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jaeger_client.config import opentelemetry as otel
from jaeger_client.config.param import Param, Variable, optional_text
from jaeger_client.config.values import (
    boolean,
    milliseconds,
    positive,
    proxy_url,
    quoted_pairs,
    seconds,
    text,
    text_mapping,
    url,
)

DEFAULT_TIMEOUT: Final = 5.0
THRIFT_PATH: Final = "/api/traces"

ENDPOINT: Final = optional_text(
    "collector.endpoint",
    url(THRIFT_PATH),
    "JAEGER_ENDPOINT",
    about="Where spans go over HTTP, and not to the agent. The path chooses the "
    "format: `/v1/traces` at its end is OTLP, `/api/v2/spans` Zipkin, any other "
    "Thrift. "
    "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` without a path gets `/v1/traces`, "
    "`OTEL_EXPORTER_OTLP_ENDPOINT` gets it added; both count only where nothing else "
    "names a collector or an agent.",
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

AUTH_TOKEN: Final = optional_text(
    "collector.auth_token",
    text,
    "JAEGER_AUTH_TOKEN",
    about="Token for Bearer authentication; Basic wins over it.",
    is_secret=True,
)

HEADERS: Final[Param[Mapping[str, str]]] = Param(
    "collector.headers",
    text_mapping,
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
        Variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS", quoted_pairs),
        Variable("OTEL_EXPORTER_OTLP_HEADERS", quoted_pairs),
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

OTLP_CA_FILE: Final = optional_text(
    "collector.ca_file",
    text,
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
)
"""Authorities for a collector that an `OTEL_` variable names."""

CLIENT_CERT: Final = optional_text(
    "collector.client_cert",
    text,
    about="PEM file of the client's certificate.",
)

CLIENT_KEY: Final = optional_text(
    "collector.client_key",
    text,
    about="PEM file of the key of that certificate.",
)

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
    about="Whether batches are compressed.",
    default_text="`true` for OTLP, `false` for others",
)

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
