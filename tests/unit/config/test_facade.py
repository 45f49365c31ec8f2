"""`Config`: its properties, and the tracers that it creates."""

# pyright: reportPrivateUsage=false
# Applications read `Config._initialized` and `Config._metrics_factory`.

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import opentracing
import pytest
from opentracing.scope_managers import ThreadLocalScopeManager

import jaeger_client.config as package
from jaeger_client import Config, ConstSampler, Tracer
from jaeger_client.config import facade
from jaeger_client.config.table import variable_names
from jaeger_client.errors import ConfigError
from jaeger_client.metrics import LegacyMetricsFactory, Metrics, MetricsFactory
from jaeger_client.reporter import (
    BaseReporter,
    CompositeReporter,
    InMemoryReporter,
    NullReporter,
    Reporter,
)
from jaeger_client.sampler import (
    RemoteControlledSampler,
    Sampler,
)
from jaeger_client.throttler import RemoteThrottler, Throttler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jaeger_client._internal.agent_channel import AgentChannel

VARIABLES = variable_names()

CONST = {"sampler": {"type": "const", "param": 1}}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove variables from the environment of the tests."""
    for name in ("JAEGER_SERVICE_NAME", "OTEL_SERVICE_NAME", "JAEGER_AGENT_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fresh_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Allow another global tracer, and restore the previous one afterwards."""
    monkeypatch.setattr(Config, "_initialized", False)
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


