"""Options of the HTTP client that are refused or hidden."""

from __future__ import annotations

import pytest

from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import ConfigError


def test_basic_wins_over_bearer() -> None:
    """With user and password the token is not used."""
    both = HttpOptions(user="u", password="p", token="t")

    assert "Basic dTpw" == both.authorization
    assert "Bearer t" == HttpOptions(token="t").authorization
    assert HttpOptions().authorization is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [("\udcfc", "Basic dTr8"), ("\ud800", "Basic dTo/")],
)
def test_a_password_may_be_any_text(password: str, expected: str) -> None:
    """Bytes of a variable that are not UTF-8 are sent as they are."""
    assert expected == HttpOptions(user="u", password=password).authorization


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"user": "u"}, "user needs password, which is not set"),
        ({"password": "p"}, "password needs user, which is not set"),
        ({"client_key": "k"}, "client_key needs client_cert, which is not set"),
        ({"timeout": 0}, "timeout must be more than 0 seconds, got 0"),
        ({"headers": {"bad name": "x"}}, "headers: a header name must be"),
        ({"headers": {"Content-Length": "1"}}, "'Content-Length' cannot be set"),
        ({"headers": {"x": "a\r\nb: c"}}, "value of 'x' must be printable"),
        ({"headers": {"x": "\u20ac"}}, "value of 'x' must be printable"),
        ({"token": "se\ncret"}, "value of 'authorization' must be printable"),
    ],
)
def test_options_that_cannot_work_are_refused(
    options: dict[str, object],
    complaint: str,
) -> None:
    """Each bad option is a ConfigError that names it and shows no secret."""
    with pytest.raises(ConfigError, match=complaint) as caught:
        HttpOptions(**options)  # type: ignore[arg-type]  # that is the test

    assert "cret" not in str(caught.value)


def test_options_show_no_secrets() -> None:
    """The repr of options has neither password nor token nor headers."""
    options = HttpOptions(
        user="u",
        password="secret1",
        token="secret2",
        headers={"x-key": "secret3"},
    )

    assert "secret" not in repr(options)


def test_a_path_that_no_file_can_have_is_our_error() -> None:
    """The operating system takes no null byte."""
    with pytest.raises(ConfigError, match="ca_file must name a file"):
        HttpOptions(ca_file="ca\0.pem").check_files()
