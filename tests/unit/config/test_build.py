"""The parts of a tracer, created from settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import opentracing
import pytest

import jaeger_client.config as package
from jaeger_client import ConstSampler, ProbabilisticSampler, RateLimitingSampler
from jaeger_client._internal import http_channel
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client._internal.diagnostics import ErrorReporter
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    CompositeCodec,
    W3CCodec,
)
from jaeger_client.config import build
from jaeger_client.config.read import read
from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.errors import ConfigError
from jaeger_client.metrics import MetricsFactory
from jaeger_client.reporter import (
    BaseReporter,
    CompositeReporter,
    LoggingReporter,
    NullReporter,
    Reporter,
)
from jaeger_client.reporter.base import Channel, SimpleChannel
from jaeger_client.reporter.rpc_metrics import RpcMetricsReporter
from jaeger_client.sampler import (
    RemoteControlledSampler,
    Sampler,
    StrategiesFile,
)
from jaeger_client.senders import HttpSender, OtlpHttpSender
from jaeger_client.span_context import SpanContext
from jaeger_client.throttler import LocalThrottler, RemoteThrottler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jaeger_client.config.settings import Settings


def settings_of(
    config: dict[str, object] | None = None,
    /,
    **environ: str,
) -> Settings:
    """Return the settings of a service `shop`."""
    return read(config or {}, environ, "shop").checked()


@pytest.fixture
def shared() -> Iterator[build.Shared]:
    """Return the objects that the parts of a tracer share."""
    worker = BackgroundWorker()
    yield build.Shared(MetricsFactory(), ErrorReporter(), worker)
    worker.close(1.0)


def reporter_of(settings: Settings, shared: build.Shared) -> BaseReporter:
    """Return the reporter of *settings*, which has sent nothing yet."""
    channel = build.make_agent_channel(settings)
    return build.make_reporter(settings, channel, shared)


class RecordingReporter(BaseReporter):
    """Records the arguments of its constructor."""

    made: dict[str, object]

    def __init__(self, channel: Channel, **options: object) -> None:
        type(self).made = {"channel": channel, **options}


@pytest.fixture
def made(
    monkeypatch: pytest.MonkeyPatch,
    shared: build.Shared,
) -> Callable[[Settings], dict[str, object]]:
    """Return a function that returns the constructor arguments of a reporter."""
    monkeypatch.setattr(package, "Reporter", RecordingReporter)

    def make(settings: Settings) -> dict[str, object]:
        reporter_of(settings, shared)
        return RecordingReporter.made

    return make


# Samplers.


@pytest.mark.parametrize(
    ("config", "sampler"),
    [
        ({"type": "const", "param": 1}, ConstSampler(decision=True)),
        ({"type": "const", "param": "true"}, ConstSampler(decision=True)),
        ({"type": "const", "param": 0.5}, ConstSampler(decision=True)),
        ({"type": "const", "param": 0}, ConstSampler(decision=False)),
        ({"type": "const"}, ConstSampler(decision=False)),
        ({"type": "probabilistic", "param": "0.5"}, ProbabilisticSampler(0.5)),
        ({"type": "probabilistic", "param": 0}, ProbabilisticSampler(0.0)),
        ({"type": "probabilistic", "param": 1}, ProbabilisticSampler(1.0)),
        ({"type": "ratelimiting", "param": 2}, RateLimitingSampler(2.0)),
        ({"type": "rate_limiting", "param": 2}, RateLimitingSampler(2.0)),
    ],
)
def test_each_type_creates_its_sampler(
    config: dict[str, object],
    sampler: Sampler,
) -> None:
    """A parameter may be text; `const` without one samples nothing, as in 4.8."""
    assert sampler == build.make_sampler(settings_of({"sampler": config}))


@pytest.mark.parametrize("config", [{}, {"sampler": {"type": "remote", "param": 0.5}}])
def test_a_remote_sampler_is_not_created_by_the_property(
    config: dict[str, object],
) -> None:
    """Without a type, and with `remote`, the property `sampler` is None."""
    assert build.make_sampler(settings_of(config)) is None


@pytest.mark.parametrize("param", [None, 2, -0.5])
def test_a_rate_outside_its_range_is_an_error_that_names_the_key(
    param: float | None,
) -> None:
    """The error is an AssertionError, too, as in 4.8."""
    sampler = {"type": "probabilistic", "param": param}
    settings = settings_of({"sampler": sampler})

    with pytest.raises(AssertionError, match=r"sampler.param .*from 0 to 1") as caught:
        build.make_sampler(settings)

    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("param", [None, -1])
def test_a_limit_outside_its_range_is_an_error_that_names_the_key(
    param: float | None,
) -> None:
    """A rate limit must not be negative."""
    settings = settings_of({"sampler": {"type": "ratelimiting", "param": param}})

    with pytest.raises(ConfigError, match=r"sampler.param .*0 or more"):
        build.make_sampler(settings)


def test_the_remote_sampler_starts_with_the_configured_rate(
    shared: build.Shared,
) -> None:
    """The parameter of `remote` is the rate until the first response."""
    settings = settings_of({"sampler": {"type": "remote", "param": 0.5}})
    channel = build.make_agent_channel(settings)

    sampler = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(sampler, RemoteControlledSampler)
    assert ProbabilisticSampler(0.5) == sampler.sampler
    sampler.close()


def test_the_remote_sampler_starts_with_one_trace_in_a_thousand_by_default(
    shared: build.Shared,
) -> None:
    """The default rate of a remote sampler is 0.001."""
    settings = settings_of()
    channel = build.make_agent_channel(settings)

    sampler = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(sampler, RemoteControlledSampler)
    assert ProbabilisticSampler(0.001) == sampler.sampler
    sampler.close()


def test_the_remote_sampler_may_read_a_file(
    shared: build.Shared, tmp_path: Path
) -> None:
    """With a strategies file, the agent is not polled."""
    path = tmp_path / "strategies.json"
    path.write_text('{"default_strategy": {"type": "probabilistic", "param": 0.25}}')
    settings = settings_of({"sampling_strategies_file": str(path)})
    channel = build.make_agent_channel(settings)

    sampler = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(sampler, RemoteControlledSampler)
    assert isinstance(sampler._channel, StrategiesFile)
    sampler.close()


def test_the_remote_sampler_has_its_settings(shared: build.Shared) -> None:
    """Each of them reaches the sampler."""
    settings = settings_of(
        {
            "max_operations": 7,
            "sampler": {"operation_name_late_binding": True},
            "sampling_refresh_interval": 9,
        }
    )
    channel = build.make_agent_channel(settings)

    sampler = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(sampler, RemoteControlledSampler)
    assert (7, 9.0) == (sampler.max_operations, sampler.sampling_refresh_interval)
    assert sampler._late_binding
    sampler.close()


# The throttler.


def test_the_throttler_has_its_settings(shared: build.Shared) -> None:
    """The policy for agents without credits is the configured one, too."""
    settings = settings_of(
        {"throttler": {"port": 7, "refresh_interval": 9, "debug_spans_at_once": 2}}
    )
    channel = build.make_agent_channel(settings)

    throttler = build.make_throttler(settings, channel, shared)

    assert isinstance(throttler, RemoteThrottler)
    assert 9.0 == throttler.refresh_interval
    policy = throttler._local_policy
    assert [True, True, False] == [policy.is_allowed("pay") for _ in range(3)]
    assert ":7/" in channel._credits_url
    throttler.close()


def test_there_is_a_throttler_only_if_its_group_is_set(
    shared: build.Shared,
) -> None:
    """Without the group `throttler`, debug traces are not limited."""
    none, some = settings_of(), settings_of({"throttler": {"port": 5778}})

    assert build.make_throttler(none, build.make_agent_channel(none), shared) is None
    throttler = build.make_throttler(some, build.make_agent_channel(some), shared)
    assert isinstance(throttler, RemoteThrottler)
    throttler.close()


def test_a_local_throttler_sends_no_requests(shared: build.Shared) -> None:
    """It allows each operation as many debug traces as configured."""
    settings = settings_of(
        {"throttler": {"type": "local", "debug_spans_at_once": 2}},
    )
    throttler = build.make_throttler(
        settings, build.make_agent_channel(settings), shared
    )

    assert isinstance(throttler, LocalThrottler)
    assert [True, True, False] == [throttler.is_allowed("pay") for _ in range(3)]
    assert throttler.is_allowed("browse")


# Codecs.


def codec_of(name: str, formats: object) -> object:
    """Return the codec of a format for a setting of `propagation`."""
    settings = settings_of({"propagation": formats})
    return build.make_codecs(settings).get(name)


def test_jaegers_own_format_replaces_nothing() -> None:
    """Jaeger's format is the default of the tracer."""
    assert {} == build.make_codecs(settings_of())


