"""Settings, read from a dict and variables."""

from __future__ import annotations

import os
import re

import pytest

from jaeger_client import ConstSampler
from jaeger_client.config import table
from jaeger_client.config.read import read
from jaeger_client.config.settings import (
    FORMAT,
    HAS_THROTTLER,
    SAMPLER_OBJECT,
    Settings,
)
from jaeger_client.errors import ConfigError


def settings_of(
    config: dict[str, object] | None = None,
    /,
    **environ: str,
) -> Settings:
    """Return the settings of a service `shop`."""
    return read(config or {}, environ, "shop").checked()


def collector_of(
    config: dict[str, object] | None = None,
    /,
    **environ: str,
) -> Settings:
    """Return settings with a collector."""
    settings = settings_of(config, **environ)
    assert settings[table.ENDPOINT] is not None
    return settings


def values_of(settings: Settings) -> dict[str, object]:
    """Return all values, without their origins."""
    return {key: value.value for key, value in settings.values.items()}


def name_of(
    config: dict[str, object], environ: dict[str, str], parameter: str | None = None
) -> str:
    """Return the name of the service."""
    return read(config, environ, parameter).checked()[table.SERVICE_NAME]


def tags_of(config: dict[str, object], environ: dict[str, str]) -> object:
    """Return the tags of the process."""
    return read(config, environ, "shop").checked()[table.TAGS]


def test_the_defaults_are_those_of_the_table() -> None:
    """By default, spans are sent to the agent on this machine."""
    settings = settings_of()

    assert settings[table.ENABLED]
    assert "localhost" == settings[table.AGENT_HOST]
    assert 6831 == settings[table.AGENT_PORT]
    assert 5778 == settings[table.SAMPLING_PORT]
    assert 30.0 == settings[table.AGENT_RECONNECT_INTERVAL]
    assert settings[table.ENDPOINT] is None
    assert not settings[HAS_THROTTLER]
    assert 20_000 == settings[table.REPORTER_QUEUE_SIZE]
    assert settings[table.REPORTER_BATCH_SIZE] is None
    assert 1.0 == settings[table.REPORTER_FLUSH_INTERVAL]
    assert 60.0 == settings[table.SAMPLING_REFRESH_INTERVAL]
    assert 1024 == settings[table.MAX_TAG_VALUE_LENGTH]
    assert 4096 == settings[table.MAX_TRACEBACK_LENGTH]
    assert ("jaeger",) == settings[table.PROPAGATION]


def test_the_name_is_read_from_dict_then_parameter_then_variable() -> None:
    """The order is that of 4.8, followed by the variables."""
    environ = {"JAEGER_SERVICE_NAME": "of-variable"}

    assert "of-dict" == name_of({"service_name": "of-dict"}, environ, "of-parameter")
    assert "of-parameter" == name_of({}, environ, "of-parameter")
    assert "of-variable" == name_of({}, environ)


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_SERVICE_NAME": "shop"},
        {"OTEL_RESOURCE_ATTRIBUTES": "zone=a,service.name=shop"},
        {"JAEGER_SERVICE_NAME": "shop", "OTEL_SERVICE_NAME": "other"},
    ],
)
def test_the_name_may_come_from_a_variable_of_opentelemetry(
    environ: dict[str, str],
) -> None:
    """JAEGER_SERVICE_NAME overrides OTEL_SERVICE_NAME and `service.name`."""
    assert "shop" == name_of({}, environ)


@pytest.mark.parametrize("config", [{}, {"service_name": ""}])
def test_no_name_is_an_error(config: dict[str, object]) -> None:
    """A tracer requires a service name."""
    with pytest.raises(
        ValueError, match="service_name .JAEGER_SERVICE_NAME.: required"
    ):
        name_of(config, {})


def test_tags_of_the_variable_override_those_of_the_dict() -> None:
    """JAEGER_TAGS overrides tag by tag, as in 4.8; OpenTelemetry's come last."""
    tags = tags_of(
        {"tags": {"a": "dict", "b": 2}},
        {
            "JAEGER_TAGS": "a=variable,c=${HOST:none}",
            "OTEL_RESOURCE_ATTRIBUTES": "a=otel,b=otel,d=otel,service.name=x",
            "HOST": "box",
        },
    )

    assert {"a": "variable", "b": 2, "c": "box", "d": "otel"} == tags


def test_tags_may_have_equal_signs_in_their_values() -> None:
    """A URL with a query can be a value in JAEGER_TAGS."""
    assert {"query": "a=b"} == tags_of({}, {"JAEGER_TAGS": "query=a=b"})


def test_tags_that_cannot_be_read_are_an_error() -> None:
    """The message contains the variable and its value."""
    with pytest.raises(ConfigError, match=r"tags \(JAEGER_TAGS\): .*, got 'a=b,c'"):
        tags_of({}, {"JAEGER_TAGS": "a=b,c"})


