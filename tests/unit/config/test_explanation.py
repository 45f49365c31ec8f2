"""The effective configuration: values, origins and errors."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator

import pytest

import jaeger_client
from jaeger_client import Config, ConstSampler
from jaeger_client.config import explanation as module
from jaeger_client.config import table
from jaeger_client.config.explanation import ExplainedSetting, Explanation
from jaeger_client.errors import ConfigError


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove variables from the environment of the tests."""
    for name in ("JAEGER_SERVICE_NAME", "OTEL_SERVICE_NAME", "JAEGER_AGENT_HOST"):
        monkeypatch.delenv(name, raising=False)


def explain(config: object, name: str | None = None) -> Explanation:
    """Return the explanation of a dict and of the variables of this process."""
    return module.explain(config, os.environ, name)


def explained(
    key: str, config: dict[str, object] | None = None, name: str | None = "shop"
) -> ExplainedSetting:
    """Return the explanation of one key."""
    return explain(config or {}, name).setting(key)


def origin_and_value(
    key: str, config: dict[str, object] | None = None
) -> tuple[object, str]:
    """Return the two attributes that most tests check."""
    setting = explained(key, config)
    return setting.value, setting.origin


def test_every_key_is_explained() -> None:
    """Each key has one row; so have each tag, the format and the implementation."""
    keys = [setting.key for setting in explain({}, "shop")]

    assert sorted([*table.KEYS, "collector.format", "implementation"]) == sorted(keys)


def test_a_setting_that_is_not_set_has_its_default() -> None:
    """The text of the default contains the unit."""
    setting = explained("sampling_refresh_interval")

    assert (60, "default", None) == (setting.value, setting.origin, setting.variable)
    assert "60 seconds" == setting.text


def test_the_origin_of_a_value_in_the_dict_is_the_dict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The dict is the origin even if a variable sets the same key."""
    monkeypatch.setenv("JAEGER_AGENT_PORT", "1")

    config: dict[str, object] = {"local_agent": {"reporting_port": "77"}}
    assert (77, "the dict") == origin_and_value("local_agent.reporting_port", config)


def test_the_origin_of_a_variables_value_is_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The attribute `variable` is the name as well."""
    monkeypatch.setenv("JAEGER_REPORTER_FLUSH_INTERVAL", "250")

    setting = explained("reporter_flush_interval")

    assert (0.25, "JAEGER_REPORTER_FLUSH_INTERVAL") == (setting.value, setting.origin)
    assert "JAEGER_REPORTER_FLUSH_INTERVAL" == setting.variable


