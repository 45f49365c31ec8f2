"""The exporters' interface to OpenTelemetry's SDK."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from jaeger_client.errors import ConfigError
from jaeger_client.otel.exporters import (
    JaegerOtlpExporter,
    JaegerThriftHttpExporter,
    JaegerThriftUdpExporter,
)
from tests.foreign.otel_spans import many_spans

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = {
    "jaeger_thrift_udp": JaegerThriftUdpExporter,
    "jaeger_thrift_http": JaegerThriftHttpExporter,
    "jaeger_otlp": JaegerOtlpExporter,
}

each_class = pytest.mark.parametrize("name", CLASSES)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured."""
    for prefix in ("JAEGER_AGENT_HOST", "JAEGER_ENDPOINT"):
        monkeypatch.delenv(prefix, raising=False)


@each_class
def test_opentelemetry_finds_the_exporter(name: str) -> None:
    """The entry point has the name for `OTEL_TRACES_EXPORTER`, and loads the class."""
    (found,) = entry_points(group="opentelemetry_traces_exporter", name=name)

    assert CLASSES[name] is found.load()
    assert issubclass(CLASSES[name], SpanExporter)


@each_class
def test_an_exporter_without_settings(name: str) -> None:
    """It opens nothing, and shows where it will send to."""
    exporter = cast("Callable[[], Any]", CLASSES[name])()

    assert "localhost" in repr(exporter)
    assert exporter.force_flush(1)
    exporter.shutdown()
    exporter.shutdown(timeout_millis=0)
    assert SpanExportResult.FAILURE == exporter.export(many_spans(2))
    assert 2 == exporter.losses.closed


@each_class
def test_an_export_never_raises(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not even for what is no list of spans."""
    exporter = cast("Callable[[], Any]", CLASSES[name])()

    class Spans(list[object]):
        def __iter__(self) -> Any:
            raise ZeroDivisionError

    assert SpanExportResult.FAILURE == exporter.export(Spans([1]))
    assert "an export raised an exception" in caplog.text
    exporter.shutdown()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JaegerThriftUdpExporter("a b"), "the name or address of a host"),
        (lambda: JaegerThriftHttpExporter(user="ada"), "user needs password"),
        (lambda: JaegerOtlpExporter("ftp://x"), "an http or https URL"),
        (lambda: JaegerOtlpExporter(timeout=0), "more than 0"),
    ],
)
def test_a_wrong_argument_raises(make: Callable[[], object], message: str) -> None:
    """With what came and what is expected."""
    with pytest.raises(ConfigError, match=message):
        make()


def test_a_port_of_grpc_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The line has the port that OTLP over HTTP has."""
    JaegerOtlpExporter("http://127.0.0.1:4317/v1/traces").shutdown()

    (line,) = caplog.messages
    assert "port 4317 is for gRPC" in line
    assert "4318" in line


def test_secrets_are_not_shown() -> None:
    """`repr` has neither password nor token nor header."""
    exporter = JaegerOtlpExporter(
        "http://ada:pass-in-url@127.0.0.1:4318",
        headers={"x-key": "header-secret"},
        auth_token="token-secret",
    )

    assert not {"pass-in-url", "header-secret", "token-secret"} & {
        *repr(exporter).split()
    }
    assert "secret" not in repr(exporter)
    assert "pass-in-url" not in repr(exporter)
    exporter.shutdown()


def test_the_missing_package_is_named() -> None:
    """Without the SDK, the import fails with the command that installs it."""
    program = """
import sys
sys.modules["opentelemetry.sdk"] = None
try:
    import jaeger_client.otel.exporters
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert (
        "jaeger_client.otel.exporters requires opentelemetry-sdk, which is not "
        "installed: pip install 'jaeger-client[opentelemetry]' opentelemetry-sdk"
    ) == done.stdout.strip()