class CountingEnvironment(dict[str, str]):
    """An environment that counts how often each variable is looked up."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.counts = Counter[str]()

    def __getitem__(self, key: str) -> str:
        """Return the value of a variable."""
        self.counts[key] += 1
        return super().__getitem__(key)

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]  # as it is called
        """Return the value of a variable, or *default*."""
        self.counts[key] += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_RESOURCE_ATTRIBUTES": "zone=a", "JAEGER_PROPAGATION": "b3"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://far", "OTEL_TRACES_SAMPLER": "xray"},
        {"JAEGER_ENDPOINT": "http://far", "JAEGER_REPORTER_LOG_SPANS": "true"},
        {"JAEGER_DISABLED": "true"},
    ],
    ids=" ".join,
)
def test_a_new_tracer_looks_each_variable_up_once(
    monkeypatch: pytest.MonkeyPatch,
    new_tracer: Callable[[Config], Tracer],
    environ: dict[str, str],
) -> None:
    """All its parts get the same values, even if a variable changes meanwhile."""
    config = Config({"throttler": {}}, service_name="shop")
    counting = CountingEnvironment({**os.environ, **environ})
    monkeypatch.setattr(os, "environ", counting)

    new_tracer(config)

    read = {name: n for name, n in counting.counts.items() if name in VARIABLES}
    assert dict.fromkeys(read, 1) == read
    assert environ.keys() <= read.keys()


def test_two_threads_create_tracers_from_one_config() -> None:
    """Each tracer has its own worker."""
    config = Config(CONST, service_name="shop")

    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(config.new_tracer) for _ in range(2)]
    first, second = (each.result() for each in started)

    assert first._worker is not second._worker
    for tracer in (first, second):
        tracer.close(0.0)


def test_a_wrapped_reporter_belongs_to_the_tracer_as_well() -> None:
    """A subclass may wrap the reporter; the worker is closed nevertheless."""

    class Own(Config):
        def create_tracer(
            self,
            reporter: BaseReporter,
            sampler: Sampler,
            throttler: Throttler | None = None,
        ) -> Tracer:
            return super().create_tracer(
                CompositeReporter(reporter), sampler, throttler
            )

    tracer = Own(CONST, service_name="shop").new_tracer()
    tracer.close(0.0)

    assert isinstance(tracer.reporter, CompositeReporter)
    assert tracer._worker is not None


def test_the_service_name_may_come_from_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """JAEGER_SERVICE_NAME is used without a name in dict or parameter."""
    monkeypatch.setenv("JAEGER_SERVICE_NAME", "shop")

    assert "shop" == Config({}).service_name


def test_no_service_name_is_an_error() -> None:
    """The error is a ValueError, as in 4.8."""
    with pytest.raises(ValueError, match="service_name"):
        Config({})


def test_settings_that_are_not_a_dict_are_an_error() -> None:
    """The message contains the value."""
    with pytest.raises(ConfigError, match="config: must be a dict, got None"):
        Config(None, service_name="shop")  # type: ignore[arg-type]  # the mistake


def test_an_invalid_sampler_is_an_error_when_it_is_read() -> None:
    """As in 4.8, creating the Config succeeds without `validate`."""
    bad: dict[str, object] = {"sampler": {"type": "bad"}}
    config = Config(bad, service_name="shop")

    with pytest.raises(ValueError, match="sampler.type"):
        _ = config.sampler
    with pytest.raises(ConfigError, match="sampler.type"):
        Config(bad, service_name="shop", validate=True)


def test_a_rate_outside_its_range_is_found_when_validating() -> None:
    """With `validate`, an invalid rate is an error of the constructor."""
    bad = {"sampler": {"type": "probabilistic", "param": 7}}

    with pytest.raises(ConfigError, match="sampler.param"):
        Config(bad, service_name="shop", validate=True)


def test_a_rate_of_the_remote_sampler_is_checked_when_validating() -> None:
    """The parameter of `remote` is a rate, too."""
    bad = {"sampler": {"type": "remote", "param": 7}}

    with pytest.raises(ConfigError, match="sampler.param"):
        Config(bad, service_name="shop", validate=True)


@pytest.mark.parametrize("key", ["ca_file", "client_cert", "client_key"])
def test_a_missing_file_of_the_collector_is_found_when_validating(
    key: str, tmp_path: Path
) -> None:
    """The message contains the key, as `explain` does."""
    path = str(tmp_path / "gone.pem")
    files = {"client_cert": __file__, "client_key": __file__, key: path}
    bad = {"collector": {"endpoint": "https://127.0.0.1:1", **files}}

    with pytest.raises(ConfigError) as caught:
        Config(bad, service_name="shop", validate=True)
    errors = Config(bad, service_name="shop").explain().errors

    complaint = f"collector.{key}: must be a file that can be read, got {path!r}"
    assert complaint == str(caught.value)
    assert [complaint] == [each.error for each in errors]


def test_all_errors_are_found_at_once_when_validating() -> None:
    """Each error is listed once, unknown keys first."""
    bad = {
        "smapler": {},
        "metrics": "x",
        "local_agent": {"reporting_host": "a:b"},
        "sampler": {"type": "probabilistic", "param": 7},
    }

    with pytest.raises(ConfigError) as caught:
        Config(bad, service_name="shop", validate=True)

    assert (
        "'smapler' is not a setting, did you mean 'sampler'?; "
        "local_agent.reporting_host (JAEGER_AGENT_HOST): must be the name or address "
        "of a host, without a port, "
        "got 'a:b'; metrics: must be true or false, got 'x'; sampler.param "
        "(JAEGER_SAMPLER_PARAM): must be a rate from 0 to 1 for sampler.type "
        "'probabilistic', got 7.0"
    ) == str(caught.value)


def test_unknown_keys_are_an_error_when_validating() -> None:
    """The message suggests the nearest known key."""
    with pytest.raises(ConfigError, match="did you mean 'sampler'"):
        Config({"smapler": {}}, service_name="shop", validate=True)


def test_unknown_keys_are_one_line_in_the_log_otherwise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Programs with unknown keys continue to work."""
    Config({"smapler": {}, "x": 1}, service_name="shop")

    assert 1 == len(caplog.records)
    assert "'smapler'" in caplog.text
    assert "'x'" in caplog.text


