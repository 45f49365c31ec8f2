"""What a tracer gets from its `Config`, and what `Config` logs and warns of."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import opentracing
import pytest
from opentracing.ext import tags

import jaeger_client.config as package
from jaeger_client import Config, ConstSampler, Tracer
from jaeger_client.errors import ConfigError, SamplingRateError
from jaeger_client.reporter import InMemoryReporter, Reporter
from jaeger_client.sampler import RemoteControlledSampler, Sampler
from jaeger_client.testing import FakeClock
from jaeger_client.throttler import RemoteThrottler
from tests.unit.reporter.counting_metrics import CountingMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jaeger_client._internal.agent_channel import AgentChannel

CONST = {"sampler": {"type": "const", "param": 1}}


@pytest.fixture
def fresh_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Allow another global tracer, and restore the previous one afterwards."""
    monkeypatch.setattr(Config, "_initialized", False)
    monkeypatch.setattr(Config, "_has_warned_of_io_loop", False)
    before = opentracing.global_tracer()
    yield
    opentracing.set_global_tracer(before)


@pytest.fixture
def new_tracer() -> Iterator[Callable[[Config], Tracer]]:
    """Return a function that creates a tracer, closed after the test."""
    made: list[Tracer] = []

    def make(config: Config) -> Tracer:
        made.append(config.new_tracer())
        return made[-1]

    yield make
    for tracer in made:
        tracer.close(0.0)


# The parts of a tracer


def test_the_clock_is_the_one_passed(new_tracer: Callable[[Config], Tracer]) -> None:
    """It provides the timestamps of spans."""
    config = Config(CONST, service_name="shop", clock=FakeClock(time=5.0))

    assert 5.0 == new_tracer(config).start_span("op").start_time


def test_a_clock_without_its_method_is_an_error() -> None:
    """The error names the parameter and the method."""
    with pytest.raises(ConfigError, match=r"^clock must have .*time"):
        Config(CONST, service_name="shop", clock=object())  # type: ignore[arg-type]  # the mistake


