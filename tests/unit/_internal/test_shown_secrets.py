"""Which texts are hidden, and which are not."""

from __future__ import annotations

import pytest

from jaeger_client._internal.shown import displayable, is_secret_name, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db.password",
        "dbPassword",
        "API-Key",
        "apikey",
        "AWS_SECRET_ACCESS_KEY",
        "x-auth-token",
        "Authorization",
        "session_id",
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    """As a word of the name, however it is written."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["region", "passenger", "author", "signal", "key", "tokenizer", "client_key"],
)
def test_a_part_of_a_word_is_not_a_secret(name: str) -> None:
    """Names that do not denote secrets are shown."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ("http://me:pw@host/path", "http://(hidden)@host/path"),
        ("http://me:p/w@host", "http://(hidden)@host"),
        ("//me:pw@host", "//(hidden)@host"),
        ("me:pw@host:14268", "(hidden)@host:14268"),
        ("http://host/?token=abc&zone=a", "http://host/?token=(hidden)&zone=a"),
        ("password=hunter2,zone=a", "password=(hidden),zone=a"),
        ("{'password': 'hunter 2', 'a': 1}", "{'password': (hidden), 'a': 1}"),
        ("Authorization: Bearer abc", "Authorization: (hidden)"),
    ],
)
def test_secrets_within_a_text_are_hidden(shown: str, hidden: str) -> None:
    """User information of URLs and values of secret names are hidden."""
    assert hidden == without_secrets(shown)


@pytest.mark.parametrize(
    "shown", ["http://host:14268/api/traces?zone=a", "me@example", "a=b,c=d", "::1"]
)
def test_a_text_without_secrets_stays(shown: str) -> None:
    """Other text is unchanged."""
    assert shown == without_secrets(shown)


def test_names_of_secret_headers_are_shown() -> None:
    """The names of secret headers are shown without values."""
    assert {"api-key": "(hidden)"} == displayable({"api-key": "x"}, is_secret=True)


def test_a_missing_secret_is_none() -> None:
    """A missing value is shown as missing."""
    assert displayable(None, is_secret=True) is None


def test_numbers_stay_numbers() -> None:
    """Numbers are not converted to text."""
    assert 6831 == displayable(6831, is_secret=False)
