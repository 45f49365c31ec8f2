"""The codec interface, ids in hex, and what the package exports."""

from __future__ import annotations

import pytest

from jaeger_client import codecs
from jaeger_client.codecs import Codec, header_to_hex
from jaeger_client.codecs.base import id_of
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext


@pytest.mark.parametrize(
    "name",
    [
        "Codec",
        "TextCodec",
        "BinaryCodec",
        "B3Codec",
        "ZipkinCodec",
        "ZipkinSpanFormat",
        "span_context_to_string",
        "span_context_from_string",
        "header_to_hex",
    ],
)
def test_the_names_of_the_old_module_import(name: str) -> None:
    """Every public name of 4.8's `codecs` is there."""
    assert name in codecs.__all__
    assert hasattr(codecs, name)


def test_the_base_class_does_nothing() -> None:
    """A codec must bring both methods."""
    with pytest.raises(NotImplementedError):
        Codec().inject(SpanContext(1, 2, 3, 1), {})
    with pytest.raises(NotImplementedError):
        Codec().extract({})


@pytest.mark.parametrize(
    ("text", "number"),
    [("a", 10), ("A", 10), ("0" * 50 + "1", 1), ("f" * 32, 2**128 - 1), (" a ", 10)],
)
def test_header_to_hex(text: str, number: int) -> None:
    """Hexadecimal text of up to 128 bits is a number."""
    assert number == header_to_hex(text)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "g",
        "0xa",
        "1_0",
        "-1",
        "+1",
        "1 0",
        "\u0661",
        "f" * 33,
        "0" * 600,
        None,
        b"a",
        5,
    ],
)
def test_header_to_hex_of_anything_else_is_corrupt(header: object) -> None:
    """Signs, `0x`, `_`, more than 128 bits and other types are malformed."""
    with pytest.raises(CorruptContextError):
        header_to_hex(header)


def test_an_id_has_a_number_of_bits() -> None:
    """An id over its bits is corrupt, and the error names both."""
    assert 2**64 - 1 == id_of("f" * 16, bits=64)
    with pytest.raises(CorruptContextError, match="64 bits"):
        id_of("f" * 17, bits=64)