@pytest.mark.parametrize(
    ("config", "name", "expected"),
    [
        ({"service_name": "own"}, "shop", ("own", "the dict")),
        ({}, "shop", ("shop", "the parameter service_name")),
        ({}, None, ("of-variable", "JAEGER_SERVICE_NAME")),
    ],
)
def test_the_name_of_the_service_has_three_origins(
    config: dict[str, object],
    name: str | None,
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The origins are checked in order of precedence."""
    monkeypatch.setenv("JAEGER_SERVICE_NAME", "of-variable")

    setting = explained("service_name", config, name)

    assert expected == (setting.value, setting.origin)


def test_a_config_explains_the_parameter_service_name() -> None:
    """`Config.explain()` includes the parameter of `Config`."""
    explanation = Config({}, service_name="shop").explain()

    assert "the parameter service_name" == explanation.setting("service_name").origin


@pytest.mark.parametrize(
    ("is_wanted", "origin", "note"),
    [
        (True, "the installation", "there is no compiler"),
        (False, "JAEGER_CLIENT_PURE_PYTHON", ""),
    ],
)
def test_the_implementation_has_two_origins(
    *, is_wanted: bool, origin: str, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is what was built, or the twin by a variable; the note has other reasons."""
    monkeypatch.setattr(module, "IS_WANTED", is_wanted)
    monkeypatch.setattr(module, "WHY_NOT_COMPILED", "there is no compiler")

    setting = explained("implementation")

    assert (jaeger_client.implementation, origin) == (setting.value, setting.origin)
    assert note == setting.note


def test_a_compiled_implementation_has_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the twin needs a reason."""
    monkeypatch.setattr(module, "IS_WANTED", True)
    monkeypatch.setattr(module, "WHY_NOT_COMPILED", None)

    assert not explained("implementation").note


def test_a_missing_service_name_is_an_error_in_the_result() -> None:
    """A missing name does not raise."""
    setting = explained("service_name", {}, None)

    assert setting.error is not None
    assert "required" in setting.error


def test_each_tag_has_its_own_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags of three origins are merged."""
    monkeypatch.setenv("JAEGER_TAGS", "a=variable")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "a=otel,b=otel,c=otel")

    explanation = explain({"tags": {"a": "dict", "b": "dict"}}, "shop")

    assert {
        "tags.a": ("variable", "JAEGER_TAGS"),
        "tags.b": ("dict", "the dict"),
        "tags.c": ("otel", "OTEL_RESOURCE_ATTRIBUTES"),
    } == {
        setting.key: (setting.value, setting.origin)
        for setting in explanation
        if setting.key.startswith("tags")
    }


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({"collector": {"password": "hunter2", "user": "me"}}, {}),
        ({}, {"JAEGER_USER": "me", "JAEGER_PASSWORD": "hunter2"}),
        ({}, {"JAEGER_AUTH_TOKEN": "hunter2"}),
        ({"collector": {"headers": {"api-key": "hunter2"}}}, {}),
        ({"collector": {"headers": "hunter2"}}, {}),
        ({"collector": {"endpoint": "http://me:hunter2@far"}}, {}),
        ({"collector": {"endpoint": "ftp://me:hunter2@far"}}, {}),
        ({"sampling_endpoint": "http://far/?token=hunter2"}, {}),
        ({"tags": {"db.password": "hunter2"}}, {}),
        ({"tags": {"db.url": "postgres://me:hunter2@db"}}, {}),
        ({}, {"JAEGER_TAGS": "password=hunter2"}),
        ({}, {"JAEGER_TAGS": "password=hunter2,broken"}),
        ({}, {"JAEGER_TAGS": "build=${CI_TOKEN}", "CI_TOKEN": "hunter2"}),
        ({"collector": {"endpoint": "http://far", "user": "hunter2"}}, {}),
        ({}, {"OTEL_PROPAGATORS": "http://me:hunter2@far"}),
        ({"passwrod": "hunter2"}, {}),
        ({}, {"JAEGER_PASSWROD": "hunter2"}),
    ],
)
def test_secrets_are_hidden(
    config: dict[str, object],
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a value, the table nor an error contains a secret."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    explanation = explain(config, "shop")

    assert "hunter2" not in str(explanation)
    assert "hunter2" not in repr(list(explanation))


def test_a_value_that_cannot_be_used_is_an_error_in_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error has its origin; other settings are not affected."""
    monkeypatch.setenv("JAEGER_AGENT_PORT", "x")

    explanation = explain({"max_operations": -1}, "shop")

    assert [
        ("max_operations", "the dict"),
        ("local_agent.reporting_port", "JAEGER_AGENT_PORT"),
    ] == [(setting.key, setting.origin) for setting in explanation.errors]
    assert "localhost" == explanation.setting("local_agent.reporting_host").value


def test_a_group_that_is_not_a_dict_is_an_error_of_its_keys() -> None:
    """The origin of the error is the dict."""
    setting = explained("throttler.port", {"throttler": 5})

    assert "throttler: must be a dict, got 5" == setting.error
    assert "the dict" == setting.origin


def test_settings_that_require_each_other_are_an_error_in_the_result() -> None:
    """A client key without a certificate is an error."""
    collector = {"endpoint": "http://far", "user": "me"}

    (error,) = explain({"collector": collector}, "shop").errors

    assert ("combination", "default") == (error.key, error.origin)
    assert "collector.password" in str(error.error)


@pytest.mark.parametrize(
    "sampler", [{"type": "probabilistic", "param": 7}, {"type": "remote", "param": 7}]
)
def test_a_parameter_that_is_invalid_for_the_type_is_an_error(
    sampler: dict[str, object],
) -> None:
    """The error is the same as when a tracer is created."""
    setting = explained("sampler.param", {"sampler": sampler})

    assert "a rate from 0 to 1" in str(setting.error)


def test_an_ignored_variable_of_another_library_is_noted(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The note is in the table and is not logged a second time."""
    monkeypatch.setenv("OTEL_PROPAGATORS", "xray")

    with caplog.at_level(logging.DEBUG, logger="jaeger_tracing"):
        setting = explained("propagation")

    assert (("jaeger",), "default") == (setting.value, setting.origin)
    assert "variable ignored: propagation (OTEL_PROPAGATORS)" in setting.note
    assert [] == caplog.records


def test_keys_and_variables_that_are_not_read_are_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error suggests the nearest known name."""
    monkeypatch.setenv("JAEGER_AGNET_HOST", "far")

    explanation = explain({"smapler": {}}, "shop")

    assert [
        ("smapler", "'smapler' is not a setting, did you mean 'sampler'?"),
        (
            "JAEGER_AGNET_HOST",
            "JAEGER_AGNET_HOST is not read, did you mean JAEGER_AGENT_HOST?",
        ),
    ] == [(setting.key, setting.error) for setting in explanation.errors]
    assert ["the dict", "JAEGER_AGNET_HOST"] == [
        setting.origin for setting in explanation.errors
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("http://localhost:5778/sampling", "default")),
        (
            {"local_agent": {"reporting_host": "::1", "sampling_port": 9}},
            ("http://[::1]:9/sampling", "local_agent"),
        ),
        ({"sampling_endpoint": "far:1"}, ("http://far:1/sampling", "the dict")),
    ],
)
def test_the_sampling_url_is_derived_from_the_agent(
    config: dict[str, object],
    expected: tuple[str, str],
) -> None:
    """The URL is derived unless it is set."""
    assert expected == origin_and_value("sampling_endpoint", config)


@pytest.mark.parametrize(
    ("config", "note"),
    [
        ({"sampler": {"type": "const"}}, "not used: sampler.type is const"),
        (
            {"sampling_strategies_file": "x.json"},
            "not used: sampling_strategies_file is set",
        ),
        ({}, ""),
    ],
)
def test_a_note_explains_why_no_strategies_are_fetched(
    config: dict[str, object],
    note: str,
) -> None:
    """A URL that is not used has a note."""
    assert note == explained("sampling_endpoint", config).note


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://far/v1/traces", "OTLP"),
        ("http://far/api/v2/spans", "Zipkin"),
        ("http://far", "Thrift"),
    ],
)
def test_the_format_is_derived_from_the_endpoint(endpoint: str, expected: str) -> None:
    """The default of compression depends on the format."""
    explanation = explain({"collector": {"endpoint": endpoint}}, "shop")
    chosen = explanation.setting("collector.format")

    assert (expected, "the path of collector.endpoint") == (chosen.value, chosen.origin)
    assert (expected == "OTLP") is explanation.setting("collector.gzip").value


def test_without_an_exporter_there_is_no_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The origin is OTEL_TRACES_EXPORTER."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")

    assert (None, "OTEL_TRACES_EXPORTER") == origin_and_value("collector.format")


def test_an_error_of_the_agent_does_not_change_the_format() -> None:
    """An invalid agent host is an error only of its own key."""
    config: dict[str, object] = {"local_agent": {"reporting_port": "x"}}

    assert "compact Thrift over UDP" == explained("collector.format", config).value


def test_certificate_and_compression_of_opentelemetry_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their origins are the variables."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://far")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", __file__)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", __file__)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")

    assert (__file__, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") == origin_and_value(
        "collector.client_cert"
    )
    assert (__file__, "OTEL_EXPORTER_OTLP_CLIENT_KEY") == origin_and_value(
        "collector.client_key"
    )
    assert (False, "OTEL_EXPORTER_OTLP_COMPRESSION") == origin_and_value(
        "collector.gzip"
    )


def test_without_an_endpoint_the_format_is_that_of_the_agent() -> None:
    """Settings of a collector are noted as not used."""
    explanation = explain({"collector": {"user": "me"}}, "shop")

    assert "compact Thrift over UDP" == explanation.setting("collector.format").value
    assert (
        "not used: spans are sent over UDP"
        == explanation.setting("collector.user").note
    )
    assert "" == explanation.setting("collector.password").note


def test_with_an_endpoint_its_settings_are_used() -> None:
    """They have no note, whether or not they are set."""
    collector = {"endpoint": "http://far", "auth_token": "secret"}
    explanation = explain({"collector": collector}, "shop")

    for key in ("collector.auth_token", "collector.proxy"):
        assert "" == explanation.setting(key).note
    assert "collector.format" == explanation.setting("collector.gzip").origin


def test_with_an_endpoint_the_agents_port_is_not_used() -> None:
    """The port of the agent has a note."""
    config: dict[str, object] = {
        "collector": {"endpoint": "http://far"},
        "local_agent": {"reporting_port": 1},
    }

    note = explained("local_agent.reporting_port", config).note

    assert "not used: spans are sent to collector.endpoint" == note


def test_headers_of_opentelemetry_are_used_only_for_its_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Headers for an OTLP endpoint are not used for JAEGER_ENDPOINT."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=x")
    without = origin_and_value("collector.headers")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://far")

    assert ({}, "default") == without
    assert ({"api-key": "(hidden)"}, "OTEL_EXPORTER_OTLP_HEADERS") == origin_and_value(
        "collector.headers"
    )
    assert ("http://far/v1/traces", "OTEL_EXPORTER_OTLP_ENDPOINT") == origin_and_value(
        "collector.endpoint"
    )


def test_an_error_of_the_agent_is_not_an_error_of_the_collector() -> None:
    """The error is listed once."""
    explanation = explain({"local_agent": {"reporting_host": "a:b"}}, "shop")

    assert {"local_agent.reporting_host", "sampling_endpoint"} == {
        setting.key for setting in explanation.errors
    }


def test_a_sampler_of_the_application_is_shown_by_its_own_text() -> None:
    """The value of `sampler.type` is the text of the object."""
    explanation = explain({"sampler": ConstSampler(decision=True)}, "shop")

    assert "ConstSampler(True)" == explanation.setting("sampler.type").value
    assert "the dict" == explanation.setting("sampler.type").origin
    assert explanation.setting("sampler.param").value is None
    assert () == explanation.errors


@pytest.mark.parametrize(
    ("config", "value"),
    [({}, 0.001), ({"sampler": {"type": "const"}}, 0.0)],
)
def test_the_default_of_the_parameter_is_that_of_the_type(
    config: dict[str, object],
    value: float,
) -> None:
    """`remote` and `const` have a default parameter."""
    assert (value, "default") == origin_and_value("sampler.param", config)


def test_type_and_parameter_may_come_from_two_variables_of_opentelemetry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of the two has its own origin."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")

    assert ("probabilistic", "OTEL_TRACES_SAMPLER") == origin_and_value("sampler.type")
    assert (0.5, "OTEL_TRACES_SAMPLER_ARG") == origin_and_value("sampler.param")


def test_a_parameter_that_a_type_of_opentelemetry_implies_has_its_origin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`always_on` has no argument."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")

    assert (1.0, "OTEL_TRACES_SAMPLER") == origin_and_value("sampler.param")


def test_several_notes_are_separated_by_semicolons() -> None:
    """A setting may be not used and limited."""
    config: dict[str, object] = {
        "local_agent": {
            "attempt_reconnecting": False,
            "attempt_reconnect_interval": 1e10,
        }
    }

    assert (
        "not used: local_agent.attempt_reconnecting is false; "
        "the largest value that works on every platform"
    ) == explained("local_agent.attempt_reconnect_interval", config).note


def test_the_port_for_credits_is_independent_of_the_sampling_port() -> None:
    """Each port has its own default, as in 4.8."""
    config: dict[str, object] = {"throttler": {}, "local_agent": {"sampling_port": 9}}

    assert (5778, "default") == origin_and_value("throttler.port", config)
    assert "" == explained("throttler.type", config).note


def test_a_missing_throttler_is_noted() -> None:
    """Without a throttler its settings are not used."""
    assert "not used: the dict has no throttler" == explained("throttler.type").note


def test_an_interval_that_is_not_used_is_noted() -> None:
    """Periodic resolution is disabled in the dict."""
    config: dict[str, object] = {"local_agent": {"attempt_reconnecting": False}}

    note = explained("local_agent.attempt_reconnect_interval", config).note

    assert "not used: local_agent.attempt_reconnecting is false" == note


def test_settings_that_are_not_a_dict_are_an_error() -> None:
    """Settings that are not a dict raise a ConfigError."""
    with pytest.raises(ConfigError, match="config: must be a dict, got 5"):
        explain(5)


def test_the_text_is_a_table() -> None:
    """Each setting has one line; a remark follows on the next line."""
    explanation = Explanation(
        (
            ExplainedSetting("enabled", value=True, origin="default"),
            ExplainedSetting("tags.a", "b\n", "JAEGER_TAGS", note="so it is"),
            ExplainedSetting("max", None, "the dict", error="max: must be less"),
        )
    )

    assert (
        "setting  value           from\n"
        "enabled  true            default\n"
        "tags.a   'b\\n'           JAEGER_TAGS\n"
        "    so it is\n"
        "max      cannot be used  the dict\n"
        "    max: must be less"
    ) == str(explanation)
    assert "<Explanation of 3 settings, 1 in error>" == repr(explanation)


def test_a_long_value_does_not_move_the_others() -> None:
    """The width of a column is limited."""
    long = ExplainedSetting("a", "x" * 200, "default")

    header, line = str(Explanation((long,))).splitlines()

    assert "setting  value  from" == header
    assert line.endswith("x  default")


@pytest.mark.parametrize(
    "name", ["a\nfake  1  default", "\x1b[2J", "http://me:hunter2@host/", "k" * 10**6]
)
def test_the_name_of_a_tag_is_displayed_like_a_value(name: str) -> None:
    """The name is on one line, cut, and contains no secrets."""
    text = str(explain({"tags": {name: "1", "other": "2"}}, "shop"))

    rows = text.splitlines()
    assert len(
        str(explain({"tags": {"a": "1", "other": "2"}}, "shop")).splitlines()
    ) == (len(rows))
    assert text.replace("\n", "").isprintable()
    assert "hunter2" not in text
    assert len(text) < 20_000


def test_an_endpoint_that_is_not_a_url_is_an_error_of_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error is found before a tracer is created."""
    monkeypatch.setenv("JAEGER_ENDPOINT", "not a url")
    complaint = (
        "collector.endpoint (JAEGER_ENDPOINT): must be an http or https URL, or "
        "host:port, got 'not a url'"
    )

    assert [complaint] == [each.error for each in explain({}, "shop").errors]


def test_a_protocol_that_is_not_supported_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A note names the protocol in use; the endpoint is used."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://far:4318")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")

    setting = explained("collector.endpoint")

    assert "http://far:4318/v1/traces" == setting.value
    assert setting.note.startswith("variable ignored: collector.endpoint (OTEL_")
    assert "must be http/protobuf, which is used in any case" in setting.note


