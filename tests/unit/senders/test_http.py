"""What the HTTP senders refuse and show before they open anything."""

from __future__ import annotations

import pytest

from jaeger_client.errors import ConfigError, SendError
from jaeger_client.senders import HttpSender, OtlpHttpSender

THRIFT = "application/vnd.apache.thrift.binary"


def test_a_bad_url_is_a_config_error() -> None:
    """The URL is checked when the sender is made."""
    with pytest.raises(ConfigError, match="the scheme must be http or https"):
        HttpSender("collector:14268", content_type=THRIFT)


def test_a_bad_size_is_a_config_error() -> None:
    """The size is checked when the sender is made."""
    with pytest.raises(
        ConfigError, match="^max_payload must be more than 0 bytes, got 0$"
    ):
        HttpSender("http://collector/", content_type=THRIFT, max_payload=0)


def test_close_is_idempotent_and_final() -> None:
    """A closed sender sends no more."""
    sender = HttpSender("http://127.0.0.1:1/", content_type=THRIFT)
    sender.close()
    sender.close()

    with pytest.raises(SendError, match="closed"):
        sender.send(b"x")
    assert "<HttpSender to http://127.0.0.1:1/ by <HttpClient closed>>" == repr(sender)


def test_repr_shows_no_password() -> None:
    """The repr of a sender masks the credentials of its URL."""
    with OtlpHttpSender("http://me:secret@host/v1/traces") as sender:
        shown = repr(sender)

    assert (
        "<OtlpHttpSender to http://***@host/v1/traces by <HttpClient 0 connected>>"
        == shown
    )


def test_the_maximum_payload_of_otlp_can_be_set() -> None:
    """By default it is 4 MiB."""
    with OtlpHttpSender("http://host", max_payload=5) as sender:
        assert 5 == sender.max_payload
    with OtlpHttpSender("http://host") as sender:
        assert 4_194_304 == sender.max_payload
