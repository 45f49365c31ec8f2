"""The properties of `Config`, by their names of 4.8."""

from __future__ import annotations

import logging

import pytest

from jaeger_client import Config, ProbabilisticSampler
from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client.codecs import B3Codec
from jaeger_client.sampler import RateLimitingSampler

CONST = {"sampler": {"type": "const", "param": 1}}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove variables from the environment of the tests."""
    for name in ("JAEGER_SERVICE_NAME", "OTEL_SERVICE_NAME", "JAEGER_AGENT_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_the_properties_have_the_defaults_of_4_8() -> None:
    """Only the queue differs: it is a hundred times as long."""
    config = Config({}, service_name="shop")

    assert {
        "service_name": "shop",
        "enabled": True,
        "logging": False,
        "metrics": None,
        "sampler": None,
        "tags": {},
        "propagation": {},
        "max_operations": None,
        "sampling_refresh_interval": 60,
        "reporter_batch_size": 10,
        "reporter_queue_size": 20_000,
        "reporter_flush_interval": 1,
        "local_agent_enabled": True,
        "local_agent_reporting_host": "localhost",
        "local_agent_reporting_port": 6831,
        "local_agent_sampling_port": 5778,
        "max_tag_value_length": 1024,
        "max_traceback_length": 4096,
        "trace_id_header": "uber-trace-id",
        "baggage_header_prefix": "uberctx-",
        "debug_id_header": "jaeger-debug-id",
        "generate_128bit_trace_id": False,
        "throttler_port": None,
        "throttler_refresh_interval": None,
    } == {name: getattr(config, name) for name in properties_of(Config)}


@pytest.mark.parametrize("local_agent", [{}, {"sampling_port": 1234}])
def test_an_empty_group_configures_a_throttler_with_the_defaults(
    local_agent: dict[str, object],
) -> None:
    """The port does not depend on the sampling port, as in 4.8."""
    given = {"throttler": {}, "local_agent": local_agent}
    config = Config(given, service_name="shop")

    assert (5778, 5) == (config.throttler_port, config.throttler_refresh_interval)


@pytest.mark.parametrize("name", ["rate_limiting", "RATE_LIMITING", "ratelimiting"])
def test_the_rate_limiting_sampler_has_two_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both names work in the dict and in the variable."""
    sampler = {"type": name, "param": 2}
    of_dict = Config({"sampler": sampler}, service_name="shop", validate=True)
    monkeypatch.setenv("JAEGER_SAMPLER_TYPE", name)
    monkeypatch.setenv("JAEGER_SAMPLER_PARAM", "2")

    assert RateLimitingSampler(2) == of_dict.sampler
    assert RateLimitingSampler(2) == Config({}, service_name="shop").sampler


def properties_of(kind: type) -> list[str]:
    """Return the names of a class's public properties, except `error_reporter`."""
    found = {
        name
        for base in kind.__mro__
        for name, value in vars(base).items()
        if isinstance(value, property) and not name.startswith("_")
    }
    return sorted(found - {"error_reporter"})


def test_the_properties_have_the_values_of_the_dict() -> None:
    """Text is converted; the port of the agent may be text."""
    config = Config(
        {
            "local_agent": {"reporting_port": "77", "sampling_port": 78},
            "throttler": {"port": "79"},
            "generate_128bit_trace_id": "true",
            "reporter_batch_size": "5",
            "propagation": "b3",
            "sampler": {"type": "probabilistic", "param": 0.5},
        },
        service_name="shop",
    )

    assert 77 == config.local_agent_reporting_port
    assert 78 == config.local_agent_sampling_port
    assert 79 == config.throttler_port
    assert 5 == config.throttler_refresh_interval
    assert config.generate_128bit_trace_id
    assert 5 == config.reporter_batch_size
    assert ProbabilisticSampler(0.5) == config.sampler
    assert [B3Codec] == [type(codec) for codec in config.propagation.values()]
    assert {"reporting_port": "77", "sampling_port": 78} == config.local_agent_group()


def test_variables_are_read_when_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A variable that is set after the Config was created is used."""
    config = Config({}, service_name="shop")

    monkeypatch.setenv("JAEGER_AGENT_HOST", "far")

    assert "far" == config.local_agent_reporting_host


def test_properties_are_those_of_the_tracer_being_created(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Changing a variable meanwhile does not change the port."""
    ports: list[int] = []

    class Own(Config):
        def _create_local_agent_channel(self, io_loop: object = None) -> AgentChannel:
            monkeypatch.setenv("JAEGER_AGENT_PORT", "2")
            ports.append(self.local_agent_reporting_port)
            return super()._create_local_agent_channel(io_loop=io_loop)

    monkeypatch.setenv("JAEGER_AGENT_PORT", "1")
    config = Own(CONST, service_name="shop")
    config.new_tracer().close(0.0)

    assert [1] == ports
    assert 2 == config.local_agent_reporting_port


def test_a_subclass_may_override_the_properties_of_the_tracer() -> None:
    """As in 4.8, they override the dict and the variables."""

    class Own(Config):
        @property
        def service_name(self) -> str:
            return "own"

        @property
        def tags(self) -> dict[str, object]:
            return {**super().tags, "zone": "a"}

    tracer = Own({**CONST, "tags": {"rack": "1"}}, service_name="shop").new_tracer()
    tracer.close(0.0)

    assert "own" == tracer.service_name
    assert {"rack": "1", "zone": "a"}.items() < tracer.tags.items()


@pytest.mark.parametrize("name", ["enabled", "local_agent_reporting_port"])
def test_a_property_cannot_be_set(name: str) -> None:
    """Setting a property raises AttributeError."""
    config = Config({}, service_name="shop")

    with pytest.raises(AttributeError, match=r"can't set|no setter"):
        setattr(config, name, None)


def test_a_property_of_the_class_is_the_property() -> None:
    """Tools that inspect the class see the property object."""
    assert isinstance(vars(Config)["enabled"], property)


def test_a_warning_is_logged_once_per_config(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Reading a setting again does not repeat the line."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "maybe")
    config = Config({}, service_name="shop")

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        enabled = [config.enabled, config.enabled]

    assert [True, True] == enabled
    (line,) = caplog.messages
    assert line.startswith(
        "Config: variable ignored: enabled (OTEL_SDK_DISABLED): must be true"
    )