@pytest.mark.parametrize(
    ("key", "text"),
    [("reporter_flush_interval", "1 second"), ("reporter_queue_size", "1 span")],
)
def test_the_unit_of_1_is_singular(key: str, text: str) -> None:
    """The text of 1 is `1 second`, not `1 seconds`."""
    assert text == explained(key, {key: 1}).text


@pytest.mark.parametrize(
    ("port", "replacement"),
    [(4317, "4318"), (14250, "14268 for spans, 5778 for sampling strategies")],
)
def test_a_port_of_grpc_is_noted(port: int, replacement: str) -> None:
    """It is not an error, because an HTTP server may use that port."""
    setting = explained("collector.endpoint", {"collector": {"endpoint": f"h:{port}"}})

    note = f"port {port} is for gRPC, which is not supported: use the HTTP port, "
    assert (f"{note}{replacement}", None) == (setting.note, setting.error)


def test_a_port_of_http_has_no_note() -> None:
    """4318 is the port of OTLP over HTTP."""
    config: dict[str, object] = {"collector": {"endpoint": "http://far:4318"}}

    assert "" == explained("collector.endpoint", config).note


def test_an_unknown_key_is_a_key_error() -> None:
    """`setting` raises KeyError for an unknown key."""
    with pytest.raises(KeyError, match="nonsense"):
        explain({}, "shop").setting("nonsense")