@pytest.mark.parametrize(
    "variable", ["JAEGER_DISABLED", "JAEGER_DISABLE", "OTEL_SDK_DISABLED"]
)
def test_a_variable_disables_the_tracer(variable: str) -> None:
    """Each of the three variables disables the tracer."""
    assert not settings_of(**{variable: "true"})[table.ENABLED]
    assert settings_of(**{variable: "false"})[table.ENABLED]


def test_the_dict_overrides_the_variable_that_disables() -> None:
    """`enabled` in the dict overrides JAEGER_DISABLED."""
    assert settings_of({"enabled": True}, JAEGER_DISABLED="true")[table.ENABLED]


def test_every_variable_of_the_reporter_is_read() -> None:
    """Durations are in milliseconds, or have a unit."""
    reporter = settings_of(
        JAEGER_REPORTER_LOG_SPANS="true",
        JAEGER_REPORTER_MAX_QUEUE_SIZE="7",
        JAEGER_REPORTER_FLUSH_INTERVAL="250",
        JAEGER_RPC_METRICS="true",
    )

    assert reporter[table.LOGGING]
    assert 7 == reporter[table.REPORTER_QUEUE_SIZE]
    assert 0.25 == reporter[table.REPORTER_FLUSH_INTERVAL]
    assert reporter[table.RPC_METRICS]


def test_every_variable_of_the_sampler_is_read() -> None:
    """Type, parameter, operations, interval and URL have variables."""
    sampler = settings_of(
        JAEGER_SAMPLER_TYPE="probabilistic",
        JAEGER_SAMPLER_PARAM="0.25",
        JAEGER_SAMPLER_MAX_OPERATIONS="5",
        JAEGER_SAMPLER_REFRESH_INTERVAL="2s",
        JAEGER_SAMPLING_ENDPOINT="http://far:5778/sampling",
        JAEGER_SAMPLER_MANAGER_HOST_PORT="old:1",
    )

    assert "probabilistic" == sampler[table.SAMPLER_TYPE]
    assert 0.25 == sampler[table.SAMPLER_PARAM]
    assert 5 == sampler[table.MAX_OPERATIONS]
    assert 2.0 == sampler[table.SAMPLING_REFRESH_INTERVAL]
    assert "http://far:5778/sampling" == sampler[table.SAMPLING_ENDPOINT]


def test_the_deprecated_variable_of_the_sampling_server_is_read() -> None:
    """`host:port` is sufficient; scheme and path are added."""
    sampler = settings_of(JAEGER_SAMPLER_MANAGER_HOST_PORT="far:5778")

    assert "http://far:5778/sampling" == sampler[table.SAMPLING_ENDPOINT]


def test_a_sampling_port_in_the_dict_overrides_the_variables_url() -> None:
    """Both specify the sampling server; the dict takes precedence."""
    config: dict[str, object] = {"local_agent": {"sampling_port": 1}}

    settings = settings_of(config, JAEGER_SAMPLING_ENDPOINT="http://far:5778")

    assert "http://localhost:1/sampling" == settings[table.SAMPLING_ENDPOINT]
    assert 1 == settings[table.SAMPLING_PORT]


def test_a_sampling_endpoint_beside_a_sampling_port_is_used() -> None:
    """If the dict has both, the URL is the more exact one."""
    config: dict[str, object] = {
        "local_agent": {"sampling_port": 1},
        "sampling_endpoint": "http://far:2/own",
    }

    assert "http://far:2/own" == settings_of(config)[table.SAMPLING_ENDPOINT]


def test_type_and_parameter_of_a_sampler_have_one_origin() -> None:
    """The variable's rate is not used for a sampler type in the dict."""
    sampler = settings_of(
        {"sampler": {"type": "const"}},
        JAEGER_SAMPLER_TYPE="probabilistic",
        JAEGER_SAMPLER_PARAM="0.5",
    )

    assert "const" == sampler[table.SAMPLER_TYPE]
    assert 0.0 == sampler[table.SAMPLER_PARAM]


def test_a_parameter_alone_is_that_of_the_remote_sampler() -> None:
    """Without a type, it is the rate until the first response."""
    sampler = settings_of(JAEGER_SAMPLER_PARAM="0.5")

    assert "remote" == sampler[table.SAMPLER_TYPE]
    assert 0.5 == sampler[table.SAMPLER_PARAM]


def test_a_sampler_object_is_used_unchanged() -> None:
    """It need not be derived from `Sampler`."""
    own = ConstSampler(decision=True)

    class Duck:
        def is_sampled(self) -> None:
            """Do nothing."""

    duck: object = Duck()

    assert own is settings_of({"sampler": own})[SAMPLER_OBJECT]
    assert duck is settings_of({"sampler": duck})[SAMPLER_OBJECT]


