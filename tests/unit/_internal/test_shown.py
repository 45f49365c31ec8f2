"""Text of values from outside: bounded, on one line, without secrets."""

from __future__ import annotations

import pytest

from jaeger_client._internal.shown import (
    MAX_QUOTED,
    MAX_SHOWN,
    as_text,
    one_line,
    setting_without_secrets,
    shown,
    text_of,
    without_secrets,
)
from jaeger_client.errors import ConfigError, CorruptContextError


class Broken:
    """Raises when it is converted to text."""

    def __repr__(self) -> str:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise RecursionError


class Subclass(str):
    """A subclass of `str` that overrides its methods."""

    __slots__ = ()

    def __str__(self) -> str:
        return self

    def __len__(self) -> int:
        raise ZeroDivisionError

    def __getitem__(self, _: object) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("a\nb\r\tc\0", r"a\nb\r\tc\x00"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202ereversed", r"\u202ereversed"),
        ("\ud800", r"\ud800"),
        ("Grüße", "Grüße"),
    ],
)
def test_a_line_has_no_control_characters(text: str, line: str) -> None:
    """Line breaks, terminal escapes and changes of direction appear as escapes."""
    assert line == one_line(text)


def test_a_long_text_is_cut() -> None:
    """A cut line ends with the number of missing characters."""
    assert "aaa... (7 more)" == one_line("a" * 10, limit=3)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a" * 10**6, id="text"),
        b"a" * 10**6,
        list(range(10**6)),
        {n: [n] for n in range(10**5)},
        [[["a" * 100] * 100] * 100] * 100,
        pytest.param(10**10**5, id="a number"),
        {"a": 10**10**5},
        ValueError("a" * 10**6),
    ],
)
@pytest.mark.timeout(5)
def test_a_huge_value_is_short(value: object) -> None:
    """A quoted value is short, and quoting takes constant time."""
    assert len(shown(value)) <= 2 * MAX_QUOTED + 30
    assert "\n" not in shown(value)


def test_a_value_that_is_its_own_item_ends() -> None:
    """A cycle is not followed for ever."""
    cycle: list[object] = []
    cycle.append(cycle)

    assert "[[[[[...]]]]]" == shown(cycle)


@pytest.mark.parametrize(
    "value", ["a'b", 1, 1.5, True, None, [1, "a"], (), (1,), {"a": {1}}, {}, b"\0", []]
)
def test_a_small_value_is_its_repr(value: object) -> None:
    """Short values appear as their `repr`."""
    assert repr(value) == shown(value)


def test_what_raises_is_named() -> None:
    """An application's object cannot break a message."""
    assert "<Broken whose repr() raised ZeroDivisionError>" == shown(Broken())
    assert "<Broken whose str() raised RecursionError>" == text_of(Broken())
    assert "a very large int" == text_of(10**5000)


def test_a_text_of_a_derived_type_is_a_text() -> None:
    """Methods of a subclass of `str` are not called."""
    assert "abc" == text_of(Subclass("abc"))
    assert "'abc'" == shown(Subclass("abc"))


@pytest.mark.parametrize(
    "secret",
    [
        "http://me:hunter2@host/",
        "http://me:hun/hunter2@host/",
        "me:hunter2@host",
        "http://host:4318/v1/traces?api_key=hunter2&tenant=a",
        "http://host:4318/v1/traces?tenant=a&token=hunter2",
        "http://host/?key=hunter2",
        "http://host/?api%5Fkey=hunter2",
        "http://host/?X-Amz-Signature=hunter2",
        "authtoken=hunter2",
        "clientSecret: hunter2",
        "{'password': 'hunter2",
        "{'headers': {'authorization': 'Bearer hunter2'}}",
        "http://host/?secret[]=hunter2",
        "http://host/?token[0]=hunter2&tenant=a",
        "http://host/?subscription-key=hunter2",
        "AccountKey=hunter2",
        "passwords: hunter2",
        '{"token": ["hunter2"]}',
        r'{"body": "{\"token\": \"hunter2\"}"}',
        r"first line\npassword=hunter2",
        "token => hunter2",
        "Bearer hunter2hunter2hunter2",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
    ],
)
def test_a_secret_is_hidden_wherever_it_is(secret: str) -> None:
    """In a setting, in a message about it, in a container, and where it is cut."""
    assert "hunter2" not in setting_without_secrets(secret)
    assert "hunter2" not in without_secrets(f"cannot use {secret} because")
    assert "hunter2" not in shown({"a": [secret]})
    assert "hunter2" not in text_of(f"got {secret}")
    # A password that begins just before the cut.
    filled = secret.replace("hunter2", "hunter2" * 1000)
    for limit in range(1, len(secret) + 20):
        assert "hunter2" not in setting_without_secrets(filled, limit)
        assert "hunter2" not in text_of(filled, limit)
        assert "hunter2" not in shown([filled], limit)


@pytest.mark.parametrize(
    "secret", ["http://me:hun ter2@host/", "http://me:hun'ter2@host", "token=hun ter2"]
)
def test_a_blank_or_quote_does_not_end_the_secret_of_a_setting(secret: str) -> None:
    """A single setting is one value, so that the rest of the password is hidden too."""
    assert "ter2" not in setting_without_secrets(secret)
    assert "ter2" not in shown(secret)
    assert "hun" not in shown({"endpoint": secret})


@pytest.mark.parametrize(
    "message",
    [
        "Basic authentication is required",
        "the bearer of this message",
        r"C:\traces=1",
        "a => b[0] = 1",
        "spawn=1",
    ],
)
def test_a_message_without_secrets_stays(message: str) -> None:
    """Words that only contain a secret name are not hidden."""
    assert message == without_secrets(message)
    assert message == setting_without_secrets(message)


@pytest.mark.parametrize(
    "text",
    [
        "a:" * 500_000,
        "x" * 1_000_000,
        "a=b " * 200_000,
        "//" * 300_000 + "@",
        "token='" * 100_000,
        'a="' * 200_000,
        "a" + " " * 500_000,
        "a.b-" * 200_000,
        "@:" * 200_000,
        "token='" + "\\" * 300_000,
        "%25" * 200_000,
        "a[" * 300_000,
        "token=[(" * 100_000,
        'token=\\"' * 100_000,
        "bearer " * 100_000,
    ],
    ids=lambda text: text[:8].encode().hex(),
)
@pytest.mark.timeout(20)
def test_time_grows_with_the_text_alone(text: str) -> None:
    """The time is linear in the length of the text."""
    without_secrets(text)

    assert len(setting_without_secrets(text)) <= MAX_SHOWN + 30
    assert len(text_of(text)) <= 2 * MAX_SHOWN + 30


@pytest.mark.parametrize("error", [ConfigError, CorruptContextError])
def test_every_error_has_a_bounded_message_on_one_line(error: type[Exception]) -> None:
    """An error message is one line, whatever it quotes."""
    message = str(error("a\nb" * 10_000))

    assert message.startswith(r"a\nba\nb")
    assert len(message) < 5_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0.1 + 0.2, "0.3"),
        (None, "none"),
        ({}, "none"),
        ({"a": 1, "b": "x"}, "a=1, b=x"),
        (("b3", "w3c"), "b3, w3c"),
        ("shop", "shop"),
        (3, "3"),
    ],
)
def test_a_setting_has_the_text_of_a_configuration(value: object, text: str) -> None:
    """Not that of Python."""
    assert text == as_text(value)
