"""Any value is shown on one line of bounded length, and without secrets."""

from __future__ import annotations

import logging
import string

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.shown import (
    MAX_QUOTED,
    MAX_SHOWN,
    displayable,
    one_line,
    setting_without_secrets,
    shown,
    text_of,
    without_secrets,
)
from jaeger_client.errors import JaegerClientError

SECRET = "hunter2hunter2"
WORDS = st.text(string.ascii_letters + string.digits + "-._~%", max_size=12)
BESIDE = st.text(string.ascii_letters + "\n\t ,;", max_size=30)
URLS = st.builds(
    "{}{}:{}@{}/{}".format,
    st.sampled_from(["http://", "https://", "//"]),
    WORDS,
    WORDS.map(lambda word: word + SECRET),
    WORDS,
    WORDS,
)
QUERIES = st.builds(
    "http://{}/{}?{}={}&{}={}".format,
    WORDS,
    WORDS,
    WORDS,
    WORDS,
    st.sampled_from(["token", "api_key", "apiKey", "X-Auth-Token", "key", "sig"]),
    st.just(SECRET),
)
SECRETS = URLS | QUERIES
VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary() | SECRETS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(SECRETS, BESIDE, st.integers(0, 80))
def test_a_secret_is_never_shown(secret: str, beside: str, limit: int) -> None:
    """A secret is not shown alone, in a message or a container, or where it is cut."""
    for text in (
        setting_without_secrets(secret, limit),
        without_secrets(f"{beside} {secret} {beside}"),
        text_of(f"{beside} {secret} {beside}", limit),
        shown(secret, limit),
        shown({beside: [secret, beside]}, limit),
        repr(displayable({"a": [secret]}, is_secret=False)),
    ):
        assert SECRET not in text


@given(VALUES, st.integers(0, 300))
def test_what_is_shown_is_bounded_and_on_one_line(value: object, limit: int) -> None:
    """The text is bounded and on one line for any value, and nothing raises."""
    for text in (shown(value, limit), text_of(value, limit)):
        assert text.isprintable()
        assert len(text) <= 2 * limit + 40


@given(st.text(max_size=3 * MAX_QUOTED))
def test_an_error_has_one_line(text: str) -> None:
    """An error has one line, whatever it quotes; harmless text is unchanged."""
    message = str(JaegerClientError(text))

    assert message == one_line(text, 10 * MAX_SHOWN)
    assert message.isprintable()
    if text.isprintable():
        assert message == text


@given(VALUES)
def test_a_log_line_is_one_line(value: object) -> None:
    """A log line is one line for any argument."""
    record = logger.makeRecord(
        logger.name, logging.WARNING, "", 0, "got %r and %s", (value, value), None
    )

    assert logger.filter(record)
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 5 * MAX_SHOWN
