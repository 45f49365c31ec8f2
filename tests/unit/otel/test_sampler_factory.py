"""The samplers of `OTEL_TRACES_SAMPLER`, as OpenTelemetry creates them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from importlib.metadata import entry_points

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client.otel import JaegerRemoteSampler
from jaeger_client.otel.sampler_factory import (
    jaeger_remote,
    parentbased_jaeger_remote,
)
from jaeger_client.sampler import ProbabilisticSampler
from tests.unit.otel.following import description_of

LOCAL = "http://localhost:5778/sampling"
NAME, ATTRIBUTES, ARGUMENT = (
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER_ARG",
)
GROUPS = ("opentelemetry_traces_sampler", "opentelemetry_sampler")
PARTS = ["endpoint", "pollingIntervalMs", "initialSamplingRate", "="]
VALUES = ["http://jaeger:14250", "[::1]:1", "nan", "1e999", "-1", "0", "0.5", "\ud800"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the name of the service, and no other variable that is read."""
    monkeypatch.setenv(NAME, "bakery")
    monkeypatch.delenv(ATTRIBUTES, raising=False)
    monkeypatch.delenv(ARGUMENT, raising=False)


def settings_of(sampler: Sampler) -> tuple[str, str, float, float]:
    """Return service, endpoint, seconds between polls and initial rate; close it."""
    assert isinstance(sampler, JaegerRemoteSampler)
    with closing(sampler):
        remote, source = sampler._remote, sampler._source
        assert isinstance(remote.sampler, ProbabilisticSampler)
        assert isinstance(source, AgentChannel)
        return (
            remote.service_name,
            source._sampling_url,
            remote.sampling_refresh_interval,
            remote.sampler.rate,
        )


def test_the_argument_sets_endpoint_interval_and_rate() -> None:
    """In the form of OpenTelemetry's specification; the path is `/sampling`."""
    argument = (
        "endpoint=http://jaeger:1234,pollingIntervalMs=5000,initialSamplingRate=0.25"
    )

    expected = ("bakery", "http://jaeger:1234/sampling", 5.0, 0.25)
    assert expected == settings_of(jaeger_remote(argument))


def test_a_rate_of_0_is_not_the_default() -> None:
    """No trace is recorded until there is a strategy."""
    argument = " initialSamplingRate = 0 , endpoint = jaeger:1/own "

    expected = ("bakery", "http://jaeger:1/own", 60.0, 0.0)
    assert expected == settings_of(jaeger_remote(argument))


@pytest.mark.parametrize("argument", [None, ""])
def test_without_argument_the_defaults_apply(argument: str | None) -> None:
    """A Jaeger on this machine is polled once a minute."""
    assert ("bakery", LOCAL, 60.0, 0.001) == settings_of(jaeger_remote(argument))


def test_without_a_call_argument_the_variable_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The declarative configuration passes none."""
    monkeypatch.setenv(ARGUMENT, "initialSamplingRate=0.5")

    assert ("bakery", LOCAL, 60.0, 0.5) == settings_of(jaeger_remote())


def test_invalid_parts_are_logged_and_their_defaults_apply(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line names the variable and each part; valid parts are used."""
    argument = "endpoint=http:/jaeger,pollingIntervalMs=0,initialSamplingRate=0.5,x=1"

    assert ("bakery", LOCAL, 60.0, 0.5) == settings_of(jaeger_remote(argument))
    assert [
        (
            "OTEL_TRACES_SAMPLER_ARG: "
            "'x=1' is ignored: must be one of endpoint, pollingIntervalMs, "
            "initialSamplingRate; "
            "endpoint is ignored: must be an http or https URL, or host:port, "
            "got 'http:/jaeger'; "
            "pollingIntervalMs is ignored: must be more than 0: a finite number of "
            "milliseconds or a duration such as 500ms or 2s, got '0'"
        )
    ] == caplog.messages


def test_the_port_of_grpc_is_logged_once_with_the_remedy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The endpoint of OpenTelemetry's specification is polled over HTTP."""
    argument = "endpoint=http://user:secret@jaeger:14250"

    _, endpoint, _, _ = settings_of(jaeger_remote(argument))
    assert "http://user:secret@jaeger:5778/sampling" == endpoint
    assert [
        (
            "OTEL_TRACES_SAMPLER_ARG: port 14250 is for gRPC, which is not supported: "
            "'http://(hidden)@jaeger:5778/sampling' is polled instead; set an HTTP "
            "address, got 'http://(hidden)@jaeger:14250/sampling'"
        )
    ] == caplog.messages


@pytest.mark.parametrize(
    ("name", "attributes", "service"),
    [
        ("bakery", "service.name=mill", "bakery"),
        ("", "service.name=mill,zone=north", "mill"),
        ("", "malformed,service.name=the%20mill", "the mill"),
    ],
)
def test_the_service_is_that_of_the_resource(
    monkeypatch: pytest.MonkeyPatch, name: str, attributes: str, service: str
) -> None:
    """`OTEL_SERVICE_NAME` precedes `service.name` of `OTEL_RESOURCE_ATTRIBUTES`."""
    monkeypatch.setenv(NAME, name)
    monkeypatch.setenv(ATTRIBUTES, attributes)

    assert service == settings_of(jaeger_remote(""))[0]


def test_a_service_without_a_name_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK calls it `unknown_service`."""
    monkeypatch.delenv(NAME)

    assert "unknown_service" == settings_of(jaeger_remote(""))[0]
    (line,) = caplog.messages
    assert line.startswith("no service name: the sampling strategy of ")
    assert "set OTEL_SERVICE_NAME" in line


@example("endpoint=http://jaeger:14250:14250")
@example("endpoint=http://[14250")
@example("endpoint=http://a b:14250")
@given(
    st.text()
    | st.lists(st.sampled_from(PARTS + VALUES), max_size=8).map(",".join)
    | st.lists(
        st.tuples(st.sampled_from(PARTS), st.sampled_from(VALUES) | st.text()),
        max_size=4,
    ).map(lambda parts: ",".join(f"{name}={value}" for name, value in parts))
)
def test_no_argument_raises(argument: str) -> None:
    """The SDK would sample every trace."""
    assert "bakery" == settings_of(jaeger_remote(argument))[0]


@given(name=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_no_name_raises(name: str) -> None:
    """A name of blanks is none."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(NAME, name)
        service = settings_of(jaeger_remote(""))[0]

    assert service == (name.strip() or "unknown_service")


def test_parentbased_decides_on_roots_only() -> None:
    """It is the SDK's own `ParentBased`."""
    sampler = parentbased_jaeger_remote("initialSamplingRate=0.5")

    assert isinstance(sampler, ParentBased)
    assert description_of(sampler).startswith(
        "ParentBased{root:JaegerRemoteSampler{ProbabilisticSampler(0.5)},"
    )


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("factory", [jaeger_remote, parentbased_jaeger_remote])
def test_the_samplers_have_entry_points(
    group: str, factory: Callable[[str | None], Sampler]
) -> None:
    """OpenTelemetry finds each by its name."""
    (found,) = entry_points(group=group, name=factory.__name__)

    assert factory is found.load()