def test_b3_alone_replaces_the_codec_of_http_headers() -> None:
    """Text maps remain in Jaeger's format, as in 4.8."""
    codecs = build.make_codecs(settings_of({"propagation": "b3"}))

    assert [opentracing.Format.HTTP_HEADERS] == list(codecs)
    assert isinstance(codecs[opentracing.Format.HTTP_HEADERS], B3Codec)


@pytest.mark.parametrize(
    ("formats", "kind"),
    [("w3c", W3CCodec), ("b3single", B3SingleCodec), ("jaeger,b3", CompositeCodec)],
)
def test_other_formats_replace_both_codecs_of_text(formats: str, kind: type) -> None:
    """Headers and text maps are written in the configured formats."""
    for name in (opentracing.Format.HTTP_HEADERS, opentracing.Format.TEXT_MAP):
        assert isinstance(codec_of(name, formats), kind)


def test_several_formats_are_written_together() -> None:
    """Jaeger's format uses the configured header names."""
    settings = settings_of({"propagation": ["jaeger", "b3"], "trace_id_header": "mine"})
    headers: dict[str, str] = {}
    codec = build.make_codecs(settings)[opentracing.Format.HTTP_HEADERS]

    codec.inject(SpanContext(1, 2, None, 1), headers)

    assert {"mine", "x-b3-traceid"} <= {name.lower() for name in headers}


