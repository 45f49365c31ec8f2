"""Ids in hexadecimal, single and in `uber-trace-id`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jaeger_client.codecs import (
    header_to_hex,
    span_context_from_string,
    span_context_to_string,
)
from jaeger_client.codecs.trace_id import id_of
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import NO_BAGGAGE, SpanContext
from tests.codec_implementations import Functions


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("a", 10), ("A", 10), (" a ", 10), ("f" * 32, 2**128 - 1)),
        *(("0" * 50 + "1", 1), ("0" * 511 + "1", 1)),
    ],
)
def test_header_to_hex(text: str, number: int) -> None:
    """Hexadecimal text of up to 128 bits is converted."""
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


def test_an_id_has_a_maximum_number_of_bits() -> None:
    """An id with too many bits is corrupt; the error contains the maximum."""
    assert 2**64 - 1 == id_of("f" * 16, bits=64)
    with pytest.raises(CorruptContextError, match="64 bits"):
        id_of("f" * 17, bits=64)


def test_span_context_to_string() -> None:
    """The four numbers are separated by colons."""
    assert "100:7f:0:1" == span_context_to_string(256, 127, None, 1)
    assert "100:7f:5:1" == span_context_to_string(256, 127, 5, 1)


def test_percent_encoded_text_is_not_decoded() -> None:
    """As in 4.8, this function is for text maps."""
    with pytest.raises(
        CorruptContextError,
        match=r"^ids must be {trace}:{span}:{parent}:{flags}, got '1%3A2%3A3%3A1'$",
    ):
        span_context_from_string("1%3A2%3A3%3A1")


def test_the_error_of_another_type_shows_the_value() -> None:
    """The message contains the expected format."""
    with pytest.raises(
        CorruptContextError,
        match=r"^ids must be {trace}:{span}:{parent}:{flags}, got 5$",
    ):
        span_context_from_string(5)


def test_span_context_from_string() -> None:
    """Text and a list of one text are read; parent id 0 is None."""
    assert (256, 127, None, 1) == span_context_from_string("100:7f:0:1")
    assert (256, 127, 5, 1) == span_context_from_string(["100:7f:5:1"])


@pytest.mark.parametrize(
    "value", [None, b"1:2:3:1", ("1:2:3:1",), 5, "", [], ["1:2:3:1", "x"]]
)
def test_span_context_from_anything_else_is_corrupt(value: object) -> None:
    """Other values than text or a list of one text raise an error."""
    with pytest.raises(CorruptContextError):
        span_context_from_string(value)


def test_the_error_of_an_id_describes_the_value() -> None:
    """The message contains what an id must be, and the value."""
    with pytest.raises(
        CorruptContextError,
        match="^an id must be 1 to 32 hexadecimal digits, got 'g'$",
    ):
        header_to_hex("g")
    with pytest.raises(
        CorruptContextError,
        match="^an id must have at most 64 bits, got 0x11111111111111111$",
    ):
        id_of("1" * 17, bits=64)


class Subclass(SpanContext):
    """A context of the application's own class."""


def contexts_of(
    trace_id: int, span_id: int, parent_id: int | None, flags: int
) -> list[object]:
    """Return objects of several classes with these ids."""
    return [
        SpanContext(trace_id, span_id, parent_id, flags),
        Subclass(trace_id, span_id, parent_id, flags),
        SimpleNamespace(
            trace_id=trace_id, span_id=span_id, parent_id=parent_id, flags=flags
        ),
    ]


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ((1, 2, None, 1), "1:2:0:1"),
        ((1 << 64, 1 << 63, 15, 0x7FFF_FFFF), f"1{'0' * 16}:8{'0' * 15}:f:7fffffff"),
        (((1 << 128) - 1, 16, 1, 0), f"{'f' * 32}:10:1:0"),
        ((0, 0, None, 0), "0:0:0:0"),
        ((1 << 128, 1 << 64, 1 << 64, -1), f"1{'0' * 32}:1{'0' * 16}:1{'0' * 16}:-1"),
    ],
)
def test_ids_text(
    functions: Functions, ids: tuple[int, int, int | None, int], text: str
) -> None:
    """Numbers are written without leading zeros, of any size and in any object."""
    for context in contexts_of(*ids):
        assert text == functions["ids_text"](context)