def test_the_limits_of_a_span_are_those_configured(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """A span has at most the configured numbers of tags and logs."""
    config = {**CONST, "max_tags_per_span": 4, "max_logs_per_span": 3}
    span = new_tracer(Config(config, service_name="shop")).start_span("op")

    for number in range(9):
        span.set_tag(f"key{number}", number)
        span.log_kv({"event": number})

    assert (4, 3) == (len(span.tags), len(span.logs))


def test_the_header_names_are_those_configured(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """Ids and baggage have them in headers and in text maps."""
    config = {**CONST, "trace_id_header": "own", "baggage_header_prefix": "own-"}
    tracer = new_tracer(Config(config, service_name="shop"))
    span = tracer.start_span("op").set_baggage_item("k", "v")

    for name in (opentracing.Format.HTTP_HEADERS, opentracing.Format.TEXT_MAP):
        carrier: dict[str, str] = {}
        tracer.inject(span, name, carrier)
        assert {"own", "own-k"} == carrier.keys()


def test_the_parts_count_in_the_factory_that_is_passed(
    new_tracer: Callable[[Config], Tracer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans are counted by the tracer, requests by a reporter of their own."""
    monkeypatch.setenv("JAEGER_RPC_METRICS", "true")
    metrics = CountingMetrics()
    tracer = new_tracer(Config(CONST, service_name="shop", metrics_factory=metrics))

    with tracer.start_span("op") as span:
        span.set_tag(tags.SPAN_KIND, tags.SPAN_KIND_RPC_SERVER)

    assert 1 == metrics.sums["jaeger:started_spans{sampled=y}"]
    assert any(name.startswith("jaeger-rpc") for name in metrics.sums)


def test_the_parts_share_worker_and_channel(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """There is one background thread and one connection to the agent."""
    tracer = new_tracer(Config({"throttler": {}}, service_name="shop"))
    sampler, throttler, reporter = tracer.sampler, tracer.throttler, tracer.reporter

    assert isinstance(sampler, RemoteControlledSampler)
    assert isinstance(throttler, RemoteThrottler)
    assert isinstance(reporter, Reporter)
    channels: list[object] = [sampler._channel, throttler._channel]
    assert channels[0] is channels[1]
    assert sampler._poller._worker is throttler._poller._worker is tracer._worker
    assert reporter._worker is tracer._worker


def test_the_reporter_gets_the_error_reporter_of_the_config(
    new_tracer: Callable[[Config], Tracer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Applications read `Config.error_reporter`, as with 4.8."""
    received: list[object] = []

    class Recording(InMemoryReporter):
        def __init__(self, *, error_reporter: object, **_: object) -> None:
            super().__init__()
            received.append(error_reporter)

    monkeypatch.setattr(package, "Reporter", Recording)
    config = Config(CONST, service_name="shop")
    new_tracer(config)

    assert [config.error_reporter] == received


def test_the_connection_for_polls_is_closed_with_the_tracer() -> None:
    """It is closed after the last poll."""
    closed: list[str] = []

    class Own(Config):
        def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
            channel = super()._create_local_agent_channel(io_loop=io_loop)
            channel.close_polling = lambda: closed.append("polling")  # type: ignore[method-assign]  # watched
            return channel

    tracer = Own(CONST, service_name="shop").new_tracer()
    tracer.start_span("op").finish()
    tracer.close(5.0)

    assert "polling" in closed


def test_a_sampler_that_is_false_is_used(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """The truth of an object, such as an empty collection, is not tested."""

    class Empty(ConstSampler):
        def __len__(self) -> int:
            return 0

    sampler = Empty(decision=True)

    assert sampler is new_tracer(Config({"sampler": sampler}, None, "shop")).sampler


def test_a_disabled_tracer_samples_nothing(
    new_tracer: Callable[[Config], Tracer], caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that nothing is recorded."""
    with caplog.at_level("INFO", logger="jaeger_tracing"):
        tracer = new_tracer(Config({"enabled": False}, service_name="shop"))

    assert ConstSampler(decision=False) == tracer.sampler
    assert [
        "Jaeger is disabled: context is propagated, no span is recorded"
    ] == caplog.messages


def test_another_config_has_its_own_settings_while_a_tracer_is_created(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """Only the properties of the Config that creates it return those of the tracer."""
    sizes: list[int] = []
    other = Config({"reporter_queue_size": 7}, service_name="other")

    class Own(Config):
        def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
            sizes.extend([self.reporter_queue_size, other.reporter_queue_size])
            return super()._create_local_agent_channel(io_loop=io_loop)

    new_tracer(Own({**CONST, "reporter_queue_size": 3}, service_name="shop"))

    assert [3, 7] == sizes


# The global tracer


def test_a_second_call_creates_no_tracer(fresh_start: None) -> None:
    """It returns before it creates any part."""
    created: list[str] = []

    class Own(Config):
        def new_tracer(self, io_loop: object = None) -> Tracer:
            created.append(self.service_name)
            return super().new_tracer(io_loop)

    first = Own(CONST, service_name="first").initialize_tracer()
    Own(CONST, service_name="second").initialize_tracer()

    assert ["first"] == created
    assert first is not None
    first.close(0.0)


def test_an_io_loop_is_passed_to_the_methods_of_subclasses(fresh_start: None) -> None:
    """Subclasses that were written for 4.8 may use it."""
    io_loop = object()
    passed: list[object] = []

    class Own(Config):
        def new_tracer(self, io_loop: object = None) -> Tracer:
            passed.append(io_loop)
            return super().new_tracer(io_loop)

        def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
            passed.append(io_loop)
            return super()._create_local_agent_channel(io_loop=io_loop)

    with pytest.warns(DeprecationWarning, match="io_loop"):
        tracer = Own(CONST, service_name="shop").initialize_tracer(io_loop)

    assert [io_loop, io_loop] == passed
    assert tracer is not None
    tracer.close(0.0)


@pytest.mark.parametrize("name", ["initialize_tracer", "new_tracer"])
def test_the_warning_of_an_io_loop_shows_the_line_of_the_caller(
    fresh_start: None, name: str
) -> None:
    """That is where it has to be removed."""
    create = getattr(Config(CONST, service_name="shop"), name)

    with pytest.warns(DeprecationWarning, match="io_loop") as caught:
        tracer = create(object())

    (warning,) = caught
    assert __file__ == warning.filename
    tracer.close(0.0)


# The log


def test_the_parts_of_a_new_tracer_are_logged(
    new_tracer: Callable[[Config], Tracer], caplog: pytest.LogCaptureFixture
) -> None:
    """The line has the reporter and the sampler, as in 4.8."""
    with caplog.at_level("INFO", logger="jaeger_tracing"):
        new_tracer(Config(CONST, service_name="shop"))

    (line,) = caplog.messages
    assert line.startswith("Initializing Jaeger Tracer with <")
    assert line.endswith(", ConstSampler(True)")


def test_the_global_tracer_is_logged_with_its_service(
    fresh_start: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The line is that of 4.8."""
    with caplog.at_level("INFO", logger="jaeger_tracing"):
        tracer = Config(CONST, service_name="shop").initialize_tracer()

    expected = f"opentracing.tracer initialized to {tracer}[app_name=shop]"
    assert expected == caplog.messages[-1]
    assert tracer is not None
    tracer.close(0.0)


def test_unknown_keys_are_logged_with_what_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The line begins with the class, and separates the keys by semicolons."""
    Config({"smapler": {}, "x": 1}, service_name="shop")

    (line,) = caplog.messages
    assert (
        "Config: 'smapler' is not a setting, did you mean 'sampler'?; "
        "'x' is not a setting"
    ) == line


def test_a_warning_is_logged_when_its_setting_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Other properties do not log it; a copy logs it again."""
    config = Config({"sampler": {"type": "const", "param": 5}}, service_name="shop")
    lines: list[int] = []

    _ = config.reporter_queue_size
    lines.append(len(caplog.messages))
    for each in (config, config, copy.copy(config)):
        _ = each.sampler
        lines.append(len(caplog.messages))

    assert [0, 1, 1, 2] == lines


def test_a_copy_counts_its_own_errors() -> None:
    """It does not share the error reporter, which is created on first use."""
    config = Config({}, service_name="shop")

    assert config.error_reporter is not copy.copy(config).error_reporter


def test_a_single_error_keeps_its_type() -> None:
    """An invalid rate is an AssertionError, as in 4.8, and has its cause."""
    bad: dict[str, object] = {"sampler": {"type": "probabilistic", "param": 7}}
    port: dict[str, object] = {"local_agent": {"reporting_port": "x"}}

    with pytest.raises(SamplingRateError):
        Config(bad, service_name="shop", validate=True)
    with pytest.raises(ConfigError) as caught:
        Config(port, service_name="shop", validate=True)

    assert isinstance(caught.value.__cause__, ValueError)


def test_create_tracer_counts_in_the_factory_that_is_passed() -> None:
    """The parts are the caller's, the metrics those of the Config."""
    metrics = CountingMetrics()
    sampler: Sampler = ConstSampler(decision=True)
    config = Config({}, service_name="shop", metrics_factory=metrics)

    with config.create_tracer(InMemoryReporter(), sampler) as tracer:
        tracer.start_span("op")

    assert 1 == metrics.sums["jaeger:started_spans{sampled=y}"]
