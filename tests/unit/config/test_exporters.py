"""The settings of the exporters for OpenTelemetry's SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from jaeger_client.config.exporters import (
    AGENT_HOST,
    AGENT_PORT,
    OTLP,
    THRIFT_HTTP,
    THRIFT_TIMEOUT,
    UDP,
    otel_timeout,
    read_exporter,
)
from jaeger_client.config.settings import Param, Settings
from jaeger_client.errors import ConfigError

PAGE: Final = Path(__file__).parents[3] / "docs" / "opentelemetry.md"
OTLP_PREFIX: Final = "OTEL_EXPORTER_OTLP_"


def read(
    params: Sequence[Param[Any]],
    arguments: Mapping[str, object] | None = None,
    /,
    **environ: str,
) -> Settings:
    """Read the settings of an exporter."""
    return read_exporter("the exporter", params, arguments or {}, environ)


def test_the_agent_by_default() -> None:
    """It is Jaeger's port on this machine."""
    settings = read(UDP)

    assert ("localhost", 6831, 10.0) == tuple(settings[param] for param in UDP)


@pytest.mark.parametrize(
    ("environ", "host", "port"),
    [
        (
            {
                "OTEL_EXPORTER_JAEGER_AGENT_HOST": "old",
                "OTEL_EXPORTER_JAEGER_AGENT_PORT": "1",
            },
            "old",
            1,
        ),
        (
            {
                "JAEGER_AGENT_HOST": "new",
                "OTEL_EXPORTER_JAEGER_AGENT_HOST": "old",
                "JAEGER_AGENT_PORT": "tcp://10.0.0.1:6831",
            },
            "new",
            6831,
        ),
    ],
    ids=["OpenTelemetry", "Jaeger"],
)
def test_the_agent_by_variables(environ: dict[str, str], host: str, port: int) -> None:
    """Those of Jaeger take precedence; those of Kubernetes are ignored."""
    settings = read(UDP, **environ)

    assert (host, port) == (settings[AGENT_HOST], settings[AGENT_PORT])


def test_arguments_take_precedence() -> None:
    """Over variables."""
    settings = read(UDP, {"agent_host": "mine", "timeout": 3}, JAEGER_AGENT_HOST="x")

    assert ("mine", 3.0) == (settings[AGENT_HOST], settings[THRIFT_TIMEOUT])


@pytest.mark.parametrize(
    ("params", "key", "value", "message"),
    [
        (UDP, "agent_port", "x", "agent_port .*: must be a whole number .*, got 'x'"),
        (UDP, "timeout", 0, "timeout .*: must be more than 0: .*, got 0"),
        (THRIFT_HTTP, "endpoint", "ftp://x", "must be an http or https URL"),
        (THRIFT_HTTP, "endpoint", "http://x/v1/traces", "jaeger_otlp sends OTLP"),
        (OTLP, "headers", {"a b": "c"}, "a header name must be"),
        (OTLP, "ca_file", "/missing", "must be a file that can be read"),
    ],
)
def test_an_argument_that_cannot_be_used_raises(
    params: Any, key: str, value: object, message: str
) -> None:
    """The message has what came and what is expected."""
    with pytest.raises(ConfigError, match=message):
        read(params, {key: value})


def test_a_variable_that_cannot_be_used_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The default is used: an exception would turn off all of OpenTelemetry."""
    settings = read(UDP, JAEGER_AGENT_PORT="x", JAEGER_REPORTER_TIMEOUT="soon")

    assert (6831, 10.0) == (settings[AGENT_PORT], settings[THRIFT_TIMEOUT])
    first, second = caplog.messages
    assert (
        "the exporter: variable ignored: agent_port (JAEGER_AGENT_PORT): must be a "
        "whole number from 1 to 65535, got 'x'"
    ) == first
    assert "JAEGER_REPORTER_TIMEOUT" in second


def test_an_endpoint_that_cannot_be_used_is_the_default_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The credentials of OpenTelemetry are used for it, as without the variable."""
    settings = read(
        OTLP,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="ftp://far",
        OTEL_EXPORTER_OTLP_HEADERS="a=b",
    )

    assert "http://localhost:4318/v1/traces" == settings[OTLP.endpoint]
    assert {"a": "b"} == settings[OTLP.headers]
    (line,) = caplog.messages
    assert "endpoint (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT): must be" in line


def test_an_endpoint_of_jaeger_that_cannot_be_used_is_the_default_one() -> None:
    """The credentials of OpenTelemetry are used for it, too."""
    settings = read(
        THRIFT_HTTP,
        JAEGER_ENDPOINT="ftp://far",
        OTEL_EXPORTER_JAEGER_USER="ada",
        OTEL_EXPORTER_JAEGER_PASSWORD="secret",
    )

    assert "http://localhost:14268/api/traces" == settings[THRIFT_HTTP.endpoint]
    assert "ada" == settings[THRIFT_HTTP.user]


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/traces/", "/api/v2/spans/"])
def test_thrift_is_not_sent_to_the_path_of_another_format(path: str) -> None:
    """The error names the exporter for OTLP."""
    with pytest.raises(ConfigError, match="jaeger_otlp sends OTLP"):
        read(THRIFT_HTTP, {"endpoint": f"http://far:4318{path}"})