def test_settings_can_be_accessed_by_index() -> None:
    """The explanation is a sequence."""
    explanation = explain({}, "shop")

    assert "service_name" == explanation[0].key
    assert len(list(explanation)) == len(explanation)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("reporter_flush_interval", 1e10, "2000000 seconds"),
        ("sampling_refresh_interval", sys.maxsize, "2000000 seconds"),
        ("reporter_queue_size", sys.maxsize, "2147483647 spans"),
    ],
)
def test_a_number_that_was_limited_has_a_note(
    key: str, value: float, text: str
) -> None:
    """The value is the limit, with a note."""
    row = explained(key, {key: value})

    assert (text, "the largest value that works on every platform") == (
        row.text,
        row.note,
    )


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "value",
    [
        "a:" * 100_000,
        "x" * 1_000_000,
        "http://me:" + "p" * 1_000_000 + "@host",
        10**5000,
        [10**5000],
        {"a": 10**5000},
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "key", ["service_name", "tags", "collector.endpoint", "reporter_queue_size", "x"]
)
def test_a_huge_value_is_explained_quickly(key: str, value: object) -> None:
    """A value of any type and length takes little time and short text."""
    group, _, inner = key.rpartition(".")
    config = {group: {inner: value}} if group else {key: value, "tags": {"t": value}}
    explanation = explain(config, "shop")

    assert len(str(explanation)) < 40_000
    assert len(repr(list(explanation))) < 60_000


@pytest.mark.parametrize("parameter", ["api_key", "token", "key", "api%5Fkey"])
def test_a_secret_in_the_query_of_an_endpoint_is_hidden(parameter: str) -> None:
    """Some backends expect a token as a parameter of the URL."""
    endpoint = f"http://host:4318/v1/traces?tenant=a&{parameter}=hunter2"
    explanation = explain({"collector": {"endpoint": endpoint}}, "shop")

    shown = f"{explanation} {list(explanation)!r}"
    assert "hunter2" not in shown
    assert "tenant=a" in shown


class Odd(int):
    """A number that cannot be compared."""

    def __lt__(self, other: object) -> bool:
        raise RuntimeError

    __gt__ = __lt__


class Closed(dict[str, object]):
    """A dict that cannot be read."""

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError


def test_values_whose_own_code_raises_are_explained() -> None:
    """A tag is converted to text; a group that cannot be read is an error."""
    explanation = explain({"tags": {"t": Odd(1)}, "baggage": Closed(max_items=1)}, "x")

    assert "1" == explanation.setting("tags.t").text
    assert 1 == explanation.setting("baggage.max_items").value