def test_opentelemetrys_sampler_is_used_if_no_other_is_set() -> None:
    """A JAEGER_ variable overrides it."""
    otel = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}

    assert ("probabilistic", 0.5) == (
        settings_of(**otel)[table.SAMPLER_TYPE],
        settings_of(**otel)[table.SAMPLER_PARAM],
    )
    assert (
        "const" == settings_of(**otel, JAEGER_SAMPLER_TYPE="const")[table.SAMPLER_TYPE]
    )


def test_an_unknown_sampler_of_opentelemetry_is_ignored() -> None:
    """It may be meant for another library."""
    settings = settings_of(OTEL_TRACES_SAMPLER="xray", OTEL_TRACES_SAMPLER_ARG="1")

    assert "remote" == settings[table.SAMPLER_TYPE]
    assert [
        (
            "variable ignored: sampler.type (OTEL_TRACES_SAMPLER): must be always_on, "
            "always_off, traceidratio or jaeger_remote, got 'xray' with '1'"
        )
    ] == settings.warnings["sampler.type"]


REMOTE = {
    "OTEL_TRACES_SAMPLER": "parentbased_jaeger_remote",
    "OTEL_TRACES_SAMPLER_ARG": (
        "endpoint=http://far:1,pollingIntervalMs=2000,initialSamplingRate=0.5"
    ),
}


def remote_settings(settings: Settings) -> tuple[str, float | None, float, str | None]:
    """Return type, initial rate, interval and endpoint of a remote sampler."""
    return (
        settings[table.SAMPLER_TYPE],
        settings[table.SAMPLER_PARAM],
        settings[table.SAMPLING_REFRESH_INTERVAL],
        settings[table.SAMPLING_ENDPOINT],
    )


def test_opentelemetrys_remote_sampler_has_endpoint_interval_and_rate() -> None:
    """All three are read from the argument."""
    settings = settings_of(**REMOTE)

    assert ("remote", 0.5, 2.0, "http://far:1/sampling") == remote_settings(settings)
    assert {} == settings.warnings


@pytest.mark.parametrize(
    ("config", "variables", "expected"),
    [
        (
            {},
            {"JAEGER_SAMPLING_ENDPOINT": "near"},
            ("remote", 0.5, 2.0, "http://near/sampling"),
        ),
        (
            {"sampling_refresh_interval": 7},
            {"JAEGER_AGENT_HOST": "near"},
            ("remote", 0.5, 7.0, "http://far:1/sampling"),
        ),
        (
            {"local_agent": {"sampling_port": 3}},
            {"JAEGER_SAMPLER_REFRESH_INTERVAL": "3s"},
            ("remote", 0.5, 3.0, "http://localhost:3/sampling"),
        ),
        (
            {},
            {"JAEGER_SAMPLER_TYPE": "remote"},
            ("remote", 0.001, 60.0, "http://localhost:5778/sampling"),
        ),
        (
            {},
            {"JAEGER_SAMPLER_PARAM": "1"},
            ("remote", 1.0, 60.0, "http://localhost:5778/sampling"),
        ),
        (
            {},
            {"OTEL_TRACES_SAMPLER": ""},
            ("remote", 0.001, 60.0, "http://localhost:5778/sampling"),
        ),
    ],
)
def test_other_settings_override_opentelemetrys_remote_sampler(
    config: dict[str, object],
    variables: dict[str, str],
    expected: tuple[str, float | None, float, str | None],
) -> None:
    """Its argument is not used if another setting selects the sampler."""
    assert expected == remote_settings(settings_of(config, **{**REMOTE, **variables}))


def test_invalid_parts_of_an_argument_are_warnings_of_their_settings() -> None:
    """The sampler and the other parts are used."""
    argument = "endpoint=far:14250,pollingIntervalMs=x,initialSamplingRate=2,y=1"
    settings = settings_of(**REMOTE | {"OTEL_TRACES_SAMPLER_ARG": argument})

    expected = ("remote", 0.001, 60.0, "http://far:5778/sampling")
    assert expected == remote_settings(settings)
    starts = {
        "sampling_endpoint": "port 14250 is for gRPC",
        "sampling_refresh_interval": "pollingIntervalMs is ignored: must be",
        "sampler.param": "initialSamplingRate is ignored: must be a rate",
        "sampler.type": "'y=1' is ignored: must be one of endpoint,",
    }
    assert {*starts} == {*settings.warnings}
    for key, start in starts.items():
        (warning,) = settings.warnings[key]
        assert warning.startswith(f"{key} (OTEL_TRACES_SAMPLER_ARG): {start}")


