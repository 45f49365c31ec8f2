"""What each part of a tracer gets from the others, and from all settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import opentracing
import pytest

import jaeger_client.config as package
from jaeger_client import ConstSampler, ProbabilisticSampler
from jaeger_client._internal.diagnostics import ErrorReporter, logger
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.config import build
from jaeger_client.config.read import read
from jaeger_client.metrics import MetricsFactory
from jaeger_client.sampler import RemoteControlledSampler
from jaeger_client.span_context import SpanContext

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class Recorded:
    """Records the arguments of the class that it replaces."""

    def __init__(self, *arguments: object, **options: object) -> None:
        self.arguments = arguments
        self.options = options


def test_the_remote_sampler_gets_the_shared_objects(
    shared: build.Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It polls the agent for the service, on the worker of the tracer."""
    monkeypatch.setattr(package, "RemoteControlledSampler", Recorded)
    settings = settings_of()
    channel = build.make_agent_channel(settings)

    made: object = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(made, Recorded)
    assert (channel, "shop") == made.arguments
    assert {
        "logger": logger,
        "metrics_factory": shared.metrics_factory,
        "worker": shared.worker,
    }.items() <= made.options.items()


def test_without_a_parameter_the_remote_sampler_has_its_own_default(
    shared: build.Shared,
) -> None:
    """A subclass of Config may use it although the dict contains a sampler."""
    settings = settings_of({"sampler": ConstSampler(decision=True)})
    channel = build.make_agent_channel(settings)

    sampler = build.make_remote_sampler(settings, channel, shared)

    assert isinstance(sampler, RemoteControlledSampler)
    assert ProbabilisticSampler(0.001) == sampler.sampler
    sampler.close()


def test_the_throttler_gets_the_shared_objects(
    shared: build.Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It polls the agent for the service, on the worker of the tracer."""
    monkeypatch.setattr(package, "RemoteThrottler", Recorded)
    settings = settings_of({"throttler": {}})
    channel = build.make_agent_channel(settings)

    made: object = build.make_throttler(settings, channel, shared)

    assert isinstance(made, Recorded)
    assert (channel, "shop") == made.arguments
    assert {
        "logger": logger,
        "metrics_factory": shared.metrics_factory,
        "worker": shared.worker,
    }.items() <= made.options.items()


def test_the_reporter_gets_the_shared_objects(
    shared: build.Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends on the worker of the tracer, and counts in its metrics."""
    monkeypatch.setattr(package, "Reporter", Recorded)
    settings = settings_of()
    channel = build.make_agent_channel(settings)

    made: object = build.make_reporter(settings, channel, shared)

    assert isinstance(made, Recorded)
    assert {
        "channel": channel,
        "error_reporter": shared.error_reporter,
        "metrics_factory": shared.metrics_factory,
        "worker": shared.worker,
    }.items() <= made.options.items()


def test_strategies_are_fetched_from_the_configured_url() -> None:
    """By default, from the host and the sampling port of the agent."""
    default = build.make_agent_channel(settings_of(JAEGER_AGENT_HOST="near"))
    configured = build.make_agent_channel(
        settings_of(JAEGER_SAMPLING_ENDPOINT="http://far:1/own")
    )

    assert "http://near:5778/sampling" == default._sampling_url
    assert "http://far:1/own" == configured._sampling_url


def test_no_exporter_is_logged(
    shared: build.Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """The line names the variable, and that no spans are sent."""
    settings = settings_of(OTEL_TRACES_EXPORTER="none")

    with caplog.at_level("INFO", logger="jaeger_tracing"):
        build.make_reporter(settings, build.make_agent_channel(settings), shared)

    assert ["OTEL_TRACES_EXPORTER is none: no spans are sent"] == caplog.messages


def test_all_header_names_apply_beside_another_format() -> None:
    """Ids, baggage and debug id have the configured names."""
    settings = settings_of(
        {
            "propagation": "jaeger,b3",
            "trace_id_header": "own-id",
            "baggage_header_prefix": "own-baggage-",
            "debug_id_header": "own-debug",
        }
    )
    codec = build.make_codecs(settings)[opentracing.Format.HTTP_HEADERS]
    headers: dict[str, str] = {}

    codec.inject(SpanContext(1, 2, None, 1, {"k": "v"}), headers)
    debug = codec.extract({"own-debug": "d"})

    assert {"own-id", "own-baggage-k"} <= headers.keys()
    assert debug is not None
    assert "d" == debug.debug_id