def test_the_dict_is_never_changed(new_tracer: Callable[[Config], Tracer]) -> None:
    """No call changes the dict of the application."""
    given: dict[str, object] = {"tags": {"a": "b"}, "throttler": {}, **CONST}
    config = Config(given, service_name="shop")

    new_tracer(config)

    assert {"tags": {"a": "b"}, "throttler": {}, **CONST} == given
    assert config.config is given


def test_a_tracer_starts_no_thread(new_tracer: Callable[[Config], Tracer]) -> None:
    """Reporter, sampler and throttler start none before their first use."""
    before = threading.enumerate()

    new_tracer(Config({"throttler": {}}, service_name="shop"))

    assert before == threading.enumerate()


def test_a_tracer_has_the_configured_parts(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """Sampler, reporter, throttler and tags follow the dict."""
    tracer = new_tracer(
        Config(
            {
                **CONST,
                "tags": {"zone": "a"},
                "max_tag_value_length": 5,
                "max_traceback_length": 6,
                "generate_128bit_trace_id": True,
                "debug_id_header": "debug-me",
                "throttler": {},
            },
            service_name="shop",
        ),
    )

    assert "shop" == tracer.service_name
    assert ConstSampler(decision=True) == tracer.sampler
    assert isinstance(tracer.reporter, Reporter)
    assert isinstance(tracer.throttler, RemoteThrottler)
    assert "a" == tracer.tags["zone"]
    assert 5 == tracer.max_tag_value_length
    assert 6 == tracer.max_traceback_length
    assert 128 == tracer.max_trace_id_bits
    assert "debug-me" == tracer.debug_id_header


def test_strategies_are_fetched_by_default(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """The default type is `remote`."""
    for config in ({}, {"sampler": {"type": "remote", "param": 0.5}}):
        tracer = new_tracer(Config(config, service_name="shop"))

        assert isinstance(tracer.sampler, RemoteControlledSampler)


@pytest.mark.parametrize("variable", [None, "JAEGER_DISABLED"])
def test_a_disabled_tracer_propagates_context_and_records_nothing(
    new_tracer: Callable[[Config], Tracer],
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
) -> None:
    """`enabled: false` and JAEGER_DISABLED have the same effect."""
    config: dict[str, object] = {**CONST}
    if variable is None:
        config["enabled"] = False
    else:
        monkeypatch.setenv(variable, "true")
    tracer = new_tracer(Config(config, service_name="shop"))
    headers = {"uber-trace-id": "1:2:0:1", "uberctx-user": "me"}

    parent = tracer.extract(opentracing.Format.HTTP_HEADERS, headers)
    out: dict[str, str] = {}
    tracer.inject(
        tracer.start_span("op", child_of=parent),
        opentracing.Format.HTTP_HEADERS,
        out,
    )

    assert isinstance(tracer.reporter, NullReporter)
    assert not tracer.start_span("root").is_sampled()
    assert out["uber-trace-id"].startswith("1:")
    assert "me" == out["uberctx-user"]


@pytest.mark.parametrize(
    "key",
    ["trace_id_header", "baggage_header_prefix", "debug_id_header", "baggage_header"],
)
@pytest.mark.parametrize("name", ["x trace", "x-trace:", "x-trace\n"])
def test_an_invalid_header_name_is_an_error(key: str, name: str) -> None:
    """`Config` raises an error with the setting and the value."""
    with pytest.raises(ConfigError, match=f"^{key}.* HTTP header name .* got 'x.trace"):
        Config({key: name}, service_name="shop", validate=True)


def test_the_header_of_baggage_may_have_another_name(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """All four header names of Jaeger's format are configurable."""
    tracer = new_tracer(Config({"baggage_header": "x-bag"}, service_name="shop"))

    context = tracer.extract(opentracing.Format.HTTP_HEADERS, {"x-bag": "a=b"})

    assert context is not None
    assert {"a": "b"} == context.baggage


def test_the_first_tracer_is_the_global_one(fresh_start: None) -> None:
    """The first call returns `opentracing.global_tracer()`."""
    tracer = Config(CONST, service_name="shop").initialize_tracer()

    assert tracer is not None
    assert tracer is opentracing.global_tracer()
    assert Config.initialized()
    tracer.close(0.0)


def test_the_second_call_returns_none_and_logs(
    fresh_start: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only the first call sets the global tracer."""
    first = Config(CONST, service_name="shop").initialize_tracer()

    second = Config(CONST, service_name="shop").initialize_tracer()

    assert first is not None
    assert second is None
    assert "already initialized" in caplog.text
    first.close(0.0)


def test_a_nested_call_initializes_the_tracer(fresh_start: None) -> None:
    """A signal handler may initialize a tracer during another call."""
    states: list[bool] = []
    inner: list[Tracer | None] = []

    class Busy(Config):
        """A Config that is interrupted while it creates a tracer."""

        def new_tracer(self, io_loop: object = None) -> Tracer:
            """Return a function that creates a tracer, closed after the test."""
            states.append(Config.initialized())
            inner.append(Config(CONST, service_name="inner").initialize_tracer())
            return super().new_tracer(io_loop)

    outer = Busy(CONST, service_name="outer").initialize_tracer()

    assert (None, [False]) == (outer, states)
    assert inner == [opentracing.global_tracer()]
    assert inner[0] is not None
    inner[0].close(0.0)


@pytest.mark.parametrize("reason", [None, "JAEGER_CLIENT_PURE_PYTHON is set"])
def test_the_reason_for_the_twin_is_logged_for_debugging(
    reason: str | None,
    new_tracer: Callable[[Config], Tracer],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is one line of a new tracer, and there is none if the core is compiled."""
    monkeypatch.setattr(facade, "WHY_NOT_COMPILED", reason)
    caplog.set_level(logging.DEBUG)

    new_tracer(Config(CONST, service_name="shop"))

    expected = [f"Implementation in pure Python: {reason}"] if reason else []
    assert expected == [line for line in caplog.messages if "Python" in line]


def test_a_failed_start_can_be_repeated(fresh_start: None) -> None:
    """After an error, the next call creates the global tracer."""
    with pytest.raises(ConfigError):
        Config({"sampler": {"type": "bad"}}, service_name="shop").initialize_tracer()

    assert not Config.initialized()


def test_a_forked_child_has_a_lock_of_its_own() -> None:
    """A thread of the parent may hold the old one for ever."""
    before = Config._initialized_lock

    facade._LOCK_RESET.after_fork_in_child()

    assert Config._initialized_lock is not before
    assert Config._initialized_lock.acquire(blocking=False)
    Config._initialized_lock.release()


def test_an_agent_that_does_not_resolve_is_not_an_error(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """The host name may become resolvable before the first span."""
    agent = {"reporting_host": "no.such.host.invalid"}

    tracer = new_tracer(Config({"local_agent": agent, **CONST}, service_name="shop"))

    assert isinstance(tracer.reporter, Reporter)


def test_an_io_loop_is_accepted_with_one_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second call with an `io_loop` does not warn."""
    monkeypatch.setattr(Config, "_has_warned_of_io_loop", False)
    config = Config(CONST, service_name="shop")

    with pytest.warns(DeprecationWarning, match="io_loop is no longer used"):
        tracer = config.new_tracer(io_loop=object())

    # Here a second warning would be an error.
    config.new_tracer(object()).close(0.0)
    tracer.close(0.0)


def test_the_channel_to_the_agent_can_be_overridden() -> None:
    """The method of a subclass is called with `io_loop` by keyword."""
    calls: list[object] = []

    class Own(Config):
        def _create_local_agent_channel(
            self,
            io_loop: object = None,
        ) -> AgentChannel:
            calls.append(io_loop)
            return super()._create_local_agent_channel(io_loop=io_loop)

    Own(CONST, service_name="shop").new_tracer().close(0.0)

    assert [None] == calls


def test_create_tracer_accepts_other_parts() -> None:
    """Reporter and sampler are the caller's, other settings the Config's."""
    reporter = InMemoryReporter()
    config = Config({"tags": {"a": "b"}}, service_name="shop")

    tracer = config.create_tracer(reporter, ConstSampler(decision=True))

    assert tracer.reporter is reporter
    assert "b" == tracer.tags["a"]
    tracer.close()


def test_the_classes_are_looked_up_where_applications_patch_them(
    monkeypatch: pytest.MonkeyPatch,
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """The reporter is an instance of `jaeger_client.config.Reporter`."""

    class Patched(InMemoryReporter):
        def __init__(self, **_: object) -> None:
            super().__init__()

    monkeypatch.setattr(package, "Reporter", Patched)

    assert isinstance(new_tracer(Config(CONST, service_name="shop")).reporter, Patched)


def test_the_metrics_factory_is_the_one_passed() -> None:
    """The factory overrides the functions; `metrics: false` both."""
    factory, metrics = MetricsFactory(), Metrics()
    off: dict[str, object] = {"metrics": False}

    of_both = Config({}, metrics, "shop", factory)
    of_functions = Config({}, metrics, "shop")
    of_none = Config(off, metrics, "shop", LegacyMetricsFactory(metrics))

    assert factory is of_both._metrics_factory
    assert isinstance(of_functions._metrics_factory, LegacyMetricsFactory)
    assert metrics is of_functions.metrics
    assert MetricsFactory is type(of_none._metrics_factory)
    assert of_none.metrics is None


def test_errors_are_logged_only_with_logging_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only then the error reporter has a logger."""
    quiet = Config({}, service_name="shop")
    loud = Config({"logging": True}, service_name="shop")

    for config in (quiet, loud):
        config.error_reporter._last_error_reported_at = 0
    with caplog.at_level(logging.INFO, logger="jaeger_tracing"):
        quiet.error_reporter.error("quiet")
        loud.error_reporter.error("loud")

    assert ["loud"] == [record.getMessage() for record in caplog.records]
    assert loud.error_reporter is loud.error_reporter


def test_the_scope_manager_is_the_one_passed(
    new_tracer: Callable[[Config], Tracer],
) -> None:
    """The tracer uses the scope manager that is passed."""
    manager = ThreadLocalScopeManager()

    tracer = new_tracer(Config(CONST, service_name="shop", scope_manager=manager))

    assert manager is tracer.scope_manager


@pytest.mark.parametrize("param", [5, 0.1, "-1"])
def test_a_parameter_of_const_other_than_0_or_1_is_logged_once(
    param: object,
    new_tracer: Callable[[Config], Tracer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It samples everything, as in 4.8, though a rate may be intended."""
    config = Config({"sampler": {"type": "const", "param": param}}, None, "shop")

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        tracer = new_tracer(config)
        _ = config.sampler

    assert tracer.start_span("op").is_sampled()
    (line,) = caplog.messages
    assert line.startswith("Config: sampler.param: const requires 1 or 0, so ")
    assert line.endswith(" is 1; for a rate, use probabilistic")
    assert line == f"Config: {config.explain().setting('sampler.param').note}"


@pytest.mark.parametrize("param", [1, 0, True, "yes", None])
def test_a_decision_of_const_is_not_logged(
    param: object,
    new_tracer: Callable[[Config], Tracer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """True and `yes` are 1."""
    config = Config({"sampler": {"type": "const", "param": param}}, None, "shop")

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        new_tracer(config)

    assert [] == caplog.messages


def test_a_variable_that_cannot_be_used_is_logged_once_a_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A certificate that is missing does not stop the application."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "not-mounted.pem")

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        Config({}, service_name="shop").new_tracer().close(0.1)

    lines = [line for line in caplog.messages if "not-mounted.pem" in line]
    expected = (
        "Config: variable ignored: collector.ca_file "
        "(OTEL_EXPORTER_OTLP_CERTIFICATE): must be a file that can be read, got "
        "'not-mounted.pem'"
    )
    assert [expected] == lines
