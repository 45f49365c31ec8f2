"""Unknown keys and variables."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from jaeger_client import Config
from jaeger_client.config import table, unknown
from jaeger_client.config.unknown import KEY_SUGGESTIONS, VARIABLE_SUGGESTIONS


def unknown_keys(config: dict[str, object]) -> list[str]:
    """Return the messages about the unknown keys of *config*."""
    return [*unknown.unknown_keys(config).values()]


def unknown_variables(environ: dict[str, str]) -> list[str]:
    """Return the messages about the unknown variables of *environ*."""
    return [*unknown.unknown_variables(environ).values()]


@pytest.fixture
def first_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the check of variables, which is made once per process."""
    monkeypatch.setattr(Config, "_has_checked_variables", False)


def test_an_unknown_variable_is_named_with_the_nearest_known_one() -> None:
    """A misspelt variable gets a suggestion."""
    environ = {"JAEGER_AGNET_HOST": "x", "JAEGER_XYZZY": "x", "PATH": "/bin"}

    assert [
        "JAEGER_AGNET_HOST is not read, did you mean JAEGER_AGENT_HOST?",
        "JAEGER_XYZZY is not read",
    ] == [*unknown_variables(environ)]


def test_an_unknown_key_is_named_with_the_nearest_known_one() -> None:
    """A misspelt key gets a suggestion."""
    assert [
        "'enabeld' is not a setting, did you mean 'enabled'?",
        (
            "'local_agent.reporting_prot' is not a setting, did you mean "
            "'local_agent.reporting_port'?"
        ),
        "'xyzzy' is not a setting",
    ] == unknown_keys(
        {"enabeld": True, "local_agent": {"reporting_prot": 1}, "xyzzy": 1}
    )


def test_every_documented_key_is_known() -> None:
    """The keys of 4.8 and of 5.0 are known."""
    config: dict[str, object] = {
        "enabled": True,
        "logging": True,
        "metrics": True,
        "sampler": {"type": "const", "param": 1},
        "local_agent": {
            "enabled": True,
            "reporting_host": "localhost",
            "reporting_port": 6831,
            "sampling_port": 5778,
        },
        "reporter_batch_size": 10,
        "reporter_queue_size": 100,
        "reporter_flush_interval": 1,
        "sampling_refresh_interval": 60,
        "max_operations": 10,
        "tags": {"any": "tag"},
        "trace_id_header": "uber-trace-id",
        "baggage_header_prefix": "uberctx-",
        "debug_id_header": "jaeger-debug-id",
        "generate_128bit_trace_id": True,
        "propagation": "b3",
        "max_tag_value_length": 1024,
        "max_traceback_length": 4096,
        "service_name": "shop",
        "throttler": {"port": 5778, "refresh_interval": 5},
        "rpc_metrics": True,
        "reporter_timeout": 5,
        "sampling_endpoint": "http://far",
        "collector": {"endpoint": "http://far"},
    }

    assert [] == unknown_keys(config)


def test_the_common_prefix_does_not_make_names_similar() -> None:
    """`JAEGER_X` is not similar to every other name."""
    assert ["JAEGER_QQ is not read"] == [*unknown_variables({"JAEGER_QQ": "1"})]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("JAEGER_AGENT_HOST_PORT", "JAEGER_AGENT_HOST and JAEGER_AGENT_PORT"),
        ("JAEGER_AGENT_ENDPOINT", "JAEGER_AGENT_HOST and JAEGER_AGENT_PORT"),
        ("JAEGER_REPORTER_COLLECTOR_ENDPOINT", "JAEGER_ENDPOINT"),
        ("JAEGER_REPORTER_ENDPOINT", "JAEGER_ENDPOINT"),
        ("JAEGER_SAMPLING_RATE", "JAEGER_SAMPLER_PARAM"),
        ("JAEGER_SAMPLER_HOST", "JAEGER_SAMPLING_ENDPOINT"),
    ],
)
def test_a_known_wrong_name_suggests_the_right_one(name: str, meant: str) -> None:
    """The most similar name is often that of another setting."""
    assert [f"{name} is not read, did you mean {meant}?"] == [
        *unknown_variables({name: "x"})
    ]


@pytest.mark.parametrize(
    "name", ["JAEGER_MAX_SPANS", "JAEGER_SAMPLER_SEED", "JAEGER_REPORTER_THREADS"]
)
def test_a_variable_that_resembles_none_gets_no_suggestion(name: str) -> None:
    """A few common words do not make names similar."""
    assert [f"{name} is not read"] == [*unknown_variables({name: "x"})]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("jaeger_endpoint", "collector.endpoint"),
        ("JAEGER_ENDPOINT", "collector.endpoint"),
        ("endpoint", "collector.endpoint"),
        ("collector_endpoint", "collector.endpoint"),
        ("jaeger_agent_host", "local_agent.reporting_host"),
        ("port", "local_agent.reporting_port"),
        ("sampler_type", "sampler.type"),
        ("sampling_rate", "sampler.param"),
        ("repoter_queue_size", "reporter_queue_size"),
    ],
)
def test_a_key_written_in_another_way_suggests_the_right_one(
    key: str, meant: str
) -> None:
    """As a variable, without group, with another separator, or misspelt."""
    assert [f"{key!r} is not a setting, did you mean {meant!r}?"] == [
        *unknown_keys({key: "x"})
    ]