def test_every_variable_of_the_agent_is_read() -> None:
    """Host, port and resolution interval have variables."""
    agent = settings_of(
        JAEGER_AGENT_HOST="far",
        JAEGER_AGENT_PORT="1",
        JAEGER_REPORTER_ATTEMPT_RECONNECT_INTERVAL="10s",
    )

    assert ("far", 1, 10.0) == (
        agent[table.AGENT_HOST],
        agent[table.AGENT_PORT],
        agent[table.AGENT_RECONNECT_INTERVAL],
    )


def test_periodic_resolution_can_be_disabled() -> None:
    """JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED stops the resolutions."""
    agent = settings_of(JAEGER_REPORTER_ATTEMPT_RECONNECTING_DISABLED="true")

    assert not agent[table.AGENT_RECONNECTS]


def test_every_variable_of_the_collector_is_read() -> None:
    """URL, credentials and timeout have variables."""
    collector = collector_of(
        JAEGER_ENDPOINT="http://far:14268/api/traces",
        JAEGER_USER="me",
        JAEGER_PASSWORD="secret",
        JAEGER_AUTH_TOKEN="token",
        JAEGER_REPORTER_TIMEOUT="2s",
    )

    assert "http://far:14268/api/traces" == collector[table.ENDPOINT]
    assert ("me", "secret") == (collector[table.USER], collector[table.PASSWORD])
    assert "token" == collector[table.AUTH_TOKEN]
    assert 2.0 == collector[table.REPORTER_TIMEOUT]


def test_every_key_of_the_collector_is_read() -> None:
    """TLS files, headers and compression are keys of the group."""
    collector = collector_of(
        {
            "reporter_timeout": 3,
            "collector": {
                "endpoint": "https://far",
                "headers": {"x": "y"},
                "ca_file": os.__file__,
                "client_cert": pytest.__file__,
                "client_key": __file__,
                "insecure": True,
                "gzip": True,
            },
        },
    )

    assert "https://far/api/traces" == collector[table.ENDPOINT]
    assert {"x": "y"} == collector[table.HEADERS]
    assert os.__file__ == collector[table.CA_FILE]
    assert pytest.__file__ == collector[table.CLIENT_CERT]
    assert __file__ == collector[table.CLIENT_KEY]
    assert collector[table.INSECURE]
    assert collector[table.GZIP]
    assert 3.0 == collector[table.REPORTER_TIMEOUT]


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"JAEGER_USER": "me"}, "JAEGER_PASSWORD"),
        ({"JAEGER_PASSWORD": "secret"}, "JAEGER_USER"),
    ],
)
def test_one_credential_without_the_other_is_an_error(
    environ: dict[str, str],
    missing: str,
) -> None:
    """The message names the missing one and contains no secret."""
    with pytest.raises(ConfigError, match=missing) as caught:
        settings_of(JAEGER_ENDPOINT="http://far", **environ)

    assert "secret" not in str(caught.value)


def test_jaegers_endpoint_overrides_that_of_opentelemetry() -> None:
    """Headers meant for OpenTelemetry's endpoint are not sent to it."""
    collector = collector_of(
        JAEGER_ENDPOINT="http://ours/api/traces",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://theirs",
        OTEL_EXPORTER_OTLP_HEADERS="api-key=theirs",
    )

    assert "http://ours/api/traces" == collector[table.ENDPOINT]
    assert {} == collector[table.HEADERS]


def test_opentelemetrys_endpoint_is_used_if_no_other_is_set() -> None:
    """Its headers, timeout and certificates are used with it."""
    collector = collector_of(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://theirs:4318",
        OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20b",
        OTEL_EXPORTER_OTLP_TIMEOUT="2500",
        OTEL_EXPORTER_OTLP_CERTIFICATE=__file__,
    )

    assert "http://theirs:4318/v1/traces" == collector[table.ENDPOINT]
    assert {"api-key": "a b"} == collector[table.HEADERS]
    assert 2.5 == collector[table.REPORTER_TIMEOUT]
    assert __file__ == collector[table.CA_FILE]