def test_only_headers_encode_baggage() -> None:
    """Text maps contain values without encoding."""
    written: list[dict[str, str]] = []
    settings = settings_of({"propagation": "jaeger,w3c"})
    codecs = build.make_codecs(settings)
    for name in (opentracing.Format.HTTP_HEADERS, opentracing.Format.TEXT_MAP):
        carrier: dict[str, str] = {}
        codecs[name].inject(SpanContext(1, 2, None, 1, {"k": "a b"}), carrier)
        written.append(carrier)

    assert "a%20b" == written[0]["uberctx-k"]
    assert "a b" == written[1]["uberctx-k"]


def test_limits_of_baggage_apply_to_every_format() -> None:
    """The limits apply to the binary format, too."""
    codecs = build.make_codecs(settings_of({"baggage": {"max_items": 1}}))

    assert {
        opentracing.Format.BINARY,
        opentracing.Format.HTTP_HEADERS,
        opentracing.Format.TEXT_MAP,
    } == codecs.keys()


# The reporter and its way out.


def test_the_reporter_gets_the_settings_of_the_reporter(
    made: Callable[[Settings], dict[str, object]],
) -> None:
    """Queue, batch and interval are passed by their names of 4.8."""
    options = made(
        settings_of(
            {
                "reporter_queue_size": 7,
                "reporter_batch_size": 3,
                "reporter_flush_interval": 0.5,
            },
        ),
    )

    assert 7 == options["queue_capacity"]
    assert 3 == options["batch_size"]
    assert 0.5 == options["flush_interval"]


def test_without_a_batch_size_a_batch_contains_as_many_as_fit(
    made: Callable[[Settings], dict[str, object]],
) -> None:
    """The property is 10, as in 4.8; the reporter gets no limit."""
    assert made(settings_of())["batch_size"] is None


