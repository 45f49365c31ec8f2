"""
Exporters for OpenTelemetry's SDK, by the encoders and senders of this client.

| class | `OTEL_TRACES_EXPORTER` | sends |
| --- | --- | --- |
| `JaegerThriftUdpExporter` | `jaeger_thrift_udp` | Thrift over UDP to an agent |
| `JaegerThriftHttpExporter` | `jaeger_thrift_http` | Thrift over HTTP to a collector |
| `JaegerOtlpExporter` | `jaeger_otlp` | OTLP over HTTP to any OTLP receiver |

Settings are keyword arguments or variables; see `config.exporters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from jaeger_client._internal.diagnostics import RateLimitedWarning, warn
from jaeger_client._internal.http_client.messages import grpc_hint, parse_url
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.config import exporters as table
from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
from jaeger_client.encoding.jaeger_compact import JaegerCompactEncoder
from jaeger_client.otel.delivery import Delivery
from jaeger_client.otel.otlp_encoder import OtlpSpanEncoder
from jaeger_client.otel.otlp_spans import OtlpConverter
from jaeger_client.otel.thrift_encoder import ProcessSwitchingEncoder
from jaeger_client.otel.thrift_spans import ThriftConverter
from jaeger_client.reporter.base import SimpleChannel
from jaeger_client.senders.http import HttpSender
from jaeger_client.senders.otlp import OtlpHttpSender
from jaeger_client.senders.udp import UdpSender

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from jaeger_client.metrics.metrics import MetricsFactory
    from jaeger_client.model import SpanLosses
    from jaeger_client.otel.readable import Converter

DEFAULT_FLUSH_MILLIS: Final = 30_000
"""Default timeout of `shutdown` and `force_flush` in milliseconds, as in the SDK."""

_UDP_ADVICE: Final = (
    "Spans that cannot be sent are dropped and counted. Does an agent, or Jaeger, "
    "listen at JAEGER_AGENT_HOST and JAEGER_AGENT_PORT?"
)
_THRIFT_ADVICE: Final = (
    "Spans that cannot be sent are dropped and counted. Is the collector running, and "
    "does JAEGER_ENDPOINT point to its port for Thrift, 14268?"
)
_OTLP_ADVICE: Final = (
    "Spans that cannot be sent are dropped and counted. Is the backend running, and "
    "does OTEL_EXPORTER_OTLP_ENDPOINT point to its port for OTLP over HTTP, 4318?"
)


class _JaegerExporter(SpanExporter):
    """
    The base of the exporters.

    Thread-safe. No method raises, and `export` blocks no longer than the timeout, once
    the name of the server is resolved. After a fork the child has a connection of its
    own.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._failed = RateLimitedWarning(
            "an export raised an exception, and its spans are lost; please report this"
        )

    @property
    def losses(self) -> SpanLosses:
        """Numbers of spans that were lost or truncated so far, by cause."""
        return self._delivery.losses

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._delivery!r}>"

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """
        Send *spans*; return `SUCCESS` if all were sent.

        Called by a span processor. Waits up to the timeout of the exporter. Spans that
        are lost are counted, and logged at most once a minute.
        """
        try:
            are_sent = self._delivery.deliver(spans)
        except Exception:  # noqa: BLE001 - the application must not notice
            self._failed.warn(exc_info=True)
            are_sent = False
        return SpanExportResult.SUCCESS if are_sent else SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: int = DEFAULT_FLUSH_MILLIS) -> bool:
        """Wait until exports in progress end; return whether they did in that time."""
        return self._delivery.flush(timeout_millis / 1000)

    def shutdown(self, timeout_millis: float = DEFAULT_FLUSH_MILLIS) -> None:
        """
        Close the connection and refuse later spans. Idempotent.

        Waits up to *timeout_millis* for an export in progress.
        """
        self._delivery.close(timeout_millis / 1000)


class JaegerThriftUdpExporter(_JaegerExporter):
    """
    Sends spans as compact Thrift over UDP, to a Jaeger agent or Jaeger 2.

    A datagram has at most 65,000 bytes. A larger span loses events, the oldest first,
    then the ends of its longest values.

    Args:
        agent_host: Name or address; `JAEGER_AGENT_HOST`, then
            `OTEL_EXPORTER_JAEGER_AGENT_HOST`, then `localhost`.
        agent_port: UDP port; `JAEGER_AGENT_PORT`, then
            `OTEL_EXPORTER_JAEGER_AGENT_PORT`, then 6831.
        timeout: Maximum time of one export in seconds; `JAEGER_REPORTER_TIMEOUT`, then
            `OTEL_EXPORTER_JAEGER_TIMEOUT`, then 10.
        metrics_factory: Creates counters of sent and lost spans.

    Raises:
        ConfigError: If an argument cannot be used.
    """

    def __init__(
        self,
        agent_host: str | None = None,
        agent_port: int | None = None,
        *,
        timeout: float | None = None,
        metrics_factory: MetricsFactory | None = None,
    ) -> None:
        settings = table.read_exporter(
            "jaeger_thrift_udp",
            table.UDP,
            {"agent_host": agent_host, "agent_port": agent_port, "timeout": timeout},
        )
        encoder = ProcessSwitchingEncoder(JaegerCompactEncoder())
        sender = UdpSender(settings[table.AGENT_HOST], settings[table.AGENT_PORT])
        delivery = Delivery(
            SimpleChannel(encoder, sender),
            ThriftConverter(),
            timeout=settings[table.THRIFT_TIMEOUT],
            advice=_UDP_ADVICE,
            metrics_factory=metrics_factory,
        )
        super().__init__(delivery)


