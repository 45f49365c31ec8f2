"""The lookup of one setting in the dict and the environment."""

from __future__ import annotations

import pytest

from jaeger_client.config.settings import Param, Settings, Source, Value
from jaeger_client.config.values import port
from jaeger_client.errors import ConfigError

PORT = Param("agent.port", port, 6831).env(JAEGER_PORT=port, OTEL_PORT=port)


def value_of(param: Param[int], source: Source) -> int:
    """Return the value of a setting, or raise its error."""
    value = source.read(param)
    Settings(source).checked()
    return value


def test_the_dict_overrides_the_variable() -> None:
    """The dict takes precedence."""
    source = Source({"agent": {"port": 1}}, {"JAEGER_PORT": "2"})

    assert 1 == value_of(PORT, source)


def test_the_repr_of_a_value_does_not_contain_it() -> None:
    """The value may be a secret."""
    assert "<Value from JAEGER_PASSWORD>" == repr(Value("hunter2", "JAEGER_PASSWORD"))


def test_the_variable_overrides_the_default() -> None:
    """The first variable that is set is used."""
    source = Source({}, {"JAEGER_PORT": "2", "OTEL_PORT": "3"})

    assert 2 == value_of(PORT, source)


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({}, {}),
        ({"agent": None}, {}),
        ({"agent": {"port": None}}, {"JAEGER_PORT": ""}),
        ({"agent": {"port": ""}}, {"JAEGER_PORT": "  "}),
    ],
)
def test_empty_values_count_as_not_set(
    config: dict[str, object],
    environ: dict[str, str],
) -> None:
    """None, empty text and empty variables select the default."""
    assert 6831 == value_of(PORT, Source(config, environ))


def test_an_invalid_value_of_the_dict_names_key_variable_and_value() -> None:
    """The error contains all that is needed to correct the value."""
    source = Source({"agent": {"port": "x"}}, {})

    with pytest.raises(ConfigError) as caught:
        value_of(PORT, source)

    assert (
        "agent.port (JAEGER_PORT): must be a whole number from 1 to 65535, got 'x'"
        == str(caught.value)
    )


def test_an_invalid_value_of_a_setting_without_variables_names_the_key() -> None:
    """The error contains no variable."""
    param = Param("port", port, 6831)

    with pytest.raises(ConfigError, match=r"^port: must be .*, got 'x'$"):
        value_of(param, Source({"port": "x"}, {}))


def test_an_invalid_value_of_a_variable_names_the_variable() -> None:
    """An invalid port is an error and does not select the default."""
    source = Source({}, {"JAEGER_PORT": "x"})

    with pytest.raises(ConfigError, match=r"agent.port \(JAEGER_PORT\): .*, got 'x'"):
        value_of(PORT, source)


def test_an_invalid_variable_of_opentelemetry_is_ignored() -> None:
    """It may be meant for another library, so it is only a warning."""
    source = Source({}, {"OTEL_PORT": "x"})

    assert 6831 == value_of(PORT, source)
    assert {
        "agent.port": [
            (
                "variable ignored: agent.port (OTEL_PORT): must be a whole number "
                "from 1 to 65535, got 'x'"
            )
        ]
    } == source.warnings


def test_a_setting_that_is_read_again_is_not_looked_up_again() -> None:
    """Its warning is recorded once."""
    looked_up: list[str] = []
    source = Source({}, RecordingEnvironment({"OTEL_PORT": "x"}, looked_up))

    value_of(PORT, source)
    value_of(PORT, source)

    assert ["JAEGER_PORT", "OTEL_PORT"] == looked_up
    assert 1 == len(source.warnings["agent.port"])


def test_a_variable_of_two_settings_is_looked_up_once() -> None:
    """OTEL_RESOURCE_ATTRIBUTES contains the service name and tags."""
    looked_up: list[str] = []
    source = Source({}, RecordingEnvironment({}, looked_up))

    source.read(PORT)
    source.read(Param("other", port, 1).env(OTEL_PORT=port))

    assert ["JAEGER_PORT", "OTEL_PORT"] == looked_up


def test_an_error_of_an_unused_setting_is_not_raised() -> None:
    """The error is recorded with the value only."""
    source = Source({"agent": {"port": "x"}}, {})

    source.read(PORT, is_used=False)

    Settings(source).checked()
    assert source.values["agent.port"].error is not None


def test_a_secret_stays_out_of_messages() -> None:
    """Errors may be logged."""
    secret = Param("key", port, 1, is_secret=True).env(KEY=port)

    for source in (Source({"key": "hunter2"}, {}), Source({}, {"KEY": "hunter2"})):
        with pytest.raises(ConfigError) as caught:
            value_of(secret, source)
        assert "hunter2" not in str(caught.value)


def test_a_group_that_is_not_a_dict_is_an_error() -> None:
    """The message contains the group."""
    with pytest.raises(ConfigError, match="agent: must be a dict, got 5"):
        value_of(PORT, Source({"agent": 5}, {}))


def test_variables_set_by_kubernetes_are_ignored() -> None:
    """A service jaeger-agent sets JAEGER_AGENT_PORT=tcp://... in each pod."""
    source = Source({}, {"JAEGER_PORT": "tcp://10.0.0.7:6831"})

    assert 6831 == value_of(PORT, source)


def test_a_secret_within_a_value_stays_out_of_messages() -> None:
    """An invalid URL may contain a password."""
    param = Param("url", port, 1)

    with pytest.raises(ConfigError) as caught:
        value_of(param, Source({"url": "http://me:hunter2@far"}, {}))

    assert "got 'http://(hidden)@far'" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "environ", "value", "origin"),
    [
        ({"agent": {"port": 1}}, {"JAEGER_PORT": "2"}, 1, "the dict"),
        ({}, {"JAEGER_PORT": "2", "OTEL_PORT": "3"}, 2, "JAEGER_PORT"),
        ({}, {"OTEL_PORT": "3"}, 3, "OTEL_PORT"),
        ({}, {}, 6831, "default"),
        ({}, {"JAEGER_PORT": "x"}, 6831, "JAEGER_PORT"),
    ],
)
def test_a_value_has_an_origin(
    config: dict[str, object], environ: dict[str, str], value: int, origin: str
) -> None:
    """The origin is recorded even for an invalid value."""
    source = Source(config, environ)

    source.read(PORT)

    found = source.values["agent.port"]
    assert (value, origin) == (found.value, found.origin)


def test_variables_of_opentelemetry_can_be_skipped() -> None:
    """They are skipped if another collector is configured."""
    source = Source({}, {"OTEL_PORT": "3"})

    assert 6831 == source.read(PORT, with_otel=False)


class RecordingEnvironment(dict[str, str]):
    """An environment that records which variables are looked up."""

    def __init__(self, values: dict[str, str], looked_up: list[str]) -> None:
        super().__init__(values)
        self._looked_up = looked_up

    def get(self, key: str, default: object = None) -> str:
        """Return the value of a variable and record the look-up."""
        self._looked_up.append(key)
        return super().get(key, str(default))
