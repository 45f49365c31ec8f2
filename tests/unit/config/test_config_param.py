"""One setting, and where it may come from."""

from __future__ import annotations

import logging

import pytest

from jaeger_client.config.param import Param, Source, Variable
from jaeger_client.config.values import port
from jaeger_client.errors import ConfigError

PORT: Param[int] = Param(
    "agent.port",
    port,
    6831,
    (Variable("JAEGER_PORT", port), Variable("OTEL_PORT", port)),
)


def test_the_dict_beats_the_variable() -> None:
    """What the application says counts most."""
    source = Source({"agent": {"port": 1}}, {"JAEGER_PORT": "2"})

    assert 1 == PORT.value(source)


def test_the_variable_beats_the_default() -> None:
    """What the environment says counts next, its first variable most."""
    source = Source({}, {"JAEGER_PORT": "2", "OTEL_PORT": "3"})

    assert 2 == PORT.value(source)


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({}, {}),
        ({"agent": None}, {}),
        ({"agent": {"port": None}}, {"JAEGER_PORT": ""}),
        ({"agent": {"port": ""}}, {"JAEGER_PORT": "  "}),
    ],
)
def test_what_is_empty_counts_as_not_given(
    config: dict[str, object],
    environ: dict[str, str],
) -> None:
    """None, empty text and empty variables leave the default."""
    assert 6831 == PORT.value(Source(config, environ))


def test_a_wrong_value_of_the_dict_names_key_variable_and_value() -> None:
    """The message is all one needs to find the mistake."""
    source = Source({"agent": {"port": "x"}}, {})

    with pytest.raises(ConfigError) as caught:
        PORT.value(source)

    assert (
        "agent.port (JAEGER_PORT): must be a whole number from 1 to 65535, got 'x'"
        == str(caught.value)
    )


def test_a_wrong_value_of_a_setting_without_variables_names_the_key() -> None:
    """There is no variable to name."""
    param = Param("port", port, 6831)

    with pytest.raises(ConfigError, match=r"^port: must be .*, got 'x'$"):
        param.value(Source({"port": "x"}, {}))


def test_a_wrong_value_of_a_variable_names_the_variable() -> None:
    """A bad port is an error, no silent default."""
    source = Source({}, {"JAEGER_PORT": "x"})

    with pytest.raises(ConfigError, match=r"agent.port \(JAEGER_PORT\): .*, got 'x'"):
        PORT.value(source)


def test_a_wrong_value_of_a_variable_of_opentelemetry_is_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It may be meant for another library in the process; the log tells."""
    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        value = PORT.value(Source({}, {"OTEL_PORT": "x"}))

    assert 6831 == value
    assert "agent.port (OTEL_PORT)" in caplog.text


def test_a_variable_that_is_read_again_is_passed_over_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A start reads most settings several times."""
    source = Source({}, {"OTEL_PORT": "x"})
    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        PORT.value(source)
        PORT.value(source)

    assert 1 == len(caplog.records)


def test_a_secret_stays_out_of_messages() -> None:
    """Logs are read by many."""
    secret = Param("key", port, 1, (Variable("KEY", port),), is_secret=True)

    for source in (Source({"key": "hunter2"}, {}), Source({}, {"KEY": "hunter2"})):
        with pytest.raises(ConfigError) as caught:
            secret.value(source)
        assert "hunter2" not in str(caught.value)


def test_a_group_that_is_no_dict_is_an_error() -> None:
    """The message names the group."""
    with pytest.raises(ConfigError, match="agent: must be a dict, got 5"):
        PORT.value(Source({"agent": 5}, {}))


def test_what_kubernetes_says_of_a_service_is_no_setting() -> None:
    """A service named jaeger-agent puts JAEGER_AGENT_PORT=tcp://... into each pod."""
    source = Source({}, {"JAEGER_PORT": "tcp://10.0.0.7:6831"})

    assert 6831 == PORT.value(source)


def test_a_secret_within_a_value_stays_out_of_messages() -> None:
    """A URL that cannot be used may hold a password."""
    param = Param("url", port, 1)

    with pytest.raises(ConfigError) as caught:
        param.value(Source({"url": "http://me:hunter2@far"}, {}))

    assert "got 'http://(hidden)@far'" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "environ", "located"),
    [
        ({"agent": {"port": 1}}, {"JAEGER_PORT": "2"}, (1, "the dict")),
        ({}, {"JAEGER_PORT": "2", "OTEL_PORT": "3"}, (2, "JAEGER_PORT")),
        ({}, {"OTEL_PORT": "3"}, (3, "OTEL_PORT")),
        ({}, {}, None),
    ],
)
def test_a_value_has_an_origin(
    config: dict[str, object],
    environ: dict[str, str],
    located: tuple[int, str] | None,
) -> None:
    """The dict or the variable that gave it; the default has none."""
    assert located == PORT.located(Source(config, environ))


def test_who_reads_may_be_told_what_is_passed_over() -> None:
    """Instead of the log."""
    told: list[str] = []

    PORT.value(Source({}, {"OTEL_PORT": "x"}, told.append))

    assert [
        "agent.port (OTEL_PORT): must be a whole number from 1 to 65535, got 'x'"
    ] == (told)