@pytest.mark.parametrize(
    ("group", "inner", "meant"),
    [
        ("sampler", "qaram", "sampler.param"),
        ("local_agent", "weporting_host", "local_agent.reporting_host"),
    ],
)
def test_the_first_letter_of_a_key_may_be_misspelt(
    group: str, inner: str, meant: str
) -> None:
    """Only the group itself must be the same."""
    assert [f"'{group}.{inner}' is not a setting, did you mean {meant!r}?"] == [
        *unknown_keys({group: {inner: 1}})
    ]


def test_a_key_in_any_group_suggests_the_one_outside() -> None:
    """Its groups are ignored, however many there are."""
    assert [
        (
            "'jaeger.client.max_operations' is not a setting, did you mean "
            "'max_operations'?"
        )
    ] == unknown_keys({"jaeger.client.max_operations": 1})


def test_a_key_in_a_group_suggests_the_one_outside() -> None:
    """A key of the top level may be written in a group by mistake."""
    complaint = (
        "'sampler.max_operations' is not a setting, did you mean 'max_operations'?"
    )

    assert [complaint] == unknown_keys({"sampler": {"max_operations": 1}})


@pytest.mark.parametrize("key", ["type", "spans"])
def test_a_key_that_may_mean_several_or_none_gets_no_suggestion(key: str) -> None:
    """Sampler and throttler both have a `type`."""
    assert [f"{key!r} is not a setting"] == [*unknown_keys({key: "x"})]


def test_the_group_of_a_key_makes_no_key_of_it_similar() -> None:
    """`sampler.port` is not similar to `sampler.param`."""
    assert ["'sampler.port' is not a setting"] == [
        *unknown_keys({"sampler": {"port": 1}})
    ]


def test_a_known_wrong_name_is_not_a_right_one() -> None:
    """Suggestions are settings; the names they are for are not."""
    groups = {key.partition(".")[0] for key in table.KEYS if "." in key}
    keys = table.KEYS | groups
    variables = table.variable_names()
    meant = {
        name for names in VARIABLE_SUGGESTIONS.values() for name in names.split(" and ")
    }

    assert meant <= variables
    assert not variables & VARIABLE_SUGGESTIONS.keys()
    assert {*KEY_SUGGESTIONS.values()} <= keys
    assert not keys & KEY_SUGGESTIONS.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAEGER_AGENT_SERVICE_HOST", "10.0.0.1"),
        ("JAEGER_AGENT_SERVICE_PORT", "6831"),
        ("JAEGER_AGENT_SERVICE_PORT_COMPACT", "6831"),
        ("JAEGER_AGENT_PORT_6831_UDP", "udp://10.0.0.1:6831"),
        ("JAEGER_AGENT_PORT_6831_UDP_PROTO", "udp"),
        ("JAEGER_AGENT_PORT_6831_UDP_PORT", "6831"),
        ("JAEGER_AGENT_PORT_6831_UDP_ADDR", "10.0.0.1"),
        ("JAEGER_COLLECTOR_PORT", "tcp://10.0.0.1:14268"),
        ("JAEGER_COLLECTOR_SERVICE_PORT_HTTP", "14268"),
        ("JAEGER_QUERY_SERVICE_HOST", "10.0.0.1"),
        ("JAEGER_QUERY_PORT_16686_TCP_ADDR", "10.0.0.1"),
        ("JAEGER_SERVICE_HOST", "10.0.0.1"),
        ("JAEGER_PORT", "tcp://10.0.0.1:16686"),
        ("JAEGER_LISTEN_HOST", "0.0.0.0"),
        ("JAEGER_SENDER_FACTORY", "grpc"),
        ("JAEGER_DISABLE", "true"),
        ("JAEGER_SAMPLER_MANAGER_HOST_PORT", "far:5778"),
    ],
)
def test_variables_of_other_software_are_not_reported(name: str, value: str) -> None:
    """Kubernetes links, other Jaeger software and deprecated names are valid."""
    assert [] == [*unknown_variables({name: value})]


@pytest.mark.parametrize(
    "name", ["JAEGER_CLIENT_EXTENSIONS", "JAEGER_CLIENT_PURE_PYTHON"]
)
def test_variables_of_the_package_are_not_reported(name: str) -> None:
    """They are read when it is built and imported; similar names suggest them."""
    assert [] == unknown_variables({name: "1"})
    assert [f"{name}S is not read, did you mean {name}?"] == [
        *unknown_variables({f"{name}S": "1"})
    ]


def test_a_misspelt_port_is_reported() -> None:
    """A misspelt port variable is not mistaken for a Kubernetes link."""
    assert ["JAEGER_AGNET_PORT is not read, did you mean JAEGER_AGENT_PORT?"] == [
        *unknown_variables({"JAEGER_AGNET_PORT": "6831"})
    ]


def test_unknown_variables_are_one_line_in_the_log_once_a_process(
    first_config: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Creating several tracers logs one line."""
    monkeypatch.setenv("JAEGER_AGNET_HOST", "far")
    monkeypatch.setenv("JAEGER_XYZZY", "1")

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        Config({}, service_name="shop")
        Config({}, service_name="shop")

    assert 1 == len(caplog.records)
    assert (
        "Environment: JAEGER_AGNET_HOST is not read, did you mean JAEGER_AGENT_HOST?; "
        "JAEGER_XYZZY is not read" == caplog.messages[0]
    )


def test_a_start_without_errors_imports_nothing_for_them() -> None:
    """The modules for suggestions and explanations are not imported."""
    program = (
        "import sys; from jaeger_client import Config; "
        "Config({}, service_name='shop').new_tracer(); "
        "print([name for name in ('difflib', "
        "'jaeger_client.config.explanation') "
        "if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert "[]\n" == done.stdout