def test_opentelemetrys_variables_of_traces_override_those_of_all_signals() -> None:
    """The precedence is that of OpenTelemetry's libraries."""
    collector = collector_of(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://all:4318",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://traces:4318/v1/traces",
        OTEL_EXPORTER_OTLP_HEADERS="a=all",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS="a=traces",
        OTEL_EXPORTER_OTLP_TIMEOUT="1000",
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT="2000",
    )

    assert "http://traces:4318/v1/traces" == collector[table.ENDPOINT]
    assert {"a": "traces"} == collector[table.HEADERS]
    assert 2.0 == collector[table.REPORTER_TIMEOUT]


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({"local_agent": {"reporting_host": "near"}}, {}),
        ({"local_agent": {"reporting_port": 1}}, {}),
        ({}, {"JAEGER_AGENT_HOST": "near"}),
        ({}, {"JAEGER_AGENT_PORT": "1"}),
    ],
)
def test_a_configured_agent_takes_precedence_over_an_opentelemetry_endpoint(
    config: dict[str, object],
    environ: dict[str, str],
) -> None:
    """JAEGER_ENDPOINT, in contrast, overrides the agent."""
    otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://theirs"}
    jaeger = {"JAEGER_ENDPOINT": "http://ours"}

    assert settings_of(config, **environ, **otel)[table.ENDPOINT] is None
    assert settings_of(config, **environ, **jaeger)[table.ENDPOINT] is not None


def test_a_group_in_the_dict_configures_a_throttler() -> None:
    """An empty group configures the defaults, as in 4.8."""
    some = settings_of({"throttler": {"port": "77", "refresh_interval": 2}})
    empty = settings_of({"throttler": {}})

    params = (table.THROTTLER_PORT, table.THROTTLER_REFRESH_INTERVAL)
    assert [False, True, True] == [
        settings[HAS_THROTTLER] for settings in (settings_of(), some, empty)
    ]
    assert [77, 2.0] == [some[param] for param in params]
    assert [5778, 5.0] == [empty[param] for param in params]


@pytest.mark.parametrize(
    ("config", "environ", "formats"),
    [
        ({"propagation": "b3"}, {"JAEGER_PROPAGATION": "w3c"}, ("b3",)),
        ({}, {"JAEGER_PROPAGATION": "w3c, jaeger"}, ("w3c", "jaeger")),
        ({}, {"OTEL_PROPAGATORS": "tracecontext,baggage"}, ("w3c",)),
        ({}, {"JAEGER_PROPAGATION": "b3", "OTEL_PROPAGATORS": "jaeger"}, ("b3",)),
        ({}, {"OTEL_PROPAGATORS": " None "}, ()),
        ({}, {"OTEL_PROPAGATORS": "baggage"}, ("jaeger",)),
        ({}, {"OTEL_PROPAGATORS": "none,b3"}, ("jaeger",)),
    ],
)
def test_formats_come_from_the_dict_or_a_variable(
    config: dict[str, object],
    environ: dict[str, str],
    formats: tuple[str, ...],
) -> None:
    """
    The dict takes precedence, then JAEGER_PROPAGATION, then OTEL_PROPAGATORS.

    `none` alone selects no format; `baggage` alone is invalid and is ignored.
    """
    assert formats == settings_of(config, **environ)[table.PROPAGATION]


def test_the_limits_of_baggage_come_from_the_dict_or_a_variable() -> None:
    """The defaults are 180 items of 4,096 bytes each."""
    of_dict: dict[str, object] = {"baggage": {"max_items": 1, "max_value_length": "2"}}
    limits = [
        (each[table.BAGGAGE_ITEMS], each[table.BAGGAGE_VALUE_LENGTH])
        for each in (
            settings_of(),
            settings_of(of_dict),
            settings_of(
                JAEGER_BAGGAGE_MAX_ITEMS="3", JAEGER_BAGGAGE_MAX_VALUE_LENGTH="4"
            ),
        )
    ]

    assert [(180, 4096), (1, 2), (3, 4)] == limits


def test_strategies_may_be_read_from_a_file() -> None:
    """The path is set in the dict or a variable."""
    of_variable = settings_of(JAEGER_SAMPLING_STRATEGIES_FILE="a.json")

    assert settings_of()[table.SAMPLING_STRATEGIES_FILE] is None
    assert "a.json" == of_variable[table.SAMPLING_STRATEGIES_FILE]


def test_late_binding_comes_from_the_group_or_a_variable() -> None:
    """The variable is used even if `sampler` is an object."""
    own = ConstSampler(decision=True)
    variable = {"JAEGER_SAMPLER_OPERATION_NAME_LATE_BINDING": "true"}
    group = {"operation_name_late_binding": True}

    assert [False, True, False, True] == [
        settings[table.OPERATION_NAME_LATE_BINDING]
        for settings in (
            settings_of(),
            settings_of({"sampler": group}),
            settings_of({"sampler": own}),
            settings_of({"sampler": own}, **variable),
        )
    ]


def test_a_throttler_may_be_local() -> None:
    """The defaults of its limits are those of `LocalThrottler`."""
    throttler = settings_of({"throttler": {"type": "local"}})

    assert throttler[HAS_THROTTLER]
    assert ("local", 1.0, 10.0) == (
        throttler[table.THROTTLER_TYPE],
        throttler[table.DEBUG_SPANS_PER_SECOND],
        throttler[table.DEBUG_SPANS_AT_ONCE],
    )