def test_variables_of_this_process_are_read_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenTelemetry creates exporters without an argument."""
    monkeypatch.setenv("JAEGER_AGENT_HOST", "far")

    assert "far" == read_exporter("the exporter", UDP, {})[AGENT_HOST]


def test_the_collector() -> None:
    """Its endpoint and credentials come from either family of variables."""
    environ = {
        "OTEL_EXPORTER_JAEGER_ENDPOINT": "http://collector:14268",
        "OTEL_EXPORTER_JAEGER_USER": "ada",
        "OTEL_EXPORTER_JAEGER_PASSWORD": "secret",
        "JAEGER_AUTH_TOKEN": "token",
    }
    settings = read(THRIFT_HTTP, **environ)

    assert (
        "http://collector:14268/api/traces",
        10.0,
        "ada",
        "secret",
        "token",
    ) == tuple(settings[param] for param in THRIFT_HTTP[:5])


def test_the_endpoint_of_otlp() -> None:
    """The path is appended to the endpoint of all signals only."""
    both = {
        f"{OTLP_PREFIX}ENDPOINT": "http://all:4318/base",
        f"{OTLP_PREFIX}TRACES_ENDPOINT": "http://traces:4318/own",
    }

    assert "http://localhost:4318/v1/traces" == read(OTLP)[OTLP.endpoint]
    assert "http://traces:4318/own" == read(OTLP, **both)[OTLP.endpoint]
    del both[f"{OTLP_PREFIX}TRACES_ENDPOINT"]
    assert "http://all:4318/base/v1/traces" == read(OTLP, **both)[OTLP.endpoint]


def test_otlp_by_variables(tmp_path: Path) -> None:
    """Those of OpenTelemetry's own exporter over HTTP."""
    file = tmp_path / "file.pem"
    file.touch()
    settings = read(
        OTLP,
        OTEL_EXPORTER_OTLP_HEADERS="a=b%20c,d=e",
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION="none",
        OTEL_EXPORTER_OTLP_CERTIFICATE=str(file),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(file),
        OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY=str(file),
    )

    assert {"a": "b c", "d": "e"} == settings[OTLP.headers]
    assert settings[OTLP.gzip] is False
    files = (OTLP.ca_file, OTLP.client_cert, OTLP.client_key)
    assert {str(file)} == {settings[param] for param in files}


@pytest.mark.parametrize(
    ("params", "named", "unused"),
    [
        (
            THRIFT_HTTP,
            {"JAEGER_ENDPOINT": "http://own:14268"},
            {
                "OTEL_EXPORTER_JAEGER_USER": "ada",
                "OTEL_EXPORTER_JAEGER_PASSWORD": "secret",
            },
        ),
        (OTLP, {"endpoint": "http://own:4318"}, {f"{OTLP_PREFIX}HEADERS": "a=b"}),
    ],
    ids=["thrift", "otlp"],
)
def test_credentials_of_opentelemetry_are_not_sent_to_another_server(
    params: Any, named: dict[str, str], unused: dict[str, str]
) -> None:
    """They belong to the endpoint in its own variables."""
    timeouts = {"OTEL_EXPORTER_JAEGER_TIMEOUT": "3", f"{OTLP_PREFIX}TIMEOUT": "3"}
    settings = read(params, named, **named, **unused, **timeouts)

    assert (None, None) == (settings[params.user], settings[params.password])
    assert {} == settings[params.headers]
    assert 3.0 == settings[params.timeout]


def test_half_of_the_credentials_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A user without password is not used."""
    settings = read(THRIFT_HTTP, JAEGER_USER="ada")

    assert settings[THRIFT_HTTP.user] is None
    (line,) = caplog.messages
    assert "user (JAEGER_USER): needs password, which is not set" in line


def test_a_key_without_its_certificate_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A key in a variable is not used; other settings are."""
    settings = read(OTLP, OTEL_EXPORTER_OTLP_CLIENT_KEY=__file__)

    assert settings[OTLP.client_key] is None
    (line,) = caplog.messages
    assert "needs client_cert, which is not set" in line


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("10", 10.0),
        ("0.5", 0.5),
        ("999", 999.0),
        ("1000", 1.0),
        ("10000", 10.0),
        ("500ms", 0.5),
        ("2000s", 2000.0),
        (5, 5.0),
    ],
)
def test_timeouts_of_opentelemetry(raw: object, expected: float) -> None:
    """Seconds, as its SDK reads them, or milliseconds, as it specifies them."""
    assert expected == otel_timeout(raw)


@pytest.mark.parametrize("raw", ["0", "-1", "soon", "nan", ""])
def test_a_timeout_must_be_above_zero(raw: str) -> None:
    """Another text is an error."""
    with pytest.raises(ValueError, match="must be more than 0"):
        otel_timeout(raw)


@pytest.mark.parametrize(
    "params", [UDP, THRIFT_HTTP, OTLP], ids=["udp", "http", "otlp"]
)
def test_the_page_has_all_variables(params: Any) -> None:
    """Each variable is on the page, those for traces by their general form."""
    text = PAGE.read_text(encoding="utf-8")
    missing = {
        name
        for param in params
        for name in param.variables
        if f"`{name.replace('_TRACES_', '_')}`" not in text
    }

    assert set() == missing
