"""OpenTelemetry's variables, converted to settings."""

from __future__ import annotations

import pytest

from jaeger_client.config import opentelemetry as otel


def test_the_services_name_is_one_of_the_attributes() -> None:
    """`service.name` is the service name and not a tag."""
    text = "service.name=shop,zone=a%20b"

    assert "shop" == otel.service_name_of_attributes(text)
    assert {"zone": "a b"} == otel.tags_of_attributes(text)


def test_attributes_need_not_name_the_service() -> None:
    """Without `service.name` there is no name."""
    assert otel.service_name_of_attributes("zone=a") is None


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("tracecontext,baggage", ("w3c",)),
        ("b3", ("b3single",)),
        ("b3multi, jaeger", ("b3", "jaeger")),
        ("tracecontext,baggage,jaeger_client", ("w3c", "jaeger")),
        (
            "tracecontext,baggage,b3,b3multi,jaeger,jaeger_client",
            ("w3c", "b3single", "b3", "jaeger"),
        ),
    ],
)
def test_propagators_are_converted_to_formats(
    text: str, formats: tuple[str, ...]
) -> None:
    """The order is preserved; baggage is part of `w3c`."""
    assert formats == otel.propagation_of(text)


def test_an_unknown_propagator_is_an_error() -> None:
    """A format that other services use must not be dropped silently."""
    with pytest.raises(ValueError, match="^must be a list of tracecontext, "):
        otel.propagation_of("tracecontext,xray")


def test_baggage_alone_is_an_error() -> None:
    """Traces would end at this service."""
    with pytest.raises(
        ValueError,
        match="^must contain a trace format, such as tracecontext, besides baggage$",
    ):
        otel.propagation_of("baggage")


@pytest.mark.parametrize("text", ["http://collector:4318", "http://collector:4318/"])
def test_the_endpoint_of_all_signals_gets_the_path_of_traces(text: str) -> None:
    """The path is appended to OTEL_EXPORTER_OTLP_ENDPOINT."""
    assert "http://collector:4318/v1/traces" == otel.endpoint_of_all_signals(text)


def test_the_endpoint_of_all_signals_may_have_a_path_of_its_own() -> None:
    """The path for traces is appended to it."""
    assert "http://gate/otlp/v1/traces" == otel.endpoint_of_all_signals(
        "http://gate/otlp"
    )


@pytest.mark.parametrize(
    ("base", "endpoint"),
    [
        ("http://gate/base?tenant=a", "http://gate/base/v1/traces?tenant=a"),
        ("http://gate/base/?tenant=a/b", "http://gate/base/v1/traces?tenant=a/b"),
        ("http://gate?tenant=a", "http://gate/v1/traces?tenant=a"),
        ("gate:4318?to=http://far", "http://gate:4318/v1/traces?to=http://far"),
        ("http://gate/base#part", "http://gate/base/v1/traces"),
        ("http://gate/base?tenant=a#part", "http://gate/base/v1/traces?tenant=a"),
    ],
)
def test_the_path_is_added_before_a_query(base: str, endpoint: str) -> None:
    """The query is preserved; a fragment is removed, as it is never sent."""
    assert endpoint == otel.endpoint_of_all_signals(base)


@pytest.mark.parametrize(
    ("name", "argument", "sampler"),
    [
        ("always_on", None, ("const", 1.0)),
        ("parentbased_always_off", None, ("const", 0.0)),
        ("traceidratio", "0.25", ("probabilistic", 0.25)),
        ("parentbased_traceidratio", None, ("probabilistic", 1.0)),
        ("jaeger_remote", "initialSamplingRate=0.5", ("remote", 0.5)),
        ("parentbased_jaeger_remote", None, ("remote", None)),
    ],
)
def test_samplers_are_converted(
    name: str,
    argument: str | None,
    sampler: tuple[str, float | None],
) -> None:
    """Each supported sampler has a type and a parameter."""
    assert sampler == otel.sampler_of(name, argument)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (None, (None, None, None)),
        ("", (None, None, None)),
        ("endpoint=jaeger:1", ("http://jaeger:1/sampling", None, None)),
        ("endpoint=https://jaeger/a?b=c", ("https://jaeger/a?b=c", None, None)),
        ("pollingIntervalMs=250", (None, 0.25, None)),
        ("pollingIntervalMs=2s", (None, 2.0, None)),
        (" , initialSamplingRate = 0 ,", (None, None, 0.0)),
        (
            "endpoint=jaeger:1/,pollingIntervalMs=1000,initialSamplingRate=1",
            ("http://jaeger:1/sampling", 1.0, 1.0),
        ),
    ],
)
def test_the_argument_of_a_remote_sampler_has_three_parts(
    argument: str | None, expected: tuple[str | None, float | None, float | None]
) -> None:
    """Each is optional; durations without unit are milliseconds."""
    assert (*expected, {}) == otel.remote_argument(argument)


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("initialSamplingRate=2", "is ignored: must be a rate from 0 to 1, got '2'"),
        ("initialSamplingRate", "is ignored: must be a finite number, got ''"),
        ("pollingIntervalMs=x", "is ignored: must be a finite number of milliseconds"),
        ("pollingIntervalMs=0", "is ignored: must be more than 0: a finite number"),
        ("endpoint=", "is ignored: must be text, got ''"),
        ("endpoint=ftp://jaeger", "is ignored: must be an http or https URL, or host"),
    ],
)
def test_an_invalid_part_is_ignored(part: str, problem: str) -> None:
    """The others are used; the message names the part and its value."""
    name = part.partition("=")[0]
    valid = "initialSamplingRate=1" if name == "endpoint" else "endpoint=jaeger:1"

    found = otel.remote_argument(f"{valid},{part}")
    assert {name} == {*found.problems}
    assert found.problems[name].startswith(f"{name} {problem}")
    assert otel.remote_argument(valid)[:3] == found[:3]


@pytest.mark.parametrize("part", ["interval=1", "jaeger:14250", "=1"])
def test_an_unknown_part_is_ignored(part: str) -> None:
    """The message has the names that are known."""
    found = otel.remote_argument(f"{part},initialSamplingRate=1")

    assert 1.0 == found.initial_sampling_rate
    assert [
        (
            f"{part!r} is ignored: must be one of endpoint, pollingIntervalMs, "
            "initialSamplingRate"
        )
    ] == [*found.problems.values()]


@pytest.mark.parametrize(
    ("endpoint", "polled"),
    [
        ("http://jaeger:14250", "http://jaeger:5778/sampling"),
        ("jaeger:14250", "http://jaeger:5778/sampling"),
        ("https://[::1]:14250/own", "https://[::1]:5778/own"),
    ],
)
def test_the_port_of_grpc_is_replaced(endpoint: str, polled: str) -> None:
    """OpenTelemetry's specification has an address of gRPC here."""
    found = otel.remote_argument(f"endpoint={endpoint}")

    assert polled == found.endpoint
    problem = found.problems["endpoint"]
    assert "port 14250 is for gRPC" in problem
    assert polled in problem
    assert "set an HTTP address, got 'http" in problem
    assert ":14250/" in problem


@pytest.mark.parametrize(
    ("name", "argument"),
    [("xray", None), ("traceidratio", "2"), ("traceidratio", "x")],
)
def test_an_unknown_sampler_is_an_error(
    name: str,
    argument: str | None,
) -> None:
    """An argument out of range is an error, too."""
    with pytest.raises(ValueError, match="must"):
        otel.sampler_of(name, argument)