@pytest.mark.parametrize(
    ("key", "value"), [("debug_spans_per_second", 0), ("debug_spans_at_once", 0.5)]
)
def test_a_local_throttler_that_allows_nothing_is_an_error(
    key: str, value: float
) -> None:
    """A rate of 0 is an error, because it would allow no debug trace."""
    with pytest.raises(ConfigError, match=f"throttler.{key}: must be"):
        settings_of({"throttler": {"type": "local", key: value}})


def test_the_size_of_trace_ids_comes_from_a_variable() -> None:
    """JAEGER_TRACEID_128BIT selects 128 bits."""
    assert settings_of(JAEGER_TRACEID_128BIT="true")[table.GENERATE_128BIT_TRACE_ID]


def test_the_settings_do_not_show_secrets() -> None:
    """Their `repr` is safe to log."""
    collector = collector_of(
        JAEGER_ENDPOINT="http://far",
        JAEGER_USER="me",
        JAEGER_PASSWORD="hunter2",
        JAEGER_AUTH_TOKEN="hunter2",
    )

    assert "hunter2" not in repr(collector)


def test_the_query_of_an_opentelemetry_endpoint_is_sent() -> None:
    """An endpoint with a query remains OTLP and keeps its query."""
    collector = collector_of(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318/base?tenant=a"
    )

    assert "http://collector:4318/base/v1/traces?tenant=a" == collector[table.ENDPOINT]


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://h:4318/v1/traces", "OTLP"),
        ("http://h/prefix/v1/traces/", "OTLP"),
        ("http://h:9411/api/v2/spans?key=1", "Zipkin"),
        ("http://h:14268/api/traces", "Thrift"),
        ("http://h", "Thrift"),
    ],
)
def test_the_path_selects_the_format(endpoint: str, expected: str) -> None:
    """The end of the path counts; any other path is Thrift."""
    assert expected == collector_of(JAEGER_ENDPOINT=endpoint)[FORMAT]


def test_an_opentelemetry_endpoint_for_traces_is_used_unchanged() -> None:
    """OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is complete; nothing is appended."""
    whole = "http://collector:4318/base/v1/traces/?tenant=a"
    collector = collector_of(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=whole)

    assert whole == collector[table.ENDPOINT]


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://h:4318", "http://h:4318/v1/traces"),
        ("https://h:4318/", "https://h:4318/v1/traces"),
        ("h:4318?tenant=a", "http://h:4318/v1/traces?tenant=a"),
        ("http://h:9411", "http://h:9411/api/v2/spans"),
        ("http://h:14268", "http://h:14268/api/traces"),
        ("http://h", "http://h/api/traces"),
        ("http://h:4318/v1/traces/", "http://h:4318/v1/traces"),
        ("http://h/base/v1/traces//?tenant=a", "http://h/base/v1/traces?tenant=a"),
        ("http://h:9411/api/v2/spans/", "http://h:9411/api/v2/spans"),
        ("http://h:14268/api/traces/", "http://h:14268/api/traces"),
        ("http://h/gate/", "http://h/gate/"),
    ],
)
def test_an_incomplete_endpoint_is_completed(endpoint: str, expected: str) -> None:
    """A missing path depends on the port; a final slash is removed."""
    of_dict = collector_of({"collector": {"endpoint": endpoint}})

    assert expected == of_dict[table.ENDPOINT]
    assert expected == collector_of(JAEGER_ENDPOINT=endpoint)[table.ENDPOINT]


@pytest.mark.parametrize(
    ("key", "variable", "value"),
    [
        ("collector.ca_file", "OTEL_EXPORTER_OTLP_CERTIFICATE", "missing.pem"),
        ("collector.ca_file", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "missing.pem"),
        ("collector.headers", "OTEL_EXPORTER_OTLP_HEADERS", "bad name=x"),
        ("collector.headers", "OTEL_EXPORTER_OTLP_HEADERS", "content-length=1"),
        ("collector.headers", "OTEL_EXPORTER_OTLP_HEADERS", "a=b%0Ac"),
        ("collector.headers", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=%E2%82%AC"),
        ("collector.headers", "OTEL_EXPORTER_OTLP_HEADERS", "no pair"),
        ("collector.client_cert", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "no.pem"),
        ("collector.client_key", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "no.pem"),
        ("collector.client_key", "OTEL_EXPORTER_OTLP_CLIENT_KEY", __file__),
        ("collector.gzip", "OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("collector.endpoint", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("collector.endpoint", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("collector.endpoint", "OTEL_TRACES_EXPORTER", "console"),
        ("collector.endpoint", "OTEL_TRACES_EXPORTER", "otlp,none"),
        ("reporter_timeout", "OTEL_EXPORTER_OTLP_TIMEOUT", "abc"),
    ],
)
def test_an_invalid_variable_of_opentelemetry_is_ignored(
    key: str, variable: str, value: str
) -> None:
    """The setting has its default; a warning names key and variable."""
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://far"}
    settings = settings_of(**environ, **{variable: value})

    assert values_of(collector_of(**environ)) == values_of(settings)
    ((line,),) = settings.warnings.values()
    assert line in settings.warnings[key]
    assert line.startswith(f"variable ignored: {key} ({variable}): ")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"bad name": "x"}, r"^collector\.headers: a header name must be"),
        ({"api-key": "hunter2\n"}, r"^collector\.headers: the value of 'api-key'"),
    ],
)
def test_an_invalid_header_in_the_dict_is_an_error(
    config: dict[str, object], message: str
) -> None:
    """The message contains the key and hides the value."""
    collector = {"endpoint": "http://far", "headers": config}

    with pytest.raises(ConfigError, match=message) as caught:
        settings_of({"collector": collector})
    assert "hunter2" not in str(caught.value)


