"""What the variables of OpenTelemetry mean."""

from __future__ import annotations

import pytest

from jaeger_client.config import opentelemetry as otel


def test_the_services_name_is_one_of_the_attributes() -> None:
    """`service.name` is the name and no tag."""
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
    ],
)
def test_propagators_are_formats(text: str, formats: tuple[str, ...]) -> None:
    """The order stays; baggage travels with its format."""
    assert formats == otel.propagation_of(text)


def test_an_unknown_propagator_is_an_error() -> None:
    """Formats that the others use must not be dropped in silence."""
    with pytest.raises(ValueError, match="^must be a list of tracecontext, "):
        otel.propagation_of("tracecontext,xray")


@pytest.mark.parametrize("text", ["http://collector:4318", "http://collector:4318/"])
def test_the_endpoint_of_all_signals_gets_the_path_of_traces(text: str) -> None:
    """OTEL_EXPORTER_OTLP_ENDPOINT is a base, to which the path is added."""
    assert "http://collector:4318/v1/traces" == otel.endpoint_of_all_signals(text)


def test_the_endpoint_of_all_signals_may_have_a_path_of_its_own() -> None:
    """The path of traces comes after it."""
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
    """The query stays at the end; a fragment is never sent and is dropped."""
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
def test_samplers_are_samplers(
    name: str,
    argument: str | None,
    sampler: tuple[str, float | None],
) -> None:
    """Every one of OpenTelemetry's samplers that there is here is understood."""
    assert sampler == otel.sampler_of(name, argument)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("xray", None), ("traceidratio", "2"), ("traceidratio", "x")],
)
def test_a_sampler_that_is_not_there_is_an_error(
    name: str,
    argument: str | None,
) -> None:
    """So is an argument outside its range."""
    with pytest.raises(ValueError, match="must"):
        otel.sampler_of(name, argument)
