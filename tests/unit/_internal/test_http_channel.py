"""Channels over HTTP: what the path of an endpoint selects."""

from __future__ import annotations

from pathlib import Path

import pytest

from jaeger_client._internal.http_channel import dial_collector, format_of
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.encoding import JaegerBinaryEncoder, OtlpEncoder, ZipkinJsonEncoder
from jaeger_client.errors import ConfigError
from jaeger_client.senders import HttpSender, OtlpHttpSender


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://h:4318/v1/traces", "OTLP"),
        ("http://h/prefix/v1/traces/", "OTLP"),
        ("http://h:9411/api/v2/spans?key=1", "Zipkin"),
        ("http://h:14268/api/traces", "Thrift"),
        ("http://h", "Thrift"),
    ],
)
def test_the_path_selects_the_format(endpoint: str, expected: str) -> None:
    """By its end; every other path is Thrift's."""
    assert expected == format_of(endpoint)


@pytest.mark.parametrize(
    ("path", "encoder", "sender"),
    [
        ("/v1/traces", OtlpEncoder, OtlpHttpSender),
        ("/api/v2/spans", ZipkinJsonEncoder, HttpSender),
        ("/api/traces", JaegerBinaryEncoder, HttpSender),
    ],
)
def test_each_format_has_its_encoder_and_sender(
    path: str, encoder: type, sender: type
) -> None:
    """Nothing is opened."""
    channel = dial_collector(f"http://h{path}", options=HttpOptions(), gzip=None)
    channel.sender.close()

    assert (encoder, sender) == (type(channel.encoder), type(channel.sender))


def test_a_missing_file_is_named_by_its_setting(tmp_path: Path) -> None:
    """The key is that of the group `collector`."""
    options = HttpOptions(ca_file=str(tmp_path / "gone.pem"))

    with pytest.raises(ConfigError, match=r"collector\.ca_file must name a file"):
        dial_collector("https://h/api/traces", options=options, gzip=None)