class _HttpExporter(_JaegerExporter):
    """The base of the exporters over HTTP: they have the same arguments."""

    _NAME: ClassVar[str]
    """The name in `OTEL_TRACES_EXPORTER`."""
    _PARAMS: ClassVar[table.HttpParams]
    _CONVERTER: ClassVar[type[Converter]]
    _ADVICE: ClassVar[str]
    """What to do if spans cannot be sent, for the log."""

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        timeout: float | None = None,
        user: str | None = None,
        password: str | None = None,
        auth_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: str | None = None,
        client_cert: str | None = None,
        client_key: str | None = None,
        gzip: bool | None = None,
        metrics_factory: MetricsFactory | None = None,
    ) -> None:
        params = self._PARAMS
        arguments = {
            "endpoint": endpoint,
            "timeout": timeout,
            "user": user,
            "password": password,
            "auth_token": auth_token,
            "headers": headers,
            "ca_file": ca_file,
            "client_cert": client_cert,
            "client_key": client_key,
            "gzip": gzip,
        }
        settings = table.read_exporter(self._NAME, params, arguments)
        options = HttpOptions(
            timeout=settings[params.timeout],
            user=settings[params.user],
            password=settings[params.password],
            token=settings[params.auth_token],
            headers=settings[params.headers],
            ca_file=settings[params.ca_file],
            client_cert=settings[params.client_cert],
            client_key=settings[params.client_key],
        )
        delivery = Delivery(
            self._dial(settings[params.endpoint], options, gzip=settings[params.gzip]),
            self._CONVERTER(),
            timeout=settings[params.timeout],
            advice=self._ADVICE,
            metrics_factory=metrics_factory,
        )
        super().__init__(delivery)

    @staticmethod
    def _dial(url: str, options: HttpOptions, *, gzip: bool) -> SimpleChannel:
        raise NotImplementedError


class JaegerThriftHttpExporter(_HttpExporter):
    """
    Sends spans as Thrift over HTTP to a Jaeger collector.

    Args:
        endpoint: URL; `JAEGER_ENDPOINT`, then `OTEL_EXPORTER_JAEGER_ENDPOINT`, then
            `http://localhost:14268/api/traces`.
        timeout: Maximum time of one export in seconds; `JAEGER_REPORTER_TIMEOUT`, then
            `OTEL_EXPORTER_JAEGER_TIMEOUT`, then 10.
        user: Name for Basic authentication, with *password*; `JAEGER_USER`, then
            `OTEL_EXPORTER_JAEGER_USER`.
        password: `JAEGER_PASSWORD`, then `OTEL_EXPORTER_JAEGER_PASSWORD`.
        auth_token: For Bearer authentication; `JAEGER_AUTH_TOKEN`.
        headers: Sent with each request.
        ca_file: PEM file of the certificate authorities to trust.
        client_cert: PEM file of the client's certificate.
        client_key: PEM file of its private key.
        gzip: Whether to compress requests; by default they are not.
        metrics_factory: Creates counters of sent and lost spans.

    Raises:
        ConfigError: If an argument cannot be used.
    """

    _NAME = "jaeger_thrift_http"
    _PARAMS = table.THRIFT_HTTP
    _CONVERTER = ThriftConverter
    _ADVICE = _THRIFT_ADVICE

    @staticmethod
    def _dial(url: str, options: HttpOptions, *, gzip: bool) -> SimpleChannel:
        encoder = ProcessSwitchingEncoder(JaegerBinaryEncoder())
        sender = HttpSender(
            url, content_type=encoder.content_type, options=options, gzip=gzip
        )
        return SimpleChannel(encoder, sender)


class JaegerOtlpExporter(_HttpExporter):
    """
    Sends spans as OTLP over HTTP, to Jaeger or any other receiver of OTLP.

    Variables `OTEL_EXPORTER_OTLP_TRACES_...` take precedence over those below.

    Args:
        endpoint: URL with its path; `OTEL_EXPORTER_OTLP_ENDPOINT`, to which
            `/v1/traces` is appended, then `http://localhost:4318/v1/traces`.
        timeout: Maximum time of one export in seconds; `OTEL_EXPORTER_OTLP_TIMEOUT`,
            then 10.
        user: Name for Basic authentication, with *password*.
        password: See *user*.
        auth_token: For Bearer authentication.
        headers: Sent with each request; `OTEL_EXPORTER_OTLP_HEADERS`.
        ca_file: PEM file of the certificate authorities to trust;
            `OTEL_EXPORTER_OTLP_CERTIFICATE`.
        client_cert: PEM file of the client's certificate;
            `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`.
        client_key: PEM file of its private key; `OTEL_EXPORTER_OTLP_CLIENT_KEY`.
        gzip: Whether to compress requests; `OTEL_EXPORTER_OTLP_COMPRESSION`; by default
            they are.
        metrics_factory: Creates counters of sent and lost spans.

    Raises:
        ConfigError: If an argument cannot be used.
    """

    _NAME = "jaeger_otlp"
    _PARAMS = table.OTLP
    _CONVERTER = OtlpConverter
    _ADVICE = _OTLP_ADVICE

    @staticmethod
    def _dial(url: str, options: HttpOptions, *, gzip: bool) -> SimpleChannel:
        if hint := grpc_hint(parse_url(url)):
            warn("jaeger_otlp: the endpoint is %s; %s", parse_url(url), hint)
        return SimpleChannel(
            OtlpSpanEncoder(), OtlpHttpSender(url, options=options, gzip=gzip)
        )
