"""`lower_case_headers`: names that gRPC accepts as keys of metadata."""

from __future__ import annotations

import logging

import pytest
from opentracing import Format

from jaeger_client import Config
from jaeger_client.codecs import Codec, CodecOptions
from jaeger_client.codecs.headers import is_metadata_key
from jaeger_client.codecs.registry import make_codecs_for
from jaeger_client.span_context import SpanContext

OPTIONS = CodecOptions(lower_case_headers=True)
FORMATS = ["jaeger", "b3", "b3single", "w3c"]


def codec_of(name: str, format_: str = Format.HTTP_HEADERS) -> Codec:
    """Return the codec of a format, by name, that writes lower case."""
    return make_codecs_for((name,), OPTIONS)[format_]


def written(codec: Codec, baggage: dict[str, str]) -> dict[str, object]:
    """Inject a debug trace with all headers."""
    carrier: dict[str, object] = {}
    codec.inject(SpanContext(1, 2, 3, 3, baggage), carrier)
    return carrier


@pytest.mark.parametrize("format_", [Format.HTTP_HEADERS, Format.TEXT_MAP])
@pytest.mark.parametrize("name", FORMATS)
def test_all_names_are_in_lower_case(name: str, format_: str) -> None:
    """Those of ids, of flags and of baggage."""
    headers = written(codec_of(name, format_), {"userId": "1", "key": "2"})

    assert [each.lower() for each in headers] == list(headers)
    assert all(map(is_metadata_key, headers))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("jaeger", "uberctx-userid"),
        ("b3", "baggage-userid"),
        ("b3single", "baggage-userid"),
    ],
)
def test_baggage_keys_are_converted_to_lower_case(name: str, header: str) -> None:
    """A key with capitals is written in lower case; its item is not dropped."""
    assert "1" == written(codec_of(name), {"userId": "1"})[header]


@pytest.mark.parametrize("name", FORMATS)
def test_a_context_comes_back(name: str) -> None:
    """Names in lower case are read as any others."""
    codec = codec_of(name)

    context = codec.extract(written(codec, {"key": "1"}))

    assert context is not None
    assert (1, 2, {"key": "1"}) == (
        context.trace_id,
        context.span_id,
        context.baggage,
    )


@pytest.mark.parametrize("name", ["jaeger", "b3", "b3single"])
@pytest.mark.parametrize("key", ["a!b", "thumb-bin", "THUMB-BIN", "a b", "é"])
def test_a_key_that_grpc_refuses_is_dropped(
    name: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted and logged, and the rest of the context is sent."""
    codec = codec_of(name)
    dropped: list[int] = []
    codec.count_dropped_baggage(dropped.append)

    with caplog.at_level(logging.WARNING):
        headers = written(codec, {key: "1", "good": "2"})

    assert [1] == dropped
    assert ["2"] == [value for key, value in headers.items() if key.endswith("good")]
    assert "gRPC" in caplog.text


def test_w3c_keeps_the_case_of_keys() -> None:
    """They are not part of a header's name."""
    assert "userId=1" == written(codec_of("w3c"), {"userId": "1"})["baggage"]


@pytest.mark.parametrize(
    ("key", "is_valid"),
    [
        ("uber-trace-id", True),
        ("a_b.c-0", True),
        ("", False),
        ("A", False),
        ("a b", False),
        ("a!", False),
        ("é", False),
        ("a-bin", False),
        ("grpc-a", False),
    ],
)
def test_keys_of_metadata(key: str, is_valid: bool) -> None:
    """Small ASCII letters, digits and `_-.`; no binary and no reserved ones."""
    assert is_valid is is_metadata_key(key)


def test_the_setting() -> None:
    """The key `lower_case_headers` of the configuration."""
    config = Config(
        {"lower_case_headers": True, "propagation": "b3"}, service_name="bakery"
    )
    carrier: dict[str, str] = {}

    with config.new_tracer() as tracer:
        tracer.inject(SpanContext(1, 2, None, 1), Format.HTTP_HEADERS, carrier)

    assert ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled"] == list(carrier)
