"""Variables that nobody reads; for keys see `test_config_parse`."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from jaeger_client import Config
from jaeger_client.config.unknown import unknown_variables


@pytest.fixture
def first_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next `Config` be the first of the process."""
    monkeypatch.setattr(Config, "_looked_at_variables", False)


def test_an_unknown_variable_is_named_with_the_nearest_known_one() -> None:
    """Most unknown variables are misspelt."""
    environ = {"JAEGER_AGNET_HOST": "x", "JAEGER_XYZZY": "x", "PATH": "/bin"}

    assert [
        "JAEGER_AGNET_HOST is not read, did you mean JAEGER_AGENT_HOST?",
        "JAEGER_XYZZY is not read",
    ] == [*unknown_variables(environ)]


def test_what_all_names_begin_with_makes_none_similar() -> None:
    """`JAEGER_X` is not near to every other name."""
    assert ["JAEGER_QQ is not read"] == [*unknown_variables({"JAEGER_QQ": "1"})]


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
def test_what_others_set_and_read_is_no_mistake(name: str, value: str) -> None:
    """Links of Kubernetes, other Jaeger software, and names that are deprecated."""
    assert [] == [*unknown_variables({name: value})]


def test_a_port_that_is_no_link_is_one() -> None:
    """A misspelt port must not pass for a link."""
    assert ["JAEGER_AGNET_PORT is not read, did you mean JAEGER_AGENT_PORT?"] == [
        *unknown_variables({"JAEGER_AGNET_PORT": "6831"})
    ]


def test_unknown_variables_are_one_line_in_the_log_once_a_process(
    first_config: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However many tracers are made."""
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


def test_a_start_without_mistakes_imports_nothing_for_them() -> None:
    """Neither what finds the nearest name nor what explains and hides."""
    program = (
        "import sys; from jaeger_client import Config; "
        "Config({}, service_name='shop').new_tracer(); "
        "print([name for name in ('difflib', 'jaeger_client.config.table', "
        "'jaeger_client.config.explain', 'jaeger_client.config.secrets') "
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