def test_certificate_and_compression_of_opentelemetry_are_used_for_its_endpoint() -> (
    None
):
    """Variables for traces override those for all signals."""
    collector = collector_of(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://theirs",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=__file__,
        OTEL_EXPORTER_OTLP_CLIENT_KEY=__file__,
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION="none",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
    )

    assert (__file__, __file__) == (
        collector[table.CLIENT_CERT],
        collector[table.CLIENT_KEY],
    )
    assert collector[table.GZIP] is False


def test_a_key_of_opentelemetry_is_not_used_with_a_certificate_of_the_dict() -> None:
    """They would not match, and every request would fail."""
    collector = collector_of(
        {"collector": {"client_cert": __file__}},
        OTEL_EXPORTER_OTLP_ENDPOINT="http://theirs",
        OTEL_EXPORTER_OTLP_CLIENT_KEY=__file__,
    )

    assert (__file__, None) == (
        collector[table.CLIENT_CERT],
        collector[table.CLIENT_KEY],
    )
    assert [
        (
            "variable ignored: collector.client_key (OTEL_EXPORTER_OTLP_CLIENT_KEY): "
            f"requires the variable of its certificate, got {__file__!r}"
        )
    ] == collector.warnings["collector.client_key"]


def test_certificate_and_compression_of_opentelemetry_are_used_for_no_other() -> None:
    """They are limited to its endpoint, like headers and timeout."""
    collector = collector_of(
        JAEGER_ENDPOINT="http://ours",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=__file__,
        OTEL_EXPORTER_OTLP_CLIENT_KEY=__file__,
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
    )

    assert values_of(collector_of(JAEGER_ENDPOINT="http://ours")) == values_of(
        collector
    )


@pytest.mark.parametrize(
    ("config", "environ", "sends"),
    [
        ({}, {}, False),
        ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://theirs"}, False),
        ({}, {"JAEGER_ENDPOINT": "http://ours"}, True),
        ({}, {"JAEGER_AGENT_HOST": "far"}, True),
        ({"local_agent": {"reporting_port": 1}}, {}, True),
        ({"collector": {"endpoint": "http://ours"}}, {}, True),
    ],
)
def test_no_exporter_means_no_spans_unless_an_endpoint_is_set(
    config: dict[str, object], environ: dict[str, str], sends: bool
) -> None:
    """`none` may be meant for an OpenTelemetry SDK in the same process."""
    settings = settings_of(config, **environ, OTEL_TRACES_EXPORTER="none")

    assert sends is (settings[FORMAT] is not None)
    assert ("JAEGER_ENDPOINT" in environ or "collector" in config) is (
        settings[table.ENDPOINT] is not None
    )


@pytest.mark.parametrize("exporters", ["otlp", "jaeger", "OTLP, jaeger"])
def test_supported_exporters_change_nothing(exporters: str) -> None:
    """Without an endpoint, spans are sent to the agent."""
    assert values_of(settings_of()) == values_of(
        settings_of(OTEL_TRACES_EXPORTER=exporters)
    )


@pytest.mark.parametrize(
    ("collector", "message"),
    [
        (
            {"auth_token": "hunter2\nx"},
            r"^collector\.auth_token \(JAEGER_AUTH_TOKEN\): ",
        ),
        ({"client_key": __file__}, r"^collector\.client_cert: must be set together"),
    ],
)
def test_an_invalid_http_setting_is_an_error_with_its_key(
    collector: dict[str, object], message: str
) -> None:
    """The error does not name the option of the HTTP client."""
    config = {"collector": {"endpoint": "http://far", **collector}}

    with pytest.raises(ConfigError, match=message) as caught:
        settings_of({**config})
    assert "hunter2" not in str(caught.value)


