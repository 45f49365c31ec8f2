"""Channels over HTTP, for each format."""

from __future__ import annotations

from pathlib import Path

import pytest

from jaeger_client._internal.http_channel import dial_collector
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.encoding import JaegerBinaryEncoder, OtlpEncoder, ZipkinJsonEncoder
from jaeger_client.errors import ConfigError
from jaeger_client.senders import HttpSender, OtlpHttpSender


@pytest.mark.parametrize(
    ("format_", "encoder", "sender"),
    [
        ("OTLP", OtlpEncoder, OtlpHttpSender),
        ("Zipkin", ZipkinJsonEncoder, HttpSender),
        ("Thrift", JaegerBinaryEncoder, HttpSender),
    ],
)
def test_each_format_has_its_encoder_and_sender(
    format_: str, encoder: type, sender: type
) -> None:
    """Nothing is opened."""
    channel = dial_collector(
        "http://h", format_=format_, options=HttpOptions(), gzip=False
    )
    channel.sender.close()

    assert (encoder, sender) == (type(channel.encoder), type(channel.sender))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that does not exist is a `ConfigError`."""
    options = HttpOptions(ca_file=str(tmp_path / "gone.pem"))

    with pytest.raises(ConfigError, match="ca_file must name a file"):
        dial_collector("https://h", format_="Thrift", options=options, gzip=False)