@pytest.mark.parametrize(
    ("endpoint", "encoder"),
    [
        ("http://far:14268/api/traces", JaegerBinaryEncoder),
        ("http://far:14268", JaegerBinaryEncoder),
        ("http://far:4318/v1/traces", OtlpEncoder),
        ("http://far:4318/v1/traces/", OtlpEncoder),
        ("http://gate/otlp/v1/traces?tenant=a", OtlpEncoder),
        ("http://gate/v1/traces/?tenant=a", OtlpEncoder),
        ("http://gate/v1/traces#part", OtlpEncoder),
        ("gate:4318/v1/traces?x=y", OtlpEncoder),
        ("http://gate/api/v2/spans?tenant=a", ZipkinJsonEncoder),
        ("http://gate/api/v2/spans/?to=http://h/v1/traces", ZipkinJsonEncoder),
        ("http://gate/api/traces?to=/v1/traces", JaegerBinaryEncoder),
        ("http://far:9411/api/v2/spans", ZipkinJsonEncoder),
    ],
)
def test_the_path_of_the_endpoint_selects_the_encoder(
    made: Callable[[Settings], dict[str, object]],
    endpoint: str,
    encoder: type,
) -> None:
    """JAEGER_ENDPOINT overrides the agent, and its path selects the format."""
    options = made(settings_of(JAEGER_ENDPOINT=endpoint))

    channel = options["channel"]
    assert isinstance(channel, SimpleChannel)
    assert isinstance(channel.encoder, encoder)
    assert endpoint.partition("://")[2].split("/")[0] in repr(channel.sender)
    assert options["fallback"] is None


def test_without_an_exporter_no_spans_are_sent(shared: build.Shared) -> None:
    """Without an exporter, sampling and propagation are unchanged."""
    settings = settings_of(OTEL_TRACES_EXPORTER="none")

    assert isinstance(reporter_of(settings, shared), NullReporter)


def test_a_file_that_is_missing_is_named_by_its_key(shared: build.Shared) -> None:
    """A missing file in the dict is an error when the settings are read."""
    collector = {"endpoint": "https://far", "ca_file": "missing.pem"}

    with pytest.raises(ConfigError, match=r"^collector\.ca_file: .*'missing\.pem'"):
        reporter_of(settings_of({"collector": collector}), shared)


@pytest.mark.parametrize(
    ("path", "gzip", "is_compressed"),
    [
        ("/v1/traces", None, True),
        ("/v1/traces", False, False),
        ("/v1/traces", True, True),
        ("/api/traces", None, False),
        ("/api/traces", True, True),
    ],
)
def test_compression_can_be_configured(
    made: Callable[[Settings], dict[str, object]],
    path: str,
    gzip: bool | None,
    is_compressed: bool,
) -> None:
    """The dict overrides the default of the format."""
    collector: dict[str, object] = {"endpoint": f"http://far{path}"}
    if gzip is not None:
        collector["gzip"] = gzip

    channel = made(settings_of({"collector": collector}))["channel"]
    assert isinstance(channel, SimpleChannel)
    assert isinstance(channel.sender, HttpSender)
    assert is_compressed is channel.sender._gzip