class Unbound:
    """An unbound proxy object: access to any attribute raises."""

    def __getattribute__(self, name: str) -> object:
        msg = "outside of a request"
        raise RuntimeError(msg)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"logging": Unbound()},
            "logging .*: cannot be read \\(RuntimeError\\), got .*",
        ),
        ({"sampler": Unbound()}, "sampler.type .*: cannot be read .*"),
        (
            {"local_agent": Unbound()},
            "local_agent.reporting_host .*: cannot be read .*, got <Unbound .*>",
        ),
        (
            {"collector": {"endpoint": "http://h", "password": Unbound()}},
            "collector.password .*: cannot be read .*, got a value that is not shown",
        ),
    ],
)
def test_a_value_whose_own_code_raises_is_an_error_of_its_setting(
    config: dict[str, object], message: str
) -> None:
    """The error contains the setting and the type of the exception."""
    errors = [str(error) for error in read(config, {}, "shop").errors]

    assert [] != [error for error in errors if re.fullmatch(message, error)], errors


def test_a_limit_of_0_is_accepted() -> None:
    """It samples nothing; only a negative one is an error."""
    settings = settings_of({"sampler": {"type": "ratelimiting", "param": 0}})

    assert settings.values["sampler.param"].error is None


def test_the_default_url_of_strategies_has_the_error_of_the_port() -> None:
    """There is no URL without a valid port."""
    settings = read({"local_agent": {"sampling_port": 0}}, {}, "shop")

    error = settings.values["sampling_endpoint"].error
    assert error is not None
    assert "sampling_port" in str(error)


@pytest.mark.parametrize(
    ("text", "is_secret"),
    [("${DB_PASSWORD}", True), ("${CITY}", False), ("password", False)],
)
def test_a_tag_from_a_variable_with_a_secret_is_one(text: str, is_secret: bool) -> None:
    """The name of the variable in the value suggests it."""
    environ = {"JAEGER_TAGS": f"a={text}", "DB_PASSWORD": "x", "CITY": "Paris"}

    settings = read({}, environ, "shop")

    assert is_secret is settings.values["tags.a"].is_secret


def test_a_tag_of_the_dict_overrides_that_of_resource_attributes() -> None:
    """Only `JAEGER_TAGS` overrides the dict."""
    environ = {"OTEL_RESOURCE_ATTRIBUTES": "zone=otel,rack=7"}

    tags = tags_of({"tags": {"zone": "dict"}}, environ)

    assert {"zone": "dict", "rack": "7"} == tags


def test_an_unusable_switch_of_the_agent_is_not_an_error() -> None:
    """`local_agent.enabled` selects no behaviour, so nothing is raised for it."""
    settings = settings_of({"local_agent": {"enabled": "perhaps"}})

    assert settings.values[table.AGENT_ENABLED.key].error is not None


def test_an_unusable_setting_of_a_collector_that_is_not_used_is_not_an_error() -> None:
    """Without an endpoint, nothing is raised for it."""
    settings = settings_of({"collector": {"ca_file": "missing.pem"}})

    assert settings.values[table.CA_FILE.key].error is not None


def test_resource_attributes_that_cannot_be_read_are_ignored() -> None:
    """They may be meant for another library; the warning names the setting."""
    settings = settings_of(OTEL_RESOURCE_ATTRIBUTES="zone")

    assert {} == settings[table.TAGS]
    assert [
        (
            "variable ignored: tags (OTEL_RESOURCE_ATTRIBUTES): must be "
            "comma-separated key=value pairs, got 'zone'"
        )
    ] == settings.warnings["tags"]


@pytest.mark.parametrize("kind", ["probabilistic", "ratelimiting"])
def test_a_missing_parameter_is_named_none(kind: str) -> None:
    """The error has the type that requires it."""
    settings = read({"sampler": {"type": kind}}, {}, "shop")

    error = str(settings.values[table.SAMPLER_PARAM.key].error)
    assert error.endswith(f"for sampler.type {kind!r}, got none")


def test_an_unusable_type_of_sampler_is_the_only_error() -> None:
    """The parameter is checked only for a type that is known."""
    settings = read({"sampler": {"type": "wrong", "param": 5}}, {}, "shop")

    assert settings.values[table.SAMPLER_TYPE.key].error is not None
    assert settings.values[table.SAMPLER_PARAM.key].error is None


def test_an_unusable_parameter_of_a_sampler_keeps_its_own_error() -> None:
    """What is not a number is not compared with the range of the type."""
    config = {"sampler": {"type": "probabilistic", "param": "often"}}
    settings = read(config, {}, "shop")

    error = settings.values[table.SAMPLER_PARAM.key].error
    assert "'often'" in str(error)
