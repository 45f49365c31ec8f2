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
    quoted_pairs,
    seconds,
    text,
    text_mapping,
    url,
)

DEFAULT_TIMEOUT: Final = 5.0
THRIFT_PATH: Final = "/api/traces"

REPORTER_TIMEOUT: Final[Param[float]] = Param(
    "reporter_timeout",
    positive(seconds),
    DEFAULT_TIMEOUT,
    (Variable("JAEGER_REPORTER_TIMEOUT", positive(milliseconds)),),
)
"""Seconds that a collector has to take a batch."""

ENDPOINT: Final = optional_text(
    "collector.endpoint", url(THRIFT_PATH), "JAEGER_ENDPOINT"
)
"""URL of the collector; its path tells how to speak to it."""

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

USER: Final = optional_text("collector.user", text, "JAEGER_USER")
"""Name for Basic authentication; needs the password."""

PASSWORD: Final = optional_text(
    "collector.password",
    text,
    "JAEGER_PASSWORD",
    is_secret=True,
)
"""Password for Basic authentication; needs the name."""

AUTH_TOKEN: Final = optional_text(
    "collector.auth_token",
    text,
    "JAEGER_AUTH_TOKEN",
    is_secret=True,
)
"""Token for Bearer authentication; Basic wins over it."""

HEADERS: Final[Param[Mapping[str, str]]] = Param(
    "collector.headers",
    text_mapping,
    {},
    is_secret=True,
)
"""Headers sent with each batch."""

CA_FILE: Final = optional_text("collector.ca_file", text)
"""PEM file of the authorities to trust instead of the system's."""

CLIENT_CERT: Final = optional_text("collector.client_cert", text)
"""PEM file of the client's certificate."""

CLIENT_KEY: Final = optional_text("collector.client_key", text)
"""PEM file of the key of the client's certificate."""

INSECURE: Final = Param("collector.insecure", boolean, default=False)
"""Whether any certificate is trusted. For development only."""

GZIP: Final[Param[bool | None]] = Param("collector.gzip", boolean, None)
"""Whether batches are compressed; OTLP is and Thrift is not, unless said."""

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

OTLP_CA_FILE: Final = optional_text(
    "collector.ca_file",
    text,
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
)
"""Authorities for a collector that an `OTEL_` variable names."""

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