def test_the_options_of_http_are_those_of_the_collector(
    made: Callable[[Settings], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each setting of the group reaches the HTTP client."""
    dialled: list[HttpOptions] = []

    def dial(endpoint: str, *, options: HttpOptions, **_others: object) -> Channel:
        dialled.append(options)
        return SimpleChannel(OtlpEncoder(), OtlpHttpSender(endpoint))

    monkeypatch.setattr(http_channel, "dial_collector", dial)
    paths = {key: tmp_path / key for key in ("ca_file", "client_cert", "client_key")}
    for path in paths.values():
        path.touch()
    files = {key: str(path) for key, path in paths.items()}
    shared_keys: dict[str, object] = {
        "headers": {"x-tenant": "shop"},
        "insecure": True,
        "proxy": "http://proxy:3128",
        "user": "me",
        "password": "secret",
        **files,
    }
    endpoint = {"endpoint": "https://far/v1/traces"}
    of_group: dict[str, object] = {**endpoint, **shared_keys}
    made(settings_of({"collector": of_group, "reporter_timeout": 9}))
    made(settings_of({"collector": {**endpoint, "auth_token": "abc"}}))

    assert [
        HttpOptions(
            timeout=9.0,
            headers={"x-tenant": "shop"},
            insecure=True,
            proxy="http://proxy:3128/",
            user="me",
            password="secret",
            **files,
        ),
        HttpOptions(token="abc"),
    ] == dialled


def test_without_an_endpoint_spans_are_sent_to_the_agent(
    made: Callable[[Settings], dict[str, object]],
) -> None:
    """The default is compact Thrift over UDP."""
    channel = made(settings_of(JAEGER_AGENT_HOST="far"))["channel"]

    assert isinstance(channel, AgentChannel)
    assert isinstance(channel.encoder, JaegerCompactEncoder)
    assert "far:6831" in repr(channel.sender)


def test_the_fallback_for_udp_is_otlp_on_the_host_of_the_agent(
    made: Callable[[Settings], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fallback has a channel only if the server responds."""
    probed: list[str] = []

    def probe(sender: OtlpHttpSender) -> bool:
        probed.append(repr(sender))
        return len(probed) > 1

    monkeypatch.setattr(OtlpHttpSender, "probe", probe)
    fallback = made(settings_of(JAEGER_AGENT_HOST="::1"))["fallback"]

    assert callable(fallback)
    assert fallback() is None
    channel = fallback()
    assert isinstance(channel, SimpleChannel)
    assert isinstance(channel.encoder, OtlpEncoder)
    assert "http://[::1]:4318/v1/traces" in probed[0]


def test_logging_adds_a_reporter_that_logs(shared: build.Shared) -> None:
    """`logging` or JAEGER_REPORTER_LOG_SPANS adds it."""
    for settings in (
        settings_of({"logging": True}),
        settings_of(JAEGER_REPORTER_LOG_SPANS="true"),
    ):
        reporter = reporter_of(settings, shared)

        assert isinstance(reporter, CompositeReporter)
        remote, logging = reporter.reporters
        assert isinstance(remote, Reporter)
        assert isinstance(logging, LoggingReporter)
        reporter.close()


def test_metrics_of_requests_add_a_reporter_that_counts(
    shared: build.Shared,
) -> None:
    """JAEGER_RPC_METRICS adds it."""
    reporter = reporter_of(settings_of(JAEGER_RPC_METRICS="true"), shared)

    assert isinstance(reporter, CompositeReporter)
    assert RpcMetricsReporter is type(reporter.reporters[1])
    reporter.close()


@pytest.mark.parametrize(("disabled", "interval"), [("false", 30.0), ("true", None)])
def test_periodic_resolution_can_be_disabled(
    monkeypatch: pytest.MonkeyPatch, disabled: str, interval: float | None
) -> None:
    """JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED stops the resolutions."""
    made: list[object] = []

    def make_channel(*_: object, **given: object) -> None:
        made.append(given["resolve_interval"])

    monkeypatch.setattr(build, "AgentChannel", make_channel)

    build.make_agent_channel(
        settings_of(JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED=disabled)
    )

    assert [interval] == made


def test_the_channel_of_the_agent_opens_nothing_by_itself() -> None:
    """It may be closed, even twice, before its first use."""
    channel = build.make_agent_channel(settings_of({"throttler": {"port": 1}}))

    channel.close()
    channel.close()

    assert "closed" in repr(channel.sender)


def test_the_default_propagation_replaces_no_codec() -> None:
    """A tracer has Jaeger's codecs without further ado."""
    assert {} == build.make_codecs(settings_of())


def test_b3_writes_wide_ids_if_trace_ids_have_128_bits() -> None:
    """The setting reaches the codec."""
    carriers: list[dict[str, object]] = [{}, {}]
    for carrier, is_wide in zip(carriers, (False, True), strict=True):
        settings = settings_of(
            {"propagation": "b3", "generate_128bit_trace_id": is_wide}
        )
        codec = build.make_codecs(settings)[opentracing.Format.HTTP_HEADERS]
        codec.inject(SpanContext(1, 2, None, 1), carrier)

    ids = [str(carrier["X-B3-TraceId"]) for carrier in carriers]
    assert [16, 32] == [len(trace_id) for trace_id in ids]