@pytest.mark.parametrize(
    "ids", [(None, None, None, None), ("a", 2, 3, 1), (1.5, 2, 3, 1)]
)
def test_ids_text_of_other_types_raises(functions: Functions, ids: Any) -> None:
    """As of a context without a trace."""
    for context in contexts_of(*ids):
        with pytest.raises(TypeError):
            functions["ids_text"](context)


@pytest.mark.parametrize("is_wide", [False, True])
def test_id_texts(functions: Functions, *, is_wide: bool) -> None:
    """Ids have all digits; a trace id has 32 if it needs them or they are required."""
    narrow = f"{'0' * 16 if is_wide else ''}{'0' * 15}1"
    wide = f"{'0' * 15}1{'0' * 16}"
    for context in contexts_of(1, 2, None, 1):
        texts = functions["id_texts"](context, is_wide)
        assert (narrow, f"{2:016x}", None) == texts
    for context in contexts_of(1 << 64, 2, 3, 1):
        texts = functions["id_texts"](context, is_wide)
        assert (wide, f"{2:016x}", f"{3:016x}") == texts


@pytest.mark.parametrize(
    ("trace", "span", "parent", "ids"),
    [
        ("1", "2", None, (1, 2, None)),
        ("f" * 32, "F" * 16, "0" * 16, (2**128 - 1, 2**64 - 1, None)),
        ("0" * 40 + "1", "0" * 20 + "2", "0" * 20 + "3", (1, 2, 3)),
        (b"1", ["2"], " 3 ", (1, 2, 3)),
    ],
)
def test_read_fields(
    functions: Functions,
    trace: object,
    span: object,
    parent: object,
    ids: tuple[int, int, int | None],
) -> None:
    """Ids of single headers, of any shorter length, are read."""
    context = functions["read_fields"](trace, span, parent, 3, {"k": "v"})

    assert ids == (context.trace_id, context.span_id, context.parent_id)
    assert 3 == context.flags
    assert {"k": "v"} == context.baggage


@pytest.mark.parametrize(
    ("trace", "span"), [(None, "1"), ("1", None), ("0", "1"), ("1", "00"), (None, None)]
)
def test_fields_that_are_0_or_missing_are_no_context(
    functions: Functions, trace: object, span: object
) -> None:
    """Both ids are needed."""
    assert functions["read_fields"](trace, span, "1", 0, None) is None


@pytest.mark.parametrize(
    ("trace", "span", "parent"),
    [
        ("g", "1", None),
        ("1", "", None),
        ("1" * 33, "1", None),
        ("1", "1" * 17, None),
        ("1", "1", "1" * 17),
        ("1", "1", "0x1"),
        ("1", "\u0661", None),
        ("1", 5, None),
        (None, "1", "g"),
    ],
)
def test_malformed_fields_are_corrupt(
    functions: Functions, trace: object, span: object, parent: object
) -> None:
    """Each of them must be a hexadecimal number that fits."""
    with pytest.raises(CorruptContextError):
        functions["read_fields"](trace, span, parent, 0, None)


def test_baggage_of_a_context_that_was_read(functions: Functions) -> None:
    """Without items, all contexts share one empty dict."""
    nothing: list[dict[str, str] | None] = [None, {}]
    contexts = [functions["read_fields"]("1", "2", None, 0, each) for each in nothing]
    contexts.append(functions["read_context"]("1:2:3:1", False))
    items = {"k": "v"}

    assert all(context.baggage is NO_BAGGAGE for context in contexts)
    assert functions["read_fields"]("1", "2", None, 0, items).baggage is items
